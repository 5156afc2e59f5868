"""Live sessions and what they decided at each bar."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from terminal.accounts.actor import Actor
from terminal.db.tables.trading import live_sessions as table
from terminal.db.tables.trading import session_bars
from terminal.errors import Conflict, NotFound

ENDED = ("stopped", "failed")
COMMANDS = ("pause", "resume", "flatten", "stop")


@dataclass(frozen=True)
class LiveSession:
    """A session's row. `id` is its job's; `command` waits for the session to take it."""

    id: str
    account_id: str
    owner_id: int
    state: str
    command: str
    heartbeat_at: datetime | None
    last_bar_ts: datetime | None
    next_bar_at: datetime | None
    last_signal: Mapping[str, Any] | None
    feed: Mapping[str, Any] | None
    started_at: datetime
    ended_at: datetime | None

    @property
    def ended(self) -> bool:
        return self.state in ENDED


@dataclass(frozen=True)
class SessionBar:
    """A decision: its bar's open time, when it was made, and on what."""

    bar_ts: datetime
    decided_at: datetime
    targets: Mapping[str, float | None]
    standing: Mapping[str, Any]
    equity: Decimal
    prices: Mapping[str, float | None]


def begin(
    conn: sa.Connection, session_id: str, account_id: str, owner_id: int, now: datetime
) -> LiveSession:
    """The session's row: new, or of an earlier attempt of the same job, which goes on."""
    values = {"state": "starting", "heartbeat_at": now, "ended_at": None}
    if not conn.execute(table.update().where(table.c.id == session_id).values(**values)).rowcount:
        conn.execute(
            table.insert().values(
                id=session_id,
                account_id=account_id,
                owner_id=owner_id,
                command="",
                started_at=now,
                **values,
            )
        )
    return _one(conn, session_id)


def update(conn: sa.Connection, session_id: str, **values: Any) -> None:
    """Write fields of a session's row."""
    conn.execute(table.update().where(table.c.id == session_id).values(**values))


def take_command(conn: sa.Connection, session_id: str) -> str:
    """The command that waits, taken; "" without one."""
    found = conn.execute(
        sa.select(table.c.command).where(table.c.id == session_id).with_for_update()
    ).scalar_one()
    if found:
        update(conn, session_id, command="")
    return str(found)


def command(conn: sa.Connection, actor: Actor, session_id: str, wanted: str) -> None:
    """Leave a command for a session.

    Raises
    ------
    NotFound : not the actor's. Conflict : it has ended.
    """
    found = get(conn, actor, session_id)
    if found.ended:
        raise Conflict("The session has ended.", field="session")
    update(conn, session_id, command=wanted)


def get(conn: sa.Connection, actor: Actor, session_id: str) -> LiveSession:
    """A session; NotFound when it is not the actor's to see."""
    found = _one(conn, session_id)
    if found.owner_id != actor.user_id and not actor.is_admin:
        raise NotFound("There is no such session.", field="session")
    return found


def of_account(conn: sa.Connection, account_id: str, limit: int = 20) -> Sequence[LiveSession]:
    """Newest first; the caller has checked whose account it is."""
    rows = conn.execute(
        sa.select(table)
        .where(table.c.account_id == account_id)
        .order_by(table.c.started_at.desc())
        .limit(limit)
    )
    return tuple(LiveSession(**row._asdict()) for row in rows)


def running(conn: sa.Connection, account_id: str) -> LiveSession | None:
    """The newest session of an account that has not ended."""
    return next((found for found in of_account(conn, account_id) if not found.ended), None)


def insert_bar(conn: sa.Connection, session_id: str, **values: Any) -> None:
    """Keep a decision; a second one for the same bar is refused by the key."""
    conn.execute(session_bars.insert().values(session_id=session_id, **values))


def last_bar(conn: sa.Connection, session_id: str) -> SessionBar | None:
    """The newest decision of a session."""
    row = conn.execute(
        _bars(session_id).order_by(session_bars.c.bar_ts.desc()).limit(1)
    ).one_or_none()
    return None if row is None else SessionBar(**row._asdict())


def bars(conn: sa.Connection, session_id: str) -> Sequence[SessionBar]:
    """Every decision, oldest first."""
    rows = conn.execute(_bars(session_id).order_by(session_bars.c.bar_ts))
    return tuple(SessionBar(**row._asdict()) for row in rows)


def _bars(session_id: str) -> sa.Select[Any]:
    columns = [session_bars.c[name] for name in SessionBar.__dataclass_fields__]
    return sa.select(*columns).where(session_bars.c.session_id == session_id)


def _one(conn: sa.Connection, session_id: str) -> LiveSession:
    row = conn.execute(sa.select(table).where(table.c.id == session_id)).one_or_none()
    if row is None:
        raise NotFound("There is no such session.", field="session")
    return LiveSession(**row._asdict())
