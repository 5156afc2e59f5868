"""Risks of a history of returns, measured.

All are of the losses -r'w of the periods there are, equally likely, per period and above zero for a
loss, and grow in proportion with the weights; drawdowns are those of the uncompounded sum of
returns. CVaR: Rockafellar and Uryasev (2000), EVaR: Ahmadi-Javid (2012), CDaR: Chekhlov, Uryasev
and Zabarankin (2005).
"""

from __future__ import annotations

import numpy as np

from terminal.market.panel import FloatArray

CVAR, EVAR, CDAR, ULCER = "CVaR", "EVaR", "CDaR", "ulcer index"
WORST, SEMI, FIRST, SECOND = (
    "worst loss",
    "semi-deviation",
    "first lower partial moment",
    "second lower partial moment",
)


def risk_of(
    returns: FloatArray, weights: FloatArray, measure: str = CVAR, tail: float = 0.05
) -> float:
    """The measure of the losses of `weights`, per period, above zero for a loss."""
    earned = returns @ weights
    losses = -earned
    if measure == WORST:
        return float(losses.max())
    if measure == FIRST:
        return float(np.maximum(losses, 0.0).mean())
    if measure == SECOND:
        return float(np.sqrt((np.maximum(losses, 0.0) ** 2).sum() / (len(losses) - 1)))
    if measure == SEMI:
        below = np.maximum(earned.mean() - earned, 0.0)
        return float(np.sqrt((below**2).sum() / (len(losses) - 1)))
    if measure == EVAR:
        return _evar(losses, tail)
    if measure in (CDAR, ULCER):
        total = np.concatenate([[0.0], np.cumsum(earned)])
        losses = (np.maximum.accumulate(total) - total)[1:]
        if measure == ULCER:
            return float(np.sqrt((losses**2).mean()))
    return _mean_of_worst(losses, tail)


def _mean_of_worst(losses: FloatArray, tail: float) -> float:
    ordered = np.sort(losses)[::-1]
    share = tail * len(losses)
    whole = int(share + 1e-12)
    rest = (share - whole) * ordered[whole] if whole < len(losses) and share > whole else 0.0
    return float((ordered[:whole].sum() + rest) / share)


def _evar(losses: FloatArray, tail: float) -> float:
    from scipy.optimize import minimize_scalar

    worst, spread = losses.max(), float(np.std(losses)) or 1.0

    def bound(log_t: float) -> float:
        t = spread * np.exp(log_t)
        return float(worst + t * np.log(np.mean(np.exp((losses - worst) / t)) / tail))

    return float(
        minimize_scalar(bound, bounds=(-15.0, 15.0), method="bounded", options={"xatol": 1e-10}).fun
    )
