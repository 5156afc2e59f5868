"""Queries on daily statements; a statement is made once and its hash is in the ledger."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from terminal.accounts.actor import Actor
from terminal.db.repositories import ledger, trading_accounts
from terminal.db.tables import trading as tables
from terminal.errors import Conflict, NotFound
from terminal.execution.events import EventKind
from terminal.execution.lots import LotMethod
from terminal.execution.statement import Statement, daily_statement

_T = tables.statements


@dataclass(frozen=True)
class StatementRow:
    """A stored statement; `content` as `Statement.content` gives it."""

    account_id: str
    session_date: date
    content: Mapping[str, Any]
    head_seq: int
    head_hash: str
    reconciled: bool
    created_at: datetime


def issue(
    conn: sa.Connection,
    account_id: str,
    session_date: date,
    prices: Mapping[str, Decimal],
    at: datetime,
    *,
    broker_cash: Decimal | None = None,
    broker_equity: Decimal | None = None,
    token: int | None = None,
) -> Statement:
    """Make and keep the statement of a session, inside the caller's write transaction.

    It covers all that was recorded since the last one. Its hash becomes an event of the ledger.

    Parameters
    ----------
    prices : closing prices by symbol, of everything held.
    broker_cash, broker_equity : the broker's own figures, which then must agree to the cent for it
        to be `reconciled`.

    Raises
    ------
    Conflict : that session, or a later one, has a statement. InputError : a price is missing, or
    the ledger is empty. LeaseLost : see `ledger.append`.
    """
    ledger.lock(conn, account_id)
    before = conn.execute(
        sa.select(_T)
        .where(_T.c.account_id == account_id)
        .order_by(_T.c.session_date.desc())
        .limit(1)
    ).one_or_none()
    if before is not None and before.session_date >= session_date:
        raise Conflict(
            f"There is a statement of {before.session_date} already.",
            field="session_date",
            remedy="A statement is never changed; corrections are in the next one.",
        )
    account = conn.execute(
        sa.select(tables.trading_accounts.c.currency, tables.trading_accounts.c.lot_method).where(
            tables.trading_accounts.c.id == account_id
        )
    ).one()
    made = daily_statement(
        ledger.events(conn, account_id),
        session_date=session_date,
        currency=account.currency,
        method=LotMethod(account.lot_method),
        opening_seq=before.head_seq if before else 0,
        opening_prices=_closing_prices(before.content) if before else {},
        closing_prices=prices,
    )
    made = replace(made, broker_cash=broker_cash, broker_equity=broker_equity)
    conn.execute(
        _T.insert().values(
            account_id=account_id,
            session_date=session_date,
            content=made.content(),
            head_seq=made.head_seq,
            head_hash=made.head_hash,
            reconciled=made.reconciled,
            created_at=at,
        )
    )
    ledger.append(
        conn,
        account_id,
        EventKind.STATEMENT,
        {"session_date": session_date, "content_hash": made.content_hash},
        external_id=session_date.isoformat(),
        token=token,
        at=at,
    )
    return made


def get(conn: sa.Connection, actor: Actor, account_id: str, session_date: date) -> StatementRow:
    """One statement of an account of the actor's; NotFound otherwise."""
    trading_accounts.get(conn, actor, account_id)
    row = conn.execute(
        sa.select(_T).where(_T.c.account_id == account_id, _T.c.session_date == session_date)
    ).one_or_none()
    if row is None:
        raise NotFound(f"There is no statement of {session_date}.", field="session_date")
    return StatementRow(**row._mapping)


def find(
    conn: sa.Connection, actor: Actor, account_id: str, limit: int = 400
) -> list[StatementRow]:
    """The statements of an account of the actor's, newest first."""
    trading_accounts.get(conn, actor, account_id)
    query = sa.select(_T).where(_T.c.account_id == account_id)
    rows = conn.execute(query.order_by(_T.c.session_date.desc()).limit(limit))
    return [StatementRow(**row._mapping) for row in rows]


def _closing_prices(content: Mapping[str, Any]) -> dict[str, Decimal]:
    return {
        line["symbol"]: Decimal(line["closing_price"])
        for line in content["lines"]
        if line["closing_quantity"] != "0"
    }
