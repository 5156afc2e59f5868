"""What the terminal asks of a broker. Every adapter passes the same conformance tests.

Calls are synchronous and have timeouts of their own; an adapter never repeats a call that may have
done something. Times are UTC-aware, money and quantities are Decimal.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from terminal.errors import TerminalError, Unavailable
from terminal.execution.order import OrderIntent, OrderType, Side, TimeInForce
from terminal.execution.states import OrderState


class BrokerRejected(TerminalError):
    """The broker answered, and said no; `code` is its own. Nothing works there."""

    status = 422

    def __init__(self, message: str, *, code: str = "") -> None:
        super().__init__(message)
        self.code = code


class BrokerUncertain(TerminalError):
    """No answer, or none that tells: it may have been done. Ask by client_order_id."""

    status = 504


class BrokerUnavailable(Unavailable):
    """The request certainly did nothing (no connection, 429, a read that failed)."""


@dataclass(frozen=True)
class BrokerAccount:
    """The broker's own view of an account, in `currency`."""

    id: str
    currency: str
    cash: Decimal
    equity: Decimal
    buying_power: Decimal
    trading_blocked: bool


@dataclass(frozen=True)
class BrokerPosition:
    """Units held (negative: short), what they cost a unit, and the last price known."""

    symbol: str
    quantity: Decimal
    average_cost: Decimal
    price: Decimal | None


@dataclass(frozen=True)
class BrokerOrder:
    """An order as the broker knows it. `state` is one that follows ACCEPTED, or itself."""

    broker_order_id: str
    client_order_id: str
    symbol: str
    side: Side
    type: OrderType
    time_in_force: TimeInForce
    quantity: Decimal
    filled_quantity: Decimal
    average_price: Decimal | None
    limit_price: Decimal | None
    stop_price: Decimal | None
    state: OrderState
    submitted_at: datetime
    updated_at: datetime
    replaced_by: str | None = None  # broker_order_id
    reason: str = ""


@dataclass(frozen=True)
class BrokerFill:
    """An execution. `execution_id` is the broker's and unique in the account."""

    execution_id: str
    broker_order_id: str
    client_order_id: str
    symbol: str
    side: Side
    quantity: Decimal  # > 0
    price: Decimal
    fee: Decimal
    at: datetime
    busts: str | None = None  # execution_id that this takes back; quantity and price repeat it


@dataclass(frozen=True)
class CashMovement:
    """Money that moved without an order: dividend, fee, interest, deposit, withdrawal.

    `kind` "split" moves no money: `ratio` new units for one.
    """

    movement_id: str
    kind: str
    amount: Decimal
    at: datetime
    symbol: str | None = None
    ratio: Decimal | None = None


@dataclass(frozen=True)
class BrokerClock:
    """The exchange's time and whether it trades now."""

    at: datetime
    is_open: bool
    next_open: datetime
    next_close: datetime


@dataclass(frozen=True)
class OrderUpdate:
    """A message of the stream: the order as it is now, and the fill that caused it, if one did."""

    event: str
    order: BrokerOrder
    fill: BrokerFill | None = None


class Subscription(Protocol):
    """A running stream. It reconnects by itself; it never raises into the caller's thread."""

    @property
    def connected(self) -> bool: ...

    @property
    def last_message_at(self) -> datetime | None:
        """When anything, a heartbeat included, last arrived."""
        ...

    def close(self) -> None: ...


class Broker(Protocol):
    """One account at one broker.

    Raises
    ------
    BrokerRejected, BrokerUncertain, BrokerUnavailable : see there. Reads raise only the last.
    """

    @property
    def name(self) -> str: ...

    @property
    def is_live(self) -> bool:
        """Whether real money moves."""
        ...

    def account(self) -> BrokerAccount: ...

    def clock(self) -> BrokerClock: ...

    def positions(self) -> tuple[BrokerPosition, ...]: ...

    def submit(self, intent: OrderIntent) -> BrokerOrder:
        """Send once, without any retry. A client_order_id seen before is BrokerRejected with code
        "duplicate" (the order is there: ask for it)."""
        ...

    def replace(self, broker_order_id: str, intent: OrderIntent) -> BrokerOrder:
        """Cancel and send anew in one step, under the id of `intent`."""
        ...

    def cancel(self, broker_order_id: str) -> None:
        """Ask for a cancel; the answer comes as an update. BrokerRejected: it has ended already."""
        ...

    def cancel_all(self) -> int:
        """Ask to cancel everything that works; how many."""
        ...

    def order(self, client_order_id: str) -> BrokerOrder | None:
        """The order of this name; None only when the broker says that there is none."""
        ...

    def open_orders(self) -> tuple[BrokerOrder, ...]: ...

    def orders_since(self, at: datetime) -> tuple[BrokerOrder, ...]:
        """Every order submitted at or after `at`, oldest first, all pages."""
        ...

    def fills_since(self, at: datetime) -> tuple[BrokerFill, ...]:
        """Every execution and bust at or after `at`, oldest first, all pages."""
        ...

    def movements_since(self, at: datetime) -> tuple[CashMovement, ...]: ...

    def stream(self, on_update: Callable[[OrderUpdate], None]) -> Subscription:
        """Call `on_update` for each message, from a thread of the stream's own."""
        ...
