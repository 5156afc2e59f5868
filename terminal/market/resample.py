"""Coarser bars from finer ones, along sessions and never across them.

An hour of a session that opens at 09:30 runs 09:30-10:30, and the last one is short. Weeks and
months are made of whole sessions. A coarse bar is named by the calendar's open of its period, not
by the first trade in it, and is known only at its close: the newest one may still be growing, and
`complete` says which are finished.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from terminal.errors import InputError
from terminal.market.calendars import TradingCalendar, period_of
from terminal.market.panel import TimeArray
from terminal.market.timeframe import Timeframe

_HOW = {"open": "first", "high": "max", "low": "min", "close": "last", "volume": "sum"}


def resample(
    bars: pd.DataFrame, base: Timeframe, timeframe: Timeframe, calendar: TradingCalendar
) -> pd.DataFrame:
    """Bars of `timeframe` from bars of `base`; frames as in `NewSeries.bars`.

    Raises
    ------
    InputError : `timeframe` is finer than `base`.
    """
    if timeframe is base:
        return bars
    if timeframe.order < base.order:
        raise InputError(
            f"The data has bars of {base}; {timeframe} bars cannot be made from them.",
            field="timeframe",
            remedy=f"Choose {base} or longer.",
        )
    if bars.empty:
        return bars
    ts = pd.DatetimeIndex(bars.index).tz_convert(None).to_numpy().astype("datetime64[ns]")
    names = bar_open(ts, timeframe, calendar)
    grouped = bars.groupby(pd.DatetimeIndex(names, tz="UTC", name="ts"))
    out = grouped.agg(
        {name: how for name, how in _HOW.items() if name in bars and name != "volume"}
    )
    if "volume" in bars:
        out["volume"] = grouped["volume"].sum(min_count=1)
    return out[[name for name in _HOW if name in bars]]


def bar_open(ts: TimeArray, timeframe: Timeframe, calendar: TradingCalendar) -> TimeArray:
    """The open of the bar of `timeframe` that each time belongs to."""
    session = calendar.session_of(ts)
    opens = calendar.open_of(session)
    if timeframe is Timeframe.DAY_1:
        return opens
    if timeframe.intraday:
        # extended hours count back from the open: 09:00 belongs to the hour 08:30-09:30
        return np.asarray(opens + ((ts - opens) // timeframe.delta) * timeframe.delta)
    group = period_of(session, timeframe)
    every = period_of(calendar.sessions, timeframe)
    return np.asarray(calendar.opens[np.searchsorted(every, group, side="left")])


def complete(
    bars: pd.DataFrame, timeframe: Timeframe, calendar: TradingCalendar, now: pd.Timestamp
) -> np.ndarray:
    """Which bars have closed by `now`: of a time, or of the last base bar that went into them."""
    ts = pd.DatetimeIndex(bars.index).tz_convert(None).to_numpy().astype("datetime64[ns]")
    return np.asarray(calendar.bar_close(ts, timeframe) <= now.tz_convert(None).to_datetime64())
