"""A portfolio read, priced and added up: what the Portfolio page calls."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from terminal.accounts.actor import Actor
from terminal.errors import InputError
from terminal.holdings.activity import Activity
from terminal.holdings.grid import Closes, Grid, price_grid, with_splits
from terminal.holdings.overview import Named, Overview, overview
from terminal.holdings.positions import Played, play
from terminal.holdings.prices import Daily, DailyPrices
from terminal.holdings.sources import PORTFOLIO, Source
from terminal.holdings.valuation import value
from terminal.market.dataset import Adjustment, Dataset
from terminal.market.panel import FloatArray, TimeArray


@dataclass(frozen=True)
class Fit:
    """How much of a portfolio a data set prices."""

    dataset: Dataset
    symbols: int


def fits(prices: DailyPrices, actor: Actor, source: Source) -> list[Fit]:
    """Data sets that have any of a portfolio's instruments, the best first.

    The best has most of the days on which they could be held; then real comes before simulated, as
    traded before adjusted, the newest bar before older ones.
    """
    wanted = {one.symbol for one in source.activities if one.symbol}
    if not wanted:
        return []
    begin, end = source.activities[0].day, _heard(source)
    count: dict[str, int] = {}
    days: dict[str, int] = {}
    for one in prices.catalogue.symbols(actor):
        if one.symbol in wanted:
            first, last = max(one.first_ts.date(), begin), min(one.last_ts.date(), end)
            count[one.dataset] = count.get(one.dataset, 0) + 1
            days[one.dataset] = days.get(one.dataset, 0) + max(0, (last - first).days + 1)
    found = [
        Fit(one, count[one.slug]) for one in prices.catalogue.datasets(actor) if one.slug in count
    ]
    whole = max(1, len(wanted) * ((end - begin).days + 1))
    return sorted(
        found,
        key=lambda fit: (
            -round(days[fit.dataset.slug] / whole, 1),
            fit.dataset.simulated,
            -fit.symbols,
            fit.dataset.adjustment is not Adjustment.AS_TRADED,
            -(fit.dataset.last_ts.timestamp() if fit.dataset.last_ts else 0.0),
        ),
    )


def overview_of(
    prices: DailyPrices, actor: Actor, source: Source, slug: str, benchmark: str = ""
) -> Overview:
    """The overview of a portfolio.

    Parameters
    ----------
    slug : of the data set it is priced with; "": trades and last prices only.
    benchmark : "data set:symbol", or "".

    Raises
    ------
    NotFound : the data set is not there for the actor.
    InputError : nothing has happened in it yet, or the benchmark is not in its data set.
    """
    known = _priced(prices, actor, source, slug)
    grid, played = known.grid, known.played
    valued = value(
        known.activities, played.realised, grid.dates, grid.symbols, grid.prices,
        money=source.money,
    )  # fmt: skip
    dataset, daily, notes = known.dataset, known.daily, known.notes
    level, name = None, ""
    if benchmark:
        level, name = _benchmark(prices, actor, benchmark, grid.dates)
    if dataset is not None and dataset.currency != source.currency:
        notes += (f"The data set is in {dataset.currency}, the portfolio in {source.currency}.",)
    return overview(
        source.title, source.currency, played, valued, money=source.money,
        known=_known(source, daily), benchmark=level, benchmark_name=name,
        simulated=source.simulated or bool(dataset and dataset.simulated),
        notes=notes + grid.notes,
    )  # fmt: skip


def _known(source: Source, daily: dict[str, Daily]) -> dict[str, Named]:
    known = {symbol: Named("", one.sector) for symbol, one in source.last.items()}
    for symbol, one in daily.items():
        known[symbol] = Named(
            one.name if one.name != symbol else "",
            one.sector or known.get(symbol, Named()).sector,
        )
    return known


def _benchmark(
    prices: DailyPrices, actor: Actor, benchmark: str, dates: TimeArray
) -> tuple[FloatArray, str]:
    """Total-return level of the benchmark at each date: the last one known."""
    slug, _, symbol = benchmark.partition(":")
    found = prices.of(actor, slug, [symbol]).get(symbol)
    if found is None:
        raise InputError(f"{symbol} is not in that data set.", field="benchmark")
    # nothing is made up behind the benchmark's own end
    at = np.searchsorted(found.days, dates, side="right") - 1
    inside = (at >= 0) & (dates <= found.days[-1] + np.timedelta64(7, "D"))
    level = np.where(inside, found.total[np.maximum(at, 0)], np.nan)
    return level, found.name if found.name not in ("", symbol) else symbol


@dataclass(frozen=True)
class _Priced:
    """A source with its positions and the prices of every day."""

    activities: tuple[Activity, ...]
    played: Played
    grid: Grid
    dataset: Dataset | None
    daily: dict[str, Daily]
    notes: tuple[str, ...]


def _priced(prices: DailyPrices, actor: Actor, source: Source, slug: str) -> _Priced:
    if not source.activities:
        raise InputError(
            f"Nothing has happened in {source.title} yet.", field="portfolio",
            remedy="It fills with its first movement of money or execution.",
        )  # fmt: skip
    symbols = sorted({one.symbol for one in source.activities if one.symbol})
    daily = prices.of(actor, slug, symbols) if slug else {}
    dataset = prices.catalogue.dataset(actor, slug) if slug else None
    closes = {s: Closes(one.days, one.close, one.split) for s, one in daily.items()}
    if source.simulated:
        closes = {s: _before(one, _heard(source)) for s, one in closes.items()}
    activities = source.activities
    notes: tuple[str, ...] = ()
    as_traded = dataset is not None and dataset.adjustment is Adjustment.AS_TRADED
    if as_traded and source.kind == PORTFOLIO:
        activities, notes = with_splits(activities, closes)
    last = {symbol: (one.day, one.price) for symbol, one in source.last.items()}
    played = play(activities, source.method)
    return _Priced(activities, played, price_grid(activities, closes, last), dataset, daily, notes)


def _heard(source: Source) -> date:
    """The day a replay has come to: that of the last price or activity."""
    days = [one.day for one in source.last.values()]
    return max(days + [one.day for one in source.activities])


def _before(closes: Closes, day: date) -> Closes:
    """Closes before a day: what a replay has not reached yet is not known, of its day neither."""
    known = closes.days < np.datetime64(day)
    return Closes(closes.days[known], closes.close[known], closes.split[known])


@dataclass(frozen=True)
class Now:
    """What is held at the last close: value by symbol, cash (0 where not known), their sum."""

    day: date
    values: dict[str, float]
    cash: float
    equity: float
    sectors: dict[str, str]
    simulated: bool


def held_now(prices: DailyPrices, actor: Actor, source: Source, slug: str) -> Now:
    """The last row of the overview alone, for those who need no history.

    Raises
    ------
    InputError : nothing has happened in it yet.
    """
    found = _priced(prices, actor, source, slug)
    values = {}
    for k, symbol in enumerate(found.grid.symbols):
        units = float(found.played.positions[symbol].quantity)
        if units:
            values[symbol] = units * float(found.grid.prices[-1, k])
    cash = float(found.played.cash) if source.money else 0.0
    known = _known(source, found.daily)
    return Now(
        found.grid.dates[-1].item(), values, cash, sum(values.values()) + cash,
        {s: one.sector for s, one in known.items() if one.sector},
        source.simulated or bool(found.dataset and found.dataset.simulated),
    )  # fmt: skip
