"""The placebo: what it keeps of the bars, what it destroys, and that it is fair to the honest."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.backtest.account import Account
from terminal.backtest.certificate.placebo import (
    CELLS,
    Shuffle,
    decision_sharpe,
    fullest,
    run_placebos,
)
from terminal.market.adjust import forward_adjusted
from tests.terminal.backtest.certificate import leaks
from tests.terminal.backtest.certificate.leaks import strategy_of
from tests.terminal.backtest.panels import NAN, examples, panel, random_panel, seeds

ACCOUNT = Account(long_only=False)


def test_a_placebo_is_made_of_whole_bars_of_all_instruments_together() -> None:
    bars = random_panel(2, 80, 3, ragged=False)
    adjusted = forward_adjusted(bars)
    before = adjusted.close[:-1]
    known = np.concatenate(
        [side[1:] / before for side in (adjusted.open, adjusted.high, adjusted.low, adjusted.close)]
        + [adjusted.volume[1:]],
        axis=1,
    )
    for made, returns in Shuffle.of(bars, 5, 1, 3).panels(3):
        last = made.close[:-1]
        shapes = np.concatenate(
            [side[1:] / last for side in (made.open, made.high, made.low, made.close)]
            + [made.volume[1:]],
            axis=1,
        )
        distance = np.abs(shapes[:, None, :] - known[None]).max(axis=2)
        assert (distance.min(axis=1) < 1e-9).all()
        assert len(set(distance.argmin(axis=1))) > 30, "bars are drawn from the whole panel"
        np.testing.assert_allclose(made.close[1:] / last - 1.0, returns[1:], atol=1e-12)
        assert (made.split == 1.0).all() and (made.dividend == 0.0).all()


@examples(25)
@given(seed=seeds, n_bars=st.integers(10, 120), n=st.integers(1, 5), close_only=st.booleans())
def test_a_placebo_keeps_times_and_gaps_and_is_a_panel_that_can_be_traded(
    seed: int, n_bars: int, n: int, close_only: bool
) -> None:
    bars = random_panel(seed, n_bars, n, close_only=close_only)
    shuffle = Shuffle.of(bars, 3, seed, 2)
    assert shuffle.times.n_bars == n_bars - 1
    np.testing.assert_array_equal(shuffle.times.ts, bars.ts[1:])
    for made, returns in shuffle.panels(2):
        there = np.isfinite(made.close)
        assert not (there & ~np.isfinite(bars.close[1:])).any()
        assert (made.close[there] > 0).all() and (returns[~there] == 0).all()
        if not close_only:
            assert (made.high[there] >= made.close[there] * (1 - 1e-12)).all()
            assert (made.low[there] <= made.open[there] * (1 + 1e-12)).all()
        else:
            assert made.close_only


def test_the_mean_return_of_what_is_drawn_is_the_one_that_is_subtracted() -> None:
    bars = random_panel(3, 60, 2)
    shuffle = Shuffle.of(bars, 3, 1, 1)
    drawn = np.concatenate([returns for _, returns in shuffle.panels(3_000)])
    there = np.isfinite(shuffle.times.close)
    for j in range(2):
        found = drawn[:, j][np.tile(there[:, j], 3_000)]
        assert abs(found.mean() - shuffle.mean[j]) < 4 * found.std() / math.sqrt(found.size)


def test_an_honest_strategy_does_not_earn_whatever_it_does() -> None:
    """The z of many seeds has mean 0 and deviation 1: for trend and for reversal alike."""
    bars = random_panel(4, 120, 3, events=False)
    for honest in (leaks.rises, leaks.falls):
        strategy = strategy_of(honest)
        z = np.array([run_placebos(strategy, None, bars, ACCOUNT, k, runs=5).z for k in range(120)])
        assert abs(z.mean()) < 0.35 and 0.8 < z.std() < 1.2 and abs(z).max() < 4.4


def test_bars_drawn_once_each_would_have_made_reversal_look_like_knowledge() -> None:
    """Why bars are drawn with replacement: what is left in the urn leans against what came out."""
    generator = np.random.default_rng(1)
    returns = generator.normal(0, 0.01, 400)
    earned = []
    for _ in range(200):
        shuffled = generator.permutation(returns)
        gone = np.cumsum(shuffled)[:-1]
        e = -np.sign(gone - np.arange(1, 400) * returns.mean()) * (shuffled[1:] - returns.mean())
        earned.append(e.sum() / np.sqrt((e * e).sum()))
    assert np.mean(earned) > 1.0


@pytest.mark.parametrize("leak", [leaks.will_rise, leaks.next_high], ids=lambda leak: leak.__name__)
def test_a_strategy_that_sees_the_next_bar_earns_on_shuffled_bars(leak: leaks.Targets) -> None:
    found = run_placebos(strategy_of(leak), None, random_panel(4, 200, 3), ACCOUNT, 1)
    assert found.leaks and found.z > 10 and min(found.sharpes) > max(found.expected)


def test_the_planted_look_ahead_is_noticed_at_once_or_after_the_bars_it_needs() -> None:
    bars = random_panel(4, 200, 3)
    quick = run_placebos(strategy_of(leaks.rises), None, bars, ACCOUNT, 1)
    assert not quick.leaks and quick.smallest_leak == 1
    still = run_placebos(strategy_of(leaks.constant), None, bars, ACCOUNT, 1)
    assert not still.leaks and still.smallest_leak is None


def test_shorts_that_the_account_does_not_hold_are_not_part_of_it() -> None:
    bars = random_panel(4, 200, 3)
    short = strategy_of(lambda panel, params: -leaks.rises(panel, params))
    assert run_placebos(short, None, bars, Account(long_only=True), 1).invested == 0
    assert run_placebos(short, None, bars, ACCOUNT, 1).invested > 1_000


def test_the_work_is_bounded_whatever_the_panel() -> None:
    shape = (3_000, 200)
    close = 50 + np.random.default_rng(1).random(shape)
    wide = panel(close, close, symbols=[f"S{j}" for j in range(200)])
    shuffle = Shuffle.of(wide, 100, 1, 20)
    times = shuffle.times
    assert 20 * times.n_bars * times.n_instruments <= CELLS
    assert times.n_bars == 600 and times.n_instruments == 166
    assert times.symbols == tuple(sorted(times.symbols, key=lambda name: int(name[1:])))
    again = Shuffle.of(wide, 100, 1, 20).times
    assert again.symbols == times.symbols != Shuffle.of(wide, 100, 2, 20).times.symbols


def test_the_fullest_stretch_is_the_last_of_the_best() -> None:
    close = [NAN, 1.0, 1.0, NAN, 1.0, 1.0, NAN, NAN]
    bars = panel(close, close)
    assert fullest(bars, 2) == slice(4, 6)
    assert fullest(bars, 5) == slice(1, 6)
    assert fullest(bars, 99) == slice(0, 8)


def test_the_sharpe_ratio_of_decisions_by_hand() -> None:
    bars = panel([100.0, 110.0, 99.0, 99.0], [100.0] * 4)
    targets = np.array([[1.0], [0.5], [NAN], [0.0]])
    earned = np.array([0.1, -0.05, 0.0])
    expected = earned.mean() / earned.std() * math.sqrt(252)
    assert decision_sharpe(targets, bars) == pytest.approx(expected)
    assert decision_sharpe(0 * targets, bars) is None
