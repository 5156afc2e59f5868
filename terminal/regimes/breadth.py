"""Breadth: how many instruments take part."""

from __future__ import annotations

import numpy as np
import pandas as pd

from terminal.errors import InputError
from terminal.market.panel import FloatArray
from terminal.regimes.indicator import Indicator, named

WINDOW = 200
LEAST = 5
BROAD, NARROW = 0.6, 0.4


def breadth(returns: FloatArray, window: int = WINDOW) -> Indicator:
    """Share of instruments above the mean of their last `window` closes.

    Parameters
    ----------
    returns : float64 (T, n), NaN where an instrument did not trade; it counts once it has traded
        for a whole window. Fewer than five that count give no value.

    Raises
    ------
    InputError : not two dimensions.
    """
    if returns.ndim != 2:
        raise InputError(f"returns have the shape {returns.shape}, not (T, n).", field="returns")
    known = np.isfinite(returns)
    level = np.where(known, np.cumprod(1.0 + np.where(known, returns, 0.0), axis=0), np.nan)
    mean = pd.DataFrame(level).rolling(window).mean().to_numpy()
    counted = np.isfinite(mean)
    number = counted.sum(axis=1)
    above = (counted & (level >= np.where(counted, mean, np.inf))).sum(axis=1)
    share = np.where(number >= LEAST, above / np.maximum(number, 1), np.nan)
    states = named([share > BROAD, share < NARROW], ["broad", "narrow"], "mixed", share)
    return Indicator(
        "breadth",
        "Breadth",
        "percent",
        states,
        share,
        f"Share above the mean of {window} closes: broad above {BROAD:.0%}, narrow below "
        f"{NARROW:.0%}",
    )
