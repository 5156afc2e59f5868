"""Everything the risk page and the risk report show, computed into one value."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from terminal.backtest.return_metrics import (
    drawdowns,
    excess_kurtosis,
    max_drawdown,
    skewness,
    ulcer_index,
)
from terminal.errors import InputError
from terminal.market.panel import FloatArray, TimeArray
from terminal.risk.book import Book, check_covariance, covariance_of
from terminal.risk.clusters import clusters, correlation_of
from terminal.risk.concentration import concentration
from terminal.risk.conditional_volatility import Volatility, exponential
from terminal.risk.cone import cone
from terminal.risk.coverage import coverage
from terminal.risk.drawdowns import conditional_drawdown_at_risk, episodes
from terminal.risk.exposures import betas, exposures
from terminal.risk.factors.cross_section import cross_sectional_factors
from terminal.risk.factors.model import FactorModel, decompose
from terminal.risk.factors.statistical import principal_factors
from terminal.risk.factors.time_series import monthly_fit, regression_factors
from terminal.risk.garch import fit_garch
from terminal.risk.liquidity import liquidity
from terminal.risk.panel_value import (
    Cluster,
    CorrelationMap,
    RiskPanel,
    Underwater,
    VarTest,
)
from terminal.risk.positions import position_risks
from terminal.risk.request import Filter, RiskRequest
from terminal.risk.rolling import TESTED, rolling_vars
from terminal.risk.stress.replay import NotReplayed, Replay, replay
from terminal.risk.stress.shocks import (
    STANDARD,
    Shock,
    Shocked,
    correlation_to_one,
    reverse_stress,
    shocked,
)
from terminal.risk.tail_table import tail_table

MOST_MAPPED = 40
"""Positions in the correlation map, by absolute weight: more cannot be read."""
ROUNDED = 4
"""Decimals of correlations: a figure shows two."""


@dataclass(frozen=True)
class Extras:
    """What not every book has.

    Attributes
    ----------
    covariance : float64 (n, n) per period, of an estimator of choice; None: the sample's.
    past_dates, past_returns, past_market : a longer history for the crises, (P,), (P, n) with NaN
        where an instrument did not trade, and (P,); None: the book's own window.
    factors, factor_names : float64 (T, k) of given factor returns on the book's dates.
    monthly_factors : Fama and French's by month, with RF.
    shocks : scenarios beside the standard ones. notes : of how the returns were made.
    """

    covariance: FloatArray | None = None
    past_dates: TimeArray | None = None
    past_returns: FloatArray | None = None
    past_market: FloatArray | None = None
    factors: FloatArray | None = None
    factor_names: tuple[str, ...] = ()
    monthly_factors: pd.DataFrame | None = None
    shocks: tuple[Shock, ...] = ()
    notes: tuple[str, ...] = field(default=())


def risk_panel(
    book: Book, request: RiskRequest | None = None, extras: Extras | None = None
) -> RiskPanel:
    """The whole panel; nothing is read from anywhere but the arguments.

    Raises
    ------
    InputError : naming what is wrong with the book, or that its positions cancel.
    """
    # small matrices: on a busy machine more threads wait for each other longer than they compute
    with threadpool_limits(limits=1):
        return _panel(book, request or RiskRequest(), extras or Extras())


def _panel(book: Book, asked: RiskRequest, more: Extras) -> RiskPanel:
    covariance = more.covariance if more.covariance is not None else covariance_of(book.returns)
    check_covariance(covariance, book.symbols)
    own_betas = betas(book.returns, book.market)
    volatility, said = _volatility(book.portfolio, asked)
    level = asked.levels[0]
    models, reasons = _models(book, more, asked)
    told, untold = _replayed(book, more, own_betas)
    days: list[date] = book.dates.astype("datetime64[D]").tolist()
    draws = {"draws": asked.draws, "seed": asked.seed}
    return RiskPanel(
        first=days[0],
        last=days[-1],
        periods=len(days),
        equity=book.equity,
        request=asked,
        mean=float(book.portfolio.mean()),
        volatility=float(book.portfolio.std(ddof=1)),
        volatility_now=volatility.following,
        skewness=skewness(book.portfolio),
        excess_kurtosis=excess_kurtosis(book.portfolio),
        tails=tail_table(book.weights, book.returns, covariance, volatility, asked),
        cone=cone(book.portfolio, volatility, level, **draws),
        tests=var_tests(book.portfolio, asked),
        underwater=underwater(np.maximum(book.portfolio, -1.0), book.dates, level),
        positions=position_risks(book, covariance, own_betas, level),
        exposures=exposures(book.symbols, book.weights, book.sectors, own_betas),
        concentration=concentration(book.weights, covariance),
        correlations=correlation_map(book, covariance, asked.alike),
        liquidity=liquidity(
            book.symbols, book.weights, book.equity, book.traded, book.spread, asked.participation
        ),
        factors=tuple(decompose(book.weights, model) for model in models),
        factor_notes=reasons,
        fama_french=monthly_fit(book.portfolio, book.dates, more.monthly_factors),
        replays=told,
        not_replayed=untold,
        shocks=_shocks(book, more, own_betas),
        correlation_stress=correlation_to_one(book.weights, covariance),
        reverse=reverse_stress(
            asked.reverse_loss, book.symbols, book.weights, covariance,
            horizon=asked.reverse_horizon,
        ),
        notes=more.notes + said + _ruin(book, days),
    )  # fmt: skip


def var_tests(portfolio: FloatArray, request: RiskRequest) -> tuple[VarTest, ...]:
    """Every tested method at every level, over one period; none where the window leaves too few."""
    if len(portfolio) < request.window + 2:
        return ()
    actual, found = portfolio[request.window :], []
    for method in TESTED:
        levels = request.levels
        told = rolling_vars(portfolio, method, levels, request.window, decay=request.decay)
        for level, said in zip(levels, told, strict=True):
            result = coverage(actual < -said, level)
            found.append(VarTest(method, level, result, result.sentence))
    return tuple(found)


def underwater(portfolio: FloatArray, dates: TimeArray, level: float) -> Underwater:
    """Drawdowns of float64 (T,)."""
    below = drawdowns(portfolio)
    step = -(-len(below) // 500)
    starts = np.arange(0, len(below), step)
    lowest = np.minimum.reduceat(below, starts)
    ends = np.minimum(starts + step, len(below)) - 1
    return Underwater(
        max_drawdown(portfolio) or 0.0,
        float(below[-1]),
        ulcer_index(portfolio) or 0.0,
        conditional_drawdown_at_risk(portfolio, level),
        episodes(portfolio, dates),
        tuple(dates[ends].astype("datetime64[D]").tolist()),
        tuple(round(float(value), 6) for value in lowest),
    )


def correlation_map(book: Book, covariance: FloatArray, alike: float) -> CorrelationMap:
    """The largest positions; clusters are of all that are held."""
    held = np.flatnonzero(book.weights)
    correlation = correlation_of(covariance)
    found = clusters(correlation[np.ix_(held, held)], alike)
    moved = book.weights * (covariance @ book.weights)
    total = float(moved.sum())
    groups = []
    for group in found.groups:
        at = held[list(group)]
        groups.append(
            Cluster(
                tuple(book.symbols[k] for k in at),
                float(book.weights[at].sum()),
                float(np.abs(book.weights[at]).sum()),
                float(moved[at].sum() / total),
            )
        )
    largest = set(np.argsort(-np.abs(book.weights[held]), kind="stable")[:MOST_MAPPED].tolist())
    order = held[[k for k in found.order if k in largest]]
    values = correlation[np.ix_(order, order)].round(ROUNDED)
    return CorrelationMap(
        tuple(book.symbols[k] for k in order),
        tuple(tuple(row) for row in values.tolist()),
        tuple(sorted(groups, key=lambda g: (-abs(g.variance_share), g.symbols))),
    )


def _ruin(book: Book, days: list[date]) -> tuple[str, ...]:
    """A note where leverage would have lost more than there was; drawdowns end at all of it."""
    worst = int(book.portfolio.argmin())
    loss = -float(book.portfolio[worst])
    if loss < 1.0:
        return ()
    return (f"On {days[worst]} these weights would have lost {loss:.0%} of equity in one session.",)


def _volatility(portfolio: FloatArray, asked: RiskRequest) -> tuple[Volatility, tuple[str, ...]]:
    """The book's volatility as the request wants it followed, and a note where it cannot be."""
    weights = exponential(portfolio, asked.decay)
    if asked.filter is Filter.EXPONENTIAL:
        return weights, ()
    try:
        return fit_garch(portfolio).volatility, ()
    except InputError as error:
        return weights, (f"Exponential weights stand in for GARCH: {error.message}",)


