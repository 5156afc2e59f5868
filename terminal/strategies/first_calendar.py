"""Several calendars as one desk sees them: at each close of the first one, by last known closes.

A strategy that looks across instruments, and every overlay, needs prices of one moment. Exchanges
of different hours have none in common, but at the close of a bar of the first calendar the last
close of every instrument is known, and a global portfolio is decided there. So its bars are laid on
those closes: of an instrument of another exchange, a bar holds what closed since the close before;
where nothing did, it rests at the last known close. What is decided stands until the next such
close, and is traded at each instrument's own next open.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from terminal.market.calendars import get_calendar
from terminal.market.dataset import BAR_COLUMNS
from terminal.market.panel import FloatArray, Panel
from terminal.market.resample import bar_open
from terminal.strategies.overlays import Overlay, apply_overlays, overlaid, scale_of
from terminal.strategies.signals import carried
from terminal.strategies.sizing import KEPT_BARS
from terminal.strategies.strategy import Strategy

IntArray = npt.NDArray[np.int64]

OWN_BARS = ("hold", "trend", "reversion", "rules")
"""Families whose strategies decide about each instrument from its own bars, however they lie among
the others': they need no common moment, and decide at every instrument's own closes."""
KEPT_SESSIONS = 10
"""Sessions of the first calendar for which a last known close is one: longer than any exchange
rests, and short enough that an instrument that has ended is soon no part of anything."""


def of_several_calendars(
    strategy: Strategy, overlays: Sequence[Overlay] = (), *, long_only: bool = False
) -> Strategy:
    """The strategy under its overlays, for panels that may have several calendars.

    On a panel of one calendar it is `overlaid(strategy, overlays)`. On others a strategy of
    `OWN_BARS` decides as ever and its overlays move at closes of the first calendar; any other
    decides there itself.

    Parameters
    ----------
    long_only : what the account cannot hold is no part of what the overlays size.
    """
    if strategy.family in OWN_BARS:
        return overlaid(strategy, overlays, long_only=long_only, scaled=_scaled)
    inner = overlaid(strategy, overlays, long_only=long_only)

    def targets(panel: Panel, params: object) -> FloatArray:
        if not panel.calendars:
            return inner.targets(panel, params)
        rows, seen = at_closes(panel)
        if not len(rows):
            return np.full(panel.close.shape, np.nan)
        return _until_next(inner.targets(seen, params), rows, panel.n_bars)

    return replace(inner, targets=targets)


def at_closes(panel: Panel) -> tuple[IntArray, Panel]:
    """(rows in which bars of the first calendar close, the bars as they are known there).

    Parameters
    ----------
    panel : of several calendars, adjusted: its splits and dividends are in its prices.

    Returns
    -------
    The second is a panel of one calendar; its row k uses rows <= rows[k]. A bar of the first
    calendar's instruments is their own, and missing where it is missing. Another instrument is NaN
    before its first close, and once its last one is `KEPT_SESSIONS` old.
    """
    own = np.array(panel.calendars) == panel.calendar
    rows = np.flatnonzero(np.isfinite(panel.close[:, own]).any(axis=1))
    calendar = get_calendar(panel.calendar)
    ts = bar_open(panel.ts[rows], panel.timeframe, calendar)
    session = np.searchsorted(calendar.sessions, calendar.session_of(ts))
    shape = (len(rows), panel.n_instruments)
    bars: dict[str, Any] = {name: np.full(shape, np.nan) for name in BAR_COLUMNS}
    for j in range(panel.n_instruments):
        found = (
            {name: getattr(panel, name)[rows, j] for name in BAR_COLUMNS}
            if own[j]
            else _bars_since(panel, j, rows, session)
        )
        for name, values in found.items():
            bars[name][:, j] = values
    seen = replace(
        panel,
        ts=ts,
        close_ts=panel.close_ts[rows],
        split=np.ones(shape),
        dividend=np.zeros(shape),
        begun=None,
        calendars=(),
        **bars,
    )
    return rows, seen


def _bars_since(panel: Panel, j: int, rows: IntArray, session: IntArray) -> dict[str, FloatArray]:
    """What closed of one instrument since the row before, or its last known close; (n_rows,)."""
    closed = np.flatnonzero(np.isfinite(panel.close[:, j]))
    known = np.searchsorted(closed, rows, side="right")  # how many bars have closed by then
    before = np.append(np.maximum(known[:1] - 1, 0), known[:-1])
    fresh = known > before
    out = {name: np.full(len(rows), np.nan) for name in BAR_COLUMNS}
    if not fresh.any():
        return out
    given = {name: getattr(panel, name)[closed, j][: known[-1]] for name in BAR_COLUMNS}
    begin, last = before[fresh], known[fresh] - 1
    out["open"][fresh], out["close"][fresh] = given["open"][begin], given["close"][last]
    out["high"][fresh] = np.fmax.reduceat(given["high"], begin)
    out["low"][fresh] = np.fmin.reduceat(given["low"], begin)
    out["volume"][fresh] = np.add.reduceat(given["volume"], begin)
    newest = np.maximum.accumulate(np.where(fresh, np.arange(len(rows)), -1))
    rests = ~fresh & (newest >= 0) & (session - session[newest] <= KEPT_SESSIONS)
    level = out["close"][newest[rests]]
    quoted = np.isfinite(out["open"][newest[rests]])  # a source of closes only has nothing else
    out["close"][rests] = level
    for name in ("open", "high", "low"):
        out[name][rests] = np.where(quoted, level, np.nan)
    out["volume"][rests] = np.where(np.isfinite(out["volume"][newest[rests]]), 0.0, np.nan)
    return out


def _until_next(values: FloatArray, rows: IntArray, n_bars: int) -> FloatArray:
    """Values of `rows` at every row of (n_bars, ...), each until the next; NaN before the first."""
    at = np.searchsorted(rows, np.arange(n_bars), side="right") - 1
    out = np.array(values[np.maximum(at, 0)], dtype=np.float64)
    out[at < 0] = np.nan
    return out


def _scaled(panel: Panel, targets: FloatArray, overlays: Sequence[Overlay]) -> FloatArray:
    """`apply_overlays`, whose scales are of the closes of the first calendar and move there.

    Where one moves, every standing weight is stated again, of closed instruments too.
    """
    if not panel.calendars:
        return apply_overlays(panel, targets, overlays)
    rows, seen = at_closes(panel)
    if not len(rows):
        return np.full(panel.close.shape, np.nan)
    stands = carried(targets)
    there = np.isfinite(carried(seen.close, most=KEPT_BARS)) & np.isfinite(stands[rows])
    held = np.where(there, stands[rows], 0.0)
    scale = scale_of(seen, held, overlays)
    moved = np.append(True, scale[1:] != scale[:-1])
    again = np.zeros(panel.n_bars, dtype=bool)
    again[rows[moved]] = True
    out = (
        np.where(again[:, None], stands, targets) * _until_next(scale, rows, panel.n_bars)[:, None]
    )
    return np.asarray(out)
