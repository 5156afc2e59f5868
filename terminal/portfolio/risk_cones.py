"""Risks of a history of returns as conic programs: what a solver minimises.

Each function takes returns (n_periods, n) and gives the helpers z and rows whose least value of
`risk @ z` is the risk of w, as `risk_measures` measures it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from terminal.market.panel import FloatArray
from terminal.portfolio.risk_measures import CDAR, EVAR, FIRST, SECOND, SEMI, ULCER, WORST


@dataclass(frozen=True)
class RiskCones:
    """Least `risk @ z` with `ends - weights @ w - helpers @ z` in the cones."""

    risk: FloatArray
    weights: Any  # sparse (rows, n)
    helpers: Any  # sparse (rows, n_helpers)
    ends: FloatArray
    kinds: list[str]
    sizes: list[int]


def cvar_cones(r: FloatArray, tail: float, count: int) -> RiskCones:
    """z = (value at risk, excess of each period)."""
    from scipy import sparse

    t = len(r)
    eye = sparse.eye(t, format="csc")
    one = sparse.csc_matrix(np.ones((t, 1)))
    return RiskCones(
        risk=np.append(1.0, np.full(t, 1.0 / (tail * count))),
        weights=sparse.vstack([sparse.csc_matrix(-r), sparse.csc_matrix((t, r.shape[1]))]),
        helpers=sparse.bmat([[-one, -eye], [None, -eye]]),
        ends=np.zeros(2 * t),
        kinds=["positive"],
        sizes=[2 * t],
    )


def _evar_cones(r: FloatArray, tail: float) -> RiskCones:
    """z = (shift, t, u): u_i >= t exp((loss_i - shift) / t), t >= sum u."""
    from scipy import sparse

    t, n = r.shape
    triples = np.arange(t) * 3
    weights = sparse.lil_matrix((1 + 3 * t, n))
    weights[1 + triples] = r
    helpers = sparse.lil_matrix((1 + 3 * t, 2 + t))
    helpers[0, 1], helpers[0, 2:] = -1.0, 1.0
    helpers[1 + triples, 0] = 1.0
    helpers[2 + triples, 1] = -1.0
    helpers[3 + triples, 2 + np.arange(t)] = -1.0
    return RiskCones(
        risk=np.concatenate([[1.0, -np.log(tail * t)], np.zeros(t)]),
        weights=weights.tocsc(),
        helpers=helpers.tocsc(),
        ends=np.zeros(1 + 3 * t),
        kinds=["positive", "exponential"],
        sizes=[1, t],
    )


def _shortfalls(r: FloatArray) -> tuple[Any, Any]:
    """(weights, helpers) of the rows z_i >= -r_i'w, z >= 0."""
    from scipy import sparse

    t, n = r.shape
    eye = sparse.eye(t, format="csc")
    return (
        sparse.vstack([sparse.csc_matrix(-r), sparse.csc_matrix((t, n))], format="csc"),
        sparse.vstack([-eye, -eye], format="csc"),
    )


def _drawdowns(r: FloatArray) -> tuple[Any, Any]:
    """(weights, helpers) of the rows z_i >= z_(i-1) - r_i'w, z >= 0."""
    from scipy import sparse

    weights, helpers = _shortfalls(r)
    t = len(r)
    before = sparse.eye(t, k=-1, format="csc")
    return weights, helpers + sparse.vstack([before, sparse.csc_matrix((t, t))], format="csc")


def _tail_of_drawdowns(r: FloatArray, tail: float) -> RiskCones:
    """z = (drawdowns, drawdown at risk, excess)."""
    from scipy import sparse

    t, n = r.shape
    weights, helpers = _drawdowns(r)
    eye = sparse.eye(t, format="csc")
    one = sparse.csc_matrix(np.ones((t, 1)))
    return RiskCones(
        risk=np.concatenate([np.zeros(t), [1.0], np.full(t, 1.0 / (tail * t))]),
        weights=sparse.vstack([weights, sparse.csc_matrix((2 * t, n))]),
        helpers=sparse.bmat([[helpers, None, None], [eye, -one, -eye], [None, None, -eye]]),
        ends=np.zeros(4 * t),
        kinds=["positive"],
        sizes=[4 * t],
    )


def _root_of_squares(rows: tuple[Any, Any], count: float) -> RiskCones:
    """z = (root, parts): least sqrt(sum of parts^2 / count)."""
    from scipy import sparse

    weights, helpers = rows
    t = helpers.shape[1]
    n = weights.shape[1]
    column = sparse.csc_matrix((helpers.shape[0], 1))
    return RiskCones(
        risk=np.append(1.0, np.zeros(t)),
        weights=sparse.vstack([weights, sparse.csc_matrix((t + 1, n))]),
        helpers=sparse.bmat(
            [
                [column, helpers],
                [sparse.csc_matrix([[-1.0]]), None],
                [None, -sparse.eye(t) / np.sqrt(count)],
            ]
        ),
        ends=np.zeros(helpers.shape[0] + t + 1),
        kinds=["positive", "second order"],
        sizes=[helpers.shape[0], t + 1],
    )


def _worst(r: FloatArray, _tail: float) -> RiskCones:
    from scipy import sparse

    t = len(r)
    return RiskCones(
        risk=np.ones(1),
        weights=sparse.csc_matrix(-r),
        helpers=sparse.csc_matrix(-np.ones((t, 1))),
        ends=np.zeros(t),
        kinds=["positive"],
        sizes=[t],
    )


def _first(r: FloatArray, _tail: float) -> RiskCones:
    weights, helpers = _shortfalls(r)
    t = len(r)
    return RiskCones(np.full(t, 1.0 / t), weights, helpers, np.zeros(2 * t), ["positive"], [2 * t])


MEASURES: dict[str, Callable[[FloatArray, float], RiskCones]] = {
    EVAR: _evar_cones,
    CDAR: _tail_of_drawdowns,
    ULCER: lambda r, _tail: _root_of_squares(_drawdowns(r), len(r)),
    WORST: _worst,
    SEMI: lambda r, _tail: _root_of_squares(_shortfalls(r - r.mean(axis=0)), len(r) - 1),
    FIRST: _first,
    SECOND: lambda r, _tail: _root_of_squares(_shortfalls(r), len(r) - 1),
}