def _models(
    book: Book, more: Extras, asked: RiskRequest
) -> tuple[list[FactorModel], tuple[str, ...]]:
    """The models that these returns allow, and why others are missing."""
    models = [principal_factors(book.returns, book.symbols, _count(asked, book))]
    reasons = []
    try:
        models.append(
            cross_sectional_factors(
                book.returns, book.symbols, market=book.market, sectors=book.sectors,
                capital=book.size,
            )
        )  # fmt: skip
    except InputError as error:
        reasons.append(f"No cross-sectional model: {error.message}")
    if more.factors is None:
        reasons.append("No regression on factor returns: none are loaded.")
    else:
        models.append(
            regression_factors(book.returns, book.symbols, more.factors, more.factor_names)
        )
    return models, tuple(reasons)


def _count(asked: RiskRequest, book: Book) -> int | None:
    return None if asked.components is None else min(asked.components, len(book.symbols))


def _replayed(
    book: Book, more: Extras, own_betas: FloatArray | None
) -> tuple[tuple[Replay, ...], tuple[NotReplayed, ...]]:
    if more.past_dates is None or more.past_returns is None:
        return replay(
            book.symbols, book.weights, book.dates, book.returns,
            market=book.market, betas=own_betas,
        )  # fmt: skip
    return replay(
        book.symbols, book.weights, more.past_dates, more.past_returns,
        market=more.past_market, betas=own_betas,
    )  # fmt: skip


def _shocks(book: Book, more: Extras, own_betas: FloatArray | None) -> tuple[Shocked, ...]:
    """Standard shocks need betas; those that someone asked for say what they lack."""
    standard = STANDARD if own_betas is not None else ()
    return tuple(
        shocked(shock, book.symbols, book.weights, betas=own_betas, sectors=book.sectors)
        for shock in (*standard, *more.shocks)
    )
