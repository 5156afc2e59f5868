"""Everything the Portfolio page shows, as one value: each number on the page is read from here."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from terminal.holdings.positions import Played
from terminal.holdings.returns import contributions, linked, money_weighted
from terminal.holdings.valuation import OTHER, Valued
from terminal.market.panel import FloatArray

PERIODS = (("day", "Day"), ("week", "Week"), ("month", "Month"), ("ytd", "Year to date"),
           ("since", "Since start"))  # fmt: skip
MOST_POINTS = 1_500


@dataclass(frozen=True)
class Holding:
    """A position at the last close, or one that was closed (`quantity` 0).

    Attributes
    ----------
    price, value, unrealised : currency; `price_day` of the price. weight : value / equity.
    realised : before fees. profit : realised, unrealised and income less fees.
    by_period : profit by key of `PERIODS`. contribution : to the time-weighted return since start.
    """

    symbol: str
    name: str
    sector: str
    quantity: float
    average_cost: float
    price: float | None
    value: float
    weight: float | None
    unrealised: float
    realised: float
    income: float
    fees: float
    profit: float
    by_period: dict[str, float]
    contribution: float


@dataclass(frozen=True)
class Period:
    """A stretch from the close before `first` to the last close.

    Attributes
    ----------
    begin, end : equity. inflow : money in less out. profit : end - begin - inflow.
    realised, unrealised, income, fees : profit = realised + unrealised + income - fees;
        unrealised is its change.
    time_weighted : linked daily returns. money_weighted : of the period, not a year; None where no
        rate balances the flows. benchmark : return of the benchmark over the same closes.
    """

    key: str
    title: str
    first: date
    begin: float
    end: float
    inflow: float
    profit: float
    realised: float
    unrealised: float
    income: float
    fees: float
    time_weighted: float
    money_weighted: float | None
    benchmark: float | None


@dataclass(frozen=True)
class Overview:
    """A portfolio at its last close.

    Attributes
    ----------
    holdings : largest first; closed ones behind; `OTHER` last where it is not 0.
    time_weighted_year, money_weighted_year : a year, where a year or more has passed; the second
        for any span.
    dates, wealth, benchmark, drawdown : the curve of a unit invested at the start; at most 1,500
        points. equity : at the same dates.
    """

    title: str
    currency: str
    first: date
    last: date
    equity: float
    cash: float | None
    invested: float
    holdings: tuple[Holding, ...]
    periods: tuple[Period, ...]
    time_weighted_year: float | None
    money_weighted_year: float | None
    benchmark_year: float | None
    benchmark_name: str
    dates: tuple[date, ...]
    wealth: tuple[float, ...]
    benchmark: tuple[float, ...]
    equities: tuple[float, ...]
    simulated: bool
    notes: tuple[str, ...]

    def period(self, key: str) -> Period:
        """The period of a key."""
        return next(one for one in self.periods if one.key == key)


@dataclass(frozen=True)
class Named:
    """What is known of a symbol beside its prices."""

    name: str = ""
    sector: str = ""


def overview(
    title: str,
    currency: str,
    played: Played,
    valued: Valued,
    *,
    money: bool,
    known: dict[str, Named],
    benchmark: FloatArray | None = None,
    benchmark_name: str = "",
    simulated: bool = False,
    notes: tuple[str, ...] = (),
) -> Overview:
    """The page's numbers.

    Parameters
    ----------
    valued : of the same activities as `played`.
    benchmark : float64 (T,), its level at each of `valued.dates`, NaN where not known.
    """
    days: list[date] = valued.dates.tolist()
    last = days[-1]
    starts = {key: _row_before(days, _first_of(key, last, days[0])) for key, _ in PERIODS}
    since = {key: valued.profit[row + 1 :].sum(axis=0) for key, row in starts.items()}
    parts = contributions(valued.profit, valued.base, valued.returns)
    periods = tuple(
        _period(key, heading, starts[key], valued, days, benchmark) for key, heading in PERIODS
    )
    span = (last - days[0]).days
    whole = periods[-1]
    begun = starts["since"]
    flows = _flows(valued, days, begun)
    step = -(-len(days) // MOST_POINTS)
    shown = list(range((len(days) - 1) % step, len(days), step))
    wealth = np.cumprod(1.0 + valued.returns)
    rates = _relative(benchmark)
    equity = float(valued.equity[-1])
    return Overview(
        title,
        currency,
        days[0],
        last,
        equity,
        float(valued.cash[-1]) if money else None,
        float(valued.inflow.sum()),
        _holdings(played, valued, known, since, parts, equity),
        periods,
        _yearly(whole.time_weighted, span),
        money_weighted(flows, last, equity),
        None if whole.benchmark is None else _yearly(whole.benchmark, span),
        benchmark_name,
        tuple(days[k] for k in shown),
        tuple(float(wealth[k]) for k in shown),
        () if rates is None else tuple(float(rates[k]) for k in shown),
        tuple(float(valued.equity[k]) for k in shown),
        simulated,
        notes + valued.notes,
    )


def _holdings(
    played: Played,
    valued: Valued,
    known: dict[str, Named],
    since: dict[str, FloatArray],
    parts: FloatArray,
    equity: float,
) -> tuple[Holding, ...]:
    rows = []
    for k, symbol in enumerate((*valued.symbols, OTHER)):
        own = k < len(valued.symbols)
        position = played.positions.get(symbol if own else "")
        named = known.get(symbol, Named())
        worth = float(valued.value[-1, k]) if own else 0.0
        units = float(position.quantity) if position else 0.0
        price = float(valued.price[-1, k]) if own else float("nan")
        unrealised = worth - float(position.cost) if position else 0.0
        profit = float(since["since"][k])
        if not own and not position:
            continue
        rows.append(
            Holding(
                symbol,
                named.name,
                named.sector,
                units,
                float(position.average_cost) if position else 0.0,
                price if np.isfinite(price) else None,
                worth,
                worth / equity if equity > 0 and units else None,
                unrealised,
                float(position.realised) if position else 0.0,
                float(position.income) if position else 0.0,
                float(position.fees) if position else 0.0,
                profit,
                {key: float(values[k]) for key, values in since.items()},
                float(parts[k]),
            )
        )
    held = sorted((r for r in rows if r.quantity), key=lambda r: (-abs(r.value), r.symbol))
    closed = sorted(
        (r for r in rows if not r.quantity and r.symbol != OTHER),
        key=lambda r: (-abs(r.profit), r.symbol),
    )
    other = [r for r in rows if r.symbol == OTHER and (r.profit or r.income or r.fees)]
    return (*held, *closed, *other)


def _period(
    key: str,
    title: str,
    row: int,
    valued: Valued,
    days: list[date],
    benchmark: FloatArray | None,
) -> Period:
    """The stretch after row `row`; -1: from nothing."""
    own = slice(row + 1, None)
    begin = float(valued.equity[row]) if row >= 0 else 0.0
    profit = float(valued.profit[own].sum())
    realised = float(valued.realised[own].sum())
    income, fees = float(valued.income[own].sum()), float(valued.fees[own].sum())
    rate = money_weighted(_flows(valued, days, row), days[-1], float(valued.equity[-1]))
    span = (days[-1] - (days[row] if row >= 0 else days[0])).days
    moved = None
    if benchmark is not None:
        from_level = benchmark[max(row, 0)]
        if np.isfinite(from_level) and np.isfinite(benchmark[-1]) and from_level > 0:
            moved = float(benchmark[-1] / from_level - 1.0)
    return Period(
        key,
        title,
        days[row + 1] if row + 1 < len(days) else days[-1],
        begin,
        float(valued.equity[-1]),
        float(valued.inflow[own].sum()),
        profit,
        realised,
        profit - realised - income + fees,
        income,
        fees,
        linked(valued.returns[own]),
        None if rate is None or span <= 0 else float((1.0 + rate) ** (span / 365.0) - 1.0),
        moved,
    )


def _flows(valued: Valued, days: list[date], row: int) -> list[tuple[date, float]]:
    """Equity at the close of `row` and every flow after it."""
    flows = [(days[row], float(valued.equity[row]))] if row >= 0 else []
    for k in np.flatnonzero(valued.inflow[row + 1 :]).tolist():
        at = row + 1 + k
        # money that comes in is there from the day's beginning: from the close before
        come = valued.inflow[at] > 0 and at > 0
        flows.append((days[at - 1] if come else days[at], float(valued.inflow[at])))
    return flows


def _first_of(key: str, last: date, first: date) -> date:
    """Day at whose close (or the last before it) a period begins."""
    if key == "day":
        return last - timedelta(days=1)
    if key == "week":
        return last - timedelta(days=7)
    if key == "month":
        year, month = (last.year, last.month - 1) if last.month > 1 else (last.year - 1, 12)
        return date(year, month, min(last.day, calendar.monthrange(year, month)[1]))
    if key == "ytd":
        return date(last.year - 1, 12, 31)
    return first - timedelta(days=1)


def _row_before(days: list[date], day: date) -> int:
    """The last row at or before a day; -1 where there is none."""
    return (
        int(np.searchsorted(np.array(days, dtype="datetime64[D]"), np.datetime64(day), "right")) - 1
    )


def _yearly(total: float, span: int) -> float | None:
    if span < 365 or total <= -1.0:
        return None
    return float((1.0 + total) ** (365.0 / span) - 1.0)


def _relative(level: FloatArray | None) -> FloatArray | None:
    """The level over its first known value."""
    if level is None or not np.isfinite(level).any():
        return None
    first = level[int(np.isfinite(level).argmax())]
    return np.asarray(level / first)
