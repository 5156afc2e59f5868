"""Orders that an algorithm works: what was asked, what was asked of them since, their children."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from terminal.accounts.actor import Actor
from terminal.db.repositories import trading_accounts
from terminal.db.tables import trading as tables
from terminal.errors import Conflict, NotFound
from terminal.execution.algorithms import (
    AlgorithmState,
    ChildOrder,
    ParentOrder,
    Progress,
    params_of,
    plan_of,
)
from terminal.execution.algorithms.volume_curve import VolumeCurve
from terminal.execution.order import Side
from terminal.execution.states import OrderState

_T = tables.parent_orders
_OPEN = ("waiting", "working", "paused")
COMMANDS = ("", "pause", "cancel")


@dataclass(frozen=True)
class ParentRow:
    """A parent with where it stands; `command` is what was asked of it since."""

    order: ParentOrder
    state: AlgorithmState
    command: str
    note: str
    expected_cost: Mapping[str, Any] | None
    created_at: datetime
    updated_at: datetime


def insert(
    conn: sa.Connection,
    actor: Actor,
    order: ParentOrder,
    now: datetime,
    expected_cost: Mapping[str, Any] | None = None,
) -> str:
    """Keep a new parent; its id.

    Raises
    ------
    InputError : its plan cannot be made. NotFound : the account is not the actor's.
    """
    trading_accounts.get(conn, actor, order.account_id)
    order = replace(order, id=order.id or uuid.uuid4().hex)
    plan_of(order)
    curve = order.curve
    conn.execute(
        _T.insert().values(
            id=order.id,
            account_id=order.account_id,
            session_id=order.session_id,
            symbol=order.symbol,
            side=order.side.value,
            quantity=order.quantity,
            algorithm=order.algorithm,
            params=asdict(order.params),
            seed=order.seed,
            state=AlgorithmState.WAITING.value,
            command="",
            note="",
            curve=None
            if curve is None
            else {
                "open_at": curve.open_at.isoformat(),
                "bucket_s": curve.bucket.total_seconds(),
                "shares": list(curve.shares),
            },
            arrival_price=order.arrival_price,
            expected_cost=dict(expected_cost) if expected_cost else None,
            start_at=order.start_at,
            end_at=order.end_at,
            created_at=now,
            updated_at=now,
        )
    )
    return order.id


def working(conn: sa.Connection, account_id: str) -> Sequence[ParentRow]:
    """Parents of an account that have not ended, oldest first; for the account's writer."""
    return _rows(
        conn,
        sa.select(_T)
        .where(_T.c.account_id == account_id, _T.c.state.in_(_OPEN))
        .order_by(_T.c.created_at),
    )


def find(
    conn: sa.Connection, actor: Actor, account_id: str, limit: int = 50
) -> Sequence[ParentRow]:
    """Parents of an account of the actor's, newest first."""
    trading_accounts.get(conn, actor, account_id)
    return _rows(
        conn,
        sa.select(_T)
        .where(_T.c.account_id == account_id)
        .order_by(_T.c.created_at.desc())
        .limit(limit),
    )


def get(conn: sa.Connection, actor: Actor, parent_id: str) -> ParentRow:
    """One parent; NotFound when it is not the actor's."""
    found = _rows(conn, sa.select(_T).where(_T.c.id == parent_id))
    if not found:
        raise NotFound("There is no such order.", field="order")
    trading_accounts.get(conn, actor, found[0].order.account_id)
    return found[0]


def command(conn: sa.Connection, actor: Actor, parent_id: str, wanted: str, now: datetime) -> None:
    """Ask to pause ("pause"), go on ("") or cancel ("cancel").

    Raises
    ------
    Conflict : it has ended, or is being cancelled.
    """
    found = get(conn, actor, parent_id)
    if found.state.value not in _OPEN:
        raise Conflict(f"The order is {found.state}.", field="order")
    if found.command == "cancel" and wanted != "cancel":
        raise Conflict("The order is being cancelled.", field="order")
    conn.execute(_T.update().where(_T.c.id == parent_id).values(command=wanted, updated_at=now))


def set_state(
    conn: sa.Connection, parent_id: str, state: AlgorithmState, note: str, now: datetime
) -> None:
    """Write where a parent stands."""
    conn.execute(
        _T.update().where(_T.c.id == parent_id).values(state=state.value, note=note, updated_at=now)
    )


def progress(conn: sa.Connection, row: ParentRow) -> Progress:
    """What the ledger says of a parent's children."""
    table = tables.orders
    rows = conn.execute(
        sa.select(
            table.c.leg,
            table.c.client_order_id,
            table.c.quantity,
            table.c.filled_quantity,
            table.c.state,
            table.c.limit_price,
        ).where(table.c.account_id == row.order.account_id, table.c.parent_id == row.order.id)
    )
    children = sorted(
        (
            ChildOrder(
                int(child.leg),
                child.client_order_id,
                child.quantity,
                child.filled_quantity,
                OrderState(child.state),
                child.limit_price,
            )
            for child in rows
        ),
        key=lambda child: child.number,
    )
    return Progress(tuple(children), row.command == "pause", row.command == "cancel")


def _rows(conn: sa.Connection, query: sa.Select[Any]) -> Sequence[ParentRow]:
    return tuple(_parent(row) for row in conn.execute(query))


def _parent(row: sa.Row[Any]) -> ParentRow:
    curve = row.curve
    order = ParentOrder(
        id=row.id,
        account_id=row.account_id,
        symbol=row.symbol,
        side=Side(row.side),
        quantity=Decimal(row.quantity),
        start_at=row.start_at,
        end_at=row.end_at,
        algorithm=row.algorithm,
        params=params_of(row.algorithm, row.params),
        seed=row.seed,
        arrival_price=row.arrival_price,
        session_id=row.session_id,
        curve=None
        if curve is None
        else VolumeCurve(
            datetime.fromisoformat(curve["open_at"]),
            timedelta(seconds=curve["bucket_s"]),
            tuple(curve["shares"]),
        ),
    )
    return ParentRow(
        order,
        AlgorithmState(row.state),
        row.command,
        row.note,
        row.expected_cost,
        row.created_at,
        row.updated_at,
    )
