"""Make the ledger say what the broker's books say, and name every difference that was found.

The broker is the truth: its orders, executions and movements of money are written down by their own
ids. What still differs after that (units or cash that no event explains) is booked as a named
adjustment, but only when two readings in a row agree, so that a fill under way is not mistaken for
a divergence. A second pass right after finds nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import sqlalchemy as sa

from terminal import clock
from terminal.db.database import Database
from terminal.db.repositories import ledger, orders
from terminal.decimals import decimal_text
from terminal.execution import lease
from terminal.execution.brokers.protocol import Broker, BrokerOrder, BrokerPosition
from terminal.execution.events import EventKind
from terminal.execution.records import record_fill, record_movement, record_order
from terminal.execution.states import OrderState

BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
OVERLAP = timedelta(minutes=10)
"""How far before the last reconciliation the broker's lists are read again: late entries."""
LOST_AFTER = timedelta(seconds=10)
"""An acknowledged order the broker does not know is given up only after this."""
READINGS = 6
PAUSE_S = 0.2
CENT = Decimal("0.01")


@dataclass
class Reconciliation:
    """What a pass found and wrote.

    clean : nothing is left that differs, and no order is without an answer. differences : a
    sentence for each thing that was not as the ledger had it.
    """

    at: datetime
    clean: bool = False
    new_orders: int = 0
    new_fills: int = 0
    new_movements: int = 0
    adjustments: int = 0
    unresolved: int = 0
    differences: list[str] = field(default_factory=list)

    @property
    def changed(self) -> bool:
        """Whether the pass wrote anything that the ledger did not know."""
        return bool(self.new_orders or self.new_fills or self.new_movements or self.adjustments)


def reconcile(
    db: Database,
    broker: Broker,
    account_id: str,
    token: int,
    *,
    sleep: Callable[[float], None] = time.sleep,
) -> Reconciliation:
    """One pass, from the broker's time up to which an earlier one was clean.

    Raises
    ------
    BrokerUnavailable : the broker did not answer; what was written stays, the next pass goes on.
    LeaseLost : another process writes this account.
    """
    found = Reconciliation(clock.now())
    at = broker.clock().at
    with db.read() as conn:
        until = lease.reconciled_until(conn, account_id)
    begin = BEGINNING if until is None else until - OVERLAP
    before: tuple[object, ...] | None = None
    for _ in range(READINGS):
        _take_lists(db, broker, account_id, token, begin, found)
        _settle_missing(db, broker, account_id, token, found)
        positions, money = broker.positions(), broker.account().cash
        apart = _differences(db, account_id, positions, money)
        if not apart:
            break
        reading = (tuple(sorted(apart.items())), found.new_fills)
        if reading == before:
            _adjust(db, account_id, token, positions, money, apart, found)
            break
        before = reading
        sleep(PAUSE_S)
    with db.read() as conn:
        found.unresolved = len(
            orders.in_states(conn, account_id, (OrderState.SENDING, OrderState.UNKNOWN))
        )
    found.clean = not found.unresolved and not _differences(
        db, account_id, broker.positions(), broker.account().cash
    )
    if found.clean:
        with db.write() as conn:
            lease.set_reconciled(conn, account_id, token, at)
    return found


def _take_lists(
    db: Database,
    broker: Broker,
    account_id: str,
    token: int,
    begin: datetime,
    found: Reconciliation,
) -> None:
    listed = {order.broker_order_id: order for order in broker.orders_since(begin)}
    listed |= {order.broker_order_id: order for order in broker.open_orders()}
    fills, movements = broker.fills_since(begin), broker.movements_since(begin)
    with db.write(durable=True) as conn:
        for order in listed.values():
            if not orders.exists(conn, account_id, order.client_order_id):
                found.new_orders += 1
                found.differences.append(_foreign(order))
            record_order(conn, account_id, order, token)
        for fill in fills:
            if record_fill(conn, account_id, fill, token):
                found.new_fills += 1
                words = "Bust" if fill.busts else "Fill"
                found.differences.append(
                    f"{words} {fill.execution_id}: {fill.side} {decimal_text(fill.quantity)} "
                    f"{fill.symbol} at {decimal_text(fill.price)} was not in the ledger."
                )
        for moved in movements:
            if record_movement(conn, account_id, moved, token):
                found.new_movements += 1
                found.differences.append(
                    f"{moved.kind.capitalize()} {moved.movement_id} was not in the ledger."
                )


