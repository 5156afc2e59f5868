"""What past sessions say about the cost of trading: known before the bar, and right."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.backtest.costs import Costs
from terminal.backtest.liquidity import (
    WINDOW,
    clock,
    corwin_schultz,
    estimate,
    roll,
    true_range_before,
    volatility,
)
from terminal.market.panel import Panel
from tests.terminal.backtest.panels import MONDAY, examples, panel, panels, random_panel

EVERYTHING = Costs(
    spread_model="corwin-schultz", impact_root=1.0, slippage_volatility=0.1,
    open_close_multiplier=2.0,
)  # fmt: skip


def days_of(bars: Panel) -> np.ndarray:
    return bars.ts.astype("datetime64[D]")


@examples(60)
@given(panels(), st.integers(2, 60), st.sampled_from(["corwin-schultz", "roll"]))
def test_nothing_at_a_bar_uses_the_bar_or_what_follows(bars: Panel, cut: int, model: str) -> None:
    cut = min(cut, bars.n_bars)
    costs = replace(EVERYTHING, spread_model=model)
    whole = estimate(bars, costs, days_of(bars), 1.0)
    part = estimate(bars.truncated(cut), costs, days_of(bars)[:cut], 1.0)
    np.testing.assert_array_equal(part, whole[:, :cut])
    np.testing.assert_array_equal(
        true_range_before(bars.truncated(cut), 5), true_range_before(bars, 5)[:cut]
    )
    other = replace(bars, close=bars.close.copy(), high=bars.high.copy(), volume=bars.volume.copy())
    for values in (other.close, other.high, other.volume):
        values[cut - 1] *= 1.7  # the bar itself, not only what follows it
    np.testing.assert_array_equal(estimate(other, costs, days_of(bars), 1.0)[:3, :cut], part[:3])


def test_a_bouncing_price_has_the_spread_that_makes_it_bounce() -> None:
    """Roll: a price that is bid or ask at random around a constant."""
    generator = np.random.default_rng(3)
    side = generator.choice([-1.0, 1.0], (6_000, 1))
    found = roll(100.0 * (1 + 0.002 * side))
    assert np.nanmean(found) == pytest.approx(0.004, rel=0.15)


def test_a_trend_has_no_rolls_spread() -> None:
    assert np.nanmax(roll(np.exp(np.arange(60.0) * 0.01)[:, None])) == pytest.approx(0, abs=1e-6)


def test_corwin_and_schultz_find_the_spread_of_a_simulated_market() -> None:
    """A day of 390 steps, trades at bid or ask: the mean estimate is near the spread (their 4.1).

    Days without a gap and an hourly volatility far below the spread, where the estimate is good.
    """
    generator = np.random.default_rng(1)
    spread = 0.02
    value = 100 * np.exp(np.cumsum(generator.normal(0, 0.005 / np.sqrt(390), 390 * 400)))
    traded = value * (1 + spread / 2 * generator.choice([-1.0, 1.0], value.size))
    by_day = traded.reshape(400, 390)
    found = corwin_schultz(by_day.max(axis=1)[:, None], by_day.min(axis=1)[:, None])
    assert np.nanmean(found) == pytest.approx(spread, rel=0.15)


def test_volatility_is_that_of_the_last_sessions() -> None:
    close = 100 * np.exp(np.cumsum(np.random.default_rng(2).normal(0, 0.01, (60, 2)), axis=0))
    returns = close[1:] / close[:-1] - 1
    np.testing.assert_allclose(
        volatility(close)[-1], returns[-WINDOW:].std(axis=0, ddof=1), rtol=1e-10
    )


def test_a_split_changes_neither_spread_nor_volatility_and_doubles_the_volume() -> None:
    bars = random_panel(5, 60, 1, ragged=False, events=False)
    split = np.ones(bars.close.shape)
    split[40] = 2.0
    scale = np.cumprod(split, axis=0)
    other = replace(
        bars, split=split, close=bars.close / scale, high=bars.high / scale, low=bars.low / scale,
        open=bars.open / scale, volume=bars.volume * scale,
    )  # fmt: skip
    plain = estimate(bars, EVERYTHING, days_of(bars), 1.0)
    found = estimate(other, EVERYTHING, days_of(bars), 1.0)
    np.testing.assert_allclose(found[:2], plain[:2], rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(found[2], plain[2] * scale, rtol=1e-12)
    halved = true_range_before(bars, 5) / scale
    np.testing.assert_allclose(true_range_before(other, 5), halved, rtol=1e-9)


def test_the_first_and_last_half_hour_cost_more_and_the_day_between_does_not() -> None:
    """Sessions of 13 half hours; the last of a short day is not known before a session like it."""
    ts = np.concatenate([MONDAY + np.timedelta64(day, "D") + np.arange(13) * np.timedelta64(30, "m")
                         for day in range(3)])  # fmt: skip
    bars = replace(panel(np.ones(39), np.ones(39), ts=ts), close_ts=ts + np.timedelta64(30, "m"))
    found = clock(bars, np.repeat(np.arange(3), 13), 3.0)
    usual = [3.0, *[1.0] * 11, 3.0]
    assert found.tolist() == usual * 3
    assert clock(panel([1, 2, 3], [1, 2, 3]), np.arange(3), 3.0).tolist() == [1.0, 1.0, 1.0]
