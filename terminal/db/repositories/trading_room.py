"""What the trading pages read of one account: marks of what changed, money, positions, prices.

Every function that takes an `Actor` looks at whose account it is first; the others are for callers
that have.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import dropwhile
from typing import Any

import sqlalchemy as sa

from terminal.accounts.actor import Actor
from terminal.db.repositories import ledger, trading_accounts
from terminal.db.repositories.ledger_rows import event_from
from terminal.db.tables import trading as tables
from terminal.errors import NotFound
from terminal.execution.events import LedgerEvent
from terminal.execution.kill import EVERY_ACCOUNT

MARKS = 720
"""Marks of a sparkline: an hour, one every five seconds."""


@dataclass(frozen=True)
class Marks:
    """What a page compares with what it shows: a part that is the same need not be read again.

    ledger : orders, fills, cash, algorithms. prices : last prices and marks of the account.
    session : the newest session's row and the kill switch. state : of that session; "": none.
    """

    ledger: str
    prices: str
    session: str
    state: str


@dataclass(frozen=True)
class Held:
    """A position at the last price; None: no price is known."""

    symbol: str
    quantity: Decimal
    average_cost: Decimal
    cost: Decimal
    price: Decimal | None
    price_at: datetime | None
    realised: Decimal
    fees: Decimal
    dividends: Decimal

    @property
    def value(self) -> Decimal | None:
        return None if self.price is None else self.quantity * self.price

    @property
    def unrealised(self) -> Decimal | None:
        return None if self.value is None else self.value - self.cost


@dataclass(frozen=True)
class Money:
    """An account now, in its currency.

    equity : None while something held has no price. opening, peak : of the breakers' baseline;
    None: no session has looked yet. simulated : prices are of a replay.
    """

    cash: Decimal
    equity: Decimal | None
    gross: Decimal
    net: Decimal
    opening: Decimal | None
    peak: Decimal | None
    simulated: bool
    held: tuple[Held, ...]


@dataclass(frozen=True)
class Lot:
    """Units bought (or sold short) together."""

    symbol: str
    number: int
    quantity: Decimal
    cost: Decimal
    opened_at: datetime


@dataclass(frozen=True)
class LastPrice:
    """The newest price of an instrument that the account follows."""

    symbol: str
    price: Decimal
    at: datetime
    received_at: datetime
    simulated: bool


def marks(conn: sa.Connection, actor: Actor, account_id: str) -> Marks:
    """The one query of a poll; NotFound when the account is not the actor's."""
    account, session = tables.trading_accounts, tables.live_sessions
    newest = (
        sa.select(session.c.id)
        .where(session.c.account_id == account_id)
        .order_by(session.c.started_at.desc())
        .limit(1)
        .scalar_subquery()
    )
    query = (
        sa.select(
            account.c.head_seq,
            _latest(tables.parent_orders.c.updated_at, tables.parent_orders, account_id),
            _latest(tables.account_marks.c.at, tables.account_marks, account_id),
            _latest(tables.last_prices.c.received_at, tables.last_prices, account_id),
            sa.select(sa.func.max(tables.kill_switches.c.changed_at))
            .where(tables.kill_switches.c.scope.in_((EVERY_ACCOUNT, account_id)))
            .scalar_subquery(),
            session.c.id,
            session.c.state,
            session.c.command,
        )
        .select_from(account.outerjoin(session, session.c.id == newest))
        .where(account.c.id == account_id)
    )
    if not actor.is_admin:
        query = query.where(account.c.owner_id == actor.user_id)
    row = conn.execute(query).one_or_none()
    if row is None:
        raise NotFound(f"There is no trading account {account_id}.", field="account")
    head, parents, marked, priced, killed, session_id, state, command = row
    return Marks(
        ledger=f"{head}/{_stamp(parents)}",
        prices=f"{_stamp(marked)}/{_stamp(priced)}",
        session=f"{session_id}/{state}/{command}/{_stamp(killed)}",
        state=state or "",
    )


def money(conn: sa.Connection, actor: Actor, account_id: str) -> Money:
    """Cash, equity, exposure and positions; NotFound when the account is not the actor's."""
    trading_accounts.get(conn, actor, account_id)
    held = _held(conn, account_id)
    cash = ledger.cash_balance(conn, account_id)
    values = [one.value for one in held if one.quantity]
    known = [value for value in values if value is not None]
    baseline = conn.execute(
        sa.select(
            tables.loss_baselines.c.opening_equity, tables.loss_baselines.c.peak_equity
        ).where(tables.loss_baselines.c.account_id == account_id)
    ).one_or_none()
    simulated = conn.execute(
        sa.select(tables.last_prices.c.symbol)
        .where(tables.last_prices.c.account_id == account_id, tables.last_prices.c.simulated)
        .limit(1)
    ).first()
    return Money(
        cash=cash,
        equity=cash + sum(known, Decimal(0)) if len(known) == len(values) else None,
        gross=sum((abs(value) for value in known), Decimal(0)),
        net=sum(known, Decimal(0)),
        opening=baseline.opening_equity if baseline else None,
        peak=baseline.peak_equity if baseline else None,
        simulated=simulated is not None,
        held=held,
    )


