"""Estimates and sessions of instruments of several calendars: each from its own bars.

A panel of one calendar is handed through as it is.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from terminal.market.calendars import get_calendar
from terminal.market.mixed import began, groups
from terminal.market.panel import FloatArray, Panel, TimeArray

BoolTable = np.ndarray
"""bool (n_bars, 1) or (n_bars, n_instruments)."""


def by_calendar(
    panel: Panel,
    sessions: TimeArray,
    estimate: Callable[[Panel, TimeArray], FloatArray],
) -> FloatArray:
    """`estimate(panel, sessions)`, made for each calendar's instruments on their own bars.

    Parameters
    ----------
    estimate : (..., n_bars, n_instruments) whose row t is known before bar t opens.

    Returns
    -------
    The same shape on the rows of `panel`: a bar's values in the row of its open and of its close.
    """
    if not panel.calendars:
        return estimate(panel, sessions)
    out: FloatArray | None = None
    opened = began(panel)
    for columns, rows, own, at in groups(panel):
        found = estimate(own, at)
        if out is None:
            out = np.full((*found.shape[:-2], *panel.close.shape), np.nan)
        for k, j in enumerate(columns):
            there = np.isfinite(panel.close[rows, j])
            values = found[..., there, k]
            out[..., rows[there], j] = values
            first = opened[rows[there], j]
            out[..., first[first >= 0], j] = values[..., first >= 0]
    assert out is not None  # noqa: S101  a panel has an instrument
    return out


def bars_in_a_session(panel: Panel, sessions: TimeArray) -> float:
    """Usually; of several calendars, of the one by which returns are counted."""
    if panel.calendars:
        own = [at for _, _, part, at in groups(panel) if part.calendar == panel.calendar]
        sessions = own[0] if own else sessions
    counts = np.unique(sessions, return_counts=True)[1]
    return float(np.median(counts)) if len(counts) else 1.0


def last_bars(panel: Panel) -> npt.NDArray[np.int64]:
    """The row of each instrument's last bar; the number of rows where its next one was not yet due.

    Only of several calendars: that a shop is closed when the range ends does not delist it.
    """
    from terminal.backtest.kernel.checks import last_rows  # compiled: not for the web process

    last = last_rows(np.ascontiguousarray(panel.close))
    if not panel.calendars:
        return last
    for j, mic in enumerate(panel.calendars):
        if last[j] < 0:
            continue
        calendar, closed = get_calendar(mic), panel.close_ts[last[j] : last[j] + 1]
        opens = np.maximum(calendar.open_of(calendar.session_of(closed)), closed)
        if calendar.bar_close(opens, panel.timeframe)[0] > panel.close_ts[-1]:
            last[j] = panel.n_bars
    return last


def session_marks(panel: Panel, sessions: TimeArray) -> tuple[BoolTable, BoolTable]:
    """(a bar begins a session here, one ends it here).

    (n_bars, 1) for a panel of one calendar; else of each instrument, the first in the row of its
    open and the second in that of its close. The last bar there is ends a session; of several
    calendars, if the instrument's own says so.
    """
    if not panel.calendars:
        starts = np.concatenate([[True], sessions[1:] != sessions[:-1]])[: panel.n_bars]
        return starts[:, None], np.append(starts[1:], True)[: panel.n_bars, None]
    begins = np.zeros(panel.close.shape, dtype=np.bool_)
    finishes = np.zeros(panel.close.shape, dtype=np.bool_)
    opened = began(panel)
    for columns, rows, own, at in groups(panel):
        whole = own.close_ts >= get_calendar(own.calendar).close_of(at)
        for j in columns:
            there = np.isfinite(panel.close[rows, j])
            bars, session = rows[there], at[there]
            changed = session[1:] != session[:-1]
            first = opened[bars, j]
            starting = np.append(True, changed)[: len(bars)]
            begins[first[starting & (first >= 0)], j] = True
            ends = np.append(changed, whole[there][-1:])
            finishes[bars[ends], j] = True
    return begins, finishes


class OwnRows:
    """Where each instrument of several calendars has its bars: made once, asked at each close."""

    def __init__(self, panel: Panel) -> None:
        self._there = np.isfinite(panel.close)
        self._known = np.cumsum(self._there, axis=0)
        self._rows = [np.flatnonzero(column) for column in self._there.T]

    def newest(
        self, values: FloatArray, bar: int, bars: int, units: FloatArray, *, of_units: bool
    ) -> FloatArray:
        """(<= bars, n_instruments): own newest bars of each instrument that closes in row `bar`.

        The last is in the last row; NaN before the first, and where an instrument is closed.

        Parameters
        ----------
        values : (n_bars, n_instruments), prices, or with `of_units` volumes; returned in units of
            the row, of which `units` says how many one has become.
        """
        out = np.full((min(bars, bar + 1), values.shape[1]), np.nan)
        for j in self._there[bar].nonzero()[0].tolist():
            known = self._known[bar, j]
            rows = self._rows[j][max(0, known - len(out)) : known]
            ratio = units[rows, j] / units[bar, j]
            found = values[rows, j]
            out[len(out) - len(rows) :, j] = found / ratio if of_units else found * ratio
        return out
