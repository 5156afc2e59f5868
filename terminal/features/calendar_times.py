"""Where a bar lies in the day, the week, the month and the year, by the exchange's calendar.

Times are of the bar's close, when its row is known. Schedules are published ahead: that a session
will be short is known before it opens.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from terminal.features.declare import NoParams, entry
from terminal.features.feature import Bars
from terminal.market.calendars import get_calendar
from terminal.market.panel import FloatArray

calendar = partial(entry, "calendar", warmup=lambda _: 0, memory=lambda _: 0)
CYCLE = "Sine and cosine, so that the end of a cycle meets its beginning"
SCHEDULE = "Exchange calendar"


@dataclass(frozen=True)
class Schedule:
    """What an exchange's calendar says of each session, float64 (n_sessions,).

    Attributes
    ----------
    minutes : length. open : minutes of local time at the open. half : 1 where shorter than most.
    away : calendar days since the session before. left : sessions left in the month.
    expiry : calendar days to the next third Friday.
    """

    opens: npt.NDArray[np.int64]
    minutes: FloatArray
    open: FloatArray
    half: FloatArray
    away: FloatArray
    left: FloatArray
    expiry: FloatArray


@lru_cache(maxsize=16)
def schedule(mic: str) -> Schedule:
    """The schedule of an exchange, worked out once per process."""
    exchange = get_calendar(mic)
    opens = exchange.opens.astype("datetime64[ns]").astype(np.int64)
    minutes = (exchange.closes - exchange.opens) / np.timedelta64(1, "m")
    local = pd.DatetimeIndex(exchange.opens, tz="UTC").tz_convert(exchange.timezone)
    days = exchange.sessions.astype("datetime64[D]")
    away = np.diff(days.astype(np.int64), prepend=days[:1].astype(np.int64) - 1)
    month = days.astype("datetime64[M]")
    last = np.searchsorted(month, month, side="right") - 1
    third = third_friday(month)
    following = third_friday(month + 1)
    expiry = np.where(days <= third, third - days, following - days)
    return Schedule(
        opens=opens,
        minutes=minutes,
        open=np.asarray(local.hour * 60 + local.minute, dtype=np.float64),
        half=(minutes < np.median(minutes)).astype(np.float64),
        away=away.astype(np.float64),
        left=(last - np.arange(len(days))).astype(np.float64),
        expiry=expiry.astype("timedelta64[D]").astype(np.float64),
    )


def third_friday(month: npt.NDArray[np.datetime64]) -> npt.NDArray[np.datetime64]:
    """Third Friday of each month: when monthly options expire."""
    first = month.astype("datetime64[D]")
    weekday = (first.astype(np.int64) + 3) % 7  # Monday is 0
    return np.asarray(first + ((4 - weekday) % 7 + 14))


def _row(b: Bars) -> npt.NDArray[np.int64]:
    """Place of each bar's session in the calendar."""

    def make() -> npt.NDArray[np.int64]:
        days = b.session.astype("datetime64[D]")
        first = np.ones(len(days), dtype=bool)
        first[1:] = days[1:] != days[:-1]
        rows = np.searchsorted(get_calendar(b.calendar).sessions, days[first])
        return np.asarray(rows[np.cumsum(first) - 1])

    found: npt.NDArray[np.int64] = b.flow.shared("schedule row", make)
    return found


def _of_session(b: Bars, name: str) -> FloatArray:
    values: FloatArray = getattr(schedule(b.calendar), name)[_row(b)]
    return values


def _since_open(b: Bars) -> FloatArray:
    """Minutes from the session's open to the bar's close."""

    def make() -> FloatArray:
        closed = b.close_ts.astype("datetime64[ns]").astype(np.int64)
        return np.asarray((closed - schedule(b.calendar).opens[_row(b)]) / 6e10)

    found: FloatArray = b.flow.shared("since open", make)
    return found


def _cycle(part: FloatArray, whole: float, wave: Any) -> FloatArray:
    return np.asarray(wave(part * (2.0 * np.pi / whole)))


def _hour(b: Bars) -> FloatArray:
    return (_of_session(b, "open") + _since_open(b)) / 60.0


def _weekday(b: Bars) -> FloatArray:
    return np.asarray((b.day + 3.0) % 7.0)


def _month(b: Bars) -> FloatArray:
    return np.asarray(b.session.astype("datetime64[M]").astype(np.int64) % 12, dtype=np.float64)


