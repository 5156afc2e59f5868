"""From signals to weights: how the equity is shared out among instruments.

Weights never add up to more than the invested share, long and short together. Two ways:

*Equal slots* gives every instrument the same slot of equity, used or not, so that one instrument's
signal never trades another; unused slots stay in cash. *Active names* shares everything among the
instruments that have a signal, so every entry and exit resizes the others too.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from terminal.market.panel import FloatArray
from terminal.params import param
from terminal.strategies.signals import BoolArray, carried

EQUAL_SLOTS = "equal slots"
ACTIVE_NAMES = "active names"
KEPT_BARS = 10  # bars an instrument may miss before its share goes to the others


def sizing_param() -> Any:
    """The field `sizing` of a strategy's parameters."""
    return param(
        EQUAL_SLOTS,
        title="Sizing",
        choices=(EQUAL_SLOTS, ACTIVE_NAMES),
        help="Equal slots: each instrument has its own share, idle ones stay in cash. "
        "Active names: the instruments with a signal share everything.",
    )


def invested_param() -> Any:
    """The field `invested` of a strategy's parameters."""
    return param(
        1.0,
        title="Invested share",
        low=0.05,
        high=1.0,
        step=0.05,
        help="Share of equity put to work at most; the rest stays in cash.",
    )


def weights(signal: FloatArray, ready: BoolArray, sizing: str, invested: float) -> FloatArray:
    """Target weights from signals.

    Parameters
    ----------
    signal : float64 (n_bars, n_instruments), -1 (short) to 1 (long).
    ready : where the strategy has an opinion; elsewhere (warm-up, no bar) the weight is NaN.
    """
    if sizing == ACTIVE_NAMES:
        # A missing bar does not give a share away at once: the position is still held.
        held = np.nan_to_num(carried(np.where(ready, signal, np.nan), most=KEPT_BARS))
        names: Any = np.maximum(np.count_nonzero(held, axis=1), 1)[:, None]
    else:
        names = signal.shape[1]
    return np.where(ready, invested * signal / names, np.nan)


def out_of_market(close: FloatArray, needed: int) -> FloatArray:
    """Zero where an instrument has a bar and `needed` bars before it, else NaN (no opinion)."""
    known = np.isfinite(close)
    return np.where(known & (np.cumsum(known, axis=0) > needed), 0.0, np.nan)
