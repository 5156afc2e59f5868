"""A run's curve as reports read it session by session."""

from __future__ import annotations

import numpy as np
import pandas as pd

from terminal.backtest.result import BacktestResult
from terminal.market.calendars import get_calendar


def session_curve(result: BacktestResult) -> pd.DataFrame:
    """The curve at the end of each session by which returns are counted.

    Of one calendar the curve as it is: figures find its sessions by their dates. Of several, dates
    would not do, because a coin's weekend belongs to the stock's Monday: the last row of each
    session of the data set's own exchange. Only levels (equity, benchmark) may be read from it.
    """
    sessions = own_sessions(result)
    if sessions is None:
        return result.curve
    return result.curve[np.append(sessions[1:] != sessions[:-1], True)[: len(sessions)]]


def own_sessions(result: BacktestResult) -> np.ndarray | None:
    """Session of each row of a run on several calendars; None for other runs."""
    made = result.provenance
    if all(other.calendar == made.calendar for other in made.others):
        return None
    ts = pd.DatetimeIndex(result.curve.index).tz_convert(None).to_numpy()
    return np.asarray(get_calendar(made.calendar).session_of(ts))
