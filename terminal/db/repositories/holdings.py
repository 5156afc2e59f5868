"""Queries on what an account holds: positions, lots, cash, last prices, marks of its equity.

All of them filter by owner. Marks and prices are written by the holder of the account's lease.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import sqlalchemy as sa

from terminal.accounts.actor import Actor
from terminal.db.repositories import trading_accounts
from terminal.db.tables import trading as tables
from terminal.execution.events import time_text
from terminal.execution.lots import Lot
from terminal.execution.tape import Position


@dataclass(frozen=True)
class LastPrice:
    """The last price known of a symbol.

    at : the feed's time. simulated : of a replay. average_volume : units a session, None: unknown.
    sector : "": unknown.
    """

    symbol: str
    price: Decimal
    at: datetime
    received_at: datetime
    simulated: bool
    average_volume: Decimal | None
    sector: str


@dataclass(frozen=True)
class Mark:
    """What prices made of the account at a moment; gross: long plus short notional."""

    at: datetime
    equity: Decimal
    cash: Decimal
    gross: Decimal
    net: Decimal


def positions(
    conn: sa.Connection, actor: Actor, account_id: str, *, flat: bool = False
) -> list[Position]:
    """What the account holds, by symbol; with `flat` also what it once held."""
    trading_accounts.get(conn, actor, account_id)
    table = tables.positions
    rows = conn.execute(
        sa.select(table).where(table.c.account_id == account_id).order_by(table.c.symbol)
    )
    return [
        Position(row.symbol, row.quantity, row.cost, row.realised, row.fees, row.dividends)
        for row in rows
        if row.quantity or flat
    ]


def lots(conn: sa.Connection, actor: Actor, account_id: str, symbol: str) -> list[Lot]:
    """The lots of a symbol, oldest first."""
    trading_accounts.get(conn, actor, account_id)
    table = tables.lots
    rows = conn.execute(
        sa.select(table)
        .where(table.c.account_id == account_id, table.c.symbol == symbol)
        .order_by(table.c.number)
    )
    return [Lot(row.number, row.quantity, row.cost, time_text(row.opened_at)) for row in rows]


def cash(conn: sa.Connection, actor: Actor, account_id: str) -> Decimal:
    """The account's cash, in its currency."""
    trading_accounts.get(conn, actor, account_id)
    table = tables.cash
    query = sa.select(table.c.balance).where(table.c.account_id == account_id)
    found: Decimal = conn.execute(query).scalar_one()
    return found


def last_prices(conn: sa.Connection, actor: Actor, account_id: str) -> dict[str, LastPrice]:
    """The last price known of each symbol."""
    trading_accounts.get(conn, actor, account_id)
    table = tables.last_prices
    rows = conn.execute(sa.select(table).where(table.c.account_id == account_id))
    return {
        row.symbol: LastPrice(
            row.symbol,
            row.price,
            row.at,
            row.received_at,
            row.simulated,
            row.average_volume,
            row.sector,
        )
        for row in rows
    }


def marks(
    conn: sa.Connection,
    actor: Actor,
    account_id: str,
    *,
    since: datetime | None = None,
    limit: int = 5_000,
) -> list[Mark]:
    """Marks of the account's equity, oldest first; of many the last `limit`."""
    trading_accounts.get(conn, actor, account_id)
    table = tables.account_marks
    query = sa.select(table).where(table.c.account_id == account_id)
    if since is not None:
        query = query.where(table.c.at >= since)
    rows = conn.execute(query.order_by(table.c.at.desc()).limit(limit)).all()
    return [Mark(row.at, row.equity, row.cash, row.gross, row.net) for row in reversed(rows)]
