"""Errors of means of numbers that hang together in time: overlapping outcomes do.

Two ways: the long-run variance of Newey and West (1987), and the circular block bootstrap of
Politis and Romano (1992), which draws whole stretches of time.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from terminal.market.panel import FloatArray

LEVEL = 0.95
DRAWS = 400
_CHUNK = 50  # draws whose counts are held at once
_Z = NormalDist().inv_cdf(0.5 + LEVEL / 2)


@dataclass(frozen=True)
class Estimate:
    """A mean with its 95 % interval; NaN throughout where there were too few numbers.

    error : standard error. t : mean / error. n : numbers it is the mean of.
    """

    mean: float
    low: float
    high: float
    error: float
    t: float
    n: int

    @property
    def sure(self) -> bool:
        """Whether the interval leaves zero out."""
        return self.low > 0 or self.high < 0


NOTHING = Estimate(math.nan, math.nan, math.nan, math.nan, math.nan, 0)


def lags_for(n: int, horizon: int) -> int:
    """Lags of the long-run variance: at least those over which outcomes of `horizon` overlap.

    Otherwise floor(4 (n / 100)^(2/9)), Newey and West (1994), of n numbers.
    """
    usual = int(4.0 * math.pow(max(n, 1) / 100, 2 / 9))
    return max(0, min(n - 1, max(horizon - 1, usual)))


def newey_west(series: FloatArray, lags: int) -> Estimate:
    """Mean of a series (n,), its error from sum of w_j gamma_j with w_j = 1 - j / (lags + 1).

    Missing values keep their place in time (Datta and Du 2012, amplitude modulated): pairs with
    one of them missing add nothing.
    """
    known = np.isfinite(series)
    n = int(known.sum())
    if n < 3:
        return NOTHING
    mean = float(series[known].mean())
    apart = np.where(known, series - mean, 0.0)
    variance = float(apart @ apart)
    for lag in range(1, min(lags, len(series) - 1) + 1):
        variance += 2 * (1 - lag / (lags + 1)) * float(apart[lag:] @ apart[:-lag])
    if variance <= 0:
        return Estimate(mean, math.nan, math.nan, math.nan, math.nan, n)
    error = math.sqrt(variance) / n
    return Estimate(mean, mean - _Z * error, mean + _Z * error, error, mean / error, n)


def block_length(n: int, horizon: int) -> int:
    """Rows of a block: twice the overlap of outcomes, at least the cube root of n."""
    return max(1, min(n, max(2 * horizon, math.ceil(math.pow(n, 1 / 3)))))


def resampled_sums(rows: FloatArray, length: int, seed: int, draws: int = DRAWS) -> FloatArray:
    """Sums of columns over time resampled in blocks, float64 (draws, m).

    Parameters
    ----------
    rows : float64 (n, m), finite: one row a bar. length : rows of a block; blocks go round the end.
    """
    n = len(rows)
    wrapped = np.concatenate([rows, rows[: length - 1]]) if length > 1 else rows
    total = np.concatenate([np.zeros((1, rows.shape[1])), np.cumsum(wrapped, axis=0)])
    blocks = total[length:] - total[:-length]  # (n, m): the sum of the block that starts at a row
    count = -(-n // length)
    rng = np.random.default_rng(seed)
    parts = []
    for first in range(0, draws, _CHUNK):
        size = min(_CHUNK, draws - first)
        starts = rng.integers(n, size=(size, count)) + n * np.arange(size)[:, None]
        times = np.bincount(starts.ravel(), minlength=size * n).reshape(size, n)
        parts.append(times.astype(np.float64) @ blocks)
    return np.concatenate(parts)


def bootstrap_estimate(mean: float, drawn: FloatArray, n: int) -> Estimate:
    """The percentile interval of resampled values (draws,) around the value itself."""
    known = drawn[np.isfinite(drawn)]
    if not math.isfinite(mean) or len(known) < 20:
        return Estimate(mean, math.nan, math.nan, math.nan, math.nan, n)
    tail = (1 - LEVEL) / 2
    low, high = np.quantile(known, [tail, 1 - tail])
    error = float(known.std(ddof=1))
    return Estimate(
        mean, float(low), float(high), error, mean / error if error > 0 else math.nan, n
    )
