"""Volatility as it changes: exponential weights, and models of the GARCH family.

The variance of row t is made of returns before t. `Recursion` is what a simulation continues:
v' = omega + alpha e^2 + beta v, with e the return less its mean.
"""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from terminal.errors import InputError
from terminal.market.panel import FloatArray

DECAY = 0.94
SEED = 60
"""Returns whose mean square begins the recursion."""
LEAST_GARCH = 250


@dataclass(frozen=True)
class Recursion:
    """Coefficients of the next variance, and the mean return."""

    omega: float
    alpha: float
    beta: float
    mean: float = 0.0


@dataclass(frozen=True)
class Volatility:
    """float64 (T,) standard deviations of each return given those before it, and of the next."""

    path: FloatArray
    following: float
    recursion: Recursion


def exponential(
    returns: FloatArray, decay: float = DECAY, first: float | None = None
) -> Volatility:
    """RiskMetrics (1996): v' = decay v + (1 - decay) r^2, around a mean of 0.

    Parameters
    ----------
    first : variance of the first return; None: the mean square of the first 60.

    Raises
    ------
    InputError : the decay is outside 0 to 1.
    """
    if not 0.0 < decay < 1.0:
        raise InputError(f"a decay of {decay} is outside 0 to 1.", field="decay")
    start = float(np.mean(returns[:SEED] ** 2)) if first is None else first
    squares = np.concatenate([[max(start, 1e-18)], returns**2])
    variance = pd.Series(squares).ewm(alpha=1.0 - decay, adjust=False).mean().to_numpy()
    deviation = np.sqrt(variance)
    return Volatility(
        np.asarray(deviation[:-1]), float(deviation[-1]), Recursion(0.0, 1.0 - decay, decay)
    )


@dataclass(frozen=True)
class GarchFit:
    """A fitted model.

    Attributes
    ----------
    parameters : by the names of the literature: mu, omega, alpha[1], gamma[1], beta[1].
    log_likelihood : of returns in percent, the scale the optimiser is at ease with.
    forecast : variances of the next periods, fractions squared; empty without a closed form.
    """

    parameters: dict[str, float]
    log_likelihood: float
    volatility: Volatility
    forecast: tuple[float, ...]


def fit_garch(
    returns: FloatArray, model: Literal["garch", "egarch"] = "garch", periods: int = 5
) -> GarchFit:
    """GARCH(1,1) (Bollerslev 1986) or EGARCH(1,1,1) (Nelson 1991) around a constant mean.

    Normal likelihood; the variance before the first return is backcast. Only GARCH has a recursion
    to simulate; that of EGARCH repeats its last variance.

    Parameters
    ----------
    returns : float64 (T,), fractions.

    Raises
    ------
    InputError : fewer than 250 returns, or the fit did not converge.
    """
    if len(returns) < LEAST_GARCH:
        raise InputError(
            f"there are {len(returns)} returns; a GARCH model needs {LEAST_GARCH}.",
            field="returns",
            remedy="Use exponential weights or load a longer history.",
        )
    from arch import arch_model

    asymmetric = 1 if model == "egarch" else 0
    spec = arch_model(
        returns * 100.0,
        mean="Constant",
        vol="EGARCH" if asymmetric else "GARCH",
        p=1,
        o=asymmetric,
        q=1,
        rescale=False,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fitted: Any = spec.fit(disp="off", show_warning=False)
    if fitted.convergence_flag != 0:
        raise InputError(
            f"the {model.upper()} model finds no best fit to these returns.",
            field="returns",
            remedy="Use exponential weights or another window.",
        )
    own = {str(name): float(value) for name, value in fitted.params.items()}
    ahead: tuple[float, ...] = ()
    if model == "garch":
        future = fitted.forecast(horizon=periods, reindex=False).variance.to_numpy()[-1]
        ahead = tuple(float(v) / 1e4 for v in future)
        following = math.sqrt(ahead[0])
        rule = Recursion(own["omega"] / 1e4, own["alpha[1]"], own["beta[1]"], own["mu"] / 100.0)
    else:
        following = float(fitted.conditional_volatility[-1]) / 100.0
        rule = Recursion(0.0, 0.0, 1.0, own["mu"] / 100.0)
    path = np.asarray(fitted.conditional_volatility, dtype=np.float64) / 100.0
    return GarchFit(own, float(fitted.loglikelihood), Volatility(path, following, rule), ahead)
