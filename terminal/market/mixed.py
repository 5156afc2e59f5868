"""Panels of several calendars on one axis of time: joined, taken apart, as an engine trades them.

Rows are named by their closes: every moment at which a bar of any instrument closes ends a row. A
row begins with the close before it, or with its own bar's open where that is later; so nothing in a
row was decided within it. Between two closes nothing is decided, and what opens there is taken
together.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from terminal.errors import InputError
from terminal.market.calendars import get_calendar
from terminal.market.dataset import BAR_COLUMNS
from terminal.market.panel import FloatArray, Panel, TimeArray
from terminal.market.resample import bar_open

RowTable = np.ndarray
"""int64 (n_bars, n_instruments)."""


def join(panels: Sequence[Panel]) -> Panel:
    """One panel of all instruments; the first panel's calendar is the one that counts sessions.

    Panels of one calendar are aligned on their bars' times and stay what they are.

    Raises
    ------
    InputError : a symbol stands in two panels, or bar lengths or adjustments differ.
    """
    first = panels[0]
    if len(panels) == 1:
        return first
    _require_one_kind(panels)
    closes = np.unique(np.concatenate([one.close_ts for one in panels]))
    shape = (len(closes), sum(one.n_instruments for one in panels))
    fields = {name: np.full(shape, np.nan) for name in (*BAR_COLUMNS, "begun")}
    split, dividend = np.ones(shape), np.zeros(shape)
    starts = np.full(len(closes), np.datetime64("NaT"), dtype="datetime64[ns]")
    left, apart = 0, False
    for one in panels:
        columns = slice(left, left + one.n_instruments)
        left += one.n_instruments
        rows = np.searchsorted(closes, one.close_ts)
        opened = np.searchsorted(closes, one.ts, side="right")
        apart |= bool((opened != rows).any())
        for name in BAR_COLUMNS:
            fields[name][rows, columns] = getattr(one, name)
        fields["begun"][opened, columns] = np.where(np.isfinite(one.close), one.open, np.nan)
        split[opened, columns] = one.split
        dividend[opened, columns] = one.dividend
        starts[rows] = np.fmin(starts[rows], one.ts)
    starts[1:] = np.maximum(starts[1:], closes[:-1])
    several = len({one.calendar for one in panels}) > 1
    begun = fields.pop("begun")
    return replace(
        first,
        symbols=tuple(symbol for one in panels for symbol in one.symbols),
        ts=starts,
        close_ts=closes,
        split=split,
        dividend=dividend,
        begun=begun if apart else None,
        calendars=tuple(one.calendar for one in panels for _ in one.symbols) if several else (),
        simulated=any(one.simulated for one in panels),
        sectors=tuple(name for one in panels for name in one.sectors or ("",) * one.n_instruments)
        if any(one.sectors for one in panels)
        else (),
        open=fields["open"],
        high=fields["high"],
        low=fields["low"],
        close=fields["close"],
        volume=fields["volume"],
    )


def _require_one_kind(panels: Sequence[Panel]) -> None:
    first, symbols = panels[0], [symbol for one in panels for symbol in one.symbols]
    repeated = sorted({symbol for symbol in symbols if symbols.count(symbol) > 1})
    if repeated:
        raise InputError(
            f"{repeated[0]} is chosen from two data sets.",
            field="symbols",
            remedy="Choose it from one of them.",
        )
    for one in panels[1:]:
        if one.timeframe is not first.timeframe:
            raise InputError(
                f"Bars of {first.timeframe} and of {one.timeframe} are no common panel.",
                field="timeframe",
                remedy="Choose a bar length that all data sets have.",
            )
        if one.adjustment != first.adjustment:
            raise InputError(
                f"The prices of {first.dataset} are {first.adjustment.replace('_', ' ')}, those of "
                f"{one.dataset} {one.adjustment.replace('_', ' ')}.",
                field="symbols",
                remedy="Choose data sets whose prices are adjusted alike.",
            )


def began(panel: Panel) -> RowTable:
    """The row in which the bar that closes in each row opened, or one still open; -1 before any.

    A bar that has a close only begins with it.
    """
    rows = np.arange(panel.n_bars)[:, None]
    if panel.begun is None:
        return np.where(np.isfinite(panel.close), rows, -1)
    sudden = np.isfinite(panel.close) & ~np.isfinite(panel.open)
    own = np.where(np.isfinite(panel.begun) | sudden, rows, -1)
    return np.asarray(np.maximum.accumulate(own, axis=0))


def traded(panel: Panel) -> Panel:
    """The panel as prices are met in time: what `begun` says is a bar of one price in its own row.

    The rest of such a bar stands in the row of its close, without an open: nothing more can be done
    there at a price that is past. A panel of one calendar is returned as it is.
    """
    if panel.begun is None:
        return panel
    alone = np.isfinite(panel.begun) & ~np.isfinite(panel.close)
    earlier = np.isfinite(panel.open) & ~np.isfinite(panel.begun)
    out = {name: getattr(panel, name).copy() for name in BAR_COLUMNS}
    for name in ("open", "high", "low", "close"):
        out[name][alone] = panel.begun[alone]
    out["open"][earlier] = np.nan
    out["volume"] = volume_from_the_open(panel)
    return replace(panel, begun=None, **out)


def volume_from_the_open(panel: Panel) -> FloatArray:
    """A bar's volume also in the row of its open: what may be traded of it is counted from there.

    Unknown where the bar has not closed by the end of the panel.
    """
    if panel.begun is None:
        return panel.volume
    volume = panel.volume.copy()
    opened = began(panel)
    bars = np.isfinite(panel.close) & (opened >= 0)
    rows, columns = np.nonzero(bars)
    volume[opened[rows, columns], columns] = panel.volume[rows, columns]
    return volume


def carried(targets: FloatArray, panel: Panel) -> FloatArray:
    """Targets of a panel of several calendars: a closed instrument keeps its last one.

    That is the one of its last close, or one that was named for it since.
    """
    if not panel.calendars:
        return targets
    said = np.isfinite(panel.close) | np.isfinite(targets)
    rows = np.where(said, np.arange(panel.n_bars)[:, None], -1)
    rows = np.maximum.accumulate(rows, axis=0)
    out = np.take_along_axis(targets, np.maximum(rows, 0), axis=0)
    return np.where(rows >= 0, out, np.nan)


def groups(panel: Panel) -> Sequence[tuple[np.ndarray, np.ndarray, Panel, TimeArray]]:
    """(columns, rows of the panel, their bars as a panel of one calendar, session of each bar)."""
    found = []
    opened = began(panel)
    for mic in sorted(set(panel.calendars)):
        columns = np.flatnonzero(np.array(panel.calendars) == mic)
        rows = np.flatnonzero(np.isfinite(panel.close[:, columns]).any(axis=1))
        calendar = get_calendar(mic)
        split, dividend = np.ones((2, len(rows), len(columns)))
        dividend = dividend - 1.0
        for k, j in enumerate(columns):
            first = opened[rows, j]
            there = np.isfinite(panel.close[rows, j]) & (first >= 0)
            split[there, k] = panel.split[first[there], j]
            dividend[there, k] = panel.dividend[first[there], j]
        ts = bar_open(panel.ts[rows], panel.timeframe, calendar)
        own = replace(
            panel,
            calendar=mic,
            calendars=(),
            begun=None,
            symbols=tuple(panel.symbols[j] for j in columns),
            sectors=tuple(panel.sectors[j] for j in columns) if panel.sectors else (),
            ts=ts,
            close_ts=panel.close_ts[rows],
            split=split,
            dividend=dividend,
            **{name: getattr(panel, name)[np.ix_(rows, columns)] for name in BAR_COLUMNS},
        )
        found.append((columns, rows, own, calendar.session_of(ts)))
    return found


def on_own_bars(panel: Panel, compute: Callable[[Panel], FloatArray]) -> FloatArray:
    """`compute(panel)`, made for each calendar's instruments on their own bars.

    Returns
    -------
    float64 (n_bars, n_instruments): values in the rows in which their bars close, else NaN.
    """
    if not panel.calendars:
        return compute(panel)
    out = np.full(panel.close.shape, np.nan)
    for columns, rows, own, _ in groups(panel):
        out[np.ix_(rows, columns)] = compute(own)
    return out
