"""Do two strategies have the same Sharpe ratio?

Sharpe ratios are per period, of excess returns on the same bars. Both tests are two-sided.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from terminal.backtest.inference import normal
from terminal.backtest.inference.block_length import allowed_block_length, circular_block_length
from terminal.backtest.inference.inputs import count, moving
from terminal.backtest.inference.p_values import p_value
from terminal.backtest.inference.resampling import CircularBlocks, sample_positions
from terminal.backtest.inference.sharpe import estimate_sharpe
from terminal.errors import InputError
from terminal.market.panel import FloatArray

NO_ERROR = 1e-10
"""A standard error below this is rounding: the series are the same but for their scale."""


@dataclass(frozen=True)
class SharpeDifference:
    """H0: both Sharpe ratios are equal, against that they differ (two-sided).

    Attributes
    ----------
    difference : first minus second, per period.
    standard_error : of the difference.
    """

    difference: float
    standard_error: float
    p_value: float


def jobson_korkie_memmel(first: FloatArray, second: FloatArray) -> SharpeDifference:
    """The test of Jobson and Korkie (1981) with the correction of Memmel (2003).

    Variance of the difference (2 - 2 rho + (SR1^2 + SR2^2 - 2 SR1 SR2 rho^2) / 2) / n. It assumes
    independent, normal returns; `ledoit_wolf` does not.

    Parameters
    ----------
    first, second : float64 (n,), excess returns on the same bars.

    Raises
    ------
    InputError : other lengths, a return that is no number, or returns that never change.
    """
    a, b = _pair(first, second)
    sr = estimate_sharpe(a, 1.0).per_period, estimate_sharpe(b, 1.0).per_period
    rho = float(np.corrcoef(a, b)[0, 1])
    term = 2.0 - 2.0 * rho + 0.5 * (sr[0] ** 2 + sr[1] ** 2 - 2.0 * sr[0] * sr[1] * rho**2)
    error = math.sqrt(max(term, 0.0) / a.size)
    difference = sr[0] - sr[1]
    return SharpeDifference(difference, error, _two_sided(difference, error))


def _two_sided(difference: float, error: float) -> float:
    if error < NO_ERROR:  # the same returns, but for their scale
        return 1.0 if abs(difference) < NO_ERROR else 0.0
    return float(2.0 * normal.sf(abs(difference) / error))


def ledoit_wolf(
    first: FloatArray,
    second: FloatArray,
    *,
    seed: int,
    n_samples: int = 2_000,
    block_length: int | None = None,
) -> SharpeDifference:
    """The studentised bootstrap test of Ledoit and Wolf (2008), section 3.2.2.

    Valid for fat tails and returns that remember: circular blocks of bars, drawn for both series
    together; the standard error is that of the HAC estimate (Parzen's kernel, section 3.1) for
    the series and of the blocks (eq. 9) for a sample.

    Parameters
    ----------
    first, second : float64 (n,), excess returns on the same bars.
    block_length : bars in a block; that which fits the series' influence on the
        difference where not given.

    Raises
    ------
    InputError : other lengths, fewer than 20 bars, a return that is no number, returns that never
        change, or a block longer than half the series.
    """
    a, b = _pair(first, second)
    count(n_samples, 1, "n_samples")
    # a Sharpe ratio has no scale: moments near 1 do not cancel
    x = np.stack([a / a.std(), b / b.std()], axis=-1)
    moments = np.concatenate([x, x**2], axis=-1)
    mean = moments.mean(axis=0)
    difference = float(_difference(mean))
    influence = (moments - mean) @ _gradient(mean)
    error = _hac_error(influence)
    if error < NO_ERROR:
        return SharpeDifference(difference, error, _two_sided(difference, error))
    length = circular_block_length(influence) if block_length is None else block_length
    allowed_block_length(length, a.size)
    whole = a.size // length * length
    positions = sample_positions(CircularBlocks(length), a.size, n_samples, seed, whole)
    drawn = [_studentised(moments[rows], difference, length) for rows in positions]
    p = p_value(abs(difference) / error, np.concatenate(drawn))
    return SharpeDifference(difference, error, p)


def _pair(first: FloatArray, second: FloatArray) -> tuple[FloatArray, FloatArray]:
    a = moving(first, "first", least=20)
    b = moving(second, "second", least=20)
    if a.size != b.size:
        raise InputError(f"has {b.size} rows where first has {a.size}.", field="second")
    return a, b


def _difference(mean: FloatArray) -> FloatArray:
    """Difference of Sharpe ratios (ddof 0) from (..., 4): two means, two raw second moments."""
    deviation = np.sqrt(np.maximum(mean[..., 2:] - mean[..., :2] ** 2, NO_ERROR))
    ratio = mean[..., :2] / deviation
    return np.asarray(ratio[..., 0] - ratio[..., 1])


def _gradient(mean: FloatArray) -> FloatArray:
    """Of `_difference` at (..., 4) (Ledoit and Wolf 2008, section 3)."""
    cubed = np.maximum(mean[..., 2:] - mean[..., :2] ** 2, NO_ERROR) ** 1.5
    by_mean = mean[..., 2:] / cubed
    by_square = -0.5 * mean[..., :2] / cubed
    out = np.concatenate([by_mean, by_square], axis=-1)
    return np.asarray(out * np.array([1.0, -1.0, 1.0, -1.0]))


def _hac_error(u: FloatArray) -> float:
    """Standard error of the mean of a series (n,) that remembers.

    Parzen's kernel with the bandwidth of Andrews (1991), eq. 5.3 and 6.4 for an AR(1), and the
    correction n / (n - 4) for the four estimated moments.
    """
    n = u.size
    variance = float(u @ u) / n
    if variance < NO_ERROR**2:
        return 0.0
    rho = float(np.clip(u[1:] @ u[:-1] / (u @ u), -0.97, 0.97))
    bandwidth = 2.6614 * (4.0 * rho**2 / (1.0 - rho) ** 4 * n) ** 0.2
    long_run = variance
    for lag in range(1, min(n - 1, math.ceil(bandwidth))):
        x = lag / bandwidth
        weight = 1.0 - 6.0 * x**2 + 6.0 * x**3 if x <= 0.5 else 2.0 * (1.0 - x) ** 3
        long_run += 2.0 * weight * float(u[lag:] @ u[:-lag]) / n
    return math.sqrt(max(long_run, 0.0) / (n - 4))


def _studentised(sample: FloatArray, difference: float, length: int) -> FloatArray:
    """|difference of a sample - difference| / its standard error: (rows,).

    Parameters
    ----------
    sample : float64 (rows, n, 4), n a multiple of the block length.
    """
    rows, n, _ = sample.shape
    mean = sample.mean(axis=1)
    blocks = sample.reshape(rows, n // length, length, 4).sum(axis=2)
    # a block's influence on the difference, in the direction of the gradient
    zeta = np.einsum("rbk,rk->rb", blocks - length * mean[:, np.newaxis], _gradient(mean))
    error = np.sqrt((zeta**2).sum(axis=1)) / n
    # a sample without spread says nothing against equality: it counts as extreme
    with np.errstate(divide="ignore"):
        distance = np.abs(_difference(mean) - difference)
        return np.where(error < NO_ERROR, np.inf, distance / np.maximum(error, NO_ERROR))
