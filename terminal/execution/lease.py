"""One writer an account: a lease in the database with a fencing token.

The token rises with every acquisition and is checked inside each ledger transaction of the holder,
so that a process which was frozen and wakes up late cannot write, and what it cannot write it does
not send. Expiry is measured with the database's clock: a machine whose own clock is wrong neither
keeps a lease too long nor steals one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from terminal.db.tables.trading import account_leases as table
from terminal.errors import Conflict


class LeaseLost(Conflict):
    """Another process writes this account now; this one must stop."""


def _held(now: sa.ColumnElement[object]) -> sa.Select[*tuple[Any, ...]]:
    """Lease and clock in one question: it is asked with every event of the ledger."""
    return (
        sa.select(table.c.token, table.c.holder, table.c.expires_at, now.label("now"))
        .where(table.c.account_id == sa.bindparam("account"))
        .with_for_update(read=True)
    )


_HELD = {
    "postgresql": _held(sa.func.clock_timestamp()),
    "sqlite": _held(sa.func.strftime("%Y-%m-%dT%H:%M:%f", "now")),
}


@dataclass(frozen=True)
class Lease:
    """The right to send for an account until `expires_at` (database time, UTC)."""

    account_id: str
    token: int
    holder: str
    expires_at: datetime


def database_now(conn: sa.Connection) -> datetime:
    """The database's clock, UTC; on PostgreSQL that of the statement, not of the transaction."""
    if conn.dialect.name == "postgresql":
        found: datetime = conn.execute(sa.select(sa.func.clock_timestamp())).scalar_one()
        return found.astimezone(UTC)
    text = conn.exec_driver_sql("SELECT strftime('%Y-%m-%dT%H:%M:%f', 'now')").scalar_one()
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def acquire(conn: sa.Connection, account_id: str, holder: str, duration_s: float) -> Lease | None:
    """Take the lease, inside the caller's write transaction; None while another holds it.

    The same holder may take it again and gets a new token: its earlier self is fenced off.
    """
    now = database_now(conn)
    until = now + timedelta(seconds=duration_s)
    insert = postgresql.insert if conn.dialect.name == "postgresql" else sqlite.insert
    conn.execute(
        insert(table)
        .values(
            account_id=account_id,
            token=0,
            holder="",
            acquired_at=now,
            renewed_at=now,
            expires_at=now,
        )
        .on_conflict_do_nothing()  # of two that come first, both find the one row
    )
    row = conn.execute(
        sa.select(table).where(table.c.account_id == account_id).with_for_update()
    ).one()
    if row.holder not in ("", holder) and row.expires_at > now:
        return None
    token = row.token + 1
    conn.execute(
        table.update()
        .where(table.c.account_id == account_id)
        .values(token=token, holder=holder, acquired_at=now, renewed_at=now, expires_at=until)
    )
    return Lease(account_id, token, holder, until)


def renew(conn: sa.Connection, lease: Lease, duration_s: float) -> Lease:
    """Extend a lease; LeaseLost when another process has taken it.

    One that has run out and was taken by nobody is extended, too: the token still tells any other
    writer apart, and a long calculation or a slow answer must not cost a session its account.
    """
    now = database_now(conn)
    until = now + timedelta(seconds=duration_s)
    changed = conn.execute(
        table.update()
        .where(
            table.c.account_id == lease.account_id,
            table.c.token == lease.token,
            table.c.holder == lease.holder,
        )
        .values(renewed_at=now, expires_at=until)
    ).rowcount
    if changed != 1:
        raise _lost(lease.account_id)
    return Lease(lease.account_id, lease.token, lease.holder, until)


def release(conn: sa.Connection, lease: Lease) -> None:
    """Give a lease back; nothing happens when it was lost before."""
    conn.execute(
        table.update()
        .where(table.c.account_id == lease.account_id, table.c.token == lease.token)
        .values(holder="", expires_at=database_now(conn))
    )


def require(conn: sa.Connection, account_id: str, token: int) -> None:
    """Inside a write transaction: the lease with this token holds until it ends.

    The row stays locked (PostgreSQL: FOR SHARE; SQLite: the writer's turn), so that nobody can take
    the lease between this check and the commit.

    Raises
    ------
    LeaseLost : it was taken, given back, or has run out.
    """
    row = conn.execute(_HELD[conn.dialect.name], {"account": account_id}).one_or_none()
    if row is None or row.token != token or not row.holder or row.expires_at <= _moment(row.now):
        raise _lost(account_id)


def _moment(now: datetime | str) -> datetime:
    """The database's clock as a time; SQLite gives text."""
    if isinstance(now, str):
        return datetime.fromisoformat(now).replace(tzinfo=UTC)
    return now.astimezone(UTC)


def holder_of(conn: sa.Connection, account_id: str) -> str | None:
    """Who may send for the account now; None: nobody."""
    row = conn.execute(
        sa.select(table.c.holder, table.c.expires_at).where(table.c.account_id == account_id)
    ).one_or_none()
    if row is None or not row.holder or row.expires_at <= database_now(conn):
        return None
    return str(row.holder)


def reconciled_until(conn: sa.Connection, account_id: str) -> datetime | None:
    """The broker's time up to which ledger and broker were found to agree; None: never."""
    found: datetime | None = conn.execute(
        sa.select(table.c.reconciled_until).where(table.c.account_id == account_id)
    ).scalar_one_or_none()
    return found


def set_reconciled(conn: sa.Connection, account_id: str, token: int, until: datetime) -> None:
    """Note that they agree up to `until`, the broker's time."""
    conn.execute(
        table.update()
        .where(table.c.account_id == account_id, table.c.token == token)
        .values(reconciled_until=until)
    )


def _lost(account_id: str) -> LeaseLost:
    return LeaseLost(
        f"The lease of account {account_id} is held by another process, or has run out.",
        field="account",
        remedy="Nothing was sent; the process that holds it goes on.",
    )
