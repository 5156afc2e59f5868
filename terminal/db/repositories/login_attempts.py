"""Queries on sign-in attempts that have not succeeded (yet)."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from terminal.db.tables.accounts import login_attempts as attempts

_LOCK = 4_711_080_502


def lock(conn: sa.Connection) -> None:
    """Take turns: between counting and inserting nobody else may count."""
    if conn.dialect.name == "postgresql":
        conn.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))


def insert(conn: sa.Connection, username: str, address: str, at: datetime) -> None:
    conn.execute(attempts.insert().values(username=username, address=address, at=at))


def times(
    conn: sa.Connection, address: str, since: datetime, username: str | None = None
) -> list[datetime]:
    """When attempts came from an address (for one user name, or any), oldest first."""
    query = sa.select(attempts.c.at).where(attempts.c.address == address, attempts.c.at > since)
    if username is not None:
        query = query.where(attempts.c.username == username)
    return list(conn.execute(query.order_by(attempts.c.at)).scalars())


def forgive(conn: sa.Connection, username: str, address: str) -> None:
    """A sign-in succeeded: its failures before it no longer count."""
    conn.execute(
        attempts.delete().where(attempts.c.username == username, attempts.c.address == address)
    )


def purge(conn: sa.Connection, before: datetime) -> None:
    """Forget attempts older than the window."""
    conn.execute(attempts.delete().where(attempts.c.at <= before))
