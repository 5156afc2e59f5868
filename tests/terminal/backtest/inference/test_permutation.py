"""Positions at other times: what is kept, all arrangements of small cases, noise and an edge."""

from __future__ import annotations

import tracemalloc
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from terminal.backtest.inference.p_values import p_value
from terminal.backtest.inference.permutation import (
    CircularShifts,
    Rearrangement,
    ShuffledEntries,
    entry_permutation,
    mean_of_rows,
    sharpe_of_rows,
)
from terminal.errors import InputError
from terminal.market.panel import FloatArray
from tests.terminal.backtest.inference.noise import noise

SCHEMES: list[Rearrangement] = [CircularShifts(), ShuffledEntries()]
BOTH = pytest.mark.parametrize("scheme", SCHEMES, ids=lambda scheme: type(scheme).__name__)


def spells(seed: int, n: int = 300, stay: float = 0.8) -> FloatArray:
    """Weights (n, 1), 0 or 1, that persist."""
    draw = np.random.default_rng(seed)
    out, inside = np.zeros((n, 1)), False
    for t in range(n):
        inside ^= bool(draw.random() > stay)
        out[t] = float(inside)
    return out


def runs(invested: np.ndarray) -> list[int]:
    """Lengths of the runs of True, in order."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], invested, [False]])))
    return (edges[1::2] - edges[::2]).tolist()


def test_every_shift_of_a_short_series_is_the_roll_by_hand() -> None:
    r, w = noise(1, 40)[:, np.newaxis], spells(2, 40)
    cost = 0.001 * np.abs(np.diff(w[:, 0], prepend=0.0))
    found = entry_permutation(w, r, costs=cost, statistic=mean_of_rows, seed=1, n_samples=500)
    byhand = [np.mean(np.roll(w, k)[:, 0] * r[:, 0] - np.roll(cost, k)) for k in range(40)]
    assert found.observed == pytest.approx(byhand[0])
    assert sorted(found.drawn) == pytest.approx(sorted(byhand[1:]))
    at_least = sum(value >= byhand[0] - 1e-15 for value in byhand)
    assert found.p_value == pytest.approx(at_least / 40)


def test_the_sharpe_ratio_of_many_instruments_is_that_of_their_sum() -> None:
    draw = np.random.default_rng(1)
    r, w = 0.01 * draw.standard_normal((60, 3)), draw.standard_normal((60, 3))
    found = entry_permutation(w, r, seed=1, n_samples=59)
    total = [(np.roll(w, k, axis=0) * r).sum(axis=1) for k in range(60)]
    byhand = [x.mean() / x.std(ddof=1) for x in total]
    assert found.observed == pytest.approx(byhand[0])
    assert sorted(found.drawn) == pytest.approx(sorted(byhand[1:]))


@settings(derandomize=True, deadline=None, max_examples=80)
@given(
    invested=st.lists(st.booleans(), min_size=2, max_size=40).filter(
        lambda x: any(x) and not all(x)
    ),
    seed=st.integers(0, 1_000),
)
def test_shuffled_entries_are_as_many_and_held_as_long(invested: list[bool], seed: int) -> None:
    was = np.array(invested)
    held = np.append(was, False)
    for at in ShuffledEntries().positions(was, 5, seed):
        now = held[at]
        assert sorted(runs(now)) == sorted(runs(was))
        # each bar that was held is held once, and in the order of its run
        kept = at[now]
        assert sorted(kept) == np.flatnonzero(was).tolist()
        for a, b in pairwise(range(now.size)):
            if now[a] and now[b]:
                assert at[b] == at[a] + 1


def test_every_arrangement_of_entries_is_equally_likely() -> None:
    """Runs of 2 and 1 bars and 3 idle ones: by hand, C(4, 2) gaps in 2 orders."""
    invested = np.array([True, True, False, False, True, False])
    seen = Counter(
        tuple(held)
        for at in ShuffledEntries().positions(invested, 6_000, 1)
        for held in [np.append(invested, False)[at].tolist()]
    )
    # places of two runs of 2 and 1 bars with one idle bar between them, in 6 bars
    possible = {
        tuple(k in (*range(a, a + 2), b) for k in range(6))
        for a in range(5)
        for b in range(6)
        if b < a - 1 or b > a + 2
    }
    assert set(seen) == possible and len(possible) == 12
    assert stats.chisquare(list(seen.values())).pvalue > 0.01


@pytest.mark.parametrize("cost", [0.0, 0.0005])
@BOTH
def test_costs_stay_with_the_positions_that_caused_them(scheme: Rearrangement, cost: float) -> None:
    w = spells(1, 100)
    w[-1] = 0.0  # every exit is within the sample
    paid = cost * np.abs(np.diff(w[:, 0], prepend=0.0))
    flat = np.zeros((100, 1))
    found = entry_permutation(
        w, flat, costs=paid, rearrangement=scheme, statistic=mean_of_rows, seed=1, n_samples=50
    )
    # no return is left but the costs, and of two runs one may exit behind the last bar
    assert found.observed == pytest.approx(-paid.mean())
    assert found.drawn == pytest.approx(np.full(50, -paid.mean()), abs=1.01 * cost / 100)
    assert (found.drawn >= found.observed - 1e-15).all()


@BOTH
def test_p_values_of_entries_without_knowledge_are_about_uniform(scheme: Rearrangement) -> None:
    p = [
        entry_permutation(
            spells(seed),
            noise(seed + 9_000, 300, mean=0.0005)[:, np.newaxis],
            rearrangement=scheme,
            seed=seed,
            n_samples=99,
        ).p_value
        for seed in range(200)
    ]
    assert stats.kstest(p, "uniform").pvalue > 0.01
    assert 0.01 < np.mean(np.array(p) <= 0.05) < 0.10


def together(seed: int) -> tuple[FloatArray, FloatArray]:
    """Eight instruments that move together, held together, without knowledge."""
    own = np.column_stack([noise(seed * 8 + k + 20_000, 250) for k in range(8)])
    return np.repeat(spells(seed, 250), 8, axis=1) / 8, noise(seed + 5_000, 250)[:, None] + own / 5


@BOTH
def test_instruments_that_move_and_are_held_together_do_not_look_like_knowledge(
    scheme: Rearrangement,
) -> None:
    p = [
        entry_permutation(*together(s), rearrangement=scheme, seed=s, n_samples=99).p_value
        for s in range(150)
    ]
    assert 0.01 < np.mean(np.array(p) <= 0.05) < 0.10


def test_instruments_shifted_each_by_itself_would_look_like_knowledge() -> None:
    """The seeded fault of the test above."""
    p = []
    for seed in range(150):
        w, r = together(seed)
        shift = np.random.default_rng(seed).integers(1, 250, size=(99, 1, 8))
        at = (np.arange(250)[:, np.newaxis] - shift) % 250
        drawn = sharpe_of_rows((w[at, np.arange(8)] * r).sum(axis=2))
        p.append(p_value(float(sharpe_of_rows((w * r).sum(axis=1)[np.newaxis])[0]), drawn))
    assert np.mean(np.array(p) <= 0.05) > 0.15


@BOTH
def test_a_planted_edge_is_found(scheme: Rearrangement) -> None:
    r = noise(1, 500)[:, np.newaxis]
    knows = np.random.default_rng(2).random((500, 1)) < 0.65
    w = np.where(knows, r > 0, r <= 0).astype(float)
    found = entry_permutation(w, r, rearrangement=scheme, seed=1)
    assert found.p_value < 0.01 and "add something" in found.sentence
    assert found.p_value == entry_permutation(w, r, rearrangement=scheme, seed=1).p_value
    # decided on the same bar's close and held in the next: nothing is left of it
    late = entry_permutation(w[:-1], r[1:], rearrangement=scheme, seed=1)
    assert late.p_value > 0.05 and "not distinguishable" in late.sentence


@BOTH
def test_a_rising_market_is_no_knowledge_of_when_to_enter(scheme: Rearrangement) -> None:
    r = noise(1, 500, mean=0.004)[:, np.newaxis]
    w = spells(5, 500)
    own = (w * r)[:, 0]
    assert own.mean() / own.std() * np.sqrt(500) > 4  # alone, beyond doubt
    assert entry_permutation(w, r, rearrangement=scheme, seed=1).p_value > 0.05


def test_a_long_short_strategy_that_is_always_invested_is_shifted_only() -> None:
    w = 2.0 * spells(1) - 1.0
    r = noise(1, 300)[:, np.newaxis]
    assert entry_permutation(w, r, seed=1).drawn.size == 299
    with pytest.raises(InputError, match="Use circular shifts"):
        entry_permutation(w, r, rearrangement=ShuffledEntries(), seed=1)


@settings(derandomize=True, deadline=None, max_examples=20)
@given(scale=st.floats(1e-4, 1e4), seed=st.integers(0, 99))
def test_leverage_decides_nothing(scale: float, seed: int) -> None:
    w, r = spells(seed, 60), noise(seed + 1, 60)[:, np.newaxis]
    one, other = (entry_permutation(x, r, seed=1, n_samples=59) for x in (w, scale * w))
    assert one.p_value == other.p_value
    assert 1 / 60 <= one.p_value <= 1.0
    # in a market that stands still every arrangement does as well
    assert entry_permutation(w, 0.0 * r, seed=1).p_value == 1.0


def test_a_row_that_never_changes_has_a_sharpe_ratio_of_zero() -> None:
    rows = np.array([[0.0, 0.0, 0.0], [0.1, 0.1, 0.1], [0.1, 0.2, 0.3]])
    assert sharpe_of_rows(rows) == pytest.approx([0.0, 0.0, 2.0])


def test_many_arrangements_of_a_long_panel_need_little_memory() -> None:
    w, r = np.repeat(spells(1, 20_000), 5, axis=1), 0.01 * np.ones((20_000, 5))
    tracemalloc.start()
    entry_permutation(w, r, seed=1, n_samples=200)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 16e6  # all arrangements at once would take 32 MB of portfolio returns alone


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"returns": np.full((300, 1), np.nan)}, "returns: row 1"),
        ({"weights": np.full((300, 1), np.inf)}, "weights: row 1"),
        ({"weights": spells(1, 19), "returns": np.zeros((19, 1))}, "at least 20"),
        ({"weights": spells(1)[:, 0]}, "weights: has 1 axes"),
        ({"weights": spells(1, 299)}, "weights: has shape"),
        ({"weights": np.ones((300, 1))}, "no timing to test"),
        ({"weights": np.zeros((300, 1))}, "no timing to test"),
        ({"costs": np.zeros(299)}, "costs: has 299 rows"),
        ({"costs": np.full(300, np.nan)}, "costs: row 1"),
        ({"n_samples": 0}, "n_samples"),
        # counted as "not as good", an arrangement without a value would flatter the strategy
        ({"statistic": lambda x: np.full(len(x), np.nan)}, "statistic: has no value"),
    ],
)
def test_a_wrong_input_is_refused(change: dict[str, object], words: str) -> None:
    given_ = {"weights": spells(1), "returns": noise(1, 300)[:, np.newaxis], "seed": 1}
    with pytest.raises(InputError, match=words):
        entry_permutation(**given_ | change)  # type: ignore[arg-type]
