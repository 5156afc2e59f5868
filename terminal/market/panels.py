"""From frames of single instruments to one panel."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from terminal.market.calendars import TradingCalendar
from terminal.market.dataset import BAR_COLUMNS, Dataset
from terminal.market.panel import Panel
from terminal.market.timeframe import Timeframe


def build_panel(
    dataset: Dataset,
    frames: Mapping[str, pd.DataFrame],
    actions: pd.DataFrame,
    timeframe: Timeframe,
    calendar: TradingCalendar,
) -> Panel:
    """Align bars on the union of their times; NaN where an instrument has no bar.

    A corporate action takes effect at the first bar of its instrument at or after its time.
    """
    symbols = tuple(frames)
    ts = np.unique(np.concatenate([_times(frame) for frame in frames.values()]))
    shape = (len(ts), len(symbols))
    fields = {name: np.full(shape, np.nan) for name in BAR_COLUMNS}
    split, dividend = np.ones(shape), np.zeros(shape)
    by_symbol = dict(tuple(actions.groupby("symbol"))) if len(actions) else {}
    for column, (symbol, frame) in enumerate(frames.items()):
        rows = np.searchsorted(ts, _times(frame))
        for name in BAR_COLUMNS:
            fields[name][rows, column] = frame[name].to_numpy(dtype=np.float64)
        _place_actions(by_symbol.get(symbol), ts, rows, split[:, column], dividend[:, column])
    return Panel(
        timeframe=timeframe,
        calendar=dataset.calendar,
        symbols=symbols,
        ts=ts,
        close_ts=calendar.bar_close(ts, timeframe),
        split=split,
        dividend=dividend,
        adjustment=dataset.adjustment.value,
        dataset=dataset.slug,
        data_version=dataset.version,
        simulated=dataset.simulated,
        open=fields["open"],
        high=fields["high"],
        low=fields["low"],
        close=fields["close"],
        volume=fields["volume"],
    )


def _times(frame: pd.DataFrame) -> np.ndarray:
    return pd.DatetimeIndex(frame.index).tz_convert(None).to_numpy().astype("datetime64[ns]")


def _place_actions(
    actions: pd.DataFrame | None,
    ts: np.ndarray,
    rows: np.ndarray,
    split: np.ndarray,
    dividend: np.ndarray,
) -> None:
    if actions is None:
        return
    times = pd.DatetimeIndex(actions["ts"]).tz_convert(None).to_numpy().astype("datetime64[ns]")
    own = ts[rows]
    for time, kind, value in zip(times, actions["kind"], actions["value"], strict=True):
        place = int(np.searchsorted(own, time))
        if place == len(own) or (place == 0 and own[0] != time):
            continue  # outside the bars: nothing is held across it
        if kind == "split":
            split[rows[place]] *= value
        else:
            dividend[rows[place]] += value
