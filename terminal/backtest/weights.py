"""What a run held, as shares of its equity, at a number of moments through time."""

from __future__ import annotations

import numpy as np
import pandas as pd

from terminal.market.adjust import last_known
from terminal.market.panel import Panel

MOST = 260


def weights_through(
    panel: Panel, positions: pd.DataFrame, curve: pd.DataFrame, most: int = MOST
) -> pd.DataFrame:
    """Weights at the close of at most `most` bars, evenly spaced, the last among them.

    Parameters
    ----------
    panel : raw bars that hold those of the run. positions, curve : of a `BacktestResult`.
    """
    rows = np.unique(np.linspace(0, len(positions) - 1, min(most, len(positions))).astype(int))
    index = pd.DatetimeIndex(positions.index)
    at = np.searchsorted(panel.ts, index[rows].tz_convert("UTC").tz_localize(None).to_numpy())
    columns = np.array([panel.symbols.index(str(name)) for name in positions.columns])
    prices = last_known(panel.close)[np.ix_(at, columns)]
    held = positions.to_numpy(dtype=np.float64)[rows]
    equity = curve["equity"].to_numpy(dtype=np.float64)[rows]
    with np.errstate(divide="ignore", invalid="ignore"):
        weights = np.nan_to_num(held * prices / equity[:, None], posinf=0.0, neginf=0.0)
    return pd.DataFrame(weights, index=index[rows], columns=positions.columns)
