"""Volatility, beta and the length of a year: against slow definitions."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from terminal.market.timeframe import Timeframe
from terminal.strategies import volatility as vol
from tests.terminal.backtest.panels import NAN, panel, random_panel


@pytest.mark.parametrize(
    ("timeframe", "calendar", "bars"),
    [
        (Timeframe.DAY_1, "XNYS", 252),
        (Timeframe.DAY_1, "24/7", 365),
        (Timeframe.WEEK_1, "XNYS", 52),
        (Timeframe.MONTH_1, "24/7", 12),
        (Timeframe.HOUR_1, "XNYS", 252 * 7),  # six full hours and a half
        (Timeframe.MIN_5, "XNYS", 252 * 78),
        (Timeframe.HOUR_1, "24/7", 365 * 24),
    ],
)
def test_bars_in_a_year(timeframe: Timeframe, calendar: str, bars: float) -> None:
    bars_ = replace(panel([1.0, 2.0]), timeframe=timeframe, calendar=calendar)
    assert vol.bars_per_year(bars_) == bars


def test_a_return_is_measured_from_the_bar_before_however_long_ago() -> None:
    close = np.array([[10, 11, NAN, 22, 33]]).T
    np.testing.assert_allclose(vol.own_returns(close)[:, 0], [NAN, 0.1, NAN, 1.0, 0.5])


def test_the_market_is_the_mean_of_those_that_traded() -> None:
    returns = np.array([[NAN, NAN], [0.1, NAN], [0.1, 0.3]])
    np.testing.assert_allclose(vol.market_return(returns), [NAN, 0.1, 0.2])


def test_ewma_volatility_is_the_papers_sum() -> None:
    """Moskowitz, Ooi and Pedersen (2012), eq. (1), with weights that add up to 1."""
    bars = random_panel(6, 40, 1)
    returns = vol.own_returns(bars.close)
    found = vol.ewma_volatility(returns, 7.0)[:, 0]
    known = np.flatnonzero(np.isfinite(returns[:, 0]))
    decay = 7.0 / 8.0
    for count, row in enumerate(known, start=1):
        past = returns[known[:count], 0][::-1]
        weight = (1 - decay) * decay ** np.arange(count)
        weight /= weight.sum()
        mean = weight @ past
        assert found[row] == pytest.approx(np.sqrt(weight @ (past - mean) ** 2), abs=1e-12)
    assert np.isnan(found[~np.isin(np.arange(40), known)]).all()


def test_beta_is_the_regressions_slope_on_the_instruments_own_bars() -> None:
    bars = random_panel(8, 80, 4)
    returns = vol.own_returns(bars.close)
    market = vol.market_return(returns)
    found = vol.rolling_beta(returns, market, 12)
    deviation = vol.rolling_volatility(returns, 12)
    for column in range(4):
        known = np.flatnonzero(np.isfinite(returns[:, column]))
        for end in range(len(known)):
            row = known[end]
            if end < 11:
                assert np.isnan(found[row, column])
                continue
            rows = known[end - 11 : end + 1]
            slope = np.polyfit(market[rows], returns[rows, column], 1)[0]
            assert found[row, column] == pytest.approx(slope, rel=1e-8, abs=1e-10)
            assert deviation[row, column] == pytest.approx(returns[rows, column].std(ddof=1))


def test_there_is_no_beta_to_a_market_that_does_not_move() -> None:
    returns = vol.own_returns(np.full((30, 2), 100.1))
    assert np.isnan(vol.rolling_beta(returns, vol.market_return(returns), 5)).all()
