"""Coarser bars that grow bar by bar, and the values of the last ones that closed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from terminal.features.feature import Bars
from terminal.features.flow import Flow
from terminal.features.pipeline import column_values
from terminal.features.plan import Column
from terminal.market.calendars import get_calendar
from terminal.market.panel import FloatArray
from terminal.market.resample import bar_open
from terminal.market.timeframe import Timeframe

NONE = np.datetime64("NaT", "ns")


class GrowingBars:
    """The bar of a longer timeframe that each of k instruments is in.

    Attributes
    ----------
    name : datetime64[ns] (k,), its open by the calendar; NaT where there is none.
    prices : float64 (5, k): open, high, low, close, volume so far.
    values : float64 (k, n_columns), of the newest closed bar.
    """

    def __init__(self, timeframe: Timeframe, k: int, n_columns: int) -> None:
        self.timeframe = timeframe
        self.name = np.full(k, NONE)
        self.prices: FloatArray = np.full((5, k), np.nan)
        self.values: FloatArray = np.full((k, n_columns), np.nan)

    def begin(self, i: int, bars: Bars, closed: int, values: FloatArray) -> None:
        """After a history of instrument i, of whose coarser bars the first `closed` are closed."""
        self.values[i] = values
        if closed < len(bars):
            self.name[i] = bars.ts[-1]
            whole = (bars.open, bars.high, bars.low, bars.close, bars.volume)
            self.prices[:, i] = [array[-1] for array in whole]

    def step(
        self,
        bars: Bars,
        known: npt.NDArray[np.bool_],
        flow: Flow,
        columns: Sequence[Column],
    ) -> FloatArray:
        """One more bar of each known instrument; values they see then, float64 (k, n_columns)."""
        calendar = get_calendar(bars.calendar)
        name = bar_open(bars.ts[:1], self.timeframe, calendar)[0]
        # a bar whose last part never came has closed when the next one begins
        over = known & ~np.isnat(self.name) & (self.name != name)
        self._close(over, bars, flow, columns)
        self._grow(name, known, bars)
        if calendar.bar_close(np.array([name]), self.timeframe)[0] <= bars.close_ts[0]:
            self._close(known, bars, flow, columns)
        return self.values

    def _grow(self, name: np.datetime64, known: npt.NDArray[np.bool_], bars: Bars) -> None:
        first = known & np.isnat(self.name)
        more = known & ~first
        open_, high, low, close, volume = self.prices
        open_[first] = bars.open[first]
        high[first] = bars.high[first]
        low[first] = bars.low[first]
        volume[first] = bars.volume[first]
        close[known] = bars.close[known]
        # as `collect` has it: comparisons, so that a missing price stays missing
        higher = more & (bars.high > high)
        high[higher] = bars.high[higher]
        lower = more & (bars.low < low)
        low[lower] = bars.low[lower]
        begun = more & ~np.isfinite(volume)
        volume[begun] = bars.volume[begun]
        added = more & ~begun & np.isfinite(bars.volume)
        volume[added] += bars.volume[added]
        self.name[known] = name

    def _close(
        self,
        which: npt.NDArray[np.bool_],
        bars: Bars,
        flow: Flow,
        columns: Sequence[Column],
    ) -> None:
        """Their bars are finished: the formulas run on them once."""
        if not which.any():
            return
        calendar = get_calendar(bars.calendar)
        ts = np.where(which, self.name, bars.ts)
        prices = np.where(which, self.prices, np.nan)
        flow.begin(which[:, None].astype(np.float64))
        finished = Bars(
            ts=ts,
            close_ts=calendar.bar_close(ts, self.timeframe),
            open=prices[0],
            high=prices[1],
            low=prices[2],
            close=prices[3],
            volume=prices[4],
            session=calendar.session_of(ts),
            timeframe=self.timeframe,
            calendar=bars.calendar,
        ).through(flow)
        for j, column in enumerate(columns):
            found = column_values(column, finished)
            self.values[which, j] = found[which]
        self.name[which] = NONE
