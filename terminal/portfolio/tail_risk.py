"""Weights by risks of the whole history of returns: CVaR and its relatives.

`risk_measures` says what they are, `risk_cones` how a solver sees them. Of the periods that CVaR
depends on, only those near the tail are given to the solver.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from terminal.errors import InputError
from terminal.market.panel import FloatArray
from terminal.params import param
from terminal.portfolio.conflict import conflicting
from terminal.portfolio.constraints import Rows
from terminal.portfolio.mean_variance import homogeneous, return_row, stacked, unscaled
from terminal.portfolio.problem import Problem
from terminal.portfolio.quadratic import InfeasibleError, QuadraticSolver, solve_cones
from terminal.portfolio.risk_cones import MEASURES, RiskCones, cvar_cones
from terminal.portfolio.risk_measures import CDAR, CVAR, EVAR, FIRST, SECOND, SEMI, ULCER, WORST

LEAST, WANTED, RATIO = "least risk", "least risk for a return", "most return for the risk"


@dataclass(frozen=True)
class TailRiskParams:
    """Which risk, and what is asked of it."""

    measure: str = param(
        CVAR,
        title="Risk",
        choices=(CVAR, EVAR, CDAR, ULCER, WORST, SEMI, FIRST, SECOND),
        help="CVaR is the mean loss of the worst periods, EVaR a bound above it, CDaR the same of "
        "drawdowns, the ulcer index their root mean square.",
    )
    tail: float = param(
        0.05,
        title="Tail",
        low=0.001,
        high=0.5,
        step=0.005,
        help="Share of periods that CVaR, EVaR and CDaR call the worst.",
    )
    objective: str = param(
        LEAST,
        title="Objective",
        choices=(LEAST, WANTED, RATIO),
        help="The least risk, the least for the return wanted, or the most return for each unit.",
    )
    target: float = param(
        0.0005,
        title="Return wanted",
        low=-0.5,
        high=0.5,
        step=0.0001,
        help="Least expected return of a period, after costs, where one is wanted.",
    )


def tail_risk(problem: Problem, params: TailRiskParams, _solver: QuadraticSolver) -> FloatArray:
    """Weights by the measure and objective of `params`.

    Raises
    ------
    InputError : the history is too short for the tail; no allowed weights have a return above the
        risk-free rate (the ratio).
    """
    history = problem.history
    if history.shape[1] != problem.n:
        raise InputError(
            f"returns are of {history.shape[1]} instruments, the covariance of {problem.n}.",
            field="returns",
        )
    if params.tail * len(history) < 1.0 and params.measure in (CVAR, EVAR, CDAR):
        raise InputError(
            f"A tail of {params.tail:g} of {len(history)} periods is less than one period.",
            field="tail",
            remedy="Lengthen the history or take a larger tail.",
        )
    rows = return_row(problem, params.target) if params.objective == WANTED else problem.rows
    ratio = params.objective == RATIO
    if ratio:
        rows = _rewarded(problem)
    scale = float(np.sqrt(np.mean(history**2))) or 1.0
    scaled = history / scale
    try:
        if params.measure == CVAR:
            x = _by_worst_periods(scaled, params.tail, rows, problem.n)
        else:
            x = _solved(MEASURES[params.measure](scaled, params.tail), rows, problem.n)
    except InfeasibleError:
        if not ratio or conflicting(problem.rows):
            raise
        raise InputError(
            "No allowed weights are expected to earn more than the risk-free rate.",
            field="expected",
            remedy="Choose another objective, or allow short sales.",
        ) from None
    return unscaled(x, problem.n) if ratio else x[: problem.n]


def _by_worst_periods(scaled: FloatArray, tail: float, rows: Rows, n: int) -> FloatArray:
    """Least CVaR from the periods that can be in the tail, exactly.

    Begins with those that are worst for weights near the last ones and adds every period whose loss
    exceeds the value at risk found, until none does: the others then count zero, as they would in
    the whole program.
    """
    count = len(scaled)
    room = min(count, int(np.ceil(3.0 * tail * count)) + 50)
    chosen = np.zeros(count, dtype=bool)
    chosen[np.argsort(scaled.mean(axis=1), kind="stable")[:room]] = True
    while True:
        part = scaled[chosen]
        x, risk = _solved_with(cvar_cones(part, tail, count), rows, n)
        losses = -scaled @ x[:n]
        beyond = ~chosen & (losses > risk[0] + 1e-10)
        if not beyond.any():
            return x
        # Those close to the tail come along, so that few rounds are needed.
        close = np.argsort(losses, kind="stable")[::-1][:room]
        chosen |= beyond
        chosen[close] = True


def _solved(cones: RiskCones, rows: Rows, n: int) -> FloatArray:
    return _solved_with(cones, rows, n)[0]


def _solved_with(cones: RiskCones, rows: Rows, n: int) -> tuple[FloatArray, FloatArray]:
    """(x of the rows, helpers of the risk)."""
    from scipy import sparse

    wide, more = rows.matrix.shape[1], len(cones.risk)
    table, ends, sizes = stacked(rows)
    pad = sparse.csc_matrix((cones.weights.shape[0], wide - n))
    whole = sparse.bmat(
        [
            [sparse.csc_matrix(table), sparse.csc_matrix((len(table), more))],
            [sparse.hstack([cones.weights, pad]), cones.helpers],
        ],
        format="csc",
    )
    solution = solve_cones(
        sparse.csc_matrix((wide + more, wide + more)),
        np.concatenate([np.zeros(wide), cones.risk]),
        whole,
        np.concatenate([ends, cones.ends]),
        ["zero", "positive", *cones.kinds],
        [*sizes, *cones.sizes],
    )
    found = np.asarray(solution.x)
    return found[:wide], found[wide:]


def _rewarded(problem: Problem) -> Rows:
    rows = homogeneous(problem.rows)
    loadings = np.zeros(rows.matrix.shape[1])
    reward = problem.mu - problem.risk_free
    scale = max(float(np.abs(reward).max()), 1e-300)
    loadings[: rows.n] = reward / scale
    if rows.trades is not None:
        loadings[rows.trades : rows.trades + rows.n] = -problem.costs / scale
    return rows.and_row("", loadings, 1.0, 1.0)
