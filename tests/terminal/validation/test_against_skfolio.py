"""Combinatorial splits and paths against skfolio's splitter, which purges by number of rows."""

from __future__ import annotations

import numpy as np
import pytest
from skfolio.model_selection import CombinatorialPurgedCV

from terminal.validation.combinatorial import CombinatorialPurged
from terminal.validation.paths import path_count, path_ids, path_splits


@pytest.mark.parametrize(
    ("groups", "tested", "purged", "embargo"),
    [(4, 2, 0, 0), (6, 2, 0, 0), (6, 2, 2, 1), (8, 3, 1, 2), (10, 2, 3, 0)],
)
def test_splits_and_paths_are_those_of_skfolio(
    groups: int, tested: int, purged: int, embargo: int
) -> None:
    n = 12 * groups
    theirs = CombinatorialPurgedCV(
        n_folds=groups, n_test_folds=tested, purged_size=purged, embargo_size=embargo
    )
    bar = np.arange(n)
    ours = CombinatorialPurged(groups, tested, purged, embargo)
    assert ours.count() == theirs.n_splits
    assert path_count(groups, tested) == theirs.n_test_paths
    for split, (train, test) in zip(ours.split(bar, bar), theirs.split(bar[:, None]), strict=True):
        assert split.train.tolist() == train.tolist()
        assert split.test.tolist() == np.concatenate(test).tolist()
    assert path_ids(groups, tested).tolist() == np.asarray(theirs.get_path_ids()).tolist()
    assert path_splits(groups, tested).tolist() == np.asarray(theirs.recombined_paths).tolist()
