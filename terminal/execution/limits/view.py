"""What the limits need to know of an account: one value, with its sums made once.

Working orders count at their worst: each may fill in full, all of one side before any of the
other. So of every instrument two futures are kept, all buys filled and all sales filled, and the
larger one is its exposure.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cached_property

from terminal.execution.order import Side

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Price:
    """The last price known, and when it was true (the feed's time)."""

    price: Decimal
    at: datetime


@dataclass(frozen=True, slots=True)
class OpenOrder:
    """An order that may still fill: intended, being sent, without an answer, or at the broker.

    remaining : units not yet filled. price : its limit or stop, the higher; None: neither.
    """

    client_order_id: str
    symbol: str
    side: Side
    remaining: Decimal
    price: Decimal | None = None


@dataclass(frozen=True, slots=True)
class RecentIntent:
    """An order intended shortly before, unless it was denied.

    bar_ts : bar it was decided on. Of the next bar the same order again is another decision, which
    a replay faster than life brings within a second.
    """

    at: datetime
    symbol: str
    side: Side
    quantity: Decimal
    bar_ts: datetime | None = None


@dataclass(slots=True)
class Line:
    """An instrument: units held, what works on each side, and the same in money."""

    held: Decimal = ZERO
    value: Decimal = ZERO
    buying: Decimal = ZERO
    selling: Decimal = ZERO
    buying_value: Decimal = ZERO
    selling_value: Decimal = ZERO

    @property
    def worst(self) -> Decimal:
        """Exposure in money at its largest."""
        return max(abs(self.value + self.buying_value), abs(self.value - self.selling_value))


@dataclass(frozen=True)
class AccountView:
    """An account as the limits see it.

    Attributes
    ----------
    now : UTC; prices carry their times.
    cash, equity : currency. equity = cash + value of positions.
    positions : units by symbol, negative when short. Zero or absent: none.
    prices : of everything held, of every order that works, and of what is to be traded.
    open_orders : see `OpenOrder`; also those that nobody intended here.
    recent : oldest first; of the last minute, or as long as `duplicate_window_s` if that is longer.
    adv : mean units traded in a session; absent: not known.
    sectors : by symbol; absent: not known.
    traded_today : bought plus sold in this session of the exchange, currency.
    usual_order : median value of the account's past orders; None: too few.
    market_open : whether the exchange trades continuously now.
    """

    now: datetime
    cash: Decimal
    equity: Decimal
    positions: Mapping[str, Decimal] = field(default_factory=dict)
    prices: Mapping[str, Price] = field(default_factory=dict)
    open_orders: tuple[OpenOrder, ...] = ()
    recent: tuple[RecentIntent, ...] = ()
    adv: Mapping[str, Decimal] = field(default_factory=dict)
    sectors: Mapping[str, str] = field(default_factory=dict)
    traded_today: Decimal = ZERO
    usual_order: Decimal | None = None
    market_open: bool = True

    @cached_property
    def totals(self) -> Totals:
        """Sums over positions and working orders."""
        return Totals(self)

    @cached_property
    def recent_times(self) -> list[datetime]:
        """Times of `recent`, ascending."""
        return [intent.at for intent in self.recent]

    @cached_property
    def latest(self) -> dict[tuple[str, Side, Decimal, datetime | None], datetime]:
        """When each order, by symbol, side, units and bar, was last intended."""
        return {(one.symbol, one.side, one.quantity, one.bar_ts): one.at for one in self.recent}

    def intents_since(self, age: timedelta) -> int:
        """How many intents are younger than `age`."""
        return len(self.recent) - bisect_right(self.recent_times, self.now - age)


class Totals:
    """Sums of an account at their worst.

    Attributes
    ----------
    lines, orders : by symbol, and by client_order_id.
    gross : of all instruments, each at its worst. sectors : the same by sector ("": not known).
    long_most, short_most : net value with all buys filled, and with all sales filled.
    working : value of everything that works.
    unpriced : symbols held or worked without any price.
    """

    def __init__(self, view: AccountView) -> None:
        self.lines: dict[str, Line] = {}
        self.orders = {order.client_order_id: order for order in view.open_orders}
        self.gross = self.long_most = self.short_most = self.working = ZERO
        self.sectors: dict[str, Decimal] = {}
        unpriced: set[str] = set()
        for symbol, units in view.positions.items():
            if not units:
                continue
            line = self.lines.setdefault(symbol, Line())
            line.held = units
            if symbol in view.prices:
                line.value = units * view.prices[symbol].price
            else:
                unpriced.add(symbol)
        for order in view.open_orders:
            line = self.lines.setdefault(order.symbol, Line())
            value = worst_value(view, order.symbol, order.remaining, order.price)
            if value is None:
                unpriced.add(order.symbol)
                value = ZERO
            if order.side is Side.BUY:
                line.buying += order.remaining
                line.buying_value += value
            else:
                line.selling += order.remaining
                line.selling_value += value
            self.working += value
        for symbol, line in self.lines.items():
            worst = line.worst
            self.gross += worst
            self.long_most += line.value + line.buying_value
            self.short_most += line.value - line.selling_value
            sector = view.sectors.get(symbol, "")
            self.sectors[sector] = self.sectors.get(sector, ZERO) + worst
        self.unpriced = tuple(sorted(unpriced))


def worst_value(
    view: AccountView, symbol: str, units: Decimal, price: Decimal | None
) -> Decimal | None:
    """Units at the higher of the last price and the order's own; None where there is neither."""
    last = view.prices.get(symbol)
    if last is None:
        return None if price is None else units * price
    return units * (last.price if price is None or price < last.price else price)
