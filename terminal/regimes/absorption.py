"""Absorption ratio: how much of all variance few directions absorb.

Kritzman, Li, Page and Rigobon (2011). High and rising means that everything hangs together and a
shock spreads.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from terminal.errors import InputError
from terminal.market.panel import FloatArray
from terminal.regimes.indicator import Indicator, named
from terminal.risk.book import check_returns

WINDOW, HALF_LIFE, EVERY = 500, 250.0, 5
SHORT, LONG = 15, 252
FIFTH = 5


def absorption_ratio(
    returns: FloatArray,
    symbols: tuple[str, ...],
    window: int = WINDOW,
    half_life: float = HALF_LIFE,
    every: int = EVERY,
) -> FloatArray:
    """Share of variance in a fifth of the eigenvectors: float64 (T,), 0 to 1.

    Computed every `every` rows counted from the first one and held in between; NaN for the first
    `window` - 1 rows.

    Raises
    ------
    InputError : a single instrument, returns that are not numbers, or a window below 60 rows.
    """
    if len(symbols) < 2:
        raise InputError("one instrument absorbs all of its variance.", field="symbols")
    if window < 60:
        raise InputError(f"a window of {window} rows is below 60.", field="window")
    check_returns(returns, symbols, least=1)
    weight = 0.5 ** (np.arange(window)[::-1] / half_life)
    weight /= weight.sum()
    count = max(1, round(len(symbols) / FIFTH))
    out = np.full(len(returns), np.nan)
    for end in range(window, len(returns) + 1, every):
        part = returns[end - window : end]
        centred = part - weight @ part
        values = np.linalg.eigvalsh((centred * weight[:, None]).T @ centred)
        out[end - 1 : end - 1 + every] = values[-count:].sum() / values.sum()
    return out


def absorption(returns: FloatArray, symbols: tuple[str, ...], window: int = WINDOW) -> Indicator:
    """Fragile where the ratio's standardised shift is above 1, resilient below -1.

    Shift = (mean of 15 sessions - mean of 252) / standard deviation of the 252.
    """
    ratio = pd.Series(absorption_ratio(returns, symbols, window))
    year = ratio.rolling(LONG)
    deviation = year.std()
    shift = (
        (ratio.rolling(SHORT).mean() - year.mean()) / deviation.where(deviation > 1e-12)
    ).to_numpy()
    with np.errstate(invalid="ignore"):
        states = named([shift > 1.0, shift < -1.0], ["fragile", "resilient"], "usual", shift)
    return Indicator(
        "absorption",
        "Absorption",
        "percent",
        states,
        np.asarray(ratio, dtype=np.float64),
        f"Share of variance in a fifth of the directions; fragile where {SHORT} sessions stand "
        f"more than one deviation above {LONG}",
    )
