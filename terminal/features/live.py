"""Features of the newest bar: one bar of all instruments costs one bar's work.

The states of every average and window after a history are kept, one row of an array per
instrument, and the formulas run on the newest bar of all instruments at once. The row equals that
of `compute` on the whole history, bit for bit. Features that cannot go on from a state (those
fitted in the course of time, and any of somebody else's) are computed again from their history.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from terminal.errors import InputError
from terminal.features.across_bars import AcrossBars, across_bars, bar_known, sectors_of
from terminal.features.feature import Bars
from terminal.features.feature_set import FeatureSet
from terminal.features.flow import Flow
from terminal.features.frame import Float32Array
from terminal.features.growing_bars import GrowingBars
from terminal.features.own_bars import coarse_bars, instrument_bars
from terminal.features.pipeline import (
    across,
    across_column,
    column_values,
    of_instrument,
    to_float32,
)
from terminal.features.plan import resolve
from terminal.market.adjust import forward_adjusted, growth_of_units
from terminal.market.calendars import get_calendar
from terminal.market.panel import FloatArray, Panel
from terminal.market.timeframe import Timeframe

PRICES = ("open", "high", "low", "close")
KEPT = ("ts", "close_ts", *PRICES, "volume", "split", "dividend")


class LiveFeatures:
    """The columns of a feature set, bar by bar.

    Parameters
    ----------
    history : raw panel of the bars known so far; may be long.
    feature_set, sectors : as in `compute`.
    """

    def __init__(
        self,
        history: Panel,
        feature_set: FeatureSet,
        sectors: Mapping[str, str] | None = None,
    ) -> None:
        self.columns = resolve(feature_set, history.timeframe)
        self._sectors = sectors_of(history, sectors)
        flowing = [c.feature.flows for c in self.columns]
        self._again = [j for j, flows in enumerate(flowing) if not flows]
        self._across = [j for j, c in enumerate(self.columns) if c.across and flowing[j]]
        self._own: dict[Timeframe | None, list[int]] = {}
        for j, column in enumerate(self.columns):
            if flowing[j] and not column.across:
                self._own.setdefault(column.timeframe, []).append(j)
        self._last = history.rows(slice(max(history.n_bars - 1, 0), history.n_bars))
        self._begin(history)

    def _begin(self, history: Panel) -> None:
        adjusted = forward_adjusted(history)
        known = bar_known(adjusted)
        self._adjusted = adjusted if self._again else None
        factors = growth_of_units(history.split, history.dividend, history.close)
        self._units = np.cumprod(factors, axis=0)[-1]
        self._splits = np.cumprod(history.split, axis=0)[-1]
        closes = np.where(np.isfinite(history.close), history.close, np.nan)
        rows = np.where(np.isfinite(closes), np.arange(len(closes))[:, None], -1).max(axis=0)
        self._close = np.where(
            rows >= 0, closes[np.maximum(rows, 0), np.arange(closes.shape[1])], np.nan
        )
        self._view_flow = Flow()
        across([self.columns[j] for j in self._across], adjusted, self._sectors, self._view_flow)
        self._growing = {
            timeframe: GrowingBars(timeframe, history.n_instruments, len(columns))
            for timeframe, columns in self._own.items()
            if timeframe is not None
        }
        states: dict[Timeframe | None, list[list[FloatArray]]] = {t: [] for t in self._own}
        for i in range(history.n_instruments):
            bars, _ = instrument_bars(adjusted, i, known)
            for timeframe, columns in self._own.items():
                states[timeframe].append(self._instrument(i, bars, timeframe, columns))
        self._flows = {t: Flow(_stacked(found), column=True) for t, found in states.items()}

    def _instrument(
        self, i: int, bars: Bars, timeframe: Timeframe | None, columns: list[int]
    ) -> list[FloatArray]:
        """What the history of an instrument leaves behind."""
        chosen = tuple(self.columns[j] for j in columns)
        if timeframe is None:
            of_instrument(chosen, bars)
            return bars.flow.states
        made = coarse_bars(bars, timeframe)
        closed = int(made.seen[-1]) + 1 if len(bars) else 0
        finished = made.bars.rows(slice(0, closed))
        values = [column_values(column, finished) for column in chosen]
        last = [array[-1] if closed else np.nan for array in values]
        self._growing[timeframe].begin(i, made.bars, closed, np.array(last))
        return finished.flow.states

    def next(self, bar: Panel) -> Float32Array:
        """The row of the next bar, float32 (n_instruments, n_columns); NaN where there is none.

        Parameters
        ----------
        bar : raw panel of one row, later than all before.

        Raises
        ------
        InputError : not one row, other instruments, or not later than the last bar.
        """
        self._check(bar)
        adjusted = self._adjust(bar)
        known = bar_known(adjusted)[0]
        out = np.full((bar.n_instruments, len(self.columns)), np.nan, dtype=np.float32)
        self._own_row(adjusted, known, out)
        self._across_row(adjusted, known, out)
        self._computed_again(adjusted, known, out)
        self._last = bar
        return out

    def _own_row(self, adjusted: Panel, known: npt.NDArray[np.bool_], out: Float32Array) -> None:
        bars = newest(adjusted, known)
        for timeframe, columns in self._own.items():
            flow = self._flows[timeframe]
            if timeframe is None:
                flow.begin(known[:, None].astype(np.float64))
                made = bars.through(flow)
                for j in columns:
                    out[:, j] = to_float32(column_values(self.columns[j], made))
            else:
                chosen = [self.columns[j] for j in columns]
                out[:, columns] = to_float32(
                    self._growing[timeframe].step(bars, known, flow, chosen)
                )
        out[~known] = np.nan

    def _across_row(self, adjusted: Panel, known: npt.NDArray[np.bool_], out: Float32Array) -> None:
        if not self._across:
            return
        view: AcrossBars = across_bars(adjusted, self._sectors, self._view_flow)
        for j in self._across:
            out[:, j] = to_float32(across_column(self.columns[j], view, adjusted)[:, 0])

    def _computed_again(
        self, adjusted: Panel, known: npt.NDArray[np.bool_], out: Float32Array
    ) -> None:
        if self._adjusted is None:
            return
        self._adjusted = history = _joined(self._adjusted, adjusted)
        there = bar_known(history)
        for j in self._again:
            column = self.columns[j]
            if column.across:
                view = across_bars(history, self._sectors)
                out[:, j] = to_float32(across_column(column, view, history)[:, -1])
                continue
            for i in np.nonzero(known)[0]:
                bars, _ = instrument_bars(history, int(i), there)
                out[i, j] = of_instrument((column,), bars)[0, -1]

    def _adjust(self, bar: Panel) -> Panel:
        """The bar at total-return prices of the history, as `forward_adjusted` gives it."""
        pair = [
            np.vstack([np.full_like(self._close, neutral), values])
            for neutral, values in ((1.0, bar.split), (0.0, bar.dividend))
        ]
        growth = growth_of_units(pair[0], pair[1], np.vstack([self._close, bar.close]))[1]
        self._units = self._units * growth
        self._splits = self._splits * bar.split[0]
        self._close = np.where(np.isfinite(bar.close[0]), bar.close[0], self._close)
        prices = {name: getattr(bar, name) * self._units for name in PRICES}
        return replace(bar, volume=bar.volume / self._splits, **prices)

    def _check(self, bar: Panel) -> None:
        if bar.n_bars != 1 or bar.symbols != self._last.symbols:
            raise InputError(
                f"The next bar has {bar.n_bars} rows of {bar.n_instruments} instruments; "
                f"one row of the same {self._last.n_instruments} is needed.",
                field="bar",
                remedy="Give one bar of all instruments, in the same order.",
            )
        if len(self._last.ts) and not bar.ts[0] > self._last.ts[-1]:
            raise InputError(
                f"The next bar is of {bar.ts[0]}, the last one was of {self._last.ts[-1]}.",
                field="bar",
                remedy="Give bars in order of time, each once.",
            )


def newest(adjusted: Panel, known: npt.NDArray[np.bool_]) -> Bars:
    """One bar of all instruments: arrays (k,), NaN where there is none."""
    k = adjusted.n_instruments
    ts = np.repeat(adjusted.ts.astype("datetime64[ns]"), k)
    prices = {
        name: np.where(known, getattr(adjusted, name)[0], np.nan) for name in (*PRICES, "volume")
    }
    return Bars(
        ts=ts,
        close_ts=np.repeat(adjusted.close_ts, k),
        session=get_calendar(adjusted.calendar).session_of(ts),
        timeframe=adjusted.timeframe,
        calendar=adjusted.calendar,
        **prices,
    )


def _stacked(states: list[list[FloatArray]]) -> list[FloatArray]:
    return [np.vstack(of_call) for of_call in zip(*states, strict=True)]


def _joined(history: Panel, bar: Panel) -> Panel:
    arrays: dict[str, Any] = {
        name: np.concatenate([getattr(history, name), getattr(bar, name)]) for name in KEPT
    }
    return replace(history, **arrays)
