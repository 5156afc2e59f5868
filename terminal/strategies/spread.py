"""Trading a spread between its extremes and its mean: what pairs and baskets share.

A spread is formed on the last `formation` bars, again every `reform` bars. Prices are logarithms; a
missing bar inside a window is taken as unchanged, and an instrument takes part only where it has
nearly all bars of the window. Bars are counted on the panel's rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from terminal.errors import InputError
from terminal.market.panel import FloatArray, Panel
from terminal.params import param
from terminal.strategies.signals import BoolArray
from terminal.strategies.sizing import KEPT_BARS, invested_param

KNOWN_SHARE = 0.9
"""Least share of a formation window's bars that an instrument must have."""

# states of a spread; the sign is the side
FLAT, LONG, STOPPED_LONG = 0, 1, 2


@dataclass(frozen=True)
class SpreadParams:
    """When a spread is formed, entered and left."""

    formation: int = param(
        252,
        title="Formation window",
        low=30,
        high=2000,
        step=1,
        unit="bars",
        help="Bars that the test, the hedge ratio and the score are made of.",
    )
    reform: int = param(
        63,
        title="Formed again every",
        low=5,
        high=1000,
        step=1,
        unit="bars",
        help="After this many bars the relation is tested again; 63 daily bars are a quarter.",
    )
    lags: int = param(
        1,
        title="Lagged differences",
        low=1,
        high=10,
        step=1,
        unit="bars",
        help="Differences that take short-term dependence out of the test.",
    )
    entry: float = param(
        2.0,
        title="Entry distance",
        low=0.5,
        high=6,
        step=0.1,
        unit="sd",
        help="Enter when the spread is this far from its mean.",
    )
    leave: float = param(
        0.5,
        title="Exit distance",
        low=0,
        high=3,
        step=0.1,
        unit="sd",
        help="Leave when the distance has shrunk to this.",
    )
    stop: float = param(
        4.0,
        title="Stop distance",
        low=1,
        high=20,
        step=0.1,
        unit="sd",
        help="Give up beyond this distance, until the spread has been back at its exit.",
    )
    invested: float = invested_param()

    def __post_init__(self) -> None:
        if not self.leave < self.entry < self.stop:
            raise InputError(
                f"Exit {self.leave:g}, entry {self.entry:g} and stop {self.stop:g}: each distance "
                "must be larger than the one before.",
                field="stop" if self.entry >= self.stop else "leave",
                remedy="Lower the exit, or raise the stop above the entry.",
            )


@dataclass(frozen=True)
class Formation:
    """One formation.

    Attributes
    ----------
    window : rows it is made on; the last is the bar at whose close it is made.
    traded : rows it is traded on, from that bar until the one before the next formation.
    usable : columns with enough bars.
    """

    window: slice
    traded: slice
    usable: np.ndarray


def formations(panel: Panel, params: SpreadParams) -> Iterator[Formation]:
    """Every formation of the panel, oldest first."""
    known = np.isfinite(panel.close)
    own_bars = np.cumsum(known, axis=0)
    for now in range(params.formation - 1, panel.n_bars, params.reform):
        window = slice(now - params.formation + 1, now + 1)
        usable = own_bars[now] >= params.formation
        usable &= known[window].mean(axis=0) >= KNOWN_SHARE
        usable &= known[max(now - KEPT_BARS, 0) : now + 1].any(axis=0)
        traded = slice(now, min(now + params.reform, panel.n_bars))
        yield Formation(window, traded, np.flatnonzero(usable))


def carried_logs(close: FloatArray) -> FloatArray:
    """Log closes with missing bars as unchanged; NaN before the first bar."""
    known = np.isfinite(close)
    rows = np.maximum.accumulate(np.where(known, np.arange(len(close))[:, None], 0), axis=0)
    return np.asarray(np.log(np.take_along_axis(close, rows, axis=0)))


def opinions(panel: Panel, params: SpreadParams) -> FloatArray:
    """Zero where an instrument has a bar and its own formation window, else NaN (no opinion)."""
    known = np.isfinite(panel.close)
    ready = known & (np.cumsum(known, axis=0) >= params.formation)
    return np.where(ready, 0.0, np.nan)


def positions(
    score: FloatArray, fresh: BoolArray, state: int, params: SpreadParams
) -> tuple[FloatArray, int]:
    """Positions in a spread bar by bar, and the state after the last.

    Parameters
    ----------
    score : (n_rows,) distance of the spread from its mean in standard deviations.
    fresh : (n_rows,) whether every leg has a bar; elsewhere the position stands. After more than
        `KEPT_BARS` of those in a row the spread is closed and left alone.
    state : FLAT, LONG or STOPPED_LONG, negative for the short side.
    """
    out = np.zeros(len(score))
    missed = 0
    for t, (z, both) in enumerate(zip(score, fresh, strict=True)):
        missed = 0 if both else missed + 1
        if missed > KEPT_BARS:
            return out, FLAT
        if both and np.isfinite(z):
            state = _next_state(float(z), state, params)
        out[t] = state if abs(state) == LONG else 0.0
    return out, state


def _next_state(z: float, state: int, params: SpreadParams) -> int:
    if state:
        side = 1 if state > 0 else -1
        if side * z >= -params.leave:
            state = FLAT
        elif side * z < -params.stop:
            return side * STOPPED_LONG
    if state == FLAT and params.entry < abs(z) <= params.stop:
        return -LONG if z > 0 else LONG
    return state


def fresh_rows(panel: Panel, rows: slice, columns: Sequence[int]) -> BoolArray:
    """(n_rows,) whether every one of the columns has a bar."""
    return np.asarray(np.isfinite(panel.close[rows][:, list(columns)]).all(axis=1))
