"""A broker in memory, for tests of what stands between ledger and broker.

It keeps its own books, so that the ledger can be compared with them, and does on request what real
ones do on bad days. It is no adapter: those are tested against a real exchange.
"""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from terminal.execution.brokers.protocol import (
    BrokerAccount,
    BrokerClock,
    BrokerFill,
    BrokerOrder,
    BrokerPosition,
    BrokerRejected,
    BrokerUnavailable,
    BrokerUncertain,
    CashMovement,
    OrderUpdate,
)
from terminal.execution.order import OrderIntent, Side
from terminal.execution.states import OrderState

NO_ANSWER, NEVER_ARRIVED, REJECT, AWAY = "no_answer", "never_arrived", "reject", "away"


class FakeSubscription:
    connected = True
    last_message_at: datetime | None = None

    def close(self) -> None:
        self.connected = False


class FakeBroker:
    """`faults`: what happens to the next submits, in order; "" is a good day."""

    name = "fake"
    is_live = False

    def __init__(self, cash: Decimal = Decimal(100_000)) -> None:
        self.cash = cash
        self.held: dict[str, Decimal] = {}
        self.cost: dict[str, Decimal] = {}
        self.orders: dict[str, BrokerOrder] = {}  # by client_order_id
        self.fills: list[BrokerFill] = []
        self.movements: list[CashMovement] = []
        self.faults: deque[str] = deque()
        self.submits: list[str] = []
        self.listener: Callable[[OrderUpdate], None] | None = None
        self.muted = False
        self._ids = itertools.count(1)
        self.now = datetime(2024, 3, 1, 15, 0, tzinfo=UTC)

    def account(self) -> BrokerAccount:
        return BrokerAccount("F1", "USD", self.cash, self.cash, self.cash, False)

    def clock(self) -> BrokerClock:
        return BrokerClock(self.now, True, self.now, self.now + timedelta(hours=1))

    def positions(self) -> tuple[BrokerPosition, ...]:
        return tuple(
            BrokerPosition(symbol, units, self.cost.get(symbol, Decimal(0)), None)
            for symbol, units in self.held.items()
            if units
        )

    def submit(self, intent: OrderIntent) -> BrokerOrder:
        self.submits.append(intent.client_order_id)
        fault = self.faults.popleft() if self.faults else ""
        if fault == NEVER_ARRIVED:
            raise BrokerUncertain("timeout")
        if fault == AWAY:
            raise BrokerUnavailable("no connection")
        if intent.client_order_id in self.orders:
            raise BrokerRejected("client_order_id must be unique", code="duplicate")
        if fault == REJECT:
            raise BrokerRejected("insufficient buying power", code="40310000")
        made = BrokerOrder(
            broker_order_id=f"b{next(self._ids)}",
            client_order_id=intent.client_order_id,
            symbol=intent.symbol,
            side=intent.side,
            type=intent.type,
            time_in_force=intent.time_in_force,
            quantity=intent.quantity,
            filled_quantity=Decimal(0),
            average_price=None,
            limit_price=intent.limit_price,
            stop_price=intent.stop_price,
            state=OrderState.ACCEPTED,
            submitted_at=self.now,
            updated_at=self.now,
        )
        self.orders[intent.client_order_id] = made
        if fault == NO_ANSWER:
            raise BrokerUncertain("504")
        return made

    def replace(self, broker_order_id: str, intent: OrderIntent) -> BrokerOrder:
        before = self._by_broker_id(broker_order_id)
        made = self.submit(intent)
        self._end(before.client_order_id, OrderState.REPLACED, replaced_by=made.broker_order_id)
        return made

    def cancel(self, broker_order_id: str) -> None:
        order = self._by_broker_id(broker_order_id)
        if order.state is not OrderState.ACCEPTED:
            raise BrokerRejected("order is not cancelable", code="42210000")
        self._end(order.client_order_id, OrderState.CANCELLED)

    def cancel_all(self) -> int:
        working = self.open_orders()
        for order in working:
            self._end(order.client_order_id, OrderState.CANCELLED)
        return len(working)

    def order(self, client_order_id: str) -> BrokerOrder | None:
        return self.orders.get(client_order_id)

    def open_orders(self) -> tuple[BrokerOrder, ...]:
        return tuple(o for o in self.orders.values() if o.state is OrderState.ACCEPTED)

    def orders_since(self, at: datetime) -> tuple[BrokerOrder, ...]:
        return tuple(o for o in self.orders.values() if o.submitted_at >= at)

    def fills_since(self, at: datetime) -> tuple[BrokerFill, ...]:
        return tuple(fill for fill in self.fills if fill.at >= at)

    def movements_since(self, at: datetime) -> tuple[CashMovement, ...]:
        return tuple(moved for moved in self.movements if moved.at >= at)

    def stream(self, on_update: Callable[[OrderUpdate], None]) -> FakeSubscription:
        self.listener = on_update
        return FakeSubscription()

    def fill(self, client_order_id: str, quantity: Decimal, price: Decimal) -> BrokerFill:
        """Execute a part of an order, and tell the listener unless the stream is mute."""
        order = self.orders[client_order_id]
        done = order.filled_quantity + quantity
        state = OrderState.FILLED if done >= order.quantity else order.state
        order = replace(order, filled_quantity=done, average_price=price, state=state)
        self.orders[client_order_id] = order
        fill = BrokerFill(
            execution_id=f"x{next(self._ids)}",
            broker_order_id=order.broker_order_id,
            client_order_id=client_order_id,
            symbol=order.symbol,
            side=order.side,
            quantity=quantity,
            price=price,
            fee=Decimal(0),
            at=self.now,
        )
        self.fills.append(fill)
        sign = 1 if order.side is Side.BUY else -1
        self.held[order.symbol] = self.held.get(order.symbol, Decimal(0)) + sign * quantity
        self.cost[order.symbol] = price
        self.cash -= sign * quantity * price
        self._tell("fill", order, fill)
        return fill

    def foreign(self, symbol: str, side: Side, quantity: Decimal, price: Decimal) -> str:
        """An order typed at the broker's own site, filled."""
        name = f"foreign-{next(self._ids)}"
        self.submit(OrderIntent(name, "F1", symbol, side, quantity))
        self.fill(name, quantity, price)
        return name

    def _end(self, name: str, state: OrderState, replaced_by: str | None = None) -> None:
        order = replace(
            self.orders[name], state=state, updated_at=self.now, replaced_by=replaced_by
        )
        self.orders[name] = order
        self._tell(state.value, order, None)

    def _tell(self, event: str, order: BrokerOrder, fill: BrokerFill | None) -> None:
        if self.listener is not None and not self.muted:
            self.listener(OrderUpdate(event, order, fill))

    def _by_broker_id(self, broker_order_id: str) -> BrokerOrder:
        return next(o for o in self.orders.values() if o.broker_order_id == broker_order_id)
