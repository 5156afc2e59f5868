"""Returns after a bar: what a feature is measured against, never a part of one."""

from __future__ import annotations

import numpy as np

from terminal.errors import InputError
from terminal.market.panel import FloatArray

DELAY = 1
"""Bars from knowing a feature to the first price that could be traded at."""


def forward_returns(close: FloatArray, horizon: int, delay: int = DELAY) -> FloatArray:
    """Simple return from the close of row t + delay to the close of row t + delay + horizon.

    A feature of row t is known at the close of row t, so the return begins a bar later: a price
    that is in the feature is not also the price of the entry, which alone would make the two go
    together (bid-ask bounce).

    Parameters
    ----------
    close : float64 (n_bars, n_instruments), total-return prices. horizon : rows, 1 or more.

    Returns
    -------
    float64 (n_bars, n_instruments); NaN where a price is missing or the data ends before.
    """
    if horizon < 1:
        raise InputError(
            f"A horizon of {horizon} bars has no return.", field="horizons", remedy="Use 1 or more."
        )
    out = np.full(close.shape, np.nan)
    last = len(close) - delay - horizon
    if last > 0:
        entry, leave = close[delay : delay + last], close[delay + horizon :]
        with np.errstate(divide="ignore", invalid="ignore"):
            found = leave / entry - 1.0
        out[:last] = np.where(np.isfinite(found), found, np.nan)
    return out


def over_the_universe(returns: FloatArray) -> FloatArray:
    """Returns less the mean of all instruments at the same row: what choosing among them earns."""
    known = np.isfinite(returns)
    count = known.sum(axis=1)
    total = np.where(known, returns, 0.0).sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        middle = total / count
    return np.asarray(returns - middle[:, None])
