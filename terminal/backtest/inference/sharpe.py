"""The Sharpe ratio as an estimate: its error, and what is left of it after many trials.

Sharpe ratios are per period (not annual), returns are in excess of the risk-free rate, kurtosis
is not in excess of 3. Sources: Bailey and Lopez de Prado, "The Sharpe Ratio Efficient Frontier",
Journal of Risk 15(2), 2012 [SREF]; "The Deflated Sharpe Ratio", Journal of Portfolio Management
40(5), 2014 [DSR]. The later formulation with autocorrelation stands in `significance`: its
probabilistic Sharpe ratio is another number, so a page names the formula it shows.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from terminal.backtest import return_metrics
from terminal.backtest.inference import normal
from terminal.backtest.inference.inputs import above, finite, moving, share
from terminal.errors import InputError
from terminal.market.panel import FloatArray


@dataclass(frozen=True)
class SharpeEstimate:
    """The Sharpe ratio of a series and the moments on which its error depends.

    Attributes
    ----------
    n : number of returns.
    per_period, annual : mean / standard deviation (ddof 1), and that times sqrt(periods).
    skewness, kurtosis : population moments; a normal distribution has 0 and 3.
    autocorrelation : of a return with the one before it.
    """

    n: int
    per_period: float
    annual: float
    skewness: float
    kurtosis: float
    autocorrelation: float


def estimate_sharpe(excess: FloatArray, periods: float) -> SharpeEstimate:
    """Sharpe ratio and moments of excess returns (n,), `periods` of which make a year.

    Raises
    ------
    InputError : fewer than 4 returns, one that is no number, or returns that never change.
    """
    r = moving(excess, "returns", least=4)
    above(periods, 0.0, "periods_per_year")
    ratio = return_metrics.sharpe(r, 1.0)
    skewness = return_metrics.skewness(r)
    excess_kurtosis = return_metrics.excess_kurtosis(r)
    assert ratio is not None and skewness is not None and excess_kurtosis is not None  # noqa: S101
    return SharpeEstimate(
        n=r.size,
        per_period=ratio,
        annual=ratio * math.sqrt(periods),
        skewness=skewness,
        kurtosis=excess_kurtosis + 3.0,
        autocorrelation=_first_autocorrelation(r),
    )


def _first_autocorrelation(r: FloatArray) -> float:
    """Sample autocorrelation at lag 1 (Box and Jenkins 1976, eq. 2.1.12)."""
    centred = r - r.mean()
    return float(centred[1:] @ centred[:-1] / (centred @ centred))


def moment_term(sharpe: float, skewness: float, kurtosis: float) -> float:
    """n - 1 times the variance of the Sharpe estimate: 1 - skew SR + (kurt - 1)/4 SR^2.

    [SREF], eq. 4. It is positive for the moments of any distribution.

    Raises
    ------
    InputError : no distribution has these moments (kurtosis is at least skewness^2 + 1).
    """
    if not kurtosis >= skewness**2 + 1.0 - 1e-9:
        raise InputError(
            f"is {kurtosis} at a skewness of {skewness}; it is at least skewness² + 1.",
            field="kurtosis",
            remedy="Give the kurtosis itself, which is 3 for a normal distribution.",
        )
    return 1.0 - skewness * sharpe + (kurtosis - 1.0) / 4.0 * sharpe**2


def probabilistic_sharpe(
    sharpe: float, benchmark: float, n: int, skewness: float = 0.0, kurtosis: float = 3.0
) -> float:
    """Confidence that the true Sharpe ratio is above `benchmark` ([SREF], eq. 11).

    PSR = Phi((SR - SR*) sqrt(n - 1) / sqrt(1 - skew SR + (kurt - 1)/4 SR^2)).

    Raises
    ------
    InputError : n below 2, or moments that no distribution has.
    """
    above(n, 1, "n")
    term = moment_term(sharpe, skewness, kurtosis)
    distance = (sharpe - benchmark) * math.sqrt(n - 1)
    if term <= 0:  # only two values, and this Sharpe ratio: the estimate has no error
        return 0.5 if distance == 0 else float(distance > 0)
    return float(normal.cdf(distance / math.sqrt(term)))


def minimum_track_record(
    sharpe: float,
    benchmark: float,
    skewness: float = 0.0,
    kurtosis: float = 3.0,
    alpha: float = 0.05,
) -> float | None:
    """Number of returns from which PSR reaches 1 - alpha; None when no length does.

    MinTRL = 1 + (1 - skew SR + (kurt - 1)/4 SR^2) (z_alpha / (SR - SR*))^2 ([SREF], eq. 13).
    """
    share(alpha, "alpha")
    term = moment_term(sharpe, skewness, kurtosis)
    if sharpe <= benchmark:
        return None
    return 1.0 + term * (float(normal.ppf(1.0 - alpha)) / (sharpe - benchmark)) ** 2


def expected_maximum(n_trials: float) -> float:
    """Expected largest of n independent standard normal values ([DSR], eq. 1 with mean 0).

    (1 - g) Phi^-1(1 - 1/n) + g Phi^-1(1 - 1/(n e)), g the Euler-Mascheroni constant. The formula
    is asymptotic and falls below zero under about 1.3 trials; the maximum of one draw is 0.

    Raises
    ------
    InputError : fewer than one trial.
    """
    if not (math.isfinite(n_trials) and n_trials >= 1):
        raise InputError(f"is {n_trials}; there is at least one trial.", field="n_trials")
    if n_trials == 1:
        return 0.0
    # from the upper tail: 1 - 1/n rounds for many trials
    high = normal.isf(1.0 / n_trials), normal.isf(1.0 / (n_trials * math.e))
    return max(0.0, float((1.0 - np.euler_gamma) * high[0] + np.euler_gamma * high[1]))


def expected_maximum_sharpe(n_trials: float, variance: float) -> float:
    """Sharpe ratio that the best of n trials without skill is expected to show ([DSR], eq. 1).

    `variance` is that of the Sharpe ratios across the trials, in the unit squared of the result.

    Raises
    ------
    InputError : fewer than one trial, or a variance that is no number or below zero.
    """
    if not (math.isfinite(variance) and variance >= 0):
        raise InputError(
            f"is {variance}; a variance is at least 0.", field="trial_sharpes_variance"
        )
    return math.sqrt(variance) * expected_maximum(n_trials)


def deflated_sharpe(
    sharpe: float,
    n: int,
    skewness: float,
    kurtosis: float,
    n_trials: float,
    variance: float,
) -> float:
    """PSR against the best Sharpe ratio expected of n_trials without skill ([DSR], eq. 2).

    `sharpe` is per period and `variance` that of the trials' Sharpe ratios per period.
    """
    benchmark = expected_maximum_sharpe(n_trials, variance)
    return probabilistic_sharpe(sharpe, benchmark, n, skewness, kurtosis)


def average_correlation_trials(correlation: FloatArray) -> float:
    """Effective number of independent trials N = rho + (1 - rho) M ([DSR], appendix 3).

    rho is the mean correlation of the M trials' returns off the diagonal, counted as 0 when
    negative. Trials in distinct clusters are counted too often, which is the careful side.

    Parameters
    ----------
    correlation : float64 (n_trials, n_trials).
    """
    c = _correlation_matrix(correlation)
    m = len(c)
    if m == 1:
        return 1.0
    rho = min(1.0, max(0.0, float((c.sum() - np.trace(c)) / (m * (m - 1)))))
    return rho + (1.0 - rho) * m


def spectral_trials(correlation: FloatArray) -> float:
    """Effective number of independent trials (sum of eigenvalues)^2 / sum of their squares.

    The participation ratio: exact for clusters of equal size whose members are copies.

    Parameters
    ----------
    correlation : float64 (n_trials, n_trials).
    """
    c = _correlation_matrix(correlation)
    # the eigenvalues sum to the trace, and their squares to the sum of all squared entries
    return float(np.trace(c) ** 2 / np.sum(c**2))


def _correlation_matrix(correlation: FloatArray) -> FloatArray:
    c = finite(correlation, "correlation", ndim=2)
    square = c.shape[0] == c.shape[1]
    if not square or not np.allclose(c, c.T, atol=1e-8) or not np.allclose(np.diag(c), 1.0):
        raise InputError(
            "is no correlation matrix: it must be square and symmetric with ones on the diagonal.",
            field="correlation",
        )
    if np.abs(c).max() > 1.0 + 1e-8:
        raise InputError("has an entry beyond 1.", field="correlation")
    return c
