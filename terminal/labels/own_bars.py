"""The bars of every instrument without its gaps, one instrument after the other in flat arrays.

Holding times count an instrument's own bars, as features do. Prices are total-return adjusted, so
an outcome over a split or an ex-date is what a holder earned.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from terminal.labels.labels import IntArray
from terminal.market.adjust import forward_adjusted
from terminal.market.panel import FloatArray, Panel


@dataclass(frozen=True)
class OwnBars:
    """Bars of all instruments, instrument by instrument; n is their number.

    Attributes
    ----------
    row : int64 (n,), row of the panel. start : int64 (n_instruments + 1,); the bars of
        instrument j are start[j] <= k < start[j + 1].
    open, high, low, close : float64 (n,), adjusted; of a close-only panel all four are the close.
    """

    row: IntArray
    start: IntArray
    open: FloatArray
    high: FloatArray
    low: FloatArray
    close: FloatArray
    panel: Panel

    @property
    def instrument(self) -> IntArray:
        """int64 (n,), column of the panel."""
        return np.repeat(np.arange(len(self.start) - 1), np.diff(self.start))

    def flat(self, values: npt.NDArray[np.generic]) -> npt.NDArray[np.generic]:
        """Values (n_bars, n_instruments) at these bars, (n,)."""
        return values[self.row, self.instrument]


def own_bars(panel: Panel) -> OwnBars:
    """A raw panel's bars, adjusted. A row counts as a bar where all its prices are known."""
    adjusted = forward_adjusted(panel)
    names = ("close",) if panel.close_only else ("close", "open", "high", "low")
    known = np.isfinite(adjusted.close)
    for name in names[1:]:
        known &= np.isfinite(getattr(adjusted, name))
    by_instrument = np.ascontiguousarray(known.T)
    start = np.concatenate([[0], np.cumsum(by_instrument.sum(axis=1))]).astype(np.int64)
    if by_instrument.all():
        row = np.tile(np.arange(panel.n_bars), panel.n_instruments)
        prices = {name: getattr(adjusted, name).T.ravel() for name in names}
    else:
        row = np.nonzero(by_instrument)[1].astype(np.int64)
        prices = {name: getattr(adjusted, name).T[by_instrument] for name in names}
    close = prices["close"]
    return OwnBars(
        row=row,
        start=start,
        open=prices.get("open", close),
        high=prices.get("high", close),
        low=prices.get("low", close),
        close=close,
        panel=panel,
    )
