"""Sessions, half days and bar grids."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from terminal.errors import InputError
from terminal.market.calendars import get_calendar
from terminal.market.timeframe import Timeframe
from tests.terminal.market.reference import cases

MIC = {"xlon": "XLON", "xtks": "XTKS", "xhkg": "XHKG", "xetr": "XETR", "cmes": "CMES"}


def days(*text: str) -> np.ndarray:
    return np.array(text, dtype="datetime64[D]")


def times(*text: str) -> np.ndarray:
    return np.array(text, dtype="datetime64[ns]")


def utc(moment: np.datetime64) -> str:
    return f"{np.datetime_as_string(moment, unit='s')}Z"


@pytest.mark.parametrize("case", cases("calendars"))
def test_reference(case: dict[str, Any]) -> None:
    expected = case["expected"]
    if case["id"].startswith("xnys-holidays"):
        calendar = get_calendar("XNYS")
        start, end = case["inputs"]["range"]
        every = np.arange(start, np.datetime64(end) + 1, dtype="datetime64[D]")
        weekdays = every[np.is_busday(every)]
        closed = weekdays[~calendar.is_session(weekdays)]
        assert [str(day) for day in closed] == expected["weekday_closures"]
        early = [str(day) for day in calendar.half_days(start, end)]
        assert early == expected["early_closes_13_00_ET"]
        return
    calendar = get_calendar(MIC[case["id"].split("-")[0]])
    for day, answer in expected.items():
        session = days(day)
        if answer == "CLOSED":
            assert not calendar.is_session(session)[0], day
        elif isinstance(answer, str):  # closing time only
            assert utc(calendar.close_of(session)[0])[11:16] + "Z" == answer, day
        else:
            opened, closed_at = calendar.open_of(session)[0], calendar.close_of(session)[0]
            assert [utc(opened), utc(closed_at)] == answer, day


def test_a_daily_bar_is_named_by_the_sessions_actual_open_in_utc() -> None:
    calendar = get_calendar("XNYS")
    opens = calendar.open_of(days("1990-01-02", "1990-07-02"))
    assert [utc(t) for t in opens] == ["1990-01-02T14:30:00Z", "1990-07-02T13:30:00Z"]


def test_the_hour_grid_starts_at_the_open_and_its_last_bar_is_short() -> None:
    calendar = get_calendar("XNYS")
    grid = calendar.grid("2024-03-08", "2024-03-08", Timeframe.HOUR_1)
    assert [utc(t)[11:16] for t in grid] == [
        "14:30", "15:30", "16:30", "17:30", "18:30", "19:30", "20:30",
    ]  # fmt: skip
    closes = calendar.bar_close(grid, Timeframe.HOUR_1)
    assert utc(closes[0])[11:16] == "15:30"
    assert utc(closes[-1])[11:16] == "21:00"


def test_a_half_day_has_fewer_bars_and_closes_early() -> None:
    calendar = get_calendar("XNYS")
    grid = calendar.grid("2020-11-27", "2020-11-27", Timeframe.MIN_15)
    assert len(grid) == 14
    assert utc(calendar.bar_close(grid, Timeframe.MIN_15)[-1]) == "2020-11-27T18:00:00Z"
    assert utc(calendar.bar_close(grid[:1], Timeframe.DAY_1)[0]) == "2020-11-27T18:00:00Z"


def test_the_grid_follows_the_change_of_clocks() -> None:
    calendar = get_calendar("XNYS")
    grid = calendar.grid("2024-03-08", "2024-03-11", Timeframe.DAY_1)
    assert [utc(t)[11:16] for t in grid] == ["14:30", "13:30"]


def test_weeks_and_months_are_known_at_the_close_of_their_last_session() -> None:
    calendar = get_calendar("XNYS")
    week = calendar.bar_close(times("2024-03-25T13:30"), Timeframe.WEEK_1)
    assert utc(week[0]) == "2024-03-28T20:00:00Z"  # Good Friday is the 29th
    month = calendar.bar_close(times("2024-03-01T14:30"), Timeframe.MONTH_1)
    assert utc(month[0]) == "2024-03-28T20:00:00Z"
    assert len(calendar.grid("2024-01-01", "2024-03-31", Timeframe.MONTH_1)) == 3


def test_a_day_that_is_no_session_is_refused_by_name() -> None:
    with pytest.raises(InputError, match="2024-03-29 is not a trading session of XNYS"):
        get_calendar("XNYS").open_of(days("2024-03-28", "2024-03-29"))


def test_an_unknown_calendar_is_refused_with_a_remedy() -> None:
    with pytest.raises(InputError, match="no exchange calendar 'XXXX'") as caught:
        get_calendar("XXXX")
    assert caught.value.field == "calendar"


def test_a_calendar_known_only_from_later_on_begins_there() -> None:
    assert str(get_calendar("XTKS").sessions[0]) == "1997-01-06"


def test_crypto_never_closes() -> None:
    calendar = get_calendar("24/7")
    assert len(calendar.grid("2024-12-24", "2024-12-26", Timeframe.HOUR_1)) == 72


@settings(max_examples=60, deadline=None)
@given(
    first=st.dates(
        min_value=np.datetime64("1975-01-01").item(), max_value=np.datetime64("2026-06-01").item()
    ),
    length=st.integers(0, 20),
    timeframe=st.sampled_from(list(Timeframe)),
)
def test_bars_of_the_grid_follow_each_other_without_overlap(
    first: Any, length: int, timeframe: Timeframe
) -> None:
    calendar = get_calendar("XNYS")
    last = np.datetime64(first) + length
    grid = calendar.grid(first, last, timeframe)
    closes = calendar.bar_close(grid, timeframe)
    assert (closes > grid).all()
    assert (grid[1:] >= closes[:-1]).all() or not timeframe.intraday
    assert np.isin(calendar.session_of(grid), calendar.sessions_in(first, last)).all()
