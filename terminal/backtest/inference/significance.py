"""Is a Sharpe ratio significant, when returns are autocorrelated?

Lopez de Prado, Lipton and Zoonekynd, "How to Use the Sharpe Ratio" (2025): the variance of the
estimate is divided by T and, in a test, taken at the hypothesis. The 2012 formula divides by T - 1
and takes it at the estimate, so that the two probabilistic Sharpe ratios differ: name the formula.
Sharpe ratios are per period; kurtosis is not in excess of 3.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from terminal.backtest.inference import normal
from terminal.backtest.inference.inputs import above, share
from terminal.backtest.inference.sharpe import moment_term
from terminal.errors import InputError


def sharpe_variance(
    sharpe: float,
    n: float,
    skewness: float = 0.0,
    kurtosis: float = 3.0,
    autocorrelation: float = 0.0,
) -> float:
    """Variance of the Sharpe estimate of n returns that follow an AR(1).

    (a - b skew SR + c (kurt - 1)/4 SR^2) / n with a = (1 + rho)/(1 - rho),
    b = 1 + rho/(1 - rho) + rho^2/(1 - rho^2), c = (1 + rho^2)/(1 - rho^2).

    Raises
    ------
    InputError : an autocorrelation not within (-1, 1), or moments that no distribution has.
    """
    rho = autocorrelation
    if not -1.0 < rho < 1.0:
        raise InputError(f"is {rho}; it must lie between -1 and 1.", field="autocorrelation")
    above(n, 0, "n")
    moment_term(sharpe, skewness, kurtosis)  # refuses moments that cannot be
    a = (1.0 + rho) / (1.0 - rho)
    b = 1.0 + rho / (1.0 - rho) + rho**2 / (1.0 - rho**2)
    c = (1.0 + rho**2) / (1.0 - rho**2)
    term = a - b * skewness * sharpe + c * (kurtosis - 1.0) / 4.0 * sharpe**2
    # extreme moments with a negative autocorrelation can bring the expansion below zero
    if term <= 0:
        raise InputError(
            f"is {rho} with a skewness of {skewness}, for which the expansion does not hold.",
            field="autocorrelation",
            remedy="Use the 2012 formula.",
        )
    return term / n


@dataclass(frozen=True)
class SharpeSignificance:
    """The test of H0: Sharpe ratio = `null` against H1: Sharpe ratio = `alternative` > null.

    Attributes
    ----------
    standard_error : of the estimate, at the estimate.
    psr : 1 - p-value of H0 (the probabilistic Sharpe ratio of the 2025 formula).
    p_value : chance of an estimate this high or higher under H0.
    critical : the lowest estimate that rejects H0 at `alpha`.
    power : chance to reject H0 when H1 holds.
    min_track_record : returns needed to reject H0 with this estimate; None when none suffice.
    false_discovery : chance that H0 holds, given an estimate this high or higher and `prior`.
    """

    sharpe: float
    null: float
    alternative: float
    alpha: float
    standard_error: float
    psr: float
    p_value: float
    critical: float
    power: float
    min_track_record: float | None
    false_discovery: float


def sharpe_significance(
    sharpe: float,
    n: int,
    *,
    alternative: float,
    null: float = 0.0,
    skewness: float = 0.0,
    kurtosis: float = 3.0,
    autocorrelation: float = 0.0,
    alpha: float = 0.05,
    prior: float = 0.5,
) -> SharpeSignificance:
    """Everything the paper's numerical example reports about one estimate.

    Parameters
    ----------
    sharpe : estimate per period from n returns.
    alternative : Sharpe ratio per period that would be worth having, above `null`.
    prior : share of tried strategies for which the alternative holds.

    Raises
    ------
    InputError : a parameter outside its range.
    """
    share(alpha, "alpha")
    share(prior, "prior")
    above(alternative, null, "alternative")

    def deviation(at: float, length: float) -> float:
        return math.sqrt(sharpe_variance(at, length, skewness, kurtosis, autocorrelation))

    z = float(normal.isf(alpha))
    at_null, at_alternative = deviation(null, n), deviation(alternative, n)
    critical = null + z * at_null
    p_value = float(normal.sf((sharpe - null) / at_null))
    # Bayes in logarithms: far in the tail both chances are too small for a float
    log_false = math.log1p(-prior) + normal.logsf((sharpe - null) / at_null)
    log_true = math.log(prior) + normal.logsf((sharpe - alternative) / at_alternative)
    return SharpeSignificance(
        sharpe=sharpe,
        null=null,
        alternative=alternative,
        alpha=alpha,
        standard_error=deviation(sharpe, n),
        psr=float(normal.cdf((sharpe - null) / at_null)),
        p_value=p_value,
        critical=critical,
        power=float(normal.sf((critical - alternative) / at_alternative)),
        min_track_record=(
            (deviation(null, 1.0) * z / (sharpe - null)) ** 2 if sharpe > null else None
        ),
        false_discovery=_share(log_false, log_true),
    )


def _share(log_part: float, log_rest: float) -> float:
    """part / (part + rest) of two logarithms, without overflow."""
    apart = float(log_rest - log_part)
    return 0.0 if apart > 700.0 else 1.0 / (1.0 + math.exp(apart))
