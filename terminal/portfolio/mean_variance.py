"""Weights by mean and variance: quadratic programs (Markowitz 1952).

Costs of trading are taken from the expected return: mu'w becomes mu'w - costs'|w - current|. Ratios
(Sharpe; Choueifaty and Coignard's diversification) become quadratic programs in y = k w, k > 0
(Charnes and Cooper 1962): the variance of y is least while its reward is 1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from terminal.errors import InputError
from terminal.market.panel import FloatArray
from terminal.params import param
from terminal.portfolio.conflict import conflicting
from terminal.portfolio.constraints import Rows
from terminal.portfolio.problem import Problem
from terminal.portfolio.quadratic import InfeasibleError, QuadraticSolver, solve_cones


@dataclass(frozen=True)
class NoParams:
    """A method that has nothing to choose."""


@dataclass(frozen=True)
class AversionParams:
    """How much risk costs."""

    risk_aversion: float = param(
        2.0,
        title="Risk aversion",
        low=0.01,
        high=1000.0,
        step=0.1,
        help="One unit of variance is worth half of this in expected return.",
    )


@dataclass(frozen=True)
class TargetReturnParams:
    """The return that is wanted."""

    target: float = param(
        0.0005,
        title="Return wanted",
        low=-0.5,
        high=0.5,
        step=0.0001,
        help="Least expected return of a period, after costs: a day's for daily returns.",
    )


@dataclass(frozen=True)
class TargetVolatilityParams:
    """The risk that is allowed."""

    target: float = param(
        0.01,
        title="Volatility allowed",
        low=0.00001,
        high=1.0,
        step=0.001,
        help="Most standard deviation of a period's return: a day's for daily returns.",
    )


def minimum_variance(
    problem: Problem, params: AversionParams, solver: QuadraticSolver
) -> FloatArray:
    """Least variance; where trading costs, least risk_aversion / 2 * variance + costs."""
    _require_investment(problem, "The least variance")
    return _quadratic(problem, np.zeros(problem.n), params.risk_aversion, problem.rows, solver)


def maximum_utility(
    problem: Problem, params: AversionParams, solver: QuadraticSolver
) -> FloatArray:
    """Most mu'w - risk_aversion / 2 * w'Sw - costs."""
    reward = problem.mu - problem.risk_free
    return _quadratic(problem, reward, params.risk_aversion, problem.rows, solver)


def target_return(
    problem: Problem, params: TargetReturnParams, solver: QuadraticSolver
) -> FloatArray:
    """Least variance with at least the wanted return after costs."""
    rows = return_row(problem, params.target)
    return _quadratic(problem, np.zeros(problem.n), None, rows, solver)


def return_row(problem: Problem, target: float) -> Rows:
    """The constraints and: expected return after costs of at least `target`."""
    rows = problem.rows
    loadings = np.zeros(rows.matrix.shape[1])
    loadings[: rows.n] = problem.mu - problem.risk_free
    if rows.trades is not None:
        loadings[rows.trades : rows.trades + rows.n] = -problem.costs
    name = f"expected return of at least {target:g} a period"
    return rows.and_row(name, loadings, target - problem.risk_free, np.inf)


def target_volatility(
    problem: Problem, params: TargetVolatilityParams, solver: QuadraticSolver
) -> FloatArray:
    """Most return with at most the allowed volatility.

    Raises
    ------
    InputError : no allowed weights have so little; names the least there is.
    """
    from scipy import sparse

    rows = problem.rows
    wide = rows.matrix.shape[1]
    root = np.zeros((problem.n + 1, wide))
    root[1:, : problem.n] = np.linalg.cholesky(problem.ridged).T
    least = _quadratic(problem, np.zeros(problem.n), None, rows, solver)
    lowest = float(np.sqrt(least @ problem.ridged @ least))
    if lowest > params.target * (1.0 + 1e-9):
        raise InputError(
            f"No allowed weights have a volatility of {params.target:g} or less; the least is "
            f"{lowest:.6g}.",
            field="target",
            remedy="Allow more, or loosen the constraints.",
        )
    table, ends, sizes = stacked(rows)
    scale = max(float(np.abs(problem.mu).max()), 1e-300)
    q = np.zeros(wide)
    q[: problem.n] = -(problem.mu - problem.risk_free) / scale
    if rows.trades is not None:
        q[rows.trades : rows.trades + rows.n] = problem.costs / scale
    solution = solve_cones(
        sparse.csc_matrix((wide, wide)),
        q,
        sparse.csc_matrix(np.concatenate([table, -root / params.target])),
        np.concatenate([ends, [1.0], np.zeros(problem.n)]),
        ["zero", "positive", "second order"],
        [*sizes, problem.n + 1],
    )
    return np.asarray(solution.x)[: problem.n]


def maximum_sharpe(problem: Problem, _params: NoParams, solver: QuadraticSolver) -> FloatArray:
    """Most (return - risk-free rate - costs) / volatility.

    Raises
    ------
    InputError : no allowed weights earn more than the risk-free rate.
    """
    reward = problem.mu - problem.risk_free
    try:
        return _ratio(problem, reward, problem.costs, solver)
    except InfeasibleError:
        if conflicting(problem.rows):
            raise
        raise InputError(
            f"No allowed weights are expected to earn more than the risk-free rate of "
            f"{problem.risk_free:g} a period; the best instrument is expected to earn "
            f"{problem.mu.max():g}.",
            field="expected",
            remedy="Choose a method without expected returns, or allow short sales or cash.",
        ) from None


def maximum_diversification(
    problem: Problem, _params: NoParams, solver: QuadraticSolver
) -> FloatArray:
    """Most (weighted mean volatility) / (volatility of the whole)."""
    _require_investment(problem, "The most diversification")
    return _ratio(problem, np.sqrt(np.diag(problem.sigma)), np.zeros(problem.n), solver)


def nearest(problem: Problem, weights: FloatArray, solver: QuadraticSolver) -> FloatArray:
    """The allowed weights with the least squared distance from `weights`."""
    rows = problem.rows
    wide = rows.matrix.shape[1]
    p, q = np.zeros((wide, wide)), np.zeros(wide)
    p[: rows.n, : rows.n] = np.eye(rows.n)
    q[: rows.n] = -weights
    return solver.solve(p, q, rows.matrix, rows.lower, rows.upper)[: rows.n]


def stacked(rows: Rows) -> tuple[FloatArray, FloatArray, list[int]]:
    """(table, ends, sizes): ends - table @ x is zero in the first rows and positive in the rest."""
    equal = rows.lower == rows.upper
    above, below = ~equal & np.isfinite(rows.upper), ~equal & np.isfinite(rows.lower)
    table = np.concatenate([rows.matrix[equal], rows.matrix[above], -rows.matrix[below]])
    ends = np.concatenate([rows.upper[equal], rows.upper[above], -rows.lower[below]])
    return table, ends, [int(equal.sum()), int(above.sum() + below.sum())]


def homogeneous(rows: Rows) -> Rows:
    """The rows for y = k x: every end times k, the last column; k >= 0."""
    equal = rows.lower == rows.upper
    above, below = ~equal & np.isfinite(rows.upper), ~equal & np.isfinite(rows.lower)
    blocks = [
        np.column_stack([rows.matrix[part], -ends[part]])
        for part, ends in ((equal, rows.upper), (above, rows.upper), (below, rows.lower))
    ]
    last = np.zeros((1, rows.matrix.shape[1] + 1))
    last[0, -1] = 1.0
    n_equal, n_above, n_below = (len(block) for block in blocks)
    lower = np.concatenate([np.zeros(n_equal), np.full(n_above, -np.inf), np.zeros(n_below + 1)])
    upper = np.concatenate([np.zeros(n_equal + n_above), np.full(n_below + 1, np.inf)])
    names = np.asarray([*rows.names])
    kept = (*names[equal], *names[above], *names[below], "")
    return Rows(np.concatenate([*blocks, last]), lower, upper, kept, rows.n, rows.trades)


def unscaled(y: FloatArray, n: int) -> FloatArray:
    """w = y / k; InputError where k is 0: the best ratio takes weights without bound."""
    if not y[-1] > 1e-9 * max(float(np.abs(y[:n]).max()), 1e-300):
        raise InputError(
            "The best ratio is reached only by weights without bound.",
            field="constraints",
            remedy="Bound the weights or the gross exposure.",
        )
    return np.asarray(y[:n] / y[-1])


def _ratio(
    problem: Problem, reward: FloatArray, costs: FloatArray, solver: QuadraticSolver
) -> FloatArray:
    rows = homogeneous(problem.rows)
    wide = rows.matrix.shape[1]
    scale = max(float(np.abs(reward).max()), 1e-300)
    loadings = np.zeros(wide)
    loadings[: rows.n] = reward / scale
    if rows.trades is not None:
        loadings[rows.trades : rows.trades + rows.n] = -costs / scale
    rows = rows.and_row("", loadings, 1.0, 1.0)
    p = np.zeros((wide, wide))
    p[: rows.n, : rows.n] = problem.ridged
    y = solver.solve(p, np.zeros(wide), rows.matrix, rows.lower, rows.upper)
    return unscaled(y, rows.n)


def _quadratic(
    problem: Problem,
    reward: FloatArray,
    aversion: float | None,
    rows: Rows,
    solver: QuadraticSolver,
) -> FloatArray:
    """Most reward'w - aversion / 2 * w'Sw - costs; without an aversion, least variance alone."""
    wide = rows.matrix.shape[1]
    p, q = np.zeros((wide, wide)), np.zeros(wide)
    p[: rows.n, : rows.n] = (1.0 if aversion is None else aversion) * problem.ridged
    q[: rows.n] = -reward
    if rows.trades is not None and aversion is not None:
        q[rows.trades : rows.trades + rows.n] = problem.costs
    return solver.solve(p, q, rows.matrix, rows.lower, rows.upper)[: rows.n]


def _require_investment(problem: Problem, what: str) -> None:
    rows = problem.rows
    if bool(np.all((rows.lower <= 1e-12) & (rows.upper >= -1e-12))) and not problem.costs.any():
        raise InputError(
            f"{what} is that of holding nothing, which these constraints allow.",
            field="constraints",
            remedy="Ask for a net exposure, or choose a method with expected returns.",
        )
