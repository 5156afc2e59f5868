"""From a panel to events, and from outcomes to `Labels`: what all kinds of label have in common."""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
import numpy.typing as npt

from terminal.labels.barriers import INCOMPLETE, Prices, touch
from terminal.labels.cusum import BoolArray, cusum_events
from terminal.labels.event_params import CUSUM, NEXT_OPEN, PER_DAY
from terminal.labels.event_params import EventParams as Params
from terminal.labels.labels import IntArray, Labels
from terminal.labels.own_bars import OwnBars, own_bars
from terminal.labels.volatility import bar_volatility, daily_volatility
from terminal.market.calendars import get_calendar
from terminal.market.panel import FloatArray, Panel

Int8Array = npt.NDArray[np.int8]


@dataclass(frozen=True)
class Ground:
    """What events are drawn from.

    bars : the panel's own bars. volatility : float64 (n,), known at each bar, NaN before.
    wanted : bool (n,), the bars that may be events: volatility known, and drift where asked for.
    """

    bars: OwnBars
    volatility: FloatArray
    wanted: BoolArray


@dataclass(frozen=True)
class Outcomes:
    """What became of events, in the order of (instrument, bar), incomplete ones left out.

    at : int64 (n,), positions in the flat bars. end : int64 (n,), rows. outcome : float64 (n,).
    touched, side : int8 (n,), as in `Labels`.
    """

    at: IntArray
    end: IntArray
    outcome: FloatArray
    touched: Int8Array
    side: Int8Array


def ground(panel: Panel, params: Params) -> Ground:
    """Bars, volatility and events of a raw panel."""
    bars = own_bars(panel)
    least = max(2, params.span // 2)
    daily = params.volatility == PER_DAY and panel.timeframe.intraday
    volatility = (daily_volatility if daily else bar_volatility)(bars, params.span, least)
    wanted = volatility > 0.0
    if params.events == CUSUM:
        h = params.threshold * volatility
        wanted &= cusum_events(bars.close, h, bars.start)
    return Ground(bars, volatility, wanted)


def outcomes(
    base: Ground,
    at: IntArray,
    side: Int8Array,
    params: Params,
    *,
    target: float = 0.0,
    loss: float = 0.0,
    by_close: bool = True,
    session_end: bool = False,
) -> Outcomes:
    """What became of trades decided at the bars `at`; without barriers, the end of the horizon."""
    prices = _prices(base.bars, params.entry == NEXT_OPEN, session_end)
    end, price, touched = touch(
        prices,
        at,
        side,
        base.volatility,
        target=target,
        loss=loss,
        horizon=params.horizon,
        by_close=by_close,
    )
    kept = touched != INCOMPLETE
    at, end, price, touched, side = at[kept], end[kept], price[kept], touched[kept], side[kept]
    return Outcomes(at, end, price / prices.fill[at] - 1.0, touched, side)


def labels_from(panel: Panel, base: Ground, made: Outcomes, label: FloatArray) -> Labels:
    """Events in the order of (bar, instrument); each weighs 1 until a fit weighs those it uses."""
    bar, instrument = base.bars.row[made.at], base.bars.instrument[made.at]
    order = np.empty(len(bar), dtype=np.int64)
    _by_bar(bar, np.zeros(panel.n_bars + 1, dtype=np.int64), order)
    bar, instrument, end = bar[order], instrument[order], made.end[order]
    return Labels(
        bar=bar,
        instrument=instrument,
        end=end,
        outcome=made.outcome[order],
        label=label[order],
        touched=made.touched[order],
        weight=np.ones(len(bar)),
        side=made.side[order],
    )


def _prices(bars: OwnBars, next_open: bool, session_end: bool) -> Prices:
    close_only = bars.panel.close_only
    fill = bars.close
    if next_open:
        fill = np.append(bars.open[1:], np.nan)
        fill[bars.start[1:][np.diff(bars.start) > 0] - 1] = np.nan
    last = last_row = np.empty(0, dtype=np.int64)
    if session_end:
        last, last_row = _session_ends(bars)
    return Prices(
        start=bars.start,
        row=bars.row,
        open=bars.open,
        high=bars.high,
        low=bars.low,
        close=bars.close,
        fill=fill,
        delay=int(next_open),
        room=2 if next_open and close_only else 1,
        last=last,
        last_row=last_row,
    )


def _session_ends(bars: OwnBars) -> tuple[IntArray, IntArray]:
    """Of each bar the last own bar of its session, and the row at which that session is over.

    Over is what the calendar says, so data cut inside a session ends no trade (-1).
    """
    panel = bars.panel
    calendar = get_calendar(panel.calendar)
    sessions, number = np.unique(calendar.session_of(panel.ts), return_inverse=True)
    over = np.searchsorted(panel.close_ts, calendar.close_of(sessions)).astype(np.int64)
    over[over == panel.n_bars] = -1
    own = number[bars.row]
    changes = np.flatnonzero((np.diff(own) != 0) | (np.diff(bars.instrument) != 0))
    ends = np.append(changes, len(own) - 1)
    last = ends[np.searchsorted(ends, np.arange(len(own)))].astype(np.int64)
    return last, over[own]


def by_bar_python(bar: IntArray, counts: IntArray, order: IntArray) -> None:
    """Stable order of ascending `bar` by counting; `counts` are n_bars + 1 zeros."""
    for i in range(len(bar)):
        counts[bar[i] + 1] += 1
    for t in range(1, len(counts)):
        counts[t] += counts[t - 1]
    for i in range(len(bar)):
        order[counts[bar[i]]] = i
        counts[bar[i]] += 1


_by_bar = numba.njit(cache=True, nogil=True, error_model="numpy")(by_bar_python)