def equity_line(
    conn: sa.Connection, actor: Actor, account_id: str, points: int = MARKS
) -> list[float]:
    """The newest marks of the account's equity, oldest first, from the first money in it."""
    trading_accounts.get(conn, actor, account_id)
    table = tables.account_marks
    rows = conn.execute(
        sa.select(table.c.equity)
        .where(table.c.account_id == account_id)
        .order_by(table.c.at.desc())
        .limit(points)
    )
    found = [float(row.equity) for row in rows][::-1]
    return list(dropwhile(lambda equity: equity == 0.0, found))


def lots(conn: sa.Connection, actor: Actor, account_id: str) -> list[Lot]:
    """Open lots by symbol, oldest first."""
    trading_accounts.get(conn, actor, account_id)
    table = tables.lots
    rows = conn.execute(
        sa.select(table.c.symbol, table.c.number, table.c.quantity, table.c.cost, table.c.opened_at)
        .where(table.c.account_id == account_id)
        .order_by(table.c.symbol, table.c.number)
    )
    return [Lot(**row._mapping) for row in rows]


def prices(conn: sa.Connection, actor: Actor, account_id: str) -> list[LastPrice]:
    """Newest prices of all that the account follows, by symbol."""
    trading_accounts.get(conn, actor, account_id)
    table = tables.last_prices
    columns = [table.c[name] for name in LastPrice.__dataclass_fields__]
    rows = conn.execute(
        sa.select(*columns).where(table.c.account_id == account_id).order_by(table.c.symbol)
    )
    return [LastPrice(**row._mapping) for row in rows]


def newest_events(
    conn: sa.Connection,
    actor: Actor,
    account_id: str,
    *,
    before: int | None = None,
    limit: int = 200,
) -> list[LedgerEvent]:
    """Events of the ledger, newest first; `before`: `seq` of the last one of the page before."""
    trading_accounts.get(conn, actor, account_id)
    table = tables.ledger_events
    query = sa.select(table).where(table.c.account_id == account_id)
    if before is not None:
        query = query.where(table.c.seq < before)
    rows = conn.execute(query.order_by(table.c.seq.desc()).limit(limit))
    return [event_from(row) for row in rows]


def orders_last_minute(conn: sa.Connection, account_id: str, since: datetime) -> int:
    """Orders asked for since then, refused ones left out."""
    table = tables.orders
    query = sa.select(sa.func.count()).where(
        table.c.account_id == account_id, table.c.created_at >= since, table.c.state != "denied"
    )
    return int(conn.execute(query).scalar_one())


def unread_alerts(conn: sa.Connection, actor: Actor) -> int:
    """Alerts of the actor's that nobody has marked as read."""
    table = tables.alerts
    query = sa.select(sa.func.count()).where(
        table.c.owner_id == actor.user_id, table.c.read_at.is_(None)
    )
    return int(conn.execute(query).scalar_one())


def has_real_money(conn: sa.Connection, actor: Actor) -> bool:
    """Whether an open account of the actor's moves real money."""
    table = tables.trading_accounts
    query = sa.select(table.c.id).where(
        table.c.owner_id == actor.user_id,
        table.c.environment == "live",
        table.c.closed_at.is_(None),
    )
    return conn.execute(query.limit(1)).first() is not None


def _held(conn: sa.Connection, account_id: str) -> tuple[Held, ...]:
    own, price = tables.positions, tables.last_prices
    joined = own.outerjoin(
        price, sa.and_(price.c.account_id == own.c.account_id, price.c.symbol == own.c.symbol)
    )
    rows = conn.execute(
        sa.select(
            own.c.symbol, own.c.quantity, own.c.average_cost, own.c.cost, own.c.realised,
            own.c.fees, own.c.dividends, price.c.price, price.c.at.label("price_at"),
        )
        .select_from(joined)
        .where(own.c.account_id == account_id)
        .order_by(own.c.symbol)
    )  # fmt: skip
    return tuple(Held(**row._mapping) for row in rows)


def _latest(column: Any, table: sa.Table, account_id: str) -> Any:
    return sa.select(sa.func.max(column)).where(table.c.account_id == account_id).scalar_subquery()


def _stamp(at: datetime | None) -> str:
    return "" if at is None else at.isoformat()
