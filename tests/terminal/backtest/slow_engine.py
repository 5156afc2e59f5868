"""The engine's rules once more, written from their text with names and dictionaries.

Shares no code with `terminal.backtest`: one instrument at a time, plain Python numbers, as slow and
as obvious as can be. Tests hold the real engine to it fill for fill.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from terminal.backtest.costs import Costs
from terminal.market.panel import FloatArray, Panel


@dataclass
class Book:
    """Cash, holdings and what is known at some moment."""

    cash: float
    units: dict[str, float]
    marks: dict[str, float] = field(default_factory=dict)
    orders: dict[str, float] = field(default_factory=dict)  # units wanted
    acted: dict[str, float | None] = field(default_factory=dict)
    fills: list[tuple[int, str, float, float, str]] = field(default_factory=list)
    bankrupt: bool = False

    @property
    def equity(self) -> float:
        held = (units * self.marks[name] for name, units in self.units.items() if units)
        return self.cash + sum(held)


def run(
    panel: Panel,
    targets: FloatArray,
    *,
    capital: float,
    costs: Costs,
    fractional: bool,
    long_only: bool,
) -> tuple[list[float], list[tuple[int, str, float, float, str]]]:
    """(equity at each close, fills as (bar, symbol, signed units, price, reason))."""
    book = Book(capital, dict.fromkeys(panel.symbols, 0.0))
    equity = []
    for t in range(panel.n_bars):
        for j, name in enumerate(panel.symbols):
            _corporate_actions(book, panel, t, j, name, fractional)
        for j, name in enumerate(panel.symbols):
            _close_what_has_ended(book, panel, t, j, name, costs)
        _trade(book, panel, t, costs, fractional)
        for j, name in enumerate(panel.symbols):
            if _is_bar(panel, t, j):
                book.marks[name] = panel.close[t, j]
        equity.append(book.equity)
        if book.equity <= 0 and not book.bankrupt:
            _give_up(book, t)
        if not book.bankrupt:
            _decide(book, panel, targets[t], t, fractional, long_only)
    return equity, book.fills


def _is_bar(panel: Panel, t: int, j: int) -> bool:
    return math.isfinite(panel.close[t, j])


def _price(panel: Panel, t: int, j: int) -> float | None:
    if not _is_bar(panel, t, j):
        return None
    opened = panel.open[t, j]
    return float(opened if math.isfinite(opened) else panel.close[t, j])


def _whole(units: float) -> float:
    return math.copysign(math.floor(abs(units) + 1e-9), units)


def _corporate_actions(
    book: Book, panel: Panel, t: int, j: int, name: str, fractional: bool
) -> None:
    ratio = panel.split[t, j]
    if ratio != 1:
        book.units[name] *= ratio
        if name in book.orders:
            book.orders[name] *= ratio
        if name in book.marks:
            book.marks[name] /= ratio
        if not fractional:
            price = _price(panel, t, j) or book.marks.get(name)
            rest = book.units[name] - _whole(book.units[name])
            if rest and price is not None:
                book.fills.append((t, name, -rest, price, "cash in lieu"))
                book.cash += rest * price
                book.units[name] = _whole(book.units[name])
            if name in book.orders:
                book.orders[name] = _whole(book.orders[name])
    book.cash += book.units[name] * panel.dividend[t, j]


def _close_what_has_ended(
    book: Book, panel: Panel, t: int, j: int, name: str, costs: Costs
) -> None:
    if any(_is_bar(panel, later, j) for later in range(t, panel.n_bars)):
        return
    book.orders.pop(name, None)
    if book.units[name]:
        _settle(book, t, name, -book.units[name], book.marks[name], costs, "delisted")


def _commission(costs: Costs, units: float, price: float) -> float:
    rates = costs.commission_per_share + costs.commission_bps / 10_000 * price
    return max(costs.commission_minimum, abs(units) * rates)


def _settle(
    book: Book, t: int, name: str, units: float, price: float, costs: Costs, reason: str = "order"
) -> None:
    book.cash -= units * price + _commission(costs, units, price)
    book.units[name] += units
    if abs(book.units[name]) < 1e-12:
        book.units[name] = 0.0
    book.fills.append((t, name, units, price, reason))


def _trade(book: Book, panel: Panel, t: int, costs: Costs, fractional: bool) -> None:
    price = {name: _price(panel, t, j) for j, name in enumerate(panel.symbols)}
    ready = [name for name in panel.symbols if name in book.orders and price[name] is not None]
    slip = costs.slippage_bps / 10_000
    for name in ready:  # what reduces a position
        held, wanted = book.units[name], book.orders[name]
        if _same(held, wanted):
            continue
        if held > 0 and wanted < held:
            units = max(wanted, 0.0) - held
        elif held < 0 and wanted > held:
            units = min(wanted, 0.0) - held
        else:
            continue
        _settle(book, t, name, units, price[name] * (1 + math.copysign(slip, units)), costs)
    wanted_now = {name: (book.units[name], book.orders[name]) for name in ready}
    adding = {
        name: 0.0 if _same(held, wanted) else wanted - held
        for name, (held, wanted) in wanted_now.items()
    }
    budget = 0.0
    for name, units in adding.items():
        if units > 0:
            paid = price[name] * (1 + slip)
            budget += units * (
                paid * (1 + costs.commission_bps / 10_000) + costs.commission_per_share
            )
            budget += costs.commission_minimum
    share = 1.0 if budget <= max(book.cash, 0.0) else max(0.0, book.cash / budget)
    for name, units in adding.items():
        if units > 0:
            paid = price[name] * (1 + slip)
            each = paid * (1 + costs.commission_bps / 10_000) + costs.commission_per_share
            most = max(0.0, (book.cash - costs.commission_minimum) / each)
            bought = units * share
            if not fractional:
                bought, most = _whole(bought), _whole(most)
            bought = min(bought, most)
            if bought > 1e-9 * book.orders[name]:
                _settle(book, t, name, bought, paid, costs)
        elif units < 0:
            _settle(book, t, name, units, price[name] * (1 - slip), costs)
        del book.orders[name]


def _same(held: float, wanted: float) -> bool:
    return abs(wanted - held) <= 1e-9 * max(abs(held), abs(wanted))


def _give_up(book: Book, t: int) -> None:
    book.bankrupt = True
    book.orders.clear()
    for name, units in book.units.items():
        if units:
            book.fills.append((t, name, -units, book.marks[name], "bankrupt"))
            book.cash += units * book.marks[name]
            book.units[name] = 0.0


def _decide(
    book: Book, panel: Panel, row: FloatArray, t: int, fractional: bool, long_only: bool
) -> None:
    weights = {name: float(w) for name, w in zip(panel.symbols, row, strict=True)}
    if long_only:
        weights = {name: w if math.isnan(w) else max(w, 0.0) for name, w in weights.items()}
    gross = sum(abs(w) for w in weights.values() if not math.isnan(w))
    if gross > 1 + 1e-9:
        weights = {name: w / gross for name, w in weights.items()}
    equity = book.equity
    for j, name in enumerate(panel.symbols):
        if not _is_bar(panel, t, j):
            continue
        weight = weights[name]
        if math.isnan(weight):
            book.acted[name] = None
        elif (last := book.acted.get(name)) is None or abs(weight - last) > 1e-12:
            book.acted[name] = weight
            units = weight * equity / panel.close[t, j]
            book.orders[name] = units if fractional else _whole(units)
