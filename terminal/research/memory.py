"""How a feature hangs on to its past: autocorrelation, half-life, stationarity."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from terminal.market.panel import FloatArray

SIGNIFICANT = 0.05
FEWEST = 50
MOST_VALUES = 20_000
"""The tests read the newest values up to this many: more change nothing but the wait."""


def autocorrelation(values: FloatArray, lags: int) -> FloatArray:
    """Correlation of a series (n,) with itself 1 .. `lags` values before, (lags,).

    r_k = c_k / c_0 with c_k = sum (x_t - m)(x_t-k - m) over pairs that are both known, divided by
    the number of values (Box and Jenkins 1976, eq. 2.1.13).
    """
    known = np.isfinite(values)
    out = np.full(lags, np.nan)
    if known.sum() < 3:
        return out
    apart = np.where(known, values - values[known].mean(), 0.0)
    c0 = float(apart @ apart)
    if c0 <= 0:
        return out
    for k in range(1, min(lags, len(values) - 1) + 1):
        out[k - 1] = float(apart[k:] @ apart[:-k]) / c0
    return out


def half_life(values: FloatArray) -> float:
    """Bars after which half of a deviation from the mean is gone: ln 0.5 / ln r_1.

    Of a first-order autoregression. 0 where r_1 <= 0 (nothing lasts), inf where r_1 >= 1.
    """
    r1 = float(autocorrelation(values, 1)[0])
    if not math.isfinite(r1):
        return math.nan
    if r1 <= 0:
        return 0.0
    return math.inf if r1 >= 1 else math.log(0.5) / math.log(r1)


class Verdict(StrEnum):
    """What the two tests say together."""

    STATIONARY = "stationary"
    WANDERING = "wandering"
    UNCLEAR = "unclear"
    MIXED = "mixed"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Stationarity:
    """Two tests with opposite null hypotheses; p-values NaN where there were too few values.

    adf : p of Said and Dickey (1984), small speaks against wandering off (a unit root).
    kpss : p of Kwiatkowski et al. (1992), small speaks against a steady level; its table ends at
    0.01 and 0.10, where the value stands for "at most" and "at least".
    """

    adf: float
    kpss: float
    n: int

    @property
    def verdict(self) -> Verdict:
        """Both tests together."""
        if not (math.isfinite(self.adf) and math.isfinite(self.kpss)):
            return Verdict.UNKNOWN
        steady, moved = self.adf < SIGNIFICANT, self.kpss < SIGNIFICANT
        if steady:
            return Verdict.MIXED if moved else Verdict.STATIONARY
        return Verdict.WANDERING if moved else Verdict.UNCLEAR


def stationarity(values: FloatArray) -> Stationarity:
    """ADF with a constant and floor(4 (n / 100)^(1/4)) lags, and KPSS of the level."""
    from statsmodels.tsa.stattools import adfuller, kpss

    known = values[np.isfinite(values)][-MOST_VALUES:]
    if len(known) < FEWEST or float(np.ptp(known)) == 0.0:
        return Stationarity(math.nan, math.nan, len(known))
    lags = math.floor(4 * (len(known) / 100) ** 0.25)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # p-values beyond KPSS's table, which the words say
        try:
            adf = float(adfuller(known, maxlag=lags, regression="c", autolag=None)[1])
            level = float(kpss(known, regression="c", nlags="auto")[1])
        except (ValueError, np.linalg.LinAlgError, OverflowError):
            return Stationarity(math.nan, math.nan, len(known))
    return Stationarity(adf, level, len(known))


WORDS = {
    Verdict.STATIONARY: "Stationary: it keeps returning to one level, and its spread means "
    "the same everywhere.",
    Verdict.WANDERING: "Not stationary: it wanders off, so what it was in one year says little of "
    "another. Difference it, or normalise it over a rolling window.",
    Verdict.UNCLEAR: "Unclear: the data can tell neither a steady level nor a wandering one.",
    Verdict.MIXED: "Mixed: it does not wander off, but its level has moved (a break or a slow "
    "change of spread). A rolling normaliser helps.",
    Verdict.UNKNOWN: "Unknown: too few values, or values that never change.",
}
