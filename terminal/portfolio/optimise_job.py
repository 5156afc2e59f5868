"""Job `optimise`: from a request to a proposal, on the data and the account as they are now."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import numpy as np
import orjson
from threadpoolctl import threadpool_limits

from terminal.backtest.costs import Costs
from terminal.backtest.run import periods_per_year
from terminal.codec import to_json
from terminal.db.repositories import holdings, trading_accounts
from terminal.errors import InputError
from terminal.execution.expected_cost import expected_cost
from terminal.execution.order import Side
from terminal.jobs.context import JobContext
from terminal.jobs.values import Outcome
from terminal.market.adjust import forward_adjusted, last_known
from terminal.market.calendars import get_calendar
from terminal.market.catalogue import Catalogue
from terminal.market.dataset import Dataset, Series
from terminal.market.panel import FloatArray, Panel
from terminal.market.store import open_store
from terminal.portfolio.optimise_request import OptimiseRequest, TradeCosts
from terminal.portfolio.proposal import Proposal
from terminal.portfolio.propose import propose
from terminal.portfolio.request_problem import Universe
from terminal.portfolio.survivorship import survivorship
from terminal.portfolio.trades import Pricing

FILE, WEIGHTS = "proposal.json", "weights.csv"


def run(request: OptimiseRequest, ctx: JobContext) -> Outcome:
    """Optimise, and keep the proposal and its weights as a table.

    Raises
    ------
    InputError : the request does not fit the data or the account, or its constraints contradict
        each other; the sentence names them.
    """
    catalogue = Catalogue(ctx.db, open_store(ctx.settings, ctx.db))
    ctx.progress(0.05, "Loading bars", f"{len(request.symbols)} instruments")
    dataset = catalogue.dataset(ctx.actor, request.dataset)
    series = catalogue.series(ctx.actor, request.dataset)
    panel = catalogue.panel(
        ctx.actor, request.dataset, request.symbols, request.timeframe, request.start, request.end
    )
    ctx.progress(0.4, "What is held")
    universe = _held(_universe(request, dataset, series, panel), request, ctx)
    ctx.progress(0.6, "Optimising", request.method)
    # small matrices: on a busy machine more threads wait for each other longer than they compute
    with threadpool_limits(limits=1):
        found = propose(universe, request, pricing(request.costs))
    ctx.progress(0.95, "Saving")
    for note in found.notes:
        ctx.log(note)
    ctx.artifact(FILE, orjson.dumps(to_json(found)), "application/json")
    ctx.artifact(WEIGHTS, weights_csv(found), "text/csv")
    proposed = found.points[-2]
    return Outcome(
        summary={
            "method": found.method,
            "title": found.title,
            "n": len(found.rows),
            "volatility": proposed.volatility,
            "expected": proposed.expected,
            "sharpe": proposed.sharpe,
            "trades": len(found.trades),
            "turnover": found.turnover,
            "cost": found.cost,
        },
        data_version=dataset.version,
    )


def pricing(costs: TradeCosts) -> Pricing:
    """What a trade is expected to cost, by the engine's cost model."""
    model = Costs(
        commission_bps=costs.commission_bps,
        commission_minimum=costs.commission_minimum,
        half_spread_bps=costs.half_spread_bps,
        slippage_bps=costs.slippage_bps,
    )

    def cost(units: float, price: float) -> float:
        side = Side.BUY if units > 0 else Side.SELL
        return expected_cost(side, abs(units), price, model).total

    return cost


def weights_csv(found: Proposal) -> bytes:
    """The rows of a proposal as a table."""
    text = io.StringIO()
    out = csv.writer(text, lineterminator="\n")
    out.writerow(
        ["symbol", "sector", "price", "weight", "whole_weight", "units", "held_units",
         "held_weight", "risk_share", "expected_return", "volatility"]
    )  # fmt: skip
    for row in found.rows:
        out.writerow(
            [row.symbol, row.sector, row.price, row.weight, row.whole, row.wanted, row.held,
             row.before, row.risk, row.expected, row.volatility]
        )  # fmt: skip
    return text.getvalue().encode()


def _universe(
    request: OptimiseRequest, dataset: Dataset, series: Sequence[Series], panel: Panel
) -> Universe:
    known = {part.symbol: part for part in series}
    for symbol in request.symbols:
        if not known[symbol].tradable:
            raise InputError(
                f"{symbol} is an index and cannot be held.",
                field="symbols",
                remedy="Choose instruments that trade.",
            )
    calendar = get_calendar(dataset.calendar)
    lives = [(known[symbol].first_ts, known[symbol].last_ts) for symbol in request.symbols]
    return Universe(
        symbols=request.symbols,
        sectors=tuple(known[symbol].sector for symbol in request.symbols),
        returns=total_returns(panel),
        days=tuple(calendar.session_of(panel.ts).astype("datetime64[D]").astype(str)[1:].tolist()),
        prices=last_known(panel.close)[-1],
        held=np.zeros(len(request.symbols)),
        equity=request.capital,
        periods=periods_per_year(request.timeframe, calendar),
        currency=dataset.currency,
        simulated=dataset.simulated,
        notes=universe_notes(dataset, lives),
    )


def universe_notes(dataset: Dataset, lives: Sequence[tuple[datetime, datetime]]) -> tuple[str, ...]:
    """What the data set says of itself, and whether its instruments are survivors."""
    found = survivorship(lives)
    said = "surviv" in dataset.note.lower()
    notes = [dataset.note] if said or dataset.simulated else []
    return (*notes, *([found] if found and not said and not dataset.simulated else []))


def total_returns(panel: Panel) -> FloatArray:
    """Returns (n_bars - 1, n) with splits and dividends; NaN where a bar or the one before is not
    there."""
    close = forward_adjusted(panel).close
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(close[1:] / close[:-1] - 1.0)


def _held(universe: Universe, request: OptimiseRequest, ctx: JobContext) -> Universe:
    """With what is held, and the equity of it."""
    asked = request.held
    if asked.account:
        return _of_account(universe, asked.account, ctx)
    if not asked.units and not asked.cash:
        return universe
    units = dict(asked.units)
    return _valued(universe, units, universe.prices, asked.cash, "The list")


def _of_account(universe: Universe, account_id: str, ctx: JobContext) -> Universe:
    with ctx.db.read() as conn:
        account = trading_accounts.get(conn, ctx.actor, account_id)
        units = {
            row.symbol: float(row.quantity)
            for row in holdings.positions(conn, ctx.actor, account_id)
        }
        cash = float(holdings.cash(conn, ctx.actor, account_id))
        quoted = holdings.last_prices(conn, ctx.actor, account_id)
    prices = np.array(
        [
            float(quoted[symbol].price) if symbol in quoted else price
            for symbol, price in zip(universe.symbols, universe.prices, strict=True)
        ]
    )
    return _valued(universe, units, prices, cash, account.name)


def _valued(
    universe: Universe, units: dict[str, float], prices: FloatArray, cash: float, name: str
) -> Universe:
    """Units and cash, valued at `prices`; what is not among the instruments is left alone."""
    apart = sorted(symbol for symbol in units if symbol not in universe.symbols)
    notes = universe.notes
    if apart:
        notes += (
            f"{name} also holds {', '.join(apart)}: not among the instruments, so it is left as it "
            "is and not counted in the equity.",
        )
    held = np.array([units.get(symbol, 0.0) for symbol in universe.symbols])
    known = np.where(np.isfinite(prices), prices, 0.0)
    return replace(
        universe, prices=prices, held=held, equity=float(held @ known) + cash, notes=notes
    )
