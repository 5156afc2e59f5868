"""Counts, paths and purges that others publish: AFML chapter 12, skfolio, mlfinlab."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from terminal.validation.blocks import timeline
from terminal.validation.combinatorial import CombinatorialPurged
from terminal.validation.paths import path_count, path_ids, path_splits
from tests.terminal.market.reference import cases


@pytest.mark.parametrize("case", cases("afml", "cpcv-phi"))
def test_counts_of_splits_and_paths(case: dict[str, Any]) -> None:
    n, k = case["inputs"]["N"], case["inputs"]["k"]
    assert CombinatorialPurged(n, k).count() == case["expected"]["n_splits"]
    assert path_count(n, k) == case["expected"]["n_paths"] == path_splits(n, k).shape[1]


@pytest.mark.parametrize("case", cases("afml", "cpcv-skfolio"))
def test_splits_and_paths_are_those_of_skfolio(case: dict[str, Any]) -> None:
    asked, expected = case["inputs"], case["expected"]
    splitter = CombinatorialPurged(
        asked["n_folds"], asked["n_test_folds"], asked["purged_size"], asked["embargo_size"]
    )
    bar = np.arange(asked["n_obs"])  # an outcome of the bar itself: only the gap purges
    splits = list(splitter.split(bar, bar))
    assert len(splits) == expected["n_splits"]
    assert [len(split.train) for split in splits] == expected["train_sizes"]
    assert splits[0].train.tolist() == expected["first"]["train"]
    assert splits[0].test.tolist() == [i for block in expected["first"]["test"] for i in block]
    assert path_ids(asked["n_folds"], asked["n_test_folds"]).tolist() == expected["path_ids"]
    found = path_splits(asked["n_folds"], asked["n_test_folds"])
    assert found.tolist() == expected["recombined_paths"]


@pytest.mark.parametrize("case", cases("afml", "cpcv-6-2-test-blocks"))
def test_blocks_are_those_of_array_split(case: dict[str, Any]) -> None:
    asked, expected = case["inputs"], case["expected"]
    bar = np.arange(asked["n"])
    splits = list(CombinatorialPurged(asked["n_splits"], asked["n_test_splits"]).split(bar, bar))
    ends = [[int(split.test[0]), int(split.test[-1])] for split in splits]
    assert ends[:5] == expected["first_five_test_min_max"]
    assert ends[-5:] == expected["last_five_test_min_max"]


@pytest.mark.parametrize("case", cases("afml", "purge-train-times"))
def test_purging_keeps_the_samples_that_snippet_7_1_keeps(case: dict[str, Any]) -> None:
    low, high = case["inputs"]["test"]
    bar = np.arange(10)
    # the test interval as one event among the others, after those of its own bar
    where = int(np.searchsorted(bar, low, side="right"))
    bars, ends = np.insert(bar, where, low), np.insert(bar + 2, where, high)
    block = timeline(bars, ends).block(where, where + 1, gap=0)
    away = {i for first, stop in block.purged for i in range(first, stop)} | {where}
    names = np.insert(bar, where, -1)
    # an event in the same bar as the test shares it by definition
    away |= set(np.flatnonzero(bars == low).tolist())
    kept = [int(names[i]) for i in range(len(bars)) if i not in away]
    assert kept == case["expected"]["kept_samples"]
