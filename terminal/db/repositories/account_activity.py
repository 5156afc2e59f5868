"""Queries on what moved an account: executions, money, splits and transfers; filtered by owner."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

import sqlalchemy as sa

from terminal.accounts.actor import Actor
from terminal.db.repositories import trading_accounts
from terminal.db.repositories.ledger_rows import event_from
from terminal.db.tables import trading as tables
from terminal.execution.events import EventKind, LedgerEvent

MOVING = (EventKind.CASH, EventKind.SPLIT, EventKind.ADJUSTMENT)


class Execution(NamedTuple):
    """A fill that stands; `quantity` is signed."""

    execution_id: str
    symbol: str
    quantity: Decimal
    price: Decimal
    fee: Decimal
    at: datetime


def executions(conn: sa.Connection, actor: Actor, account_id: str) -> list[Execution]:
    """Fills of the account that were not taken back; NotFound when it is not the actor's."""
    trading_accounts.get(conn, actor, account_id)
    table = tables.fills
    query = sa.select(table).where(table.c.account_id == account_id, table.c.busted.is_(False))
    return [
        Execution(
            row.execution_id, row.symbol, row.quantity if row.side == "buy" else -row.quantity,
            row.price, row.fee, row.at,
        )
        for row in conn.execute(query)
    ]  # fmt: skip


def movements(conn: sa.Connection, actor: Actor, account_id: str) -> Sequence[LedgerEvent]:
    """Its events of money, splits and transfers, oldest first."""
    trading_accounts.get(conn, actor, account_id)
    table = tables.ledger_events
    query = (
        sa.select(table)
        .where(table.c.account_id == account_id, table.c.kind.in_([kind.value for kind in MOVING]))
        .order_by(table.c.seq)
    )
    return [event_from(row) for row in conn.execute(query)]


def stamp(conn: sa.Connection, actor: Actor, account_id: str) -> str:
    """Text that changes whenever the ledger or a last price does."""
    account = trading_accounts.get(conn, actor, account_id)
    table = tables.last_prices
    heard = conn.execute(
        sa.select(sa.func.max(table.c.received_at)).where(table.c.account_id == account_id)
    ).scalar_one_or_none()
    return f"{account.head_seq}/{heard}"
