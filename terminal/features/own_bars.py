"""The bars of one instrument without its gaps, and coarser ones made from them.

A coarser bar is one of the calendar's (`terminal.market.resample`): an hour of a session, a whole
session, a week. A row sees the newest one that had closed when the row did.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from terminal.features.feature import Bars
from terminal.features.kernels.coarse import collect
from terminal.market.calendars import get_calendar
from terminal.market.panel import FloatArray, Panel
from terminal.market.resample import bar_open
from terminal.market.timeframe import Timeframe

IntArray = npt.NDArray[np.int64]


def instrument_bars(
    panel: Panel, instrument: int, known: npt.NDArray[np.bool_]
) -> tuple[Bars, IntArray]:
    """Bars of one column of an adjusted panel, and their rows; `known` as of `bar_known`."""
    rows = np.nonzero(known[:, instrument])[0]
    ts = panel.ts[rows].astype("datetime64[ns]")
    columns = {
        name: np.ascontiguousarray(getattr(panel, name)[rows, instrument])
        for name in ("open", "high", "low", "close", "volume")
    }
    return (
        Bars(
            ts=ts,
            close_ts=panel.close_ts[rows],
            session=get_calendar(panel.calendar).session_of(ts),
            timeframe=panel.timeframe,
            calendar=panel.calendar,
            **columns,
        ),
        rows,
    )


@dataclass(frozen=True)
class Coarse:
    """Coarser bars, and for each bar they were made from the newest one closed (-1: none)."""

    bars: Bars
    seen: IntArray

    def spread(self, values: FloatArray) -> FloatArray:
        """Values of coarse bars at the rows that see them."""
        if not len(values):
            return np.full(len(self.seen), np.nan)
        return np.where(self.seen >= 0, values[np.maximum(self.seen, 0)], np.nan)


def coarse_bars(bars: Bars, timeframe: Timeframe) -> Coarse:
    """Bars of a longer timeframe from those of one instrument.

    The last may still be growing: no row sees it before its close by the calendar.
    """
    calendar = get_calendar(bars.calendar)
    names = bar_open(bars.ts, timeframe, calendar)
    first = np.ones(len(names), dtype=bool)
    first[1:] = names[1:] != names[:-1]
    start = np.append(np.nonzero(first)[0], len(names)).astype(np.int64)
    prices = np.empty((5, len(start) - 1))
    collect(np.stack([bars.open, bars.high, bars.low, bars.close, bars.volume]), start, prices)
    ts = names[first]
    close_ts = calendar.bar_close(ts, timeframe)
    made = Bars(
        ts=ts,
        close_ts=close_ts,
        open=prices[0],
        high=prices[1],
        low=prices[2],
        close=prices[3],
        volume=prices[4],
        session=calendar.session_of(ts),
        timeframe=timeframe,
        calendar=bars.calendar,
    )
    return Coarse(made, np.searchsorted(close_ts, bars.close_ts, side="right") - 1)