def _month_day(b: Bars) -> FloatArray:
    first = b.session.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    return np.asarray(b.day - first)


@calendar("hour-sin", "Hour of day, sine", "-1 - 1", CYCLE)
def hour_sin(b: Bars, p: NoParams) -> FloatArray:
    """Sine of the exchange's local time over 24 hours."""
    return _cycle(_hour(b), 24.0, np.sin)


@calendar("hour-cos", "Hour of day, cosine", "-1 - 1", CYCLE)
def hour_cos(b: Bars, p: NoParams) -> FloatArray:
    """Cosine of the exchange's local time over 24 hours."""
    return _cycle(_hour(b), 24.0, np.cos)


@calendar("weekday-sin", "Weekday, sine", "-1 - 1", CYCLE)
def weekday_sin(b: Bars, p: NoParams) -> FloatArray:
    """Sine of the day of the week, Monday 0."""
    return _cycle(_weekday(b), 7.0, np.sin)


@calendar("weekday-cos", "Weekday, cosine", "-1 - 1", CYCLE)
def weekday_cos(b: Bars, p: NoParams) -> FloatArray:
    """Cosine of the day of the week, Monday 0."""
    return _cycle(_weekday(b), 7.0, np.cos)


@calendar("month-sin", "Month, sine", "-1 - 1", CYCLE)
def month_sin(b: Bars, p: NoParams) -> FloatArray:
    """Sine of the month of the year, January 0."""
    return _cycle(_month(b), 12.0, np.sin)


@calendar("month-cos", "Month, cosine", "-1 - 1", CYCLE)
def month_cos(b: Bars, p: NoParams) -> FloatArray:
    """Cosine of the month of the year, January 0."""
    return _cycle(_month(b), 12.0, np.cos)


@calendar("month-day-sin", "Day of month, sine", "-1 - 1", CYCLE)
def month_day_sin(b: Bars, p: NoParams) -> FloatArray:
    """Sine of the day of the month over 31 days."""
    return _cycle(_month_day(b), 31.0, np.sin)


@calendar("month-day-cos", "Day of month, cosine", "-1 - 1", CYCLE)
def month_day_cos(b: Bars, p: NoParams) -> FloatArray:
    """Cosine of the day of the month over 31 days."""
    return _cycle(_month_day(b), 31.0, np.cos)


@calendar("minutes-since-open", "Minutes since the open", "minutes", SCHEDULE)
def minutes_since_open(b: Bars, p: NoParams) -> FloatArray:
    """From the session's open to the bar's close; below 0 before it. Bars after a close belong to
    the session to come."""
    return _since_open(b)


@calendar("minutes-to-close", "Minutes to the close", "minutes", SCHEDULE)
def minutes_to_close(b: Bars, p: NoParams) -> FloatArray:
    """From the bar's close to the session's, which is earlier on half days."""
    return _of_session(b, "minutes") - _since_open(b)


@calendar("session-progress", "Progress of the session", "0 - 1", SCHEDULE)
def session_progress(b: Bars, p: NoParams) -> FloatArray:
    """Share of the session that is over at the bar's close."""
    return _since_open(b) / _of_session(b, "minutes")


@calendar("half-day", "Half day", "0 or 1", SCHEDULE)
def half_day(b: Bars, p: NoParams) -> FloatArray:
    """1 in sessions shorter than most of the exchange."""
    return _of_session(b, "half")


@calendar("days-away", "Days since the session before", "days", SCHEDULE)
def days_away(b: Bars, p: NoParams) -> FloatArray:
    """Calendar days since the session before: 3 on most Mondays."""
    return _of_session(b, "away")


@calendar("sessions-left", "Sessions left in the month", "sessions", SCHEDULE)
def sessions_left(b: Bars, p: NoParams) -> FloatArray:
    """Sessions of the month after this one: 0 on the last."""
    return _of_session(b, "left")


@calendar("days-to-expiry", "Days to options' expiry", "days", "Third Friday of the month")
def days_to_expiry(b: Bars, p: NoParams) -> FloatArray:
    """Calendar days to the next third Friday, when monthly options expire."""
    return _of_session(b, "expiry")


@calendar("expiry-week", "Week of options' expiry", "0 or 1", "Third Friday of the month")
def expiry_week(b: Bars, p: NoParams) -> FloatArray:
    """1 in the week that ends with the third Friday, up to that day."""
    return (_of_session(b, "expiry") < 5.0).astype(np.float64)
