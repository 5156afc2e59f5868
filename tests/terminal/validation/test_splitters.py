"""What every splitter promises, whatever the events."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from terminal.errors import InputError
from terminal.params import describe, validate
from terminal.validation.combinatorial import CombinatorialPurged
from terminal.validation.k_fold import PurgedKFold
from terminal.validation.registry import SPLITTERS, get_splitter
from terminal.validation.split import Split
from terminal.validation.stratified import RegimeKFold, deal, volatility_regimes
from terminal.validation.verify import verify
from terminal.validation.walk_forward import WalkForward
from tests.terminal.validation.spans import Spans, spans


def brute_force_keeps(i: int, split: Split, bar: np.ndarray, end: np.ndarray, gap: int) -> bool:
    """Whether event i may be trained on, from the definition, test event by test event."""
    touches = (bar[split.test] <= end[i]) & (end[split.test] >= bar[i])
    near = np.abs(bar[split.test] - bar[i]) <= gap
    return not (touches | near).any()


def made(splitter: Any, bar: np.ndarray, end: np.ndarray) -> list[Split]:
    try:
        return list(splitter.split(bar, end))
    except InputError:  # so few events that a block is empty or purging leaves none
        assume(False)
        raise


@settings(max_examples=60, deadline=None)
@given(spans(), st.integers(0, 6), st.integers(0, 4), st.integers(2, 4))
def test_every_event_is_tested_once_and_trained_on_only_where_the_definition_allows(
    events: Spans, gap: int, embargo: int, folds: int
) -> None:
    bar, end = events
    splits = made(PurgedKFold(folds, gap, embargo), bar, end)
    assert np.sort(np.concatenate([s.test for s in splits])).tolist() == list(range(len(bar)))
    for split in splits:
        verify(split, bar, end, gap)
        parts = [split.train, split.test, split.purged, split.embargoed]
        assert np.sort(np.concatenate(parts)).tolist() == list(range(len(bar)))
        for i in split.train:
            assert brute_force_keeps(int(i), split, bar, end, gap)
        # the span of a block is one whole: its hull is what purging looks at
        a, e = bar[split.test].min(), end[split.test].max()
        for i in split.purged:
            inside = bar[i] <= e and end[i] >= a
            assert inside or a - gap <= bar[i] < a


@settings(max_examples=40, deadline=None)
@given(spans(least=60), st.integers(0, 3), st.sampled_from([(4, 1), (5, 2), (6, 3)]))
def test_every_event_lies_once_on_every_path(
    events: Spans, gap: int, shape: tuple[int, int]
) -> None:
    from terminal.validation.paths import path_count, recombine

    bar, end = events
    splits = made(CombinatorialPurged(*shape, gap), bar, end)
    paths = recombine(splits, [split.test.astype(float) for split in splits], len(bar))
    assert paths.shape == (path_count(*shape), len(bar))
    assert (paths == np.arange(len(bar))).all()
    for split in splits:
        verify(split, bar, end, gap)


@settings(max_examples=40, deadline=None)
@given(spans(least=60), st.integers(0, 4), st.sampled_from(["anchored", "rolling"]))
def test_walk_forward_trains_on_the_past_only(events: Spans, gap: int, training: str) -> None:
    bar, end = events
    splits = made(WalkForward(3, training, 40.0, gap), bar, end)
    tested = np.concatenate([split.test for split in splits])
    assert (np.diff(tested) == 1).all()
    assert tested[-1] == len(bar) - 1
    for split in splits:
        verify(split, bar, end, gap, past_only=True)
        assert not len(split.embargoed)


def test_a_rolling_window_forgets_the_oldest_and_an_anchored_one_does_not() -> None:
    bar = np.arange(100)
    anchored = list(WalkForward(3, "anchored", 40.0, 0).split(bar, bar + 1))
    rolling = list(WalkForward(3, "rolling", 40.0, 0).split(bar, bar + 1))
    # the last event before a test ends at its first bar, so it is purged
    assert [(s.train[0], s.train[-1], s.test[0]) for s in anchored] == [
        (0, 38, 40), (0, 58, 60), (0, 78, 80),
    ]  # fmt: skip
    assert [(s.train[0], s.train[-1], s.test[0]) for s in rolling] == [
        (0, 38, 40), (20, 58, 60), (40, 78, 80),
    ]  # fmt: skip


def test_events_of_one_bar_are_never_parted() -> None:
    bar = np.repeat(np.arange(30), 7)
    for split in PurgedKFold(4).split(bar, bar + 1):
        assert set(bar[split.test]).isdisjoint(bar[np.setdiff1d(np.arange(210), split.test)])


def test_regimes_are_tested_in_every_fold_as_often_as_they_occur() -> None:
    random = np.random.default_rng(3)
    regime = np.repeat(random.choice(3, 60, p=[0.6, 0.3, 0.1]), 50)
    bar = np.arange(3000)
    splits = list(RegimeKFold(regime, 5, 12, 5).split(bar, bar + 3))
    whole = np.bincount(regime, minlength=3) / 3000
    for split in splits:
        verify(split, bar, bar + 3, 5)
        share = np.bincount(regime[split.test], minlength=3) / len(split.test)
        assert np.abs(share - whole).max() < 0.051  # three rare stretches, five folds
    plain = [
        np.abs(np.bincount(regime[s.test], minlength=3) / len(s.test) - whole).max()
        for s in PurgedKFold(5).split(bar, bar + 3)
    ]
    assert max(plain) > 0.1  # what is avoided


def test_stretches_of_the_rare_regime_go_to_different_folds() -> None:
    mix = np.array([[10, 0], [0, 10], [10, 0], [0, 10], [10, 0], [10, 0]], dtype=float)
    fold_of = deal(mix, 2, 3)
    assert fold_of[1] != fold_of[3]
    assert np.bincount(fold_of).tolist() == [3, 3]


def test_volatility_regimes_name_the_wild_stretch_highest() -> None:
    random = np.random.default_rng(0)
    moves = np.concatenate([random.normal(0, 0.005, 600), random.normal(0, 0.03, 300)])
    regime = volatility_regimes(np.exp(np.cumsum(moves))[:, None], 3, 40)
    assert (regime[660:] == 2).mean() > 0.95
    assert (regime[:590] < 2).mean() > 0.95


@pytest.mark.parametrize("slug", SPLITTERS)
def test_every_splitter_is_made_from_its_form(slug: str) -> None:
    kind = get_splitter(slug)
    params = validate(kind.params_type, {s.name: s.default for s in describe(kind.params_type)})
    bar = np.repeat(np.arange(2000), 3)
    regime = (np.arange(2000) // 100 % 3,) if kind.needs_regime else ()
    splitter = kind.make(params, 25, *regime)
    splits = list(splitter.split(bar, bar + 5))
    assert len(splits) == splitter.count()
    for split in splits:
        verify(split, bar, bar + 5, 25, past_only=kind.past_only)


def test_an_unknown_splitter_is_named_with_those_there_are() -> None:
    with pytest.raises(InputError, match="purged-kfold, cpcv, walk-forward"):
        get_splitter("shuffle")


def test_too_long_a_gap_is_refused_with_the_numbers() -> None:
    bar = np.arange(100)
    with pytest.raises(InputError, match=r"tests bars 0 to 49 of 100; a gap of 60 bars leaves"):
        list(PurgedKFold(2, 60).split(bar, bar + 1))


def test_more_folds_than_bars_are_refused() -> None:
    bar = np.repeat(np.arange(3), 50)
    with pytest.raises(InputError, match="150 events on 3 bars cannot be cut into 10 folds"):
        list(PurgedKFold(10).split(bar, bar + 1))


def test_no_events_are_refused_in_words() -> None:
    none = np.empty(0, dtype=np.int64)
    for splitter in (PurgedKFold(), CombinatorialPurged(), WalkForward()):
        with pytest.raises(InputError, match="0 events"):
            list(splitter.split(none, none))


def test_events_out_of_order_or_ending_early_are_refused() -> None:
    with pytest.raises(InputError, match="order of their bars"):
        list(PurgedKFold().split(np.array([1, 0, 2]), np.array([3, 3, 3])))
    with pytest.raises(InputError, match="ends before it begins"):
        list(PurgedKFold().split(np.array([0, 1, 2]), np.array([3, 0, 3])))


def test_combinations_too_many_to_train_are_refused() -> None:
    with pytest.raises(InputError, match="184,756 splits; at most 5,000"):
        CombinatorialPurged(20, 10)
    with pytest.raises(InputError, match="3 of 3 groups"):
        CombinatorialPurged(3, 3)
