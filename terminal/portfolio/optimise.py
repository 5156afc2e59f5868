"""Every method by its name, and the one door to all of them: `optimise(problem, method)`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from terminal.errors import InputError
from terminal.market.panel import FloatArray
from terminal.portfolio.conflict import conflicting, refuse
from terminal.portfolio.hierarchical import (
    ClusterParams,
    HrpParams,
    hierarchical_equal_risk,
    hierarchical_risk_parity,
    nested_clusters,
)
from terminal.portfolio.mean_variance import (
    AversionParams,
    NoParams,
    TargetReturnParams,
    TargetVolatilityParams,
    maximum_diversification,
    maximum_sharpe,
    maximum_utility,
    minimum_variance,
    return_row,
    target_return,
    target_volatility,
)
from terminal.portfolio.problem import Allocation, Problem, allocation
from terminal.portfolio.quadratic import InfeasibleError, QuadraticSolver, StoppedError
from terminal.portfolio.risk_budgets import (
    BudgetParams,
    budgeted_risk,
    equal_risk,
    equal_weight,
    inverse_volatility,
    kept,
)
from terminal.portfolio.tail_risk import WANTED, TailRiskParams, tail_risk


@dataclass(frozen=True)
class Method:
    """A way to weights.

    Attributes
    ----------
    weights : `weights(problem, params, solver)` -> (n,).
    needs : what else than the covariance: "expected", "returns".
    constrained : whether it keeps to the constraints itself; the weights of others are moved to the
        nearest allowed ones.
    """

    title: str
    description: str
    params_type: type[Any]
    weights: Callable[[Problem, Any, QuadraticSolver], FloatArray]
    needs: frozenset[str] = frozenset()
    constrained: bool = True


EXPECTED, RETURNS = "expected", "returns"
_MU = frozenset({EXPECTED})

METHODS: dict[str, Method] = {
    "minimum-variance": Method(
        "Minimum variance", "The least volatile weights.", AversionParams, minimum_variance
    ),
    "maximum-sharpe": Method(
        "Maximum Sharpe ratio",
        "The most expected return above the risk-free rate for each unit of volatility.",
        NoParams,
        maximum_sharpe,
        _MU,
    ),
    "maximum-utility": Method(
        "Mean-variance utility",
        "Expected return less half the risk aversion times the variance.",
        AversionParams,
        maximum_utility,
        _MU,
    ),
    "target-return": Method(
        "Least variance for a return",
        "The least volatile weights with the return that is wanted.",
        TargetReturnParams,
        target_return,
        _MU,
    ),
    "target-volatility": Method(
        "Most return for a volatility",
        "The most expected return with the volatility that is allowed.",
        TargetVolatilityParams,
        target_volatility,
        _MU,
    ),
    "tail-risk": Method(
        "Mean-CVaR and other tail risks",
        "The least of a risk of the history of returns.",
        TailRiskParams,
        tail_risk,
        frozenset({RETURNS}),
    ),
    "maximum-diversification": Method(
        "Maximum diversification",
        "The most mean volatility for each unit of the whole's.",
        NoParams,
        maximum_diversification,
    ),
    "equal-risk": Method(
        "Equal risk contributions",
        "Every instrument has the same share of the variance.",
        NoParams,
        equal_risk,
    ),
    "risk-budgets": Method(
        "Risk budgets",
        "Every instrument has the share of the variance that is given to it.",
        BudgetParams,
        budgeted_risk,
    ),
    "hrp": Method(
        "Hierarchical risk parity",
        "Halves of a tree of instruments share by inverse variance.",
        HrpParams,
        hierarchical_risk_parity,
        constrained=False,
    ),
    "herc": Method(
        "Hierarchical equal risk contribution",
        "Branches of a tree of instruments share by inverse variance, down to its groups.",
        ClusterParams,
        hierarchical_equal_risk,
        constrained=False,
    ),
    "nco": Method(
        "Nested clusters",
        "Least variance within groups of instruments, then among the groups.",
        ClusterParams,
        nested_clusters,
        constrained=False,
    ),
    "inverse-volatility": Method(
        "Inverse volatility",
        "Weights in proportion to 1 / volatility.",
        NoParams,
        inverse_volatility,
        constrained=False,
    ),
    "equal-weight": Method(
        "Equal weights", "The same of each.", NoParams, equal_weight, constrained=False
    ),
}


def get_method(name: str) -> Method:
    """The method called `name`; InputError names those there are."""
    if name not in METHODS:
        raise InputError(
            f"There is no method {name!r}; known: {', '.join(METHODS)}.",
            field="method",
            remedy="Choose one of those.",
        )
    return METHODS[name]


def optimise(
    problem: Problem,
    method: str,
    params: Any = None,
    *,
    solver: QuadraticSolver | None = None,
) -> Allocation:
    """Weights of `problem` by `method`, within its constraints.

    Parameters
    ----------
    params : of the method's `params_type`; None: its defaults.
    solver : of an earlier call on a problem of the same shape, which makes this one faster.

    Raises
    ------
    InputError : the input cannot be used, or no weights fulfil the constraints; the sentence names
        a smallest set of them that contradict each other.
    """
    chosen = get_method(method)
    params = chosen.params_type() if params is None else params
    solver = QuadraticSolver() if solver is None else solver
    notes: tuple[str, ...] = ()
    try:
        weights = chosen.weights(problem, params, solver)
        if not chosen.constrained:
            weights, notes = kept(problem, weights, solver)
    except (InfeasibleError, StoppedError) as error:
        target = _target(method, params)
        rows = problem.rows if target is None else return_row(problem, target)
        if isinstance(error, StoppedError) and not conflicting(rows):
            raise
        raise refuse(rows) from None
    low, high = problem.constraints.bounds(problem.n)
    return allocation(problem, method, np.clip(weights, low, high), notes)


def efficient_frontier(problem: Problem, points: int = 20) -> tuple[Allocation, ...]:
    """Least variance for each of `points` returns, from that of the least variance to the most.

    Raises
    ------
    InputError : as `optimise`.
    """
    if points < 2:
        raise InputError(f"A frontier needs two points or more, not {points}.", field="points")
    solver = QuadraticSolver()
    free = replace(problem, constraints=replace(problem.constraints, costs=0.0))
    lowest = optimise(free, "minimum-variance", solver=solver)
    highest = optimise(free, "maximum-utility", AversionParams(1e-9), solver=solver)
    cash = [free.risk_free * (1.0 - float(end.weights.sum())) for end in (lowest, highest)]
    first, last = (
        float(free.mu @ end.weights) + earned
        for end, earned in zip((lowest, highest), cash, strict=True)
    )
    targets = np.linspace(first, last, points)
    # The last target is the most there is: a hair below it, so that rounding does not forbid it.
    targets[-1] -= 1e-9 * max(abs(float(targets[-1])), 1e-12)
    between = [
        optimise(free, "target-return", TargetReturnParams(float(target)), solver=solver)
        for target in targets[1:]
    ]
    return (lowest, *between)


def _target(method: str, params: Any) -> float | None:
    if method == "target-return" or (method == "tail-risk" and params.objective == WANTED):
        return float(params.target)
    return None
