"""Coarser bars from finer ones."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from terminal.errors import InputError
from terminal.market.calendars import get_calendar
from terminal.market.resample import complete, resample
from terminal.market.timeframe import Timeframe
from tests.terminal.market.panels import bars_frame

CALENDAR = get_calendar("XNYS")


def quarter_hours(start: str, end: str, seed: int = 0) -> pd.DataFrame:
    return bars_frame(CALENDAR.grid(start, end, Timeframe.MIN_15), seed)


def test_an_hour_of_a_half_past_nine_open_runs_to_half_past_ten() -> None:
    bars = quarter_hours("2024-03-07", "2024-03-07")
    hours = resample(bars, Timeframe.MIN_15, Timeframe.HOUR_1, CALENDAR)
    local = hours.index.tz_convert("America/New_York").strftime("%H:%M").tolist()
    assert local == ["09:30", "10:30", "11:30", "12:30", "13:30", "14:30", "15:30"]
    first, last = bars.iloc[:4], bars.iloc[24:]
    assert hours["open"].iloc[0] == first["open"].iloc[0]
    assert hours["high"].iloc[0] == first["high"].max()
    assert hours["low"].iloc[0] == first["low"].min()
    assert hours["close"].iloc[0] == first["close"].iloc[-1]
    assert hours["volume"].iloc[0] == first["volume"].sum()
    assert hours["volume"].iloc[-1] == last["volume"].sum()  # half an hour only


def test_no_bar_crosses_a_night_or_a_half_day() -> None:
    bars = quarter_hours("2020-11-25", "2020-11-30")
    days = resample(bars, Timeframe.MIN_15, Timeframe.DAY_1, CALENDAR)
    assert days.index.strftime("%m-%d").tolist() == ["11-25", "11-27", "11-30"]
    half = bars[bars.index.strftime("%m-%d") == "11-27"]
    assert len(half) == 14
    assert days["volume"].iloc[1] == half["volume"].sum()


def test_weeks_and_months_are_made_of_sessions_and_named_by_the_first() -> None:
    bars = bars_frame(CALENDAR.grid("2024-03-18", "2024-04-05", Timeframe.DAY_1))
    weeks = resample(bars, Timeframe.DAY_1, Timeframe.WEEK_1, CALENDAR)
    assert weeks.index.strftime("%m-%d").tolist() == ["03-18", "03-25", "04-01"]
    assert weeks["close"].iloc[1] == bars.loc["2024-03-28", "close"].iloc[0]  # Good Friday week
    months = resample(bars, Timeframe.DAY_1, Timeframe.MONTH_1, CALENDAR)
    # Named by the month's first session, even where the data begins later.
    assert months.index.strftime("%m-%d").tolist() == ["03-01", "04-01"]


def test_closes_alone_stay_closes_alone() -> None:
    bars = bars_frame(CALENDAR.grid("2024-03-18", "2024-03-28", Timeframe.DAY_1))
    bars[["open", "high", "low", "volume"]] = np.nan
    weeks = resample(bars, Timeframe.DAY_1, Timeframe.WEEK_1, CALENDAR)
    assert weeks["close"].notna().all()
    assert weeks[["open", "high", "low", "volume"]].isna().all().all()


def test_finer_bars_cannot_be_made() -> None:
    bars = bars_frame(CALENDAR.grid("2024-03-18", "2024-03-28", Timeframe.DAY_1))
    with pytest.raises(InputError, match="15min bars cannot be made"):
        resample(bars, Timeframe.DAY_1, Timeframe.MIN_15, CALENDAR)


def test_a_bar_is_complete_only_once_its_period_has_closed() -> None:
    bars = bars_frame(CALENDAR.grid("2024-03-18", "2024-03-27", Timeframe.DAY_1))
    weeks = resample(bars, Timeframe.DAY_1, Timeframe.WEEK_1, CALENDAR)
    before = pd.Timestamp("2024-03-28 19:59", tz="UTC")
    after = pd.Timestamp("2024-03-28 20:00", tz="UTC")
    assert complete(weeks, Timeframe.WEEK_1, CALENDAR, before).tolist() == [True, False]
    assert complete(weeks, Timeframe.WEEK_1, CALENDAR, after).tolist() == [True, True]


COARSER = [Timeframe.MIN_30, Timeframe.HOUR_1, Timeframe.DAY_1, Timeframe.WEEK_1, Timeframe.MONTH_1]


@settings(max_examples=40, deadline=None)
@given(
    timeframe=st.sampled_from(COARSER),
    seed=st.integers(0, 2**16),
    thinned=st.floats(0.0, 0.6),
)
def test_totals_extremes_and_ends_are_kept(timeframe: Timeframe, seed: int, thinned: float) -> None:
    bars = quarter_hours("2020-11-20", "2020-12-03", seed)
    bars = bars[np.random.default_rng(seed).random(len(bars)) >= thinned]
    if bars.empty:
        return
    coarse = resample(bars, Timeframe.MIN_15, timeframe, CALENDAR)
    assert coarse["volume"].sum() == bars["volume"].sum()
    assert coarse["high"].max() == bars["high"].max()
    assert coarse["low"].min() == bars["low"].min()
    assert coarse["open"].iloc[0] == bars["open"].iloc[0]
    assert coarse["close"].iloc[-1] == bars["close"].iloc[-1]
    assert coarse.index.is_monotonic_increasing and coarse.index.is_unique
    # Each stored bar lies inside the coarse bar it went into.
    ts = coarse.index.tz_convert(None).to_numpy().astype("datetime64[ns]")
    fine = bars.index.tz_convert(None).to_numpy().astype("datetime64[ns]")
    mine = np.searchsorted(ts, fine, side="right") - 1
    assert (fine < CALENDAR.bar_close(ts, timeframe)[mine]).all()


@settings(max_examples=40, deadline=None)
@given(timeframe=st.sampled_from(COARSER), cut=st.integers(1, 220))
def test_complete_bars_do_not_change_when_more_data_arrives(timeframe: Timeframe, cut: int) -> None:
    bars = quarter_hours("2020-11-20", "2020-12-03")
    known = bars.iloc[:cut]
    last = known.index[-1].tz_convert(None).to_numpy().astype("datetime64[ns]")
    now = pd.Timestamp(CALENDAR.bar_close(np.array([last]), Timeframe.MIN_15)[0], tz="UTC")
    part = resample(known, Timeframe.MIN_15, timeframe, CALENDAR)
    whole = resample(bars, Timeframe.MIN_15, timeframe, CALENDAR)
    done = complete(part, timeframe, CALENDAR, now)
    pd.testing.assert_frame_equal(part[done], whole.loc[part.index[done]])
    # The fault this catches: taking the growing bar for a finished one.
    if not done.all() and cut < len(bars) - 30:
        growing = part.index[~done]
        assert not part.loc[growing].equals(whole.loc[growing])


def test_resampling_two_steps_equals_one() -> None:
    bars = quarter_hours("2020-11-20", "2020-12-03")
    hours = resample(bars, Timeframe.MIN_15, Timeframe.HOUR_1, CALENDAR)
    pd.testing.assert_frame_equal(
        resample(hours, Timeframe.HOUR_1, Timeframe.WEEK_1, CALENDAR),
        resample(bars, Timeframe.MIN_15, Timeframe.WEEK_1, CALENDAR),
    )
