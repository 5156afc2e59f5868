"""Queries on sign-in sessions. A session that has ended has no row."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from terminal.accounts.actor import Actor, Role
from terminal.db.tables.accounts import sessions, users

BROWSER_LENGTH = 200
ADDRESS_LENGTH = 64


@dataclass(frozen=True)
class Session:
    """A signed-in browser."""

    id: int
    actor: Actor
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    address: str
    browser: str


_LIVE = (
    sa.select(sessions, users.c.username, users.c.role)
    .join(users, users.c.id == sessions.c.user_id)
    .where(users.c.active)
)


def insert(
    conn: sa.Connection,
    user_id: int,
    token_hash: str,
    at: datetime,
    expires_at: datetime,
    address: str,
    browser: str,
) -> int:
    """A new session; returns its id."""
    result = conn.execute(
        sessions.insert().values(
            user_id=user_id,
            token_hash=token_hash,
            created_at=at,
            last_seen_at=at,
            expires_at=expires_at,
            address=address[:ADDRESS_LENGTH],
            browser=browser[:BROWSER_LENGTH],
        )
    )
    key = result.inserted_primary_key
    assert key is not None  # noqa: S101  (an INSERT of one row always has one)
    return int(key[0])


def find(conn: sa.Connection, token_hash: str, at: datetime, idle: timedelta) -> Session | None:
    """The live session of this token: not past its end, not idle too long, user active."""
    query = _LIVE.where(
        sessions.c.token_hash == token_hash,
        sessions.c.expires_at > at,
        sessions.c.last_seen_at > at - idle,
    )
    row = conn.execute(query).one_or_none()
    return _session(row) if row is not None else None


def of_user(
    conn: sa.Connection, actor: Actor, at: datetime, idle: timedelta
) -> tuple[Session, ...]:
    """The actor's own live sessions, newest first."""
    query = _LIVE.where(
        sessions.c.user_id == actor.user_id,
        sessions.c.expires_at > at,
        sessions.c.last_seen_at > at - idle,
    )
    return tuple(_session(row) for row in conn.execute(query.order_by(sessions.c.id.desc())))


def touch(conn: sa.Connection, session_id: int, at: datetime) -> None:
    """The person did something at `at`; never moves back."""
    conn.execute(
        sessions.update()
        .where(sessions.c.id == session_id, sessions.c.last_seen_at < at)
        .values(last_seen_at=at)
    )


def end(conn: sa.Connection, session_id: int) -> bool:
    """End one session; False when it had ended already."""
    return conn.execute(sessions.delete().where(sessions.c.id == session_id)).rowcount == 1


def end_all(conn: sa.Connection, user_id: int) -> int:
    """End every session of a user; how many there were."""
    return conn.execute(sessions.delete().where(sessions.c.user_id == user_id)).rowcount


def purge(conn: sa.Connection, at: datetime, idle: timedelta) -> None:
    """Remove rows of sessions that ended by time."""
    over = sa.or_(sessions.c.expires_at <= at, sessions.c.last_seen_at <= at - idle)
    conn.execute(sessions.delete().where(over))


def _session(row: sa.Row[tuple[object, ...]]) -> Session:
    return Session(
        id=row.id,
        actor=Actor(row.user_id, row.username, Role(row.role)),
        created_at=row.created_at,
        last_seen_at=row.last_seen_at,
        expires_at=row.expires_at,
        address=row.address,
        browser=row.browser,
    )
