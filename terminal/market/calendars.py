"""Exchange calendars: sessions, half days and the bar grid, never clock arithmetic.

Built on exchange_calendars. Times are UTC. A bar is named by its open; an intraday bar that would
run over the session's end stops there. Weeks and months are named by the open of their first
session and end with the close of their last.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd

from terminal.errors import InputError
from terminal.market.panel import TimeArray
from terminal.market.timeframe import Timeframe

FIRST_YEAR = 1970  # the default calendar of the library begins only 20 years ago
ALWAYS_OPEN = "24/7"


class TradingCalendar:
    """Sessions of one exchange (ISO 10383 MIC, or "24/7")."""

    def __init__(self, mic: str) -> None:
        import exchange_calendars

        try:
            self._calendar: Any = _build(mic)
        except exchange_calendars.errors.InvalidCalendarName as error:
            raise InputError(
                f"There is no exchange calendar {mic!r}.",
                field="calendar",
                remedy="Use a market identifier code such as XNYS, XNAS or XLON, or 24/7.",
            ) from error
        self.mic = mic
        self.timezone = str(self._calendar.tz)
        self.opens: TimeArray = _ns(self._calendar.opens)
        self.closes: TimeArray = _ns(self._calendar.closes)
        self.sessions: TimeArray = self._calendar.sessions.to_numpy().astype("datetime64[D]")

    def open_of(self, sessions: TimeArray) -> TimeArray:
        """Opening time of each session date.

        Raises
        ------
        InputError : a date is not a session; names the first one.
        """
        days = sessions.astype("datetime64[D]")
        rows = self._rows_of(days)
        return np.asarray(self.opens[rows])

    def close_of(self, sessions: TimeArray) -> TimeArray:
        """Closing time of each session date (earlier on half days)."""
        return np.asarray(self.closes[self._rows_of(sessions.astype("datetime64[D]"))])

    def _rows_of(self, days: TimeArray) -> np.ndarray:
        rows = np.searchsorted(self.sessions, days)
        inside = rows < len(self.sessions)
        wrong = ~inside | (self.sessions[np.minimum(rows, len(self.sessions) - 1)] != days)
        if wrong.any():
            raise InputError(
                f"{days[wrong][0]} is not a trading session of {self.mic}.",
                field="date",
                remedy="Choose the calendar the data follows, or remove the row.",
            )
        return rows

    def is_session(self, days: TimeArray) -> np.ndarray:
        """Which dates are sessions."""
        return np.isin(days.astype("datetime64[D]"), self.sessions)

    def sessions_in(self, start: Any, end: Any) -> TimeArray:
        """Session dates from `start` to `end`, both inclusive."""
        low = np.searchsorted(self.sessions, np.datetime64(start, "D"))
        high = np.searchsorted(self.sessions, np.datetime64(end, "D"), side="right")
        return np.asarray(self.sessions[low:high])

    def session_of(self, ts: TimeArray) -> TimeArray:
        """Session date of each time: the session that is open then, else the next one."""
        rows = np.searchsorted(self.closes, ts.astype("datetime64[ns]"), side="right")
        return np.asarray(self.sessions[np.minimum(rows, len(self.sessions) - 1)])

    def half_days(self, start: Any, end: Any) -> TimeArray:
        """Sessions in the range that are shorter than most of that year."""
        days = self.sessions_in(start, end)
        length = self.close_of(days) - self.open_of(days)
        return np.asarray(days[length < np.median(length)]) if len(days) else days

    def bar_close(self, ts: TimeArray, timeframe: Timeframe) -> TimeArray:
        """When each bar, named by its open, is known."""
        times = ts.astype("datetime64[ns]")
        if timeframe.intraday:
            rows = np.searchsorted(self.closes, times, side="right")
            session_close = self.closes[np.minimum(rows, len(self.closes) - 1)]
            return np.asarray(np.minimum(times + timeframe.delta, session_close))
        session = self.session_of(times)
        if timeframe is Timeframe.DAY_1:
            return self.close_of(session)
        group = period_of(session, timeframe)
        every = period_of(self.sessions, timeframe)
        return np.asarray(self.closes[np.searchsorted(every, group, side="right") - 1])

    def grid(self, start: Any, end: Any, timeframe: Timeframe) -> TimeArray:
        """Opens of every bar the calendar expects from session `start` to session `end`."""
        days = self.sessions_in(start, end)
        opens = self.open_of(days)
        if timeframe is Timeframe.DAY_1:
            return opens
        if not timeframe.intraday:
            group = period_of(days, timeframe)
            first = np.ones(len(days), dtype=bool)
            first[1:] = group[1:] != group[:-1]
            return np.asarray(opens[first])
        closes = self.close_of(days)
        count = -(-(closes - opens) // timeframe.delta).astype(np.int64)
        index = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
        return np.asarray(np.repeat(opens, count) + index * timeframe.delta)


def _build(mic: str) -> Any:
    """The library's calendar from 1970, or from the first year it knows of that exchange."""
    import exchange_calendars

    try:
        return exchange_calendars.get_calendar(mic, start=f"{FIRST_YEAR}-01-01")
    except ValueError:
        bound = type(exchange_calendars.get_calendar(mic)).bound_min()
        return exchange_calendars.get_calendar(mic, start=bound)


def period_of(sessions: TimeArray, timeframe: Timeframe) -> np.ndarray:
    """A number per session that is equal within an ISO week or a calendar month."""
    if timeframe is Timeframe.MONTH_1:
        return sessions.astype("datetime64[M]").astype(np.int64)
    if timeframe is Timeframe.WEEK_1:
        return (sessions.astype("datetime64[D]").astype(np.int64) + 3) // 7
    raise ValueError(f"{timeframe} is not made of whole sessions")


@lru_cache(maxsize=16)
def get_calendar(mic: str) -> TradingCalendar:
    """The calendar of an exchange, built once per process."""
    return TradingCalendar(mic)


def _ns(times: pd.Series) -> TimeArray:
    return np.asarray(times.dt.tz_convert("UTC").dt.tz_localize(None), dtype="datetime64[ns]")
