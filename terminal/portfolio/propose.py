"""The whole of an optimisation: estimates, weights, frontier, units, trades. Arrays in, value out.

Nothing is read from anywhere but the arguments: the job brings returns, prices and what is held.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from terminal.errors import InputError
from terminal.market.panel import FloatArray
from terminal.portfolio.covariance import COVARIANCES
from terminal.portfolio.expected_returns import EXPECTED_RETURNS
from terminal.portfolio.optimise import efficient_frontier, get_method, optimise
from terminal.portfolio.optimise_request import OptimiseRequest
from terminal.portfolio.problem import Problem
from terminal.portfolio.proposal import Point, Proposal, Row
from terminal.portfolio.request_problem import Universe, method_params, problem_of
from terminal.portfolio.trades import Pricing, trades_towards, units_for
from terminal.portfolio.tree_picture import tree_picture

LEAST_KNOWN = 0.9
FEWEST = 10
NOW, FOUND, UNITS = "Held now", "Proposed", "In whole units"


def propose(universe: Universe, request: OptimiseRequest, cost: Pricing) -> Proposal:
    """The proposal of a request.

    Raises
    ------
    InputError : naming the field, the instrument or the constraints that contradict each other.
    """
    known, notes = _usable(universe)
    window = known.returns[np.isfinite(known.returns).all(axis=1)]
    rows = np.flatnonzero(np.isfinite(known.returns).all(axis=1))
    before = known.held * known.prices / known.equity
    problem, more = problem_of(known, request, window, before)
    method = get_method(request.method)
    found = optimise(problem, request.method, method_params(request, known.symbols))
    frontier, missing = _frontier(problem, request, known.periods)
    paid = 0.0
    for _ in range(2):  # what the trades cost is not there to be invested
        money = known.equity - paid
        wanted = units_for(found.weights, known.prices, money, request.rule, known.symbols)
        trades = trades_towards(known.symbols, wanted, known.held, known.prices, cost)
        paid = sum(trade.cost for trade in trades)
    whole = wanted * known.prices / known.equity
    points = [_point(name, problem, weights, known.periods)
              for name, weights in ((NOW, before), (FOUND, found.weights), (UNITS, whole))
              if name != NOW or before.any()]  # fmt: skip
    return Proposal(
        method=request.method,
        title=method.title,
        estimates=_estimates(request),
        first=known.days[int(rows[0])],
        last=known.days[int(rows[-1])],
        periods=len(window),
        currency=known.currency,
        simulated=known.simulated,
        equity=known.equity,
        cash=float(known.equity - (wanted * known.prices).sum() - paid),
        rows=_rows(known, problem, before, found.weights, whole, wanted),
        points=tuple(points),
        frontier=frontier,
        trades=trades,
        turnover=sum(trade.notional for trade in trades) / known.equity,
        cost=paid,
        tree=tree_picture(problem, request),
        binding=tuple(name for name in found.binding if not name.startswith("weight of"))
        + _bound_weights(found.binding),
        notes=(*universe.notes, *notes, *more, *found.notes, *missing),
    )


def _usable(universe: Universe) -> tuple[Universe, tuple[str, ...]]:
    """Without instruments that have too few returns or do not move."""
    share = np.isfinite(universe.returns).mean(axis=0)
    moving = np.nanstd(np.where(np.isfinite(universe.returns), universe.returns, 0.0), axis=0)
    keep = (share >= LEAST_KNOWN) & (moving > 1e-10) & np.isfinite(universe.prices)
    notes = [
        f"{symbol} is left out: it has returns in {part:.0%} of the window."
        if part < LEAST_KNOWN
        else f"{symbol} is left out: its price does not move or is not known."
        for symbol, part, kept in zip(universe.symbols, share, keep, strict=True)
        if not kept
    ]
    columns = np.flatnonzero(keep)
    if not columns.size:
        raise InputError(
            "No instrument has returns in nine tenths of the window.",
            field="start",
            remedy="Choose a later start or other instruments.",
        )
    whole = int(np.isfinite(universe.returns[:, columns]).all(axis=1).sum())
    if whole < FEWEST:
        raise InputError(
            f"The window has {whole} periods in which all instruments have a return; {FEWEST} are "
            "needed.",
            field="start",
            remedy="Choose a longer window.",
        )
    if not (np.isfinite(universe.equity) and universe.equity > 0):
        raise InputError(
            f"The equity to invest is {universe.equity:,.2f}; it must be above zero.",
            field="capital",
            remedy="Enter capital, or choose an account that has some.",
        )
    return replace(
        universe,
        symbols=tuple(universe.symbols[k] for k in columns),
        sectors=tuple(universe.sectors[k] for k in columns),
        returns=universe.returns[:, columns],
        prices=universe.prices[columns],
        held=universe.held[columns],
    ), tuple(notes)


def _frontier(
    problem: Problem, request: OptimiseRequest, periods: float
) -> tuple[tuple[Point, ...], tuple[str, ...]]:
    try:
        found = efficient_frontier(problem, request.frontier_points)
    except InputError as error:
        return (), (f"There is no frontier to draw: {error.message}",)
    return tuple(_point("", problem, one.weights, periods) for one in found), ()


def _point(name: str, problem: Problem, weights: FloatArray, periods: float) -> Point:
    volatility = float(np.sqrt(max(float(weights @ problem.sigma @ weights), 0.0)))
    cash = 1.0 - float(weights.sum())
    expected = float(problem.mu @ weights) + cash * problem.risk_free
    year = float(np.sqrt(periods))
    sharpe = None
    if volatility > 0:
        sharpe = (expected - problem.risk_free) / volatility * year
    return Point(name, volatility * year, expected * periods, sharpe)


def _rows(
    known: Universe,
    problem: Problem,
    before: FloatArray,
    weights: FloatArray,
    whole: FloatArray,
    wanted: FloatArray,
) -> tuple[Row, ...]:
    risk, risk_before = _shares(problem.sigma, weights), _shares(problem.sigma, before)
    own = np.sqrt(np.diag(problem.sigma) * known.periods)
    found = [
        Row(
            symbol,
            known.sectors[k],
            float(known.prices[k]),
            float(problem.mu[k] * known.periods),
            float(own[k]),
            float(before[k]),
            float(weights[k]),
            float(whole[k]),
            float(risk[k]),
            float(risk_before[k]),
            float(known.held[k]),
            float(wanted[k]),
        )
        for k, symbol in enumerate(known.symbols)
    ]
    return tuple(sorted(found, key=lambda row: (-abs(row.weight), row.symbol)))


def _shares(sigma: FloatArray, weights: FloatArray) -> FloatArray:
    """Shares of the variance (n,); zeros where nothing is held."""
    marginal = sigma @ weights
    variance = float(weights @ marginal)
    return weights * marginal / variance if variance > 0 else np.zeros(len(weights))


def _estimates(request: OptimiseRequest) -> str:
    means = EXPECTED_RETURNS[request.expected].title
    if request.expected == "black-litterman":
        count = len(request.views)
        means += f" with {count} view{'' if count == 1 else 's'}"
    return f"{COVARIANCES[request.covariance].title} covariance, {means} of returns"


def _bound_weights(binding: tuple[str, ...]) -> tuple[str, ...]:
    count = sum(name.startswith("weight of") for name in binding)
    return (f"{count} weight{'' if count == 1 else 's'} at a bound",) if count else ()
