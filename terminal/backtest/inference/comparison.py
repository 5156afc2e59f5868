"""Is the best of a sweep better than a benchmark?

Returns are simple returns per bar; every trial covers the same bars. P-values are
(1 + number at least as extreme) / (1 + samples), never 0 (Phipson and Smyth 2010). Two series are
compared in `sharpe_difference`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from terminal.backtest.inference.block_length import allowed_block_length, stationary_block_length
from terminal.backtest.inference.inputs import count, finite
from terminal.backtest.inference.p_values import p_value
from terminal.backtest.inference.resampling import CHUNK, StationaryBlocks, sample_positions
from terminal.backtest.return_metrics import TINY
from terminal.errors import InputError
from terminal.market.panel import FloatArray

MAX_VALUES = 2**21
"""Values of one array of Fourier transforms at a time."""
LOOKED_AT = 200
"""Trials whose block length is estimated: neighbours in a sweep hardly differ."""


@dataclass(frozen=True)
class Superiority:
    """H0: no trial has a higher expected return than the benchmark.

    Attributes
    ----------
    best : column of the trial with the largest studentised mean.
    reality_check : p-value of White (2000), on mean excess returns.
    spa : consistent p-value of Hansen (2005), on studentised means: bad trials weigh less.
    spa_lower, spa_upper : its liberal and conservative bounds.
    """

    best: int
    reality_check: float
    spa: float
    spa_lower: float
    spa_upper: float
    block_length: float
    n_samples: int


def superior_predictive_ability(
    returns: FloatArray,
    benchmark: FloatArray | None = None,
    *,
    seed: int,
    n_samples: int = 1_000,
    block_length: float | None = None,
) -> Superiority:
    """White's reality check and Hansen's test of superior predictive ability.

    Hansen (2005), "A Test for Superior Predictive Ability", section 2.1 and 3: the stationary
    bootstrap with its own variance (the kernel of Politis and Romano 1994).

    Parameters
    ----------
    returns : float64 (n_bars, n_trials), all trials of a sweep.
    benchmark : float64 (n_bars,); zero, which is staying out, where not given.
    block_length : mean length of a block, at most half the bars; where not given, the median of
        what fits the trials.

    Raises
    ------
    InputError : too few bars, a return that is no number, a benchmark of another length, or no
        trial that differs from it.
    """
    r = finite(returns, "returns", ndim=2, least=20)
    d = r if benchmark is None else r - _same_length(r, benchmark, "benchmark")[:, np.newaxis]
    count(n_samples, 1, "n_samples")
    alive = np.flatnonzero(d.std(axis=0) >= TINY)
    if not alive.size:
        raise InputError("has no trial that differs from the benchmark.", field="returns")
    d = np.ascontiguousarray(d[:, alive])
    n = len(d)
    length = _median_length(d) if block_length is None else allowed_block_length(block_length, n)
    mean = d.mean(axis=0)
    omega = np.sqrt(_bootstrap_variance(d - mean, length))
    studentised = math.sqrt(n) * mean / omega
    # Hansen's threshold: a trial so far below the benchmark cannot matter to the maximum
    relevant = studentised >= -math.sqrt(2.0 * math.log(math.log(n)))
    centres = (np.where(relevant, mean, 0.0), np.maximum(mean, 0.0), mean)
    check: list[FloatArray] = []
    largest: tuple[list[FloatArray], ...] = ([], [], [])
    chunk = CHUNK * n // max(d.shape)  # the means of many trials outweigh the positions
    for positions in sample_positions(StationaryBlocks(length), n, n_samples, seed, chunk=chunk):
        # d of a sample's mean: how often each bar was drawn, times its returns
        sampled = _weights(positions, n) @ d
        check.append((sampled - mean).max(axis=1))
        for kept, centre in zip(largest, centres, strict=True):
            kept.append(np.maximum(0.0, ((sampled - centre) / omega).max(axis=1)))
    observed = max(0.0, float(studentised.max()))
    spa, lower, upper = (p_value(observed, math.sqrt(n) * np.concatenate(kept)) for kept in largest)
    reality = p_value(float(mean.max()), np.concatenate(check))
    best = int(alive[studentised.argmax()])
    return Superiority(best, reality, spa, lower, upper, length, n_samples)


def _median_length(d: FloatArray) -> float:
    """What fits each trial, or each of `LOOKED_AT` that are spread evenly over the sweep."""
    columns = np.unique(np.linspace(0, d.shape[1] - 1, LOOKED_AT).astype(np.int64))
    return float(np.median([stationary_block_length(d[:, column]) for column in columns]))


def _same_length(r: FloatArray, other: FloatArray, field: str) -> FloatArray:
    out = finite(other, field)
    if len(out) != len(r):
        raise InputError(f"has {len(out)} rows where returns have {len(r)}.", field=field)
    return out


def _weights(positions: np.ndarray, n: int) -> FloatArray:
    """Share of each bar in each sample: (rows, n)."""
    rows = np.arange(len(positions))[:, np.newaxis] * n
    counts = np.bincount((positions + rows).ravel(), minlength=len(positions) * n)
    return np.asarray(counts.reshape(-1, n) / positions.shape[1])


def _bootstrap_variance(centred: FloatArray, block_length: float) -> FloatArray:
    """n times the variance of the mean under the stationary bootstrap, of each column.

    sum over lags of kappa(i) gamma(i), kappa(i) = (1 - i/n)(1 - p)^i + (i/n)(1 - p)^(n - i)
    (Politis and Romano 1994, lemma 1). Autocovariances by Fourier transform.
    """
    n = len(centred)
    lag = np.arange(1, n)
    stay = 1.0 - 1.0 / block_length
    kappa = (1.0 - lag / n) * stay**lag + lag / n * stay ** (n - lag)
    size = 1 << (2 * n - 1).bit_length()
    out = np.empty(centred.shape[1])
    step = max(1, MAX_VALUES // size)
    for first in range(0, len(out), step):
        columns = centred[:, first : first + step]
        spectrum = np.abs(np.fft.rfft(columns, size, axis=0)) ** 2
        gamma = np.fft.irfft(spectrum, size, axis=0)[:n] / n
        out[first : first + step] = gamma[0] + 2.0 * kappa @ gamma[1:]
    return out
