"""Weights through time: at each decision everything is estimated anew from the rows before it.

Row t uses returns up to row t - purge and nothing later: hiding the future changes no row, which
the tests hold it to. One solver goes through all the steps, each beginning where the last ended.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from terminal.errors import InputError
from terminal.market.panel import FloatArray
from terminal.portfolio.conflict import ConflictError
from terminal.portfolio.constraints import LONG_ONLY, Constraints, Limit
from terminal.portfolio.covariance import estimate_covariance
from terminal.portfolio.expected_returns import History, estimate_returns
from terminal.portfolio.optimise import EXPECTED, get_method, optimise
from terminal.portfolio.problem import Problem
from terminal.portfolio.quadratic import QuadraticSolver
from terminal.portfolio.rebalancing import NO_BANDS, Bands, drifted, rebalanced, worth_trading

LEAST_KNOWN = 0.9
"""An instrument takes part with at least this share of the look-back's rows."""

Columns = npt.NDArray[np.int64]
Rules = Constraints | Callable[[FloatArray, Columns], Constraints]


@dataclass(frozen=True)
class Recipe:
    """How weights are made of a history.

    Attributes
    ----------
    method, covariance, expected : names of `METHODS`, `COVARIANCES`, `EXPECTED_RETURNS`; each with
        its parameters, None: the defaults. Those of the method may be `params(columns)`.
    constraints : of all instruments, cut to those that take part; or `constraints(window, columns)`
        of the returns (n_rows, n) of those that do.
    risk_free : per period.
    """

    method: str = "hrp"
    method_params: Any = None
    covariance: str = "sample"
    covariance_params: Any = None
    expected: str = "historical"
    expected_params: Any = None
    constraints: Rules = LONG_ONLY
    risk_free: float = 0.0


@dataclass(frozen=True)
class Schedule:
    """Which rows are used and when trading back pays.

    Attributes
    ----------
    lookback : rows of each estimate.
    purge : latest rows that are left out of it.
    bands : drift that is left alone at a decision.
    horizon : periods a trade must pay its costs in; None: it need not.
    """

    lookback: int = 252
    purge: int = 0
    bands: Bands = NO_BANDS
    horizon: float | None = None

    def __post_init__(self) -> None:
        if self.lookback < 2:
            raise InputError(
                f"The look-back is {self.lookback} periods; it must be 2 or more.", field="lookback"
            )
        if self.purge < 0:
            raise InputError(f"The purge is {self.purge}; it must be zero or more.", field="purge")


@dataclass(frozen=True)
class Rolled:
    """Attributes.

    weights : (n_rows, n) targets; NaN: nothing is decided, or the instrument has no return there.
    decisions, trades : how many rows were decided, and how many of them trade.
    held : rows at which the method had no answer and what is held was kept, with why.
    """

    weights: FloatArray
    decisions: int
    trades: int
    held: tuple[tuple[int, str], ...]


def rolling_weights(
    returns: FloatArray,
    decided: npt.NDArray[np.bool_],
    recipe: Recipe,
    schedule: Schedule = Schedule(),
    *,
    scores: FloatArray | None = None,
) -> Rolled:
    """Target weights at each decided row.

    Parameters
    ----------
    returns : (n_rows, n), NaN where an instrument has none. One takes part in a decision when it
        has a return in that row and in `LEAST_KNOWN` of the look-back's; rows in which one of them
        has none are left out. An instrument with a return that takes no part has weight 0.
    decided : (n_rows,) where weights are decided, as `calendar_rows` says.
    scores : (n_rows, n), row t known at row t: views of Black-Litterman.

    Raises
    ------
    InputError : constraints contradict each other, or method and estimators do not fit.
    """
    values = np.asarray(returns, dtype=np.float64)
    if values.ndim != 2 or len(decided) != len(values):
        raise InputError(
            f"returns have shape {values.shape} and decisions {np.shape(decided)}; they must have "
            "a row for each period.",
            field="returns",
        )
    solver = QuadraticSolver()
    out = np.full(values.shape, np.nan)
    held: FloatArray | None = None
    since = 0
    failed: list[tuple[int, str]] = []
    trades = decisions = 0
    for row in np.flatnonzero(decided):
        columns, window = _window(values, int(row), schedule)
        if not columns.size:
            continue
        decisions += 1
        now = None if held is None else _moved(held, values[since + 1 : row + 1])
        try:
            target = _target(
                recipe, window, columns, now, solver, None if scores is None else scores[row]
            )
        except InputError as error:
            if isinstance(error, ConflictError):
                raise
            failed.append((int(row), str(error)))
            continue
        wanted = np.zeros(values.shape[1])
        wanted[columns] = target.weights
        if now is not None:
            chosen = rebalanced(now, wanted, schedule.bands)
            if chosen is None or not _pays(chosen, now, columns, target, schedule):
                continue
            wanted = chosen
        out[row] = np.where(np.isfinite(values[row]), wanted, np.nan)
        # What has no price in this row cannot be traded in it.
        held = wanted if now is None else np.where(np.isfinite(values[row]), wanted, now)
        since = int(row)
        trades += 1
    return Rolled(out, decisions, trades, tuple(failed))


