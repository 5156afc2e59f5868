"""The kill switch: a row that stops sending, and stays until a person arms it again.

Its scope is one account or all of them ("*"). Every authorised send locks the rows it depends on
(PostgreSQL: FOR SHARE; SQLite: the writer's turn), so that a kill and a send take turns: no send is
authorised after a kill has been committed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from terminal import clock
from terminal.accounts.actor import Actor
from terminal.db.repositories import audit
from terminal.db.repositories.ledger import append
from terminal.db.tables.trading import kill_switches as table
from terminal.db.tables.trading import trading_accounts
from terminal.errors import Conflict, InputError
from terminal.execution.events import EventKind
from terminal.execution.limits import Denial
from terminal.execution.order import FLATTEN, OrderIntent

EVERY_ACCOUNT = "*"
MANUAL = "manual"


@dataclass(frozen=True)
class Kill:
    """An engaged switch: its scope, what pressed it, why, who and when."""

    scope: str
    cause: str
    reason: str
    actor_name: str
    at: datetime


def engaged(conn: sa.Connection, account_id: str) -> Kill | None:
    """The switch that stops this account, that of all accounts first; None: it may trade."""
    return _first(conn, _SWITCHES, account_id)


def require_armed(conn: sa.Connection, account_id: str) -> Kill | None:
    """As `engaged`, inside a write transaction: the answer holds until it commits."""
    return _first(conn, _SWITCHES_HELD, account_id)


def _first(conn: sa.Connection, query: sa.Select[Any], account_id: str) -> Kill | None:
    for row in conn.execute(query, {"account": account_id}).all():
        if row.engaged:
            return Kill(row.scope, row.cause, row.reason, row.actor_name, row.changed_at)
    return None


_SWITCHES = (
    sa.select(table)
    .where(sa.or_(table.c.scope == EVERY_ACCOUNT, table.c.scope == sa.bindparam("account")))
    .order_by(table.c.scope)
)
_SWITCHES_HELD = _SWITCHES.with_for_update(read=True)


def lets_through(intent: OrderIntent) -> bool:
    """Whether a stopped account may still send it: only what closes a position (`submit` has
    checked that it does)."""
    return intent.source == FLATTEN


def denial(stopped: Kill) -> Denial:
    """The reason a stopped account gives for refusing an order."""
    whole = "All accounts are" if stopped.scope == EVERY_ACCOUNT else "This account is"
    return Denial(
        "kill_switch",
        f"{whole} stopped by the kill switch ({stopped.cause}): {stopped.reason}",
    )


def engage(conn: sa.Connection, actor: Actor, scope: str, cause: str, reason: str) -> bool:
    """Press it, inside the caller's write transaction; False: it was pressed already.

    The first reason stays: what stopped the trading is not overwritten by what came after.
    """
    row = conn.execute(
        sa.select(table.c.engaged).where(table.c.scope == scope).with_for_update()
    ).one_or_none()
    if row is not None and row.engaged:
        return False
    values = {
        "engaged": True,
        "cause": cause,
        "reason": reason.strip(),
        "actor_name": actor.username,
        "changed_at": clock.now(),
    }
    if row is None:
        conn.execute(table.insert().values(scope=scope, **values))
    else:
        conn.execute(table.update().where(table.c.scope == scope).values(**values))
    detail = {"scope": scope, "cause": cause, "reason": reason.strip(), "by": actor.username}
    for account_id in _accounts(conn, scope):
        append(conn, account_id, EventKind.KILL, detail)
    audit.record(conn, actor, "trading.kill", scope, detail)
    return True


def arm(conn: sa.Connection, actor: Actor, scope: str, reason: str) -> None:
    """Let it trade again: by hand, with a reason.

    Raises
    ------
    InputError : no reason. Conflict : it was not pressed.
    """
    if not reason.strip():
        raise InputError(
            "Arming again needs a reason.", field="reason", remedy="Write what was found and done."
        )
    changed = conn.execute(
        table.update()
        .where(table.c.scope == scope, table.c.engaged.is_(True))
        .values(
            engaged=False,
            cause="",
            reason=reason.strip(),
            actor_name=actor.username,
            changed_at=clock.now(),
        )
    ).rowcount
    if changed != 1:
        raise Conflict("The kill switch is not engaged.", field="account")
    detail = {"scope": scope, "reason": reason.strip(), "by": actor.username}
    for account_id in _accounts(conn, scope):
        append(conn, account_id, EventKind.REARM, detail)
    audit.record(conn, actor, "trading.rearm", scope, detail)


def add_switch(conn: sa.Connection, account_id: str) -> None:
    """The row of a new account, armed: a send must find a row to lock."""
    conn.execute(
        table.insert().values(
            scope=account_id,
            engaged=False,
            cause="",
            reason="",
            actor_name="system",
            changed_at=clock.now(),
        )
    )


def _accounts(conn: sa.Connection, scope: str) -> list[str]:
    """Accounts a scope covers, always in one order: two kills must not block each other."""
    query = sa.select(trading_accounts.c.id).where(trading_accounts.c.closed_at.is_(None))
    if scope != EVERY_ACCOUNT:
        query = query.where(trading_accounts.c.id == scope)
    return [row.id for row in conn.execute(query.order_by(trading_accounts.c.id))]
