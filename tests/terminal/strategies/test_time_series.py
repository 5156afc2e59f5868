"""Momentum of one instrument: its sign, its size, and the closed coarse bars it waits for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from terminal.backtest.truncation import truncation_check
from terminal.errors import InputError
from terminal.market.calendars import get_calendar
from terminal.market.panel import Panel
from terminal.market.resample import resample
from terminal.market.timeframe import Timeframe
from terminal.strategies.time_series import (
    MULTI_TIMEFRAME,
    PERIODS,
    MultiTimeframeParams,
    TimeSeriesMomentumParams,
    coarse_momentum,
    multi_timeframe_targets,
    time_series_momentum_targets,
)
from tests.terminal.backtest.panels import NAN, panel, random_panel


def _params(**more: Any) -> TimeSeriesMomentumParams:
    return TimeSeriesMomentumParams(**{"lookback": 10, "centre": 5, "rebalance": "weekly", **more})


def test_the_sign_is_that_of_the_past_return_and_the_size_that_of_the_risk() -> None:
    generator = np.random.default_rng(0)
    steps = generator.normal(0, 1, (40, 2)) * [0.004, 0.016] + [0.004, -0.01]
    bars = panel(100 * np.exp(np.cumsum(steps, axis=0)))
    found = time_series_momentum_targets(bars, _params(target_volatility=0.01))
    rows = np.flatnonzero(np.isfinite(found).any(axis=1))
    assert rows.tolist() == [10, 15, 20, 25, 30, 35]
    for row in rows:
        returns = bars.close[1 : row + 1] / bars.close[:row] - 1
        weight = (5 / 6) ** np.arange(row)[::-1]
        weight /= weight.sum()
        mean = weight @ returns
        annual = np.sqrt(252 * weight @ (returns - mean) ** 2)
        sign = np.sign(bars.close[row] / bars.close[row - 10] - 1)
        np.testing.assert_allclose(found[row], sign * 0.01 / annual / 2, rtol=1e-9)


def test_a_row_above_the_invested_share_is_scaled_as_a_whole() -> None:
    bars = random_panel(1, 60, 4, ragged=False, events=False)
    low = time_series_momentum_targets(bars, _params(target_volatility=0.01))
    high = time_series_momentum_targets(bars, _params(target_volatility=2.0, invested=0.7))
    rows = np.isfinite(low).all(axis=1)
    gross = np.abs(high[rows]).sum(axis=1)
    np.testing.assert_allclose(gross, 0.7)
    np.testing.assert_allclose(
        high[rows] / gross[:, None], low[rows] / np.abs(low[rows]).sum(1, keepdims=True)
    )


def test_an_instrument_that_stands_still_is_not_held_and_one_without_history_not_sized() -> None:
    prices = 100 * np.exp(np.cumsum(np.random.default_rng(3).normal(0.01, 0.01, (30, 3)), axis=0))
    prices[:, 1] = 100.1
    prices[:15, 2] = NAN
    found = time_series_momentum_targets(panel(prices), _params(target_volatility=0.05))
    assert found[20, 1] == 0 and np.isnan(found[20, 2]) and np.isfinite(found[20, 0])
    assert np.isfinite(found[25, 2])


def _multi(**more: Any) -> MultiTimeframeParams:
    return MultiTimeframeParams(**{"lookback": 2, "multiple": 3, "coarse_lookback": 1, **more})


def test_multiples_count_only_after_their_last_bar() -> None:
    """Closes 1..9 in threes: coarse closes 3, 6, 9, known on bars 2, 5, 8."""
    bars = panel(np.arange(1.0, 11))
    found = coarse_momentum(bars, _multi())[:, 0]
    np.testing.assert_allclose(found, [NAN] * 5 + [1, 1, 1, 0.5, 0.5])


def test_positions_need_both_time_frames() -> None:
    #         coarse: 3 -> 6 known at 5, 6 -> 4 known at 8, 4 -> 6 known at 11
    values = [1, 2, 3, 4, 5, 6, 5, 4.5, 4, 5, 5.5, 6]
    found = multi_timeframe_targets(panel(values), _multi())[:, 0]
    np.testing.assert_array_equal(found, [NAN] * 5 + [1, 0, 0, -1, 0, 0, 1])


def test_a_gap_belongs_to_no_coarse_bar() -> None:
    values = np.arange(1.0, 11)
    holes = np.insert(values, [2, 5], NAN)
    whole = coarse_momentum(panel(values), _multi())[:, 0]
    found = coarse_momentum(panel(holes), _multi())[:, 0]
    np.testing.assert_array_equal(found[np.isfinite(holes)], whole)


def _real_bars(timeframe: Timeframe, start: str, end: str) -> Panel:
    """A random walk on the bars the exchange really had."""
    calendar = get_calendar("XNYS")
    ts = calendar.grid(np.datetime64(start), np.datetime64(end), timeframe)
    values = 100 * np.exp(np.cumsum(np.random.default_rng(4).normal(0, 0.01, len(ts))))
    made = panel(values, ts=ts, timeframe=timeframe)
    return replace(made, close_ts=calendar.bar_close(ts, timeframe))


@pytest.mark.parametrize(
    ("timeframe", "coarse", "start", "end"),
    [
        (Timeframe.DAY_1, "week", "2023-11-01", "2024-04-30"),  # Thanksgiving, Good Friday
        (Timeframe.DAY_1, "month", "2023-06-01", "2024-04-30"),
        (Timeframe.HOUR_1, "day", "2023-11-15", "2023-12-15"),  # a half day after Thanksgiving
        (Timeframe.HOUR_1, "week", "2023-11-01", "2024-01-31"),
    ],
)
def test_periods_are_those_of_the_resampled_bars_that_have_closed(
    timeframe: Timeframe, coarse: str, start: str, end: str
) -> None:
    """Against the terminal's own resampling, done again at every bar with what was known then."""
    bars = _real_bars(timeframe, start, end)
    calendar = get_calendar("XNYS")
    found = coarse_momentum(bars, _multi(coarse=coarse, coarse_lookback=2))[:, 0]
    for row in range(0, bars.n_bars, 3):
        index = pd.DatetimeIndex(bars.ts[: row + 1], tz="UTC", name="ts")
        frame = pd.DataFrame({"close": bars.close[: row + 1, 0]}, index=index)
        made = resample(frame, timeframe, PERIODS[coarse], calendar)
        opens = pd.DatetimeIndex(made.index).tz_convert(None).to_numpy().astype("datetime64[ns]")
        done = made["close"][calendar.bar_close(opens, PERIODS[coarse]) <= bars.close_ts[row]]
        expected = done.iloc[-1] / done.iloc[-3] - 1 if len(done) > 2 else NAN
        assert found[row] == pytest.approx(expected, nan_ok=True), row
    assert np.isfinite(found).any()


@pytest.mark.parametrize("coarse", ["week", "month"])
def test_periods_know_nothing_of_later_bars(coarse: str) -> None:
    params = MultiTimeframeParams(lookback=4, coarse=coarse, coarse_lookback=1)
    bars = random_panel(9, 90, 3)
    assert truncation_check(MULTI_TIMEFRAME, params, bars, cuts=range(5, 90, 4)).passed


def test_coarse_bars_must_be_coarser() -> None:
    bars = replace(panel(np.arange(1.0, 40)), timeframe=Timeframe.WEEK_1)
    with pytest.raises(
        InputError, match="of a week are not coarser than the data's bars of 1w"
    ) as e:
        multi_timeframe_targets(bars, _multi(coarse="week"))
    assert e.value.field == "coarse" and "multiple of bars" in str(e.value.remedy)
    multi_timeframe_targets(bars, _multi(coarse="month"))
