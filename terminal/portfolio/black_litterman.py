"""Expected returns from what the market holds and what an investor thinks (Black-Litterman).

He and Litterman (1999), The intuition behind Black-Litterman model portfolios. Symbols: S
covariance, pi equilibrium returns above the risk-free rate, tau the uncertainty of pi, P Q Omega
the views. Confidences: Idzorek (2005), in the closed form of Walters (2014): Omega_k = (1 - c) / c
* P_k tau S P_k'.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from terminal.errors import InputError
from terminal.market.panel import FloatArray
from terminal.portfolio.checks import checked_covariance, checked_vector

TAU = 0.05


@dataclass(frozen=True)
class Views:
    """k opinions on n instruments: P mu = Q, each uncertain.

    Attributes
    ----------
    picks : P (k, n); a row of one 1 is absolute, one that adds up to 0 relative.
    values : Q (k,), returns per period.
    omega : (k,) variances of the views, or (k, k); None: by `confidences`.
    confidences : (k,) from 0 (nothing changes) to 1 (certain); None with no omega: as uncertain as
        the equilibrium is about the same portfolio (He and Litterman).
    """

    picks: FloatArray
    values: FloatArray
    omega: FloatArray | None = None
    confidences: FloatArray | None = None


@dataclass(frozen=True)
class Posterior:
    """Attributes: `mu` (n,), `uncertainty` M (n, n) of it, `covariance` S + M, `omega` (k, k)."""

    mu: FloatArray
    uncertainty: FloatArray
    covariance: FloatArray
    omega: FloatArray


def equilibrium(covariance: FloatArray, market: FloatArray, aversion: float) -> FloatArray:
    """pi = aversion * S w: the returns at which holding the market is best."""
    return np.asarray(aversion * covariance @ market)


def absolute_views(
    symbols: Sequence[str],
    returns: Mapping[str, float],
    confidences: Mapping[str, float] | None = None,
) -> Views:
    """One view an instrument: its return; InputError names one that is not there."""
    unknown = [symbol for symbol in returns if symbol not in symbols]
    if unknown:
        raise InputError(
            f"There is a view on {unknown[0]!r}, which is not among the instruments.", field="views"
        )
    picks = np.zeros((len(returns), len(symbols)))
    for row, symbol in enumerate(returns):
        picks[row, list(symbols).index(symbol)] = 1.0
    sure = None
    if confidences is not None:
        sure = np.array([confidences.get(symbol, 0.5) for symbol in returns])
    return Views(picks, np.array(list(returns.values())), confidences=sure)


def views_from_scores(
    scores: FloatArray,
    prior: FloatArray,
    covariance: FloatArray,
    skill: float = 0.05,
    confidence: float = 0.5,
) -> Views:
    """A view on each instrument that has a score: prior + skill * volatility * score.

    Scores are made to have mean 0 and deviation 1 over the instruments (Grinold 1994, Alpha is
    volatility times IC times score).

    Parameters
    ----------
    scores : (n,), a model's; NaN: no view.
    skill : information coefficient, the correlation of scores with what follows.
    """
    known = np.flatnonzero(np.isfinite(scores))
    picks = np.eye(len(scores))[known]
    spread = float(np.std(scores[known])) if known.size else 0.0
    z = (scores[known] - scores[known].mean()) / spread if spread > 0 else np.zeros(known.size)
    volatility = np.sqrt(np.diag(covariance))[known]
    values = prior[known] + skill * volatility * z
    return Views(picks, values, confidences=np.full(known.size, confidence))


def posterior(
    covariance: FloatArray, prior: FloatArray, views: Views, tau: float = TAU
) -> Posterior:
    """Prior and views together, each by how certain it is.

    Raises
    ------
    InputError : the views do not fit the instruments, are certain and contradict each other, or
        have a confidence outside 0 to 1.
    """
    sigma = checked_covariance(covariance)
    n = len(sigma)
    pi = checked_vector(prior, n, "The prior return")
    if not tau > 0:
        raise InputError(f"tau is {tau:g}; it must be above zero.", field="tau")
    p, q, omega = _checked(views, sigma, tau)
    if not len(q):
        return Posterior(pi, tau * sigma, (1.0 + tau) * sigma, omega)
    spread = tau * sigma @ p.T
    total = p @ spread + omega
    try:
        gain = np.linalg.solve(total, spread.T).T
    except np.linalg.LinAlgError:
        gain = np.full((n, len(q)), np.nan)
    if not np.isfinite(gain).all() or np.linalg.cond(total) > 1e13:
        raise InputError(
            "Two certain views are of the same portfolio.",
            field="views",
            remedy="Leave one out or be less certain of it.",
        )
    mu = pi + gain @ (q - p @ pi)
    uncertainty = tau * sigma - gain @ spread.T
    uncertainty = (uncertainty + uncertainty.T) / 2.0
    return Posterior(mu, uncertainty, sigma + uncertainty, omega)


def unconstrained_weights(found: Posterior, aversion: float) -> FloatArray:
    """w = (aversion * (S + M))^-1 mu, without any constraint."""
    return np.asarray(np.linalg.solve(aversion * found.covariance, found.mu))


def _checked(
    views: Views, sigma: FloatArray, tau: float
) -> tuple[FloatArray, FloatArray, FloatArray]:
    p = np.atleast_2d(np.asarray(views.picks, dtype=np.float64)).reshape(-1, len(sigma))
    q = checked_vector(views.values, len(p), "The view")
    if not np.isfinite(p).all() or (len(p) and (np.abs(p).sum(axis=1) == 0).any()):
        raise InputError("A view names no instrument.", field="views")
    own = np.einsum("kn,nm,km->k", p, tau * sigma, p)
    if views.omega is not None:
        omega = np.asarray(views.omega, dtype=np.float64)
        omega = np.diag(omega) if omega.ndim == 1 else omega
        if omega.shape != (len(q), len(q)) or not np.isfinite(omega).all():
            raise InputError(
                f"omega has shape {omega.shape}; {len(q)} views need as many.", field="omega"
            )
        return p, q, omega
    if views.confidences is None:
        return p, q, np.diag(own)
    sure = checked_vector(views.confidences, len(q), "The confidence")
    if ((sure < 0) | (sure > 1)).any():
        worst = float(sure[(sure < 0) | (sure > 1)][0])
        raise InputError(f"A confidence is {worst:g}; allowed: 0 to 1.", field="confidences")
    kept = sure > 0
    return p[kept], q[kept], np.diag(own[kept] * (1.0 - sure[kept]) / sure[kept])
