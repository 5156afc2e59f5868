"""The book whose risk is measured: of an account, an imported portfolio or a finished backtest.

One function, `risk_of`, is called by the page and by the report's job, so both show the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from terminal.accounts.actor import Actor
from terminal.backtest.stored import load_result, stored_run
from terminal.backtest.universe import symbols_of
from terminal.db.database import Database
from terminal.db.repositories import jobs
from terminal.errors import Conflict, InputError, NotFound
from terminal.holdings.prices import Daily, DailyPrices
from terminal.holdings.risk_names import USUAL_SESSIONS, read_shocks
from terminal.holdings.sources import PORTFOLIO, load_source
from terminal.holdings.view import fits, held_now
from terminal.jobs.artifacts import ArtifactStore
from terminal.jobs.values import JobState
from terminal.market.calendars import get_calendar
from terminal.market.french_factors import monthly_factors
from terminal.market.panel import FloatArray, TimeArray
from terminal.risk.book import LEAST_PERIODS, Book
from terminal.risk.history import fill_beginnings
from terminal.risk.request import RiskRequest
from terminal.risk.stress.shocks import Shock

if TYPE_CHECKING:  # scipy comes with them: the first panel loads it, not the web process's start
    from terminal.risk.panel import Extras
    from terminal.risk.panel_value import RiskPanel

BACKTEST = "backtest"
LATE_DAYS = 10
"""Days without returns before the positions' day that are worth a sentence."""
BROAD = "S&P 500"
"""In the name of the index that is taken before others of its data set."""


@dataclass(frozen=True)
class RiskView:
    """What is asked for.

    Attributes
    ----------
    of : "account:id", "portfolio:id" or "backtest:job". data : data set of returns; "": the one
        that has most of the instruments. market : "data set:symbol"; "": the mean of all
        instruments held.
    as_of : session of a backtest; None: its last. sessions : of history.
    own : a scenario of one's own, see `risk_names.read_shocks`. loss : that the reverse stress
        looks for, a fraction of equity.
    """

    of: str
    data: str = ""
    market: str = ""
    as_of: date | None = None
    sessions: int = USUAL_SESSIONS
    own: str = ""
    loss: float = 0.1


@dataclass(frozen=True)
class Held:
    """Positions in currency: value by symbol, equity, the day they stand at."""

    title: str
    currency: str
    day: date
    equity: float
    values: Mapping[str, float]
    datasets: Mapping[str, str]
    simulated: bool
    notes: tuple[str, ...] = ()
    sectors: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class RiskFound:
    """The panel, and what stands beside it on page and report."""

    title: str
    currency: str
    day: date
    data: str
    market: str
    simulated: bool
    panel: RiskPanel
    days: tuple[date, ...] = ()


def risk_of(
    db: Database,
    store: ArtifactStore,
    prices: DailyPrices,
    actor: Actor,
    view: RiskView,
) -> RiskFound:
    """The risk of a portfolio.

    Raises
    ------
    NotFound : it is not there for the actor. Conflict : the backtest has not finished.
    InputError : nothing is held, or no data set has enough returns of what is.
    """
    kind = view.of.partition(":")[0]
    if kind == BACKTEST:
        held, days = _of_backtest(db, store, prices, actor, view)
    else:
        held, days = _of_portfolio(db, prices, actor, view), ()
    if not held.values:
        raise InputError(
            f"{held.title} holds nothing on {held.day}.", field="portfolio",
            remedy="Risk is of positions: choose another portfolio or another day.",
        )  # fmt: skip
    if held.equity <= 0:
        raise InputError(
            f"{held.title} is worth {held.equity:,.2f}; shares of it cannot be measured.",
            field="portfolio",
        )
    from terminal.risk.panel import risk_panel

    book, extras, market = _book(prices, actor, held, view)
    request = RiskRequest(reverse_loss=view.loss)
    return RiskFound(
        held.title, held.currency, held.day, view.data, market, held.simulated,
        risk_panel(book, request, extras), days,
    )  # fmt: skip


def _of_portfolio(db: Database, prices: DailyPrices, actor: Actor, view: RiskView) -> Held:
    """Positions now, at the prices the Portfolio page shows."""
    source = load_source(db, actor, view.of)
    found = fits(prices, actor, source)
    slug = view.data or (found[0].dataset.slug if found else "")
    now = held_now(prices, actor, source, slug)
    notes: tuple[str, ...] = ()
    if source.kind == PORTFOLIO and now.cash < 0:
        notes = (f"Cash is {now.cash:,.2f}: the positions are bought on credit.",)
    return Held(
        source.title, source.currency, now.day, now.equity, now.values,
        dict.fromkeys(now.values, slug), now.simulated, notes, now.sectors,
    )  # fmt: skip


