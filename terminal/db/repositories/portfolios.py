"""Queries on imported portfolios; the owner filter is here (an administrator reaches every one)."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from terminal.accounts.actor import Actor
from terminal.db.tables.portfolios import portfolio_transactions, portfolios
from terminal.errors import Conflict, InputError, NotFound
from terminal.holdings.transactions import MOST_ROWS, Kind, Transaction

LONGEST_NAME = 64
MOST_PORTFOLIOS = 200


@dataclass(frozen=True)
class PortfolioRow:
    """An imported portfolio; `updated_at` changes with every import into it."""

    id: str
    owner_id: int
    name: str
    currency: str
    created_at: datetime
    updated_at: datetime


def find(conn: sa.Connection, actor: Actor) -> list[PortfolioRow]:
    """The actor's own portfolios by name."""
    query = (
        sa.select(portfolios)
        .where(portfolios.c.owner_id == actor.user_id)
        .order_by(portfolios.c.name)
    )
    return [PortfolioRow(**row._mapping) for row in conn.execute(query)]


def get(conn: sa.Connection, actor: Actor, id: str) -> PortfolioRow:
    """One portfolio; NotFound where there is none or it is not the actor's to see."""
    query = sa.select(portfolios).where(portfolios.c.id == id)
    if not actor.is_admin:
        query = query.where(portfolios.c.owner_id == actor.user_id)
    row = conn.execute(query).one_or_none()
    if row is None:
        raise NotFound(f"There is no portfolio {id}.", field="portfolio")
    return PortfolioRow(**row._mapping)


def transactions(conn: sa.Connection, actor: Actor, id: str) -> list[Transaction]:
    """Its rows in the order they are played: by day, then as they stood in the file."""
    found = get(conn, actor, id)
    table = portfolio_transactions
    query = sa.select(table).where(table.c.portfolio_id == id).order_by(table.c.day, table.c.number)
    return [
        Transaction(
            row.number, row.day, Kind(row.kind), row.symbol, row.quantity, row.price, row.fees,
            found.currency,
        )
        for row in conn.execute(query)
    ]  # fmt: skip


def create(
    conn: sa.Connection, actor: Actor, name: str, rows: Sequence[Transaction], at: datetime
) -> str:
    """Keep a portfolio with its transactions, all or nothing; answers its id.

    Raises
    ------
    InputError : the name is empty or too long, there is no row, or there are too many portfolios.
    Conflict : the actor has a portfolio of that name.
    """
    name = name.strip()
    if not 1 <= len(name) <= LONGEST_NAME:
        raise InputError(f"A portfolio's name has 1 to {LONGEST_NAME} characters.", field="name")
    if not rows:
        raise InputError("There is no transaction to keep.", field="file")
    own = sa.select(sa.func.count()).where(portfolios.c.owner_id == actor.user_id)
    if int(conn.execute(own).scalar_one()) >= MOST_PORTFOLIOS:
        raise InputError(
            f"You have {MOST_PORTFOLIOS} portfolios, as many as are kept.",
            field="name",
            remedy="Delete one first.",
        )
    _require_free(conn, actor, name)
    id = secrets.token_hex(8)
    conn.execute(
        portfolios.insert().values(
            id=id, owner_id=actor.user_id, name=name, currency=rows[0].currency, created_at=at,
            updated_at=at,
        )
    )  # fmt: skip
    _write(conn, id, rows, 0)
    return id


def add(
    conn: sa.Connection, actor: Actor, id: str, rows: Sequence[Transaction], at: datetime
) -> int:
    """Put more transactions into a portfolio of the actor's; answers how many were not there yet.

    A row that is there already, in every field, is not written again, so that a longer export of
    the same account can be imported over a shorter one. What repeats inside the file counts.

    Raises
    ------
    NotFound : it is not the actor's. InputError : another currency, or too many rows.
    """
    # the update locks the row, so that two imports at once take turns
    changed = conn.execute(
        portfolios.update()
        .where(portfolios.c.id == id, portfolios.c.owner_id == actor.user_id)
        .values(updated_at=at)
    )
    if changed.rowcount != 1:
        raise NotFound(f"There is no portfolio {id}.", field="portfolio")
    before = transactions(conn, actor, id)
    if rows and before and rows[0].currency != before[0].currency:
        raise InputError(
            f"The file is in {rows[0].currency}, the portfolio in {before[0].currency}.",
            field="currency",
            remedy="Keep it as a portfolio of its own.",
        )
    left = Counter(_same(one) for one in before)
    new = []
    for one in rows:
        key = _same(one)
        if left[key] > 0:
            left[key] -= 1
        else:
            new.append(one)
    if len(before) + len(new) > MOST_ROWS:
        raise InputError(f"A portfolio has at most {MOST_ROWS:,} transactions.", field="file")
    _write(conn, id, new, max((one.row for one in before), default=0))
    return len(new)


def delete(conn: sa.Connection, actor: Actor, id: str) -> None:
    """Remove it with its transactions; NotFound when it is not the actor's own."""
    found = get(conn, actor, id)
    if found.owner_id != actor.user_id:
        raise NotFound(f"There is no portfolio {id}.", field="portfolio")
    table = portfolio_transactions
    conn.execute(table.delete().where(table.c.portfolio_id == id))
    conn.execute(portfolios.delete().where(portfolios.c.id == id))


def _write(conn: sa.Connection, id: str, rows: Sequence[Transaction], after: int) -> None:
    values: list[dict[str, Any]] = [
        {
            "portfolio_id": id,
            "number": after + k,
            "day": one.day,
            "kind": one.kind.value,
            "symbol": one.symbol,
            "quantity": one.quantity,
            "price": one.price,
            "fees": one.fees,
        }
        for k, one in enumerate(sorted(rows, key=lambda one: one.row), start=1)
    ]
    if values:
        conn.execute(portfolio_transactions.insert(), values)


def _same(one: Transaction) -> tuple[Any, ...]:
    return one.day, one.kind, one.symbol, one.quantity, one.price, one.fees


def _require_free(conn: sa.Connection, actor: Actor, name: str) -> None:
    query = sa.select(portfolios.c.id).where(
        portfolios.c.owner_id == actor.user_id, portfolios.c.name == name
    )
    if conn.execute(query).first() is not None:
        raise Conflict(
            f"You have a portfolio called {name!r} already.",
            field="name",
            remedy="Choose another name.",
        )