@dataclass(frozen=True)
class _Target:
    weights: FloatArray
    covariance: FloatArray
    expected: FloatArray | None
    constraints: Constraints


def _window(values: FloatArray, row: int, schedule: Schedule) -> tuple[Columns, FloatArray]:
    """(columns that take part, their returns without rows in which one is missing)."""
    end = row + 1 - schedule.purge
    start = end - schedule.lookback
    none = np.zeros(0, dtype=np.int64)
    if start < 0:
        return none, values[:0]
    window = values[start:end]
    known = np.isfinite(window)
    enough = known.sum(axis=0) >= max(2, LEAST_KNOWN * schedule.lookback)
    columns = np.flatnonzero(enough & np.isfinite(values[row]))
    part = window[:, columns]
    part = part[np.isfinite(part).all(axis=1)]
    if len(part) < 2:
        return none, values[:0]
    moves = part.std(axis=0) > 1e-10
    return columns[moves], part[:, moves]


def _target(
    recipe: Recipe,
    window: FloatArray,
    columns: Columns,
    now: FloatArray | None,
    solver: QuadraticSolver,
    scores: FloatArray | None,
) -> _Target:
    given = recipe.constraints
    constraints = (
        restricted(given, columns) if isinstance(given, Constraints) else given(window, columns)
    )
    # The first weights are bought from cash: no limit of turnover could be kept.
    if now is None:
        constraints = replace(constraints, turnover=None, current=None)
    else:
        constraints = replace(constraints, current=now[columns])
    covariance = estimate_covariance(window, recipe.covariance, recipe.covariance_params)
    expected = None
    if EXPECTED in get_method(recipe.method).needs or _asks_return(recipe):
        history = History(
            window,
            covariance,
            scores=None if scores is None else scores[columns],
            risk_free=recipe.risk_free,
        )
        expected = estimate_returns(history, recipe.expected, recipe.expected_params)
    problem = Problem(
        covariance,
        expected,
        window,
        constraints=constraints,
        risk_free=recipe.risk_free,
    )
    own = recipe.method_params
    own = own(columns) if callable(own) else own
    try:
        found = optimise(problem, recipe.method, own, solver=solver)
    except InputError as error:
        if not isinstance(error, ConflictError) or constraints.turnover is None:
            raise
        # Instruments came or left: the limit gives way where nothing could keep it.
        problem = replace(problem, constraints=replace(constraints, turnover=None))
        found = optimise(problem, recipe.method, own, solver=solver)
    return _Target(found.weights, covariance, expected, constraints)


def _asks_return(recipe: Recipe) -> bool:
    return getattr(recipe.method_params, "objective", "") not in ("", "least risk")


def _pays(
    wanted: FloatArray,
    now: FloatArray,
    columns: Columns,
    target: _Target,
    schedule: Schedule,
) -> bool:
    if schedule.horizon is None or target.expected is None:
        return True
    verdict = worth_trading(
        now[columns],
        wanted[columns],
        target.expected,
        target.covariance,
        target.constraints.costs,
        horizon=schedule.horizon,
    )
    return verdict.trade


def _moved(held: FloatArray, rows: FloatArray) -> FloatArray | None:
    """Weights held since before `rows`, as the returns in them moved them; None: all is lost."""
    growth = np.prod(1.0 + np.where(np.isfinite(rows), rows, 0.0), axis=0) - 1.0
    if not 1.0 + float(held @ growth) > 0:
        return None
    return drifted(held, growth)


def restricted(constraints: Constraints, columns: Columns) -> Constraints:
    """The constraints of some of the instruments; the others have no weight."""

    def part(value: Any) -> Any:
        return value if value is None or np.ndim(value) == 0 else np.asarray(value)[columns]

    limits = tuple(
        Limit(limit.name, np.asarray(limit.loadings)[columns], limit.low, limit.high)
        for limit in constraints.limits
    )
    return replace(
        constraints,
        low=part(constraints.low),
        high=part(constraints.high),
        costs=part(constraints.costs),
        current=part(constraints.current),
        limits=limits,
    )