def _of_backtest(
    db: Database, store: ArtifactStore, prices: DailyPrices, actor: Actor, view: RiskView
) -> tuple[Held, tuple[date, ...]]:
    """Positions at the close of a session of a run, valued at that close as traded."""
    job_id = view.of.partition(":")[2]
    with db.read() as conn:
        job = jobs.get(conn, actor, job_id)
    if job.kind != BACKTEST:
        raise NotFound("There is no backtest with this address.", field="backtest")
    if job.state is not JobState.SUCCEEDED:
        raise Conflict(f"The backtest is {job.state}; it has no result.", field="backtest")
    row = stored_run(db, actor, job_id)
    result = load_result(db, store, actor, job, row)
    calendar = get_calendar(result.provenance.calendar or "XNYS")
    index = pd.DatetimeIndex(result.positions.index).tz_convert(None).to_numpy()
    sessions = calendar.session_of(index.astype("datetime64[ns]")).astype("datetime64[D]")
    wanted = np.datetime64(view.as_of) if view.as_of else sessions[-1]
    at = int(np.searchsorted(sessions, wanted, side="right")) - 1
    if at < 0:
        raise InputError(
            f"{view.as_of} is before the run's first session, {sessions[0]}.", field="as_of"
        )
    units = result.positions.iloc[at]
    held = {str(s): float(u) for s, u in units.items() if u}
    datasets = dict.fromkeys(symbols_of(result.request), row.dataset)
    for other in result.provenance.others:
        datasets |= dict.fromkeys(other.symbols, other.dataset)
    values, notes = {}, []
    for slug in sorted(set(datasets.values())):
        own = [symbol for symbol in held if datasets.get(symbol) == slug]
        daily = prices.of(actor, slug, own)
        for symbol in own:
            one = daily.get(symbol)
            place = -1 if one is None else int(np.searchsorted(one.days, sessions[at], "right")) - 1
            if one is None or place < 0:
                notes.append(f"{symbol} has no price on {sessions[at]} any more; it is left out.")
                continue
            values[symbol] = held[symbol] * float(one.close[place])
    equity = float(result.curve["equity"].iloc[at])
    title = row.name if view.as_of is None else f"{row.name} on {sessions[at]}"
    distinct = np.unique(sessions)
    step = -(-len(distinct) // 400)
    return (
        Held(title, "", sessions[at].item(), equity, values, datasets, row.simulated,
             tuple(notes)),
        tuple(distinct[(len(distinct) - 1) % step :: step].tolist()),
    )  # fmt: skip


def _book(
    prices: DailyPrices, actor: Actor, held: Held, view: RiskView
) -> tuple[Book, Extras, str]:
    """Returns of what is held up to its day, on one axis; what has none is left out and said."""
    from terminal.risk.panel import Extras

    notes = list(held.notes)
    symbols = tuple(sorted(held.values))
    slugs = sorted({held.datasets.get(s, "") for s in symbols} - {""})
    daily: dict[str, Daily] = {}
    for slug in slugs:
        daily |= prices.of(actor, slug, [s for s in symbols if held.datasets.get(s) == slug])
    end = np.datetime64(held.day)
    usable = tuple(
        s for s in symbols if s in daily and int((daily[s].days <= end).sum()) > LEAST_PERIODS
    )
    left_out = [s for s in symbols if s not in usable]
    if not usable:
        raise InputError(
            f"No data set has {LEAST_PERIODS} returns of what {held.title} holds.",
            field="data",
            remedy="Import prices of these instruments, or choose another data set.",
        )
    if left_out:
        gross = sum(abs(v) for v in held.values.values())
        share = sum(abs(held.values[s]) for s in left_out) / gross
        notes.append(
            f"Left out for want of returns: {', '.join(left_out[:8])}"
            f"{' and more' if len(left_out) > 8 else ''}, {share:.1%} of gross value."
        )
    days, total = _aligned(prices, actor, held, usable, end)
    returns = total[1:] / total[:-1] - 1.0
    days = days[1:]
    late = (held.day - days[-1].item()).days
    if late > LATE_DAYS:
        notes.append(
            f"The returns end on {days[-1]}, {late:,} days before the positions of {held.day}."
        )
    window = min(view.sessions, len(days))
    market, name = _market(prices, actor, view.market, slugs, days, returns, window)
    recent, market_now = returns[-window:], market[-window:]
    if not np.isfinite(market_now).all():
        notes.append("The market has no returns over the whole history; the mean of what is held "
                     "stands for it.")  # fmt: skip
        market, name = _mean(returns), ""
        market_now = market[-window:]
    young = np.isfinite(recent).argmax(axis=0) > 0
    filled = fill_beginnings(recent, usable, market_now) if young.any() else None
    own = recent if filled is None else filled.returns
    if filled is not None:
        notes += filled.notes
    still = np.flatnonzero(own.max(axis=0) - own.min(axis=0) < 1e-12)
    if len(still):
        raise InputError(
            f"the price of {usable[int(still[0])]} did not move in these sessions.", field="data"
        )
    weights = np.array([held.values[s] / held.equity for s in usable])
    sectors = {s: daily[s].sector or held.sectors.get(s, "") for s in usable}
    book = Book(
        usable, weights, days[-window:], np.maximum(own, -1.0), held.equity, market_now,
        {s: sector for s, sector in sectors.items() if sector},
        {s: worth for s in usable if (worth := daily[s].traded) is not None},
    )  # fmt: skip
    extras = Extras(
        past_dates=days, past_returns=returns, past_market=market,
        monthly_factors=monthly_factors(), shocks=_shocks(view), notes=tuple(notes),
    )  # fmt: skip
    return book, extras, name


def _aligned(
    prices: DailyPrices, actor: Actor, held: Held, symbols: tuple[str, ...], end: np.datetime64
) -> tuple[TimeArray, FloatArray]:
    """Total-return closes on one axis: the days of the data set that most are of."""
    slugs = sorted({held.datasets[s] for s in symbols})
    if len(slugs) == 1:
        table = prices.table(actor, slugs[0], symbols)
        inside = table.days <= end
        return table.days[inside], table.total[inside]
    tables = [
        (own, prices.table(actor, slug, own))
        for slug in slugs
        if (own := tuple(s for s in symbols if held.datasets[s] == slug))
    ]
    days = max(tables, key=lambda one: len(one[0]))[1].days
    days = days[days <= end]
    total = np.full((len(days), len(symbols)), np.nan)
    for own, table in tables:
        at = np.searchsorted(table.days, days, side="right") - 1
        inside = at >= 0
        for k, symbol in enumerate(own):
            total[inside, symbols.index(symbol)] = table.total[at[inside], k]
    return days, total


def _market(
    prices: DailyPrices,
    actor: Actor,
    wanted: str,
    slugs: list[str],
    days: TimeArray,
    returns: FloatArray,
    window: int,
) -> tuple[FloatArray, str]:
    """The market's returns on the days of the book, NaN where not known, and its name.

    Without a wish: the first index that has the last `window` days, of the book's own data sets
    before others, real before simulated; else the mean of what is held.
    """
    if wanted:
        slug, _, symbol = wanted.partition(":")
        found = prices.of(actor, slug, [symbol]).get(symbol)
        if found is None:
            raise InputError(f"{symbol} is not in that data set.", field="market")
        return _moves(found, days), found.name or symbol
    datasets = {one.slug: one for one in prices.catalogue.datasets(actor)}
    real = not any(datasets[slug].simulated for slug in slugs if slug in datasets)
    first, last = days[-window].item(), days[-1].item()
    indices = [
        one
        for one in prices.catalogue.symbols(actor)
        if one.asset_class == "index"
        and one.dataset in datasets
        and datasets[one.dataset].simulated != real
        and one.first_ts.date() < first
        and one.last_ts.date() >= last
    ]
    order = {one: (one.dataset not in slugs, one.dataset, BROAD not in one.name) for one in indices}
    for one in sorted(indices, key=order.__getitem__):
        found = prices.of(actor, one.dataset, [one.symbol]).get(one.symbol)
        if found is None:
            continue
        moved = _moves(found, days)
        if np.isfinite(moved[-window:]).all() and np.isin(days[-window:], found.days).mean() > 0.99:
            return moved, found.name or one.symbol
    return _mean(returns), ""


def _moves(found: Daily, days: TimeArray) -> FloatArray:
    """Returns of an instrument on these days, NaN outside its history."""
    at = np.searchsorted(found.days, days, side="right") - 1
    level = np.where((at >= 0) & (days <= found.days[-1]), found.total[np.maximum(at, 0)], np.nan)
    moved = np.full(len(days), np.nan)
    moved[1:] = level[1:] / level[:-1] - 1.0
    return moved


def _mean(returns: FloatArray) -> FloatArray:
    """Mean of the instruments that traded; 0 where none did."""
    known = np.isfinite(returns)
    count = known.sum(axis=1)
    return np.asarray(np.where(known, returns, 0.0).sum(axis=1) / np.maximum(count, 1))


def _shocks(view: RiskView) -> tuple[Shock, ...]:
    """The scenario of one's own, as one shock."""
    given = read_shocks(view.own)
    if not given:
        return ()
    market = sum(move for kind, _, move in given if kind == "market")
    sectors = {name: move for kind, name, move in given if kind == "sector"}
    instruments = {name: move for kind, name, move in given if kind == "instrument"}
    words = [f"{name or 'market'} {move:+.0%}".replace("-", "\u2212") for _, name, move in given]
    return (Shock("Own: " + ", ".join(words), market, sectors, instruments),)
