"""Weights by shares of risk: equal risk contributions, budgets, inverse volatility.

Long-only weights whose risk shares w_i (S w)_i / w'Sw are the budgets b minimise
y'Sy / 2 - sum b_i ln y_i, up to scale (Maillard, Roncalli and Teiletche 2010; Spinu 2013, whose
damped Newton method this is). Where constraints forbid these weights, the same objective is
minimised within them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from terminal.errors import InputError
from terminal.market.panel import FloatArray
from terminal.portfolio.checks import checked_vector
from terminal.portfolio.conflict import conflicting
from terminal.portfolio.mean_variance import (
    NoParams,
    homogeneous,
    nearest,
    stacked,
    unscaled,
)
from terminal.portfolio.problem import Problem, with_helpers
from terminal.portfolio.quadratic import InfeasibleError, QuadraticSolver, solve_cones

EXACT = 1e-13


def equal_risk(problem: Problem, _params: NoParams, solver: QuadraticSolver) -> FloatArray:
    """Every instrument has the same share of the variance."""
    return risk_budgets(problem, np.full(problem.n, 1.0 / problem.n), solver)


@dataclass(frozen=True)
class BudgetParams:
    """Shares of the risk."""

    budgets: tuple[float, ...]


def budgeted_risk(problem: Problem, params: BudgetParams, solver: QuadraticSolver) -> FloatArray:
    """Instrument k has budgets[k] of the variance."""
    return risk_budgets(problem, np.asarray(params.budgets), solver)


def risk_budgets(
    problem: Problem, budgets: FloatArray | Sequence[float], solver: QuadraticSolver
) -> FloatArray:
    """Weights whose shares of the variance are `budgets`, or come closest within the constraints.

    Raises
    ------
    InputError : a budget is not above zero, they do not fit the instruments, or an instrument must
        be held short.
    """
    shares = checked_vector(np.asarray(budgets), problem.n, "The risk budget", problem.symbols)
    if (shares <= 0).any() or problem.n == 0:
        raise InputError(
            "Every risk budget must be above zero.",
            field="budgets",
            remedy="Leave out the instrument that is to have no risk.",
        )
    _, high = problem.constraints.bounds(problem.n)
    if (high <= 0).any():
        raise InputError(
            "Risk budgets are long only; an instrument may not be held long.", field="high"
        )
    shares = shares / shares.sum()
    y = balanced(problem.ridged, shares)
    weights = fitted_net(problem, y / y.sum())
    return weights if allowed(problem, weights) else _within(problem, shares)


def balanced(covariance: FloatArray, budgets: FloatArray) -> FloatArray:
    """y > 0 with y_i (S y)_i = budgets_i, by damped Newton steps (Spinu 2013)."""
    deviation = np.sqrt(np.diag(covariance))
    rho = covariance / np.outer(deviation, deviation)
    x = np.full(len(rho), np.sqrt(budgets.sum() / rho.sum()) if rho.sum() > 0 else 1.0)
    for _ in range(200):
        gradient = rho @ x - budgets / x
        if np.abs(gradient * x).max() < EXACT:
            break
        step = np.linalg.solve(rho + np.diag(budgets / x**2), gradient)
        decrement = float(np.sqrt(gradient @ step))
        near = float(np.abs(step / x).max())
        # Full steps once they are small beside x; before that, steps that keep x above zero.
        x = x - step / (1.0 + near) if decrement > 0.05 or near >= 1.0 else x - step
    return np.asarray(x / deviation)


def inverse_volatility(problem: Problem, _params: NoParams, _solver: QuadraticSolver) -> FloatArray:
    """1 / volatility, adding up to 1."""
    inverse = 1.0 / np.sqrt(np.diag(problem.sigma))
    return np.asarray(inverse / inverse.sum())


def equal_weight(problem: Problem, _params: NoParams, _solver: QuadraticSolver) -> FloatArray:
    """1 / n each (DeMiguel, Garlappi and Uppal 2009)."""
    return np.full(problem.n, 1.0 / problem.n)


def fitted_net(problem: Problem, weights: FloatArray) -> FloatArray:
    """Weights that add up to 1, scaled to the net exposure nearest to that."""
    least, most = problem.constraints.net
    return weights * min(max(1.0, least), most)


def allowed(problem: Problem, weights: FloatArray) -> bool:
    """Whether the constraints allow these weights."""
    rows = problem.rows
    values = rows.matrix @ with_helpers(problem, weights)
    return bool(np.all((values >= rows.lower - 1e-9) & (values <= rows.upper + 1e-9)))


def kept(
    problem: Problem, weights: FloatArray, solver: QuadraticSolver
) -> tuple[FloatArray, tuple[str, ...]]:
    """(allowed weights, notes): as they are, or the nearest the constraints allow."""
    weights = fitted_net(problem, weights)
    if allowed(problem, weights):
        return weights, ()
    note = "The method knows no constraints: its weights were moved to the nearest allowed ones."
    return nearest(problem, weights, solver), (note,)


def _within(problem: Problem, budgets: FloatArray) -> FloatArray:
    """Least y'Sy / 2 - sum budgets_i ln y_i over y = k w with w allowed; z_i <= ln y_i."""
    from scipy import sparse

    if conflicting(problem.rows):
        raise InfeasibleError
    rows = homogeneous(problem.rows)
    n, wide = problem.n, rows.matrix.shape[1]
    scale = float(np.mean(np.diag(problem.ridged)))
    p = np.zeros((wide + n, wide + n))
    p[:n, :n] = np.triu(problem.ridged) / scale
    q = np.concatenate([np.zeros(wide), -budgets])
    table, ends, sizes = stacked(rows)
    logs = np.zeros((3 * n, wide + n))
    each = np.arange(n)
    logs[3 * each, wide + each] = -1.0
    logs[3 * each + 2, each] = -1.0
    ones = np.zeros(3 * n)
    ones[3 * each + 1] = 1.0
    table = np.concatenate([np.pad(table, ((0, 0), (0, n))), logs])
    solution = solve_cones(
        sparse.csc_matrix(p),
        q,
        sparse.csc_matrix(table),
        np.concatenate([ends, ones]),
        ["zero", "positive", "exponential"],
        [*sizes, n],
    )
    return unscaled(np.asarray(solution.x)[:wide], n)
