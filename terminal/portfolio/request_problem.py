"""From a request and a history to the problem an optimiser takes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from terminal.errors import InputError
from terminal.market.panel import FloatArray
from terminal.params import validate
from terminal.portfolio.black_litterman import Views
from terminal.portfolio.constraints import FREE, Constraints, Limit, sector_limits
from terminal.portfolio.covariance import COVARIANCES, estimate_covariance
from terminal.portfolio.expected_returns import EXPECTED_RETURNS, History, estimate_returns
from terminal.portfolio.optimise import get_method
from terminal.portfolio.optimise_request import Bound, OptimiseRequest
from terminal.portfolio.problem import Problem
from terminal.portfolio.risk_budgets import BudgetParams


@dataclass(frozen=True)
class Universe:
    """What is known of the instruments.

    Attributes
    ----------
    returns : (n_periods, n) of total-return prices, NaN where there is none.
    days : ISO date of each period. prices : (n,) that units are counted at.
    held : (n,) units. equity : what is held in these instruments and in cash, currency.
    periods : in a year. notes : of how this was made.
    """

    symbols: tuple[str, ...]
    sectors: tuple[str, ...]
    returns: FloatArray
    days: tuple[str, ...]
    prices: FloatArray
    held: FloatArray
    equity: float
    periods: float
    currency: str = ""
    simulated: bool = False
    notes: tuple[str, ...] = ()


def problem_of(
    known: Universe, request: OptimiseRequest, window: FloatArray, before: FloatArray
) -> tuple[Problem, tuple[str, ...]]:
    """The problem of a request on `window` (n_rows, n), and what a reader must know of it.

    Raises
    ------
    InputError : naming an instrument, a sector or a number that does not fit.
    """
    covariances, means = COVARIANCES[request.covariance], EXPECTED_RETURNS[request.expected]
    free = request.risk_free / known.periods
    sigma = estimate_covariance(
        window, request.covariance, validate(covariances.params_type, request.covariance_params)
    )
    notes = []
    if window.shape[1] >= len(window) and request.covariance == "sample":
        notes.append(
            f"{window.shape[1]} instruments and {len(window)} periods: the sample covariance is "
            "singular. Shrunk, denoised and factor ones are not."
        )
    views = _views(request, known)
    history = History(window, sigma, views=views, risk_free=free)
    mu = estimate_returns(
        history, request.expected, validate(means.params_type, request.expected_params)
    )
    constraints = _constraints(known, request, window, sigma, before)
    if request.limits.turnover is not None and not before.any():
        notes.append("Nothing is held yet: the first weights are bought without a turnover limit.")
    return Problem(
        covariance=sigma,
        expected=mu,
        returns=window,
        symbols=known.symbols,
        constraints=constraints,
        risk_free=free,
    ), tuple(notes)


def _constraints(
    known: Universe,
    request: OptimiseRequest,
    window: FloatArray,
    sigma: FloatArray,
    before: FloatArray,
) -> Constraints:
    asked = request.limits
    n = len(known.symbols)
    low, high = np.full(n, asked.low), np.full(n, asked.high)
    for bound in asked.each:
        k = _position(known.symbols, bound.name, "each")
        low[k] = low[k] if bound.low is None else bound.low
        high[k] = high[k] if bound.high is None else bound.high
    limits = sector_limits(known.sectors, *_by_name(asked.sectors))
    if asked.beta_low is not None or asked.beta_high is not None:
        market = window.mean(axis=1) - window.mean()
        betas = window.T @ market / max(float(market @ market), 1e-300)
        limits += (Limit("beta", betas, _or(asked.beta_low, -FREE), _or(asked.beta_high, FREE)),)
    return Constraints(
        low=low,
        high=high,
        net=(asked.net_low, asked.net_high),
        gross=asked.gross,
        limits=limits,
        turnover=asked.turnover if before.any() else None,
        current=before,
        costs=asked.cost_bps * 1e-4 / asked.pays_back,
        l2=asked.l2 * float(np.diag(sigma).mean()),
    )


def _by_name(bounds: tuple[Bound, ...]) -> tuple[dict[str, float], dict[str, float]]:
    low = {bound.name: bound.low for bound in bounds if bound.low is not None}
    return low, {bound.name: bound.high for bound in bounds if bound.high is not None}


def _or(value: float | None, instead: float) -> float:
    return instead if value is None else value


def _views(request: OptimiseRequest, known: Universe) -> Views | None:
    if not request.views or request.expected != "black-litterman":
        return None
    picks = np.zeros((len(request.views), len(known.symbols)))
    for row, view in enumerate(request.views):
        picks[row, _position(known.symbols, view.long, "views")] = 1.0
        if view.against:
            picks[row, _position(known.symbols, view.against, "views")] -= 1.0
    # The estimator's prior is above the risk-free rate: an absolute view is brought there.
    values = [view.value - (0.0 if view.against else request.risk_free) for view in request.views]
    sure = np.array([view.confidence for view in request.views])
    return Views(picks, np.array(values) / known.periods, confidences=sure)


def _position(symbols: tuple[str, ...], name: str, field: str) -> int:
    if name not in symbols:
        raise InputError(
            f"{name} is not among the instruments that take part.",
            field=field,
            remedy="Choose it, or take the line out.",
        )
    return symbols.index(name)


def method_params(request: OptimiseRequest, symbols: tuple[str, ...]) -> object:
    """The parameters of the request's method."""
    kind = get_method(request.method).params_type
    if kind is BudgetParams:
        return BudgetParams(_budgets(request, symbols))
    return validate(kind, request.method_params)


def _budgets(request: OptimiseRequest, symbols: tuple[str, ...]) -> tuple[float, ...]:
    given = dict(request.budgets)
    for name in given:
        _position(symbols, name, "budgets")
    rest = max(0.0, 1.0 - sum(given.values()))
    others = [symbol for symbol in symbols if symbol not in given]
    if others and rest <= 0:
        raise InputError(
            f"The budgets add up to {sum(given.values()):.0%} and leave nothing for {others[0]}.",
            field="budgets",
            remedy="Lower some, or name every instrument.",
        )
    each = rest / len(others) if others else 0.0
    return tuple(given.get(symbol, each) for symbol in symbols)
