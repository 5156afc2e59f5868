"""Regime filters: the market's level, its side of the average, and how wild it is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from terminal.errors import InputError
from terminal.strategies.regimes import (
    TrendFilter,
    VolatilityFilter,
    above_average,
    market_level,
    turbulent,
)
from tests.terminal.backtest.panels import NAN, panel, random_panel


def test_the_level_is_that_of_one_instrument_or_of_all_alike() -> None:
    bars = panel([[10, 50], [11, 50], [NAN, NAN], [11, 60]])
    np.testing.assert_array_equal(market_level(bars, "B"), [50, 50, NAN, 60])
    np.testing.assert_allclose(market_level(bars, ""), [1, 1.05, NAN, 1.05 * 1.1])


def test_a_market_that_is_not_there_is_refused() -> None:
    with pytest.raises(InputError, match="'SPY' is not among the chosen instruments") as caught:
        TrendFilter(window=3, market="SPY").scale(panel([1.0, 2.0]), np.ones((2, 1)))
    assert caught.value.field == "market" and "empty" in str(caught.value.remedy)


def test_the_state_changes_beyond_the_band_only() -> None:
    #                  average of 2:  -   10  10.5  10.5  9.5  9.25  10    11.5
    level = np.array([10, 10, 11, 10, 9, 9.5, 10.5, 12.5])
    distance = level[1:] / ((level[1:] + level[:-1]) / 2) - 1
    np.testing.assert_allclose(distance, [0, 1 / 21, -1 / 21, -1 / 19, 1 / 37, 0.05, 2 / 23])
    narrow = above_average(level, 2, 0.0)
    np.testing.assert_array_equal(narrow, [NAN, 0, 1, 0, 0, 1, 1, 1])
    wide = above_average(level, 2, 0.06)
    np.testing.assert_array_equal(wide, [NAN, 0, 0, 0, 0, 0, 0, 1])


def test_a_state_stands_while_the_market_has_no_bar() -> None:
    level = np.array([10, 9, NAN, NAN, 8, 9.0])
    np.testing.assert_array_equal(above_average(level, 2, 0.0), [NAN, 0, 0, 0, 0, 1])


def test_the_trend_filter_keeps_its_share_below_the_average() -> None:
    bars = panel(np.concatenate([np.linspace(100, 120, 30), np.linspace(119, 90, 30)]))
    scale = TrendFilter(window=10, kept=0.25, band=0.0).scale(bars, np.ones((60, 1)))
    assert np.isnan(scale[:9]).all() and (scale[9:30] == 1).all() and (scale[40:] == 0.25).all()
    assert TrendFilter(window=10).warmup == 9


def wild_between(rows: int = 300) -> Any:
    """A market that is four times as wild on bars 150 to 199."""
    steps = np.random.default_rng(3).normal(0, 0.01, rows)
    steps[150:200] *= 4
    return panel(100 * np.exp(np.cumsum(steps)))


def test_wild_is_a_rank_among_the_volatilities_of_the_history() -> None:
    level = wild_between().close[:, 0]
    found = turbulent(level, 10, 60, 0.8, 0.1)
    returns = level[1:] / level[:-1] - 1
    volatility = np.full(300, NAN)
    for row in range(10, 300):
        volatility[row] = returns[row - 10 : row].std(ddof=1)
    state = NAN
    for row in range(69, 300):
        rank = (volatility[row - 59 : row + 1] <= volatility[row]).mean()
        if row == 69:
            state = float(rank > 0.8)
        elif rank > 0.8:
            state = 1.0
        elif rank < 0.7 - 1e-9:
            state = 0.0
        assert found[row] == state, row
    assert np.isnan(found[:69]).all()
    assert found[155:165].all() and 0.1 < np.nanmean(found) < 0.6


def test_the_volatility_filter_keeps_its_share_while_the_market_is_wild() -> None:
    bars = wild_between()
    given = VolatilityFilter(percentile=0.8, window=10, history=60, kept=0.3)
    scale = given.scale(bars, np.ones((300, 1)))
    assert np.isnan(scale[: given.warmup]).all() and np.isfinite(scale[given.warmup :]).all()
    assert set(scale[given.warmup :]) == {0.3, 1.0} and (scale[155:165] == 0.3).all()
    assert np.count_nonzero(np.diff(scale[given.warmup :])) < 20


def test_a_market_that_stands_still_is_not_wild() -> None:
    assert (turbulent(np.full(100, 10.1), 10, 30, 0.8, 0.1)[40:] == 0).all()


def test_a_band_that_never_ends_a_wild_market_is_refused() -> None:
    with pytest.raises(InputError, match="never be calm again") as caught:
        VolatilityFilter(percentile=0.1, band=0.1)
    assert caught.value.field == "band"
    assert not VolatilityFilter(band=0.1).on


@pytest.mark.parametrize("cut", range(40, 120, 9))
def test_later_bars_have_no_say(cut: int) -> None:
    bars = random_panel(7, 120, 4)
    weights = np.ones(bars.close.shape)
    for given in (
        TrendFilter(window=12),
        VolatilityFilter(percentile=0.7, window=6, history=20),
    ):
        whole = given.scale(bars, weights)[:cut]
        np.testing.assert_array_equal(given.scale(bars.truncated(cut), weights[:cut]), whole)
