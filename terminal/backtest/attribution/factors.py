"""Regression of a run's monthly returns on the factors of Fama and French.

Excess return = alpha + b Mkt-RF + s SMB + h HML + e (Fama and French 1993), by least squares, with
the standard errors of Newey and West (1987): Bartlett weights, floor(4 (n / 100)^(2/9)) lags, no
small-sample correction.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from terminal.errors import InputError
from terminal.market.panel import FloatArray

FEWEST_MONTHS = 24
RISK_FREE = "RF"


@dataclass(frozen=True)
class Coefficient:
    """A coefficient, its standard error and their ratio."""

    name: str
    value: float
    error: float

    @property
    def t(self) -> float:
        """The t-value; infinite where the fit is exact."""
        return self.value / self.error if self.error > 0 else math.copysign(math.inf, self.value)


@dataclass(frozen=True)
class FactorFit:
    """A regression.

    Attributes
    ----------
    coefficients : alpha (a month) first, then one a factor.
    r_squared : share of the variance explained; lags : of the standard errors.
    first, last : months of the overlap ("2005-01").
    """

    coefficients: tuple[Coefficient, ...]
    r_squared: float
    n: int
    lags: int
    first: str
    last: str


def newey_west(
    y: FloatArray, x: FloatArray, lags: int | None = None
) -> tuple[FloatArray, FloatArray, int]:
    """Coefficients and standard errors of y (n,) on x (n, k), and the lags used.

    Raises
    ------
    InputError : fewer rows than coefficients, or factors that are combinations of each other.
    """
    n, k = x.shape
    if n <= k or np.linalg.matrix_rank(x) < k:
        raise InputError("the factors do not differ enough over these months.", field="factors")
    used = math.floor(4.0 * (n / 100.0) ** (2.0 / 9.0)) if lags is None else lags
    inverse = np.linalg.inv(x.T @ x)
    beta = inverse @ x.T @ y
    scores = x * (y - x @ beta)[:, None]
    spread = scores.T @ scores
    for lag in range(1, min(used, n - 1) + 1):
        weight = 1.0 - lag / (used + 1.0)
        cross = scores[lag:].T @ scores[:-lag]
        spread += weight * (cross + cross.T)
    variance = np.diag(inverse @ spread @ inverse)
    return beta, np.sqrt(np.maximum(variance, 0.0)), used


def factor_fit(returns: pd.Series, factors: pd.DataFrame) -> FactorFit | None:
    """The regression over the months that both have; None of fewer than 24.

    Parameters
    ----------
    returns : of calendar months, whole ones only, indexed by period ("M").
    factors : fractions a month on the same index, a column a factor and `RF`, the risk-free rate.
    """
    both = returns.rename("run").to_frame().join(factors, how="inner").dropna()
    if len(both) < FEWEST_MONTHS:
        return None
    names = [name for name in factors.columns if name != RISK_FREE]
    y = (both["run"] - both[RISK_FREE]).to_numpy(dtype=np.float64)
    if float(np.std(y)) < 1e-12:
        return None
    x = np.column_stack([np.ones(len(both)), both[names].to_numpy(dtype=np.float64)])
    beta, error, lags = newey_west(y, x)
    rest = y - x @ beta
    explained = 1.0 - float(rest @ rest) / float(((y - y.mean()) ** 2).sum())
    return FactorFit(
        tuple(
            Coefficient(name, float(b), float(e))
            for name, b, e in zip(["Alpha", *names], beta, error, strict=True)
        ),
        explained,
        len(both),
        lags,
        str(both.index[0]),
        str(both.index[-1]),
    )
