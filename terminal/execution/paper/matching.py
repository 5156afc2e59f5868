"""Which orders a bar fills, and at what price: the law of docs/engine.md, "Orders".

At the open: what takes, in order of arrival, then limits by price and arrival. Through the bar
nobody knows the path, so the worse is taken: first stops whose level lies in the bar, in order of
arrival, then limits it touches, at their limit, by price and arrival. At a session's close: what
asked for it. An order works from the first bar that opens after it came.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from terminal.execution.order import OrderType, Side, TimeInForce
from terminal.execution.paper.pricing import Rules, exact
from terminal.execution.paper.tape import Bar
from terminal.execution.paper.values import CANCELED, EXPIRED, Order

STOPS = (OrderType.STOP, OrderType.STOP_LIMIT, OrderType.TRAILING_STOP)
IMMEDIATE = (TimeInForce.IOC, TimeInForce.FOK)


class Desk(Protocol):
    """What a match does to the exchange."""

    def fill(self, order: Order, quantity: Decimal, price: Decimal, how: str) -> None: ...

    def trigger(self, order: Order, limit_from: datetime | None) -> None: ...

    def end(self, order: Order, status: str, reason: str) -> None: ...


class Matcher:
    """Matches the orders of one instrument with one bar.

    Parameters
    ----------
    bar, begins : the bar, and when it begins. after : begin of the bar after it.
    """

    def __init__(
        self, desk: Desk, rules: Rules, bar: Bar, begins: datetime, after: datetime
    ) -> None:
        self.desk = desk
        self.rules = rules
        self.bar = bar
        self.begins = begins
        self.after = after
        self.available = rules.available(bar.volume)

    def at_open(self, orders: Iterable[Order], *, first_of_session: bool) -> None:
        """Everything that trades at the open price."""
        here = [
            order
            for order in orders
            if order.works_from <= self.begins
            and order.ticket.time_in_force is not TimeInForce.CLS
            and (first_of_session or order.ticket.time_in_force is not TimeInForce.OPG)
        ]
        price = self.bar.open
        for order in here:
            if order.ticket.type in STOPS and not order.triggered and reached(order, price):
                self.desk.trigger(order, self.begins if _is_limited(order) else None)
        for order in here:
            if takes(order):
                self._take(order, price, "open")
        for order in by_price(order for order in here if rests(order, self.begins)):
            if at_or_better(order, price):
                self._take(order, price, "open")
        for order in here:
            if order.is_open and order.ticket.time_in_force in IMMEDIATE:
                self.desk.end(order, CANCELED, "not filled at once")
            elif order.is_open and order.ticket.time_in_force is TimeInForce.OPG:
                self.desk.end(order, EXPIRED, "not filled at the open")

    def within(self, orders: Iterable[Order]) -> None:
        """Everything the bar reaches after its open."""
        here = [
            order
            for order in orders
            if order.works_from <= self.begins
            and order.ticket.time_in_force not in (TimeInForce.CLS, TimeInForce.OPG)
        ]
        for order in here:
            if order.ticket.type in STOPS and not order.triggered:
                level = order.stop_price
                if level is not None and self.bar.low <= float(level) <= self.bar.high:
                    self._stop(order, float(level))
        for order in by_price(order for order in here if rests(order, self.begins)):
            limit = order.ticket.limit_price
            if limit is not None and touched(order, self.bar):
                self._fill(order, limit, "limit")

    def at_close(self, orders: Iterable[Order]) -> None:
        """Orders on close."""
        here = [
            order
            for order in orders
            if order.works_from <= self.begins and order.ticket.time_in_force is TimeInForce.CLS
        ]
        for order in here:
            if order.ticket.type is OrderType.MARKET:
                self._take(order, self.bar.close, "close")
        for order in by_price(order for order in here if order.ticket.type is OrderType.LIMIT):
            if at_or_better(order, self.bar.close):
                self._take(order, self.bar.close, "close")

    def _stop(self, order: Order, level: float) -> None:
        limit = order.ticket.limit_price
        self.desk.trigger(order, self.after if limit is not None else None)
        if limit is None or at_or_better(order, level):
            self._take(order, level, "stop")

    def _take(self, order: Order, reference: float, how: str) -> None:
        self._fill(
            order, self.rules.taken(reference, order.ticket.side, order.ticket.limit_price), how
        )

    def _fill(self, order: Order, price: Decimal, how: str) -> None:
        quantity = order.left
        if self.available is not None:
            quantity = min(quantity, self.available)
        whole = order.ticket.time_in_force is not TimeInForce.FOK or quantity == order.left
        if not order.is_open or quantity <= 0 or not whole:
            return
        if self.available is not None:
            self.available -= quantity
        self.desk.fill(order, quantity, price, how)


def takes(order: Order) -> bool:
    """Whether it trades at any price: a market order, or a stop that was reached."""
    kind = order.ticket.type
    return order.is_open and (
        kind is OrderType.MARKET
        or (order.triggered and kind in (OrderType.STOP, OrderType.TRAILING_STOP))
    )


def rests(order: Order, at: datetime) -> bool:
    """Whether its limit is in the book at a bar that begins `at`."""
    if not order.is_open:
        return False
    if order.ticket.type is OrderType.LIMIT:
        return True
    started = order.limit_from
    return order.triggered and started is not None and started <= at


def by_price(orders: Iterable[Order]) -> list[Order]:
    """Best limit first; of equal ones the first that came. Buys and sales have each their own."""

    def place(order: Order) -> tuple[str, Decimal, int]:
        limit = order.ticket.limit_price or Decimal(0)
        buys = order.ticket.side is Side.BUY
        return order.ticket.side.value, -limit if buys else limit, order.number

    return sorted(orders, key=place)


def at_or_better(order: Order, price: float) -> bool:
    """Whether `price` is one the order's limit allows."""
    limit = order.ticket.limit_price
    if limit is None:
        return True
    given = exact(price)
    return given <= limit if order.ticket.side is Side.BUY else given >= limit


def reached(order: Order, price: float) -> bool:
    """Whether `price` is at the stop or beyond."""
    if order.stop_price is None:
        return False
    given = exact(price)
    buys = order.ticket.side is Side.BUY
    return given >= order.stop_price if buys else given <= order.stop_price


def touched(order: Order, bar: Bar) -> bool:
    """Whether the bar trades at the limit or better."""
    return at_or_better(order, bar.low if order.ticket.side is Side.BUY else bar.high)


def _is_limited(order: Order) -> bool:
    return order.ticket.type is OrderType.STOP_LIMIT