def _settle_missing(
    db: Database, broker: Broker, account_id: str, token: int, found: Reconciliation
) -> None:
    """Orders that work here and are not open there: ask for each by its name."""
    open_there = {order.client_order_id for order in broker.open_orders()}
    with db.read() as conn:
        rows = orders.in_states(
            conn,
            account_id,
            (OrderState.ACCEPTED, OrderState.PARTIALLY_FILLED, OrderState.CANCELLING),
        )
    for row in rows:
        name = row.client_order_id
        if name in open_there:
            continue
        known = broker.order(name)
        with db.write(durable=True) as conn:
            if known is not None:
                record_order(conn, account_id, known, token)
            elif clock.now() - row.updated_at > LOST_AFTER:
                ledger.append(
                    conn,
                    account_id,
                    EventKind.CANCELLED,
                    {"at": clock.now(), "message": "The broker no longer knows this order."},
                    client_order_id=name,
                    external_id=f"{row.broker_order_id}:lost",
                    token=token,
                )
                found.differences.append(f"{name} is unknown to the broker.")


def _differences(
    db: Database, account_id: str, positions: tuple[BrokerPosition, ...], money: Decimal
) -> dict[str, Decimal]:
    """What the broker holds more (or less) than the ledger: units by symbol, and "" for cash."""
    with db.read() as conn:
        units = ledger.units(conn, account_id)
        own = ledger.cash_balance(conn, account_id)
    theirs = {position.symbol: position.quantity for position in positions}
    apart = {
        symbol: theirs.get(symbol, Decimal(0)) - units.get(symbol, Decimal(0))
        for symbol in units.keys() | theirs.keys()
    }
    # a broker shows cash in cents while executions have finer prices: half a cent is rounding
    missing = money - own
    return {symbol: value for symbol, value in apart.items() if value} | (
        {"": missing} if abs(missing) >= CENT else {}
    )


def _adjust(
    db: Database,
    account_id: str,
    token: int,
    positions: tuple[BrokerPosition, ...],
    money: Decimal,
    apart: dict[str, Decimal],
    found: Reconciliation,
) -> None:
    """Book what no event explains, units at the broker's own cost, so that cash is told apart."""
    cost = {position.symbol: position.average_cost for position in positions}
    with db.write(durable=True) as conn:
        for symbol, quantity in sorted(apart.items()):
            if not symbol:
                continue
            _book(
                conn,
                account_id,
                token,
                {
                    "what": "position",
                    "symbol": symbol,
                    "quantity": decimal_text(quantity),
                    "price": decimal_text(cost.get(symbol, Decimal(0))),
                },
            )
            found.differences.append(
                f"The broker holds {decimal_text(quantity)} {symbol} that no execution explains."
            )
        missing = money - ledger.cash_balance(conn, account_id)
        if abs(missing) >= CENT:
            _book(conn, account_id, token, {"what": "cash", "amount": decimal_text(missing)})
            found.differences.append(
                f"The broker's cash differs by {missing:,.2f} that no movement explains."
            )
        found.adjustments += len(apart)


def _book(conn: sa.Connection, account_id: str, token: int, payload: dict[str, object]) -> None:
    ledger.append(
        conn,
        account_id,
        EventKind.ADJUSTMENT,
        {**payload, "reason": "reconciliation with the broker's books"},
        token=token,
    )


def _foreign(order: BrokerOrder) -> str:
    return (
        f"Order {order.broker_order_id} ({order.side} {decimal_text(order.quantity)} "
        f"{order.symbol}) was not sent from here."
    )
