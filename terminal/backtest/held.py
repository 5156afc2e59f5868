"""What a run held from one fill to the next, and what that earned before costs.

Row t stands for the time between the fills of bar t and those of bar t + 1: from open to open, or
from close to close where the source has closes only. What is traded inside a bar (a stop) counts
as if it had been traded at the bar's fills; the difference is small and belongs to no row.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from terminal.backtest.costs import COST_COLUMNS
from terminal.market.adjust import last_known
from terminal.market.panel import FloatArray, Panel


@dataclass(frozen=True)
class Held:
    """Holdings of a run and the returns they met.

    Attributes
    ----------
    weights : float64 (n_bars, n_instruments), fractions of the equity just after the bar's fills.
    returns : float64 (n_bars, n_instruments), with dividends and splits; 0 where there is no bar.
    costs : float64 (n_bars,), what trading and borrowing cost in the bar, as a fraction of the
        equity just before it was paid.
    """

    weights: FloatArray
    returns: FloatArray
    costs: FloatArray

    @property
    def gross(self) -> FloatArray:
        """Return of the holdings before costs: (n_bars,)."""
        return np.asarray(np.einsum("tj,tj->t", self.weights, self.returns))


def held_by(panel: Panel, positions: pd.DataFrame, curve: pd.DataFrame) -> Held:
    """The holdings of a run.

    Parameters
    ----------
    positions, curve : of `engine.Simulation`, on the bars of `panel`.
    """
    units = np.cumprod(panel.split, axis=0, dtype=np.float64)
    quoted = np.where(np.isfinite(panel.open), panel.open, panel.close)
    # in units of the first bar, so that a split is no return
    price = last_known(np.where(np.isfinite(panel.close), quoted, np.nan) * units)
    held = positions.to_numpy(dtype=np.float64) / units
    # equity at the fills: that of the close, less what was earned from there to the close
    since = np.nan_to_num(last_known(panel.close * units) - price)
    equity = curve["equity"].to_numpy(dtype=np.float64) - np.einsum("tj,tj->t", held, since)
    paid = curve[list(COST_COLUMNS)].to_numpy(dtype=np.float64).sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(equity > 0, 1.0 / equity, 0.0)
        costs = np.where(equity > 0, paid / (equity + paid), 0.0)
        weights = held * price * share[:, None]
    return Held(
        weights=np.nan_to_num(weights, nan=0.0, posinf=0.0, neginf=0.0),
        returns=_returns(panel, price, units),
        costs=costs,
    )


def _returns(panel: Panel, price: FloatArray, units: FloatArray) -> FloatArray:
    """From each row's price to the next one's; in the last row, to the close."""
    end = last_known(panel.close * units)[-1:]
    paid = np.vstack([(panel.dividend * units)[1:], np.zeros((1, panel.n_instruments))])
    with np.errstate(divide="ignore", invalid="ignore"):
        returns = (np.vstack([price[1:], end]) + paid) / price - 1.0
    return np.nan_to_num(returns, nan=0.0, posinf=0.0, neginf=0.0)
