"""What the broker says, written into the ledger: once, by the broker's own names for it.

Stream, answers and reconciliation all come through here, so that the same fact told three times is
one event, and told in any order gives the same book.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from terminal.db.repositories import ledger, orders
from terminal.decimals import decimal_text
from terminal.execution.brokers.protocol import BrokerFill, BrokerOrder, CashMovement
from terminal.execution.events import EventKind
from terminal.execution.states import OrderState

CLOSINGS = {
    OrderState.CANCELLED: EventKind.CANCELLED,
    OrderState.EXPIRED: EventKind.EXPIRED,
    OrderState.REPLACED: EventKind.REPLACED,
    OrderState.REJECTED: EventKind.REJECTED,
}


def record_order(conn: sa.Connection, account_id: str, found: BrokerOrder, token: int) -> None:
    """That the broker has this order, and how it ended if it has.

    An order nobody here intended becomes part of the book as an external one: what it does to the
    account counts whoever sent it.
    """
    name = found.client_order_id
    if not orders.exists(conn, account_id, name):
        ledger.append(
            conn,
            account_id,
            EventKind.EXTERNAL_ORDER,
            _fields(found),
            client_order_id=name,
            token=token,
        )
    ledger.append(
        conn,
        account_id,
        EventKind.ACKNOWLEDGED,
        {"broker_order_id": found.broker_order_id, "at": found.submitted_at},
        client_order_id=name,
        external_id=found.broker_order_id,
        token=token,
    )
    kind = CLOSINGS.get(found.state)
    if kind is not None:
        ledger.append(
            conn,
            account_id,
            kind,
            _closing(kind, found),
            client_order_id=name,
            external_id=found.broker_order_id,
            token=token,
        )


def record_fill(conn: sa.Connection, account_id: str, fill: BrokerFill, token: int) -> bool:
    """An execution, or one taken back; False when it was known."""
    if fill.busts is not None:
        event = ledger.append(
            conn,
            account_id,
            EventKind.BUST,
            {"execution_id": fill.busts, "at": fill.at},
            client_order_id=fill.client_order_id,
            token=token,
        )
        return event is not None
    event = ledger.append(
        conn,
        account_id,
        EventKind.FILL,
        {
            "execution_id": fill.execution_id,
            "quantity": decimal_text(fill.quantity),
            "price": decimal_text(fill.price),
            "fee": decimal_text(fill.fee),
            "side": fill.side.value,
            "symbol": fill.symbol,
            "at": fill.at,
        },
        client_order_id=fill.client_order_id,
        token=token,
    )
    return event is not None


def record_movement(conn: sa.Connection, account_id: str, moved: CashMovement, token: int) -> bool:
    """Money that moved without an order, or a split; False when it was known."""
    payload: dict[str, Any] = {"at": moved.at, "symbol": moved.symbol}
    if moved.kind == "split":
        assert moved.ratio is not None  # noqa: S101  the protocol: a split has its ratio
        kind = EventKind.SPLIT
        payload["ratio"] = decimal_text(moved.ratio)
    else:
        kind = EventKind.CASH
        payload |= {"movement": moved.kind, "amount": decimal_text(moved.amount)}
    event = ledger.append(
        conn,
        account_id,
        kind,
        payload,
        external_id=moved.movement_id,
        token=token,
    )
    return event is not None


def _closing(kind: EventKind, found: BrokerOrder) -> dict[str, Any]:
    if kind is EventKind.REJECTED:
        return {
            "code": "",
            "message": found.reason or "Rejected by the broker.",
            "at": found.updated_at,
        }
    if kind is EventKind.REPLACED:
        return {"at": found.updated_at, "by": found.replaced_by or ""}
    return {"at": found.updated_at, "message": found.reason}


def _fields(found: BrokerOrder) -> dict[str, Any]:
    return {
        "symbol": found.symbol,
        "side": found.side.value,
        "type": found.type.value,
        "time_in_force": found.time_in_force.value,
        "quantity": decimal_text(found.quantity),
        "limit_price": None if found.limit_price is None else decimal_text(found.limit_price),
        "stop_price": None if found.stop_price is None else decimal_text(found.stop_price),
        "source": "external",
        "broker_order_id": found.broker_order_id,
    }
