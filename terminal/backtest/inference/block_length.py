"""How long blocks of a bootstrap must be to keep what a series remembers.

Politis and White, "Automatic Block-Length Selection for the Dependent Bootstrap" (2004), with the
correction of Patton, Politis and White (2009), numbered below as P1 and P2.
"""

from __future__ import annotations

import math

import numpy as np

from terminal.backtest.inference.inputs import moving
from terminal.backtest.return_metrics import TINY
from terminal.errors import InputError
from terminal.market.panel import FloatArray

LEAST = 9
"""Returns below which there is nothing to estimate a length from: blocks are single values."""


def chosen_block_length(returns: FloatArray, given: float | None) -> float:
    """The mean length asked for, or the one that fits a series (n,).

    A block of more than half the series leaves too few different samples: in the limit every one
    is the series itself, and nothing seems uncertain.

    Raises
    ------
    InputError : a length asked for is not from 1 to half of the series (1 is always allowed).
    """
    if given is None:
        moves = float(np.std(returns)) >= TINY
        return stationary_block_length(returns) if moves else 1.0
    return allowed_block_length(given, len(returns))


def allowed_block_length(given: float, n: int) -> float:
    """A length from 1 to half of n values, or 1.

    Raises
    ------
    InputError : it is not.
    """
    if not 1.0 <= given <= max(1.0, n / 2.0):
        raise InputError(
            f"is {given}; it must be from 1 to half of the {n:,} bars.", field="block_length"
        )
    return float(given)


def stationary_block_length(returns: FloatArray) -> float:
    """Mean block length that fits the autocorrelation of a series (n,), between 1 and n.

    Raises
    ------
    InputError : a value is no number, or none differs from the rest.
    """
    return _block_length(returns, 2.0)


def circular_block_length(returns: FloatArray) -> int:
    """`stationary_block_length` for blocks of one length, rounded up."""
    return math.ceil(_block_length(returns, 4.0 / 3.0))


def _block_length(returns: FloatArray, variance_factor: float) -> float:
    """(2 G^2 / D)^(1/3) n^(1/3), D = `variance_factor` times the squared long-run variance.

    P2, with D_SB = 2 g(0)^2 for stationary and D_CB = 4/3 g(0)^2 for circular blocks; at most
    min(3 sqrt(n), n / 3), as in the authors' own program.
    """
    r = moving(returns, "returns")
    n = r.size
    if n < LEAST:
        return 1.0
    # the scale cancels, but not in floating point when returns are tiny
    u = (r - r.mean()) / r.std()
    window = max(5, int(math.log10(n)))
    top = min(math.ceil(math.sqrt(n)) + window, n - 2)
    covariance = np.array([u[lag:] @ u[: n - lag] for lag in range(top + 1)]) / n
    last = _last_lag(u, covariance, window)
    lag = np.arange(1, last + 1)
    weight = np.minimum(1.0, 2.0 * (1.0 - lag / last))  # the flat-top kernel
    slope = 2.0 * float(weight * lag @ covariance[1 : last + 1])
    long_run = float(covariance[0] + 2.0 * weight @ covariance[1 : last + 1])
    most = math.ceil(min(3.0 * math.sqrt(n), n / 3.0))
    if abs(long_run) < TINY:  # the series undoes itself: no block is long enough
        return float(most)
    cubed = 2.0 * slope**2 / (variance_factor * long_run**2) * n
    return float(min(max(1.0, math.cbrt(cubed)), most))


def _last_lag(u: FloatArray, covariance: FloatArray, window: int) -> int:
    """Twice the first lag from which `window` autocorrelations in a row are insignificant.

    P1, section 3.2; the lag is counted as in the authors' own program.
    """
    n, top = u.size, covariance.size - 1
    energy = np.concatenate([[0.0], np.cumsum(u**2)])
    lag = np.arange(1, top + 1)
    scale = np.sqrt(energy[n - lag] * (energy[n] - energy[lag])) / n
    # <=: a lag at which nothing moves is no memory
    small = np.abs(covariance[1:]) <= 2.0 * math.sqrt(math.log10(n) / n) * scale
    quiet = np.convolve(small[:-1], np.ones(window), "valid") == window
    return min(2 * (int(quiet.argmax()) + 1), top) if quiet.any() else top
