"""What the exchange holds: accounts, positions, orders, executions. Money is Decimal."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from terminal.errors import TerminalError
from terminal.execution.order import OrderType, Side, TimeInForce

NEW, ACCEPTED = "new", "accepted"
PARTIALLY_FILLED, FILLED = "partially_filled", "filled"
CANCELED, EXPIRED, REPLACED, REJECTED = "canceled", "expired", "replaced", "rejected"

UNPROCESSABLE, DUPLICATE = 42210000, 40010001
FORBIDDEN, NOT_FOUND, UNAUTHORIZED = 40310000, 40410000, 40110000


class Refused(TerminalError):
    """The exchange says no; `status` and `code` are Alpaca's."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


@dataclass(frozen=True)
class Ticket:
    """An order as it was asked for, checked for form only."""

    symbol: str
    side: Side
    quantity: Decimal
    type: OrderType
    time_in_force: TimeInForce
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None
    trail_price: Decimal | None = None
    trail_percent: Decimal | None = None
    client_order_id: str = ""


@dataclass
class Order:
    """An order at the exchange.

    Attributes
    ----------
    number : of arrival; the earlier of two at one price has priority.
    works_from : begin of the first bar it may trade in.
    triggered : its stop was reached. limit_from : from then on the limit of a stop-limit works.
    best : best price since it came, of a trailing stop.
    ended : how it ended; "": it works.
    """

    id: str
    account: str
    number: int
    ticket: Ticket
    status: str
    created_at: datetime
    updated_at: datetime
    works_from: datetime
    stop_price: Decimal | None = None
    best: Decimal | None = None
    triggered: bool = False
    limit_from: datetime | None = None
    filled: Decimal = Decimal(0)
    value: Decimal = Decimal(0)
    filled_at: datetime | None = None
    ended: str = ""
    ended_at: datetime | None = None
    reason: str = ""
    replaces: str | None = None
    replaced_by: str | None = None

    @property
    def is_open(self) -> bool:
        return not self.ended

    @property
    def left(self) -> Decimal:
        return self.ticket.quantity - self.filled

    @property
    def average_price(self) -> Decimal | None:
        return self.value / self.filled if self.filled else None


@dataclass(frozen=True)
class Execution:
    """A fill. `how` it came about: open, stop, limit, close, cross, late."""

    id: str
    order_id: str
    account: str
    symbol: str
    side: Side
    quantity: Decimal
    price: Decimal
    fee: Decimal
    at: datetime
    how: str

    @property
    def signed(self) -> Decimal:
        return self.side.sign * self.quantity


@dataclass
class Position:
    """Units held (negative: short), their average price, and what happened to it, for busts."""

    quantity: Decimal = Decimal(0)
    average: Decimal = Decimal(0)
    history: list[tuple[str, Decimal, Decimal]] = field(default_factory=list)  # id, units, price

    def trade(self, signed: Decimal, price: Decimal) -> None:
        """Average cost: adding averages, reducing keeps it, going through zero starts anew."""
        after = self.quantity + signed
        if self.quantity == 0 or (self.quantity > 0) == (signed > 0):
            paid = abs(self.quantity) * self.average + abs(signed) * price
            self.average = paid / abs(after)
        elif after == 0:
            self.average = Decimal(0)
        elif (after > 0) != (self.quantity > 0):
            self.average = price
        self.quantity = after

    def split(self, ratio: Decimal) -> None:
        self.quantity *= ratio
        self.average /= ratio

    def replay(self) -> None:
        """Units and average from what happened."""
        self.quantity, self.average = Decimal(0), Decimal(0)
        for name, units, price in self.history:
            if name == "split":
                self.split(units)
            else:
                self.trade(units, price)


@dataclass
class Account:
    """An account. `multiplier` times its equity may be held; 1: no borrowing."""

    id: str
    name: str
    key: str
    secret_hash: str
    created_at: datetime
    multiplier: Decimal
    shorting: bool
    cash: Decimal = Decimal(0)
    blocked: bool = False
    positions: dict[str, Position] = field(default_factory=dict)
    orders: dict[str, Order] = field(default_factory=dict)  # in order of arrival
    by_client_id: dict[str, Order] = field(default_factory=dict)
    open: dict[str, Order] = field(default_factory=dict)
    activities: list[dict[str, Any]] = field(default_factory=list)  # oldest first
