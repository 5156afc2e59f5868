"""Queries on orders and their fills.

What takes an `Actor` filters by owner, for pages and the command line. What takes only an account's
id is for the account's writer, who holds its lease or locks its row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from terminal.accounts.actor import Actor
from terminal.db.repositories import ledger
from terminal.db.tables import trading as tables
from terminal.errors import NotFound
from terminal.execution.order import OrderIntent, OrderType, Side, TimeInForce
from terminal.execution.states import ENDS, WORKING, OrderState

_T = tables.orders
_F = tables.fills
_OPEN = tuple(state.value for state in OrderState if state not in ENDS)
_WORKING = tuple(state.value for state in WORKING)


@dataclass(frozen=True)
class OrderRow:
    """An order as it stands.

    Attributes
    ----------
    flag : what a person must look at (overfilled, not sent from here, ...); "" mostly.
    attempts : sends begun. may_send : never sent, or the broker said it has none.
    reason : why it was denied or how it ended; "" without one.
    """

    account_id: str
    client_order_id: str
    broker_order_id: str | None
    session_id: str | None
    parent_id: str | None
    replaces: str | None
    source: str
    bar_ts: datetime | None
    leg: str
    symbol: str
    side: Side
    type: OrderType
    time_in_force: TimeInForce
    quantity: Decimal
    limit_price: Decimal | None
    stop_price: Decimal | None
    trail_price: Decimal | None
    trail_percent: Decimal | None
    reference_price: Decimal | None
    state: OrderState
    filled_quantity: Decimal
    average_price: Decimal | None
    fees: Decimal
    flag: str
    reason: str
    expected_cost: Mapping[str, Any] | None
    created_at: datetime
    sent_at: datetime | None
    updated_at: datetime
    last_seq: int
    attempts: int
    may_send: bool

    @property
    def remaining(self) -> Decimal:
        """Units that may still fill, never below 0."""
        return max(self.quantity - self.filled_quantity, Decimal(0))

    @property
    def intent(self) -> OrderIntent:
        """What was asked for; InputError for an order of others that ours could not be (a trailing
        stop whose distance the broker does not tell)."""
        return OrderIntent(
            client_order_id=self.client_order_id,
            account_id=self.account_id,
            symbol=self.symbol,
            side=self.side,
            quantity=self.quantity,
            type=self.type,
            time_in_force=self.time_in_force,
            limit_price=self.limit_price,
            stop_price=self.stop_price,
            trail_price=self.trail_price,
            trail_percent=self.trail_percent,
            source=self.source,
            bar_ts=self.bar_ts,
            leg=self.leg,
            session_id=self.session_id,
            parent_id=self.parent_id,
            replaces=self.replaces,
            reference_price=self.reference_price,
        )


@dataclass(frozen=True)
class FillRow:
    """An execution; `realised` is the P&L it closed, before its fee; 0 of a busted one."""

    account_id: str
    execution_id: str
    client_order_id: str
    symbol: str
    side: Side
    quantity: Decimal
    price: Decimal
    fee: Decimal
    realised: Decimal
    at: datetime
    recorded_at: datetime
    busted: bool
    seq: int


@dataclass(frozen=True)
class OrderFilter:
    """Which orders a blotter shows; what is None or empty does not filter.

    changed_after : only orders that a ledger event beyond this one touched.
    """

    account_id: str | None = None
    states: tuple[OrderState, ...] = ()
    symbol: str | None = None
    source: str | None = None
    session_id: str | None = None
    parent_id: str | None = None
    flagged: bool = False
    since: datetime | None = None
    changed_after: int | None = None


def get(conn: sa.Connection, actor: Actor, account_id: str, client_order_id: str) -> OrderRow:
    """One order of the actor's (an administrator's: any); NotFound otherwise."""
    query = _mine(sa.select(_T), _T, actor).where(
        _T.c.account_id == account_id, _T.c.client_order_id == client_order_id
    )
    row = conn.execute(query).one_or_none()
    if row is None:
        raise _missing(client_order_id)
    return _order(row)


def blotter(
    conn: sa.Connection,
    actor: Actor,
    chosen: OrderFilter,
    *,
    before: tuple[datetime, str] | None = None,
    limit: int = 100,
) -> list[OrderRow]:
    """Orders of the actor's, newest first; `before`: (created_at, client_order_id) of the last row
    of the page before."""
    query = _mine(sa.select(_T), _T, actor)
    for column, value in (
        (_T.c.account_id, chosen.account_id),
        (_T.c.symbol, chosen.symbol),
        (_T.c.source, chosen.source),
        (_T.c.session_id, chosen.session_id),
        (_T.c.parent_id, chosen.parent_id),
    ):
        if value is not None:
            query = query.where(column == value)
    if chosen.states:
        query = query.where(_T.c.state.in_([state.value for state in chosen.states]))
    if chosen.flagged:
        query = query.where(_T.c.flag != "")
    if chosen.since is not None:
        query = query.where(_T.c.created_at >= chosen.since)
    if chosen.changed_after is not None:
        query = query.where(_T.c.last_seq > chosen.changed_after)
    if before is not None:
        at, name = before
        query = query.where(
            sa.or_(
                _T.c.created_at < at,
                sa.and_(_T.c.created_at == at, _T.c.client_order_id < name),
            )
        )
    query = query.order_by(_T.c.created_at.desc(), _T.c.client_order_id.desc()).limit(limit)
    return [_order(row) for row in conn.execute(query)]


def fills(
    conn: sa.Connection,
    actor: Actor,
    account_id: str,
    *,
    client_order_id: str | None = None,
    symbol: str | None = None,
    since: datetime | None = None,
    before: int | None = None,
    limit: int = 200,
) -> list[FillRow]:
    """Executions of an account of the actor's, last recorded first; `before`: `seq` of the last row
    of the page before."""
    query = _mine(sa.select(_F), _F, actor).where(_F.c.account_id == account_id)
    if client_order_id is not None:
        query = query.where(_F.c.client_order_id == client_order_id)
    if symbol is not None:
        query = query.where(_F.c.symbol == symbol)
    if since is not None:
        query = query.where(_F.c.at >= since)
    if before is not None:
        query = query.where(_F.c.seq < before)
    rows = conn.execute(query.order_by(_F.c.seq.desc()).limit(limit))
    return [FillRow(**{**row._mapping, "side": Side(row.side)}) for row in rows]


def find(conn: sa.Connection, account_id: str, client_order_id: str) -> OrderRow | None:
    """The order of this name, if the account has one."""
    row = conn.execute(
        sa.select(_T).where(_T.c.account_id == account_id, _T.c.client_order_id == client_order_id)
    ).one_or_none()
    return None if row is None else _order(row)


def by_id(conn: sa.Connection, account_id: str, client_order_id: str) -> OrderRow:
    """The order of this name; NotFound without one."""
    found = find(conn, account_id, client_order_id)
    if found is None:
        raise _missing(client_order_id)
    return found


def locked(conn: sa.Connection, account_id: str, client_order_id: str) -> OrderRow:
    """As `by_id`, and nobody else writes the account until the transaction ends.

    It is the account's row that is locked, as everywhere: locking the order's first would let two
    writers wait for each other.
    """
    ledger.lock(conn, account_id)
    return by_id(conn, account_id, client_order_id)


def exists(conn: sa.Connection, account_id: str, client_order_id: str) -> bool:
    """Whether the account has an order of this name."""
    query = sa.select(_T.c.last_seq).where(
        _T.c.account_id == account_id, _T.c.client_order_id == client_order_id
    )
    return conn.execute(query).first() is not None


def by_broker_id(conn: sa.Connection, account_id: str, broker_order_id: str) -> OrderRow | None:
    """The order that the broker calls so, if the account has one."""
    row = conn.execute(
        sa.select(_T).where(_T.c.account_id == account_id, _T.c.broker_order_id == broker_order_id)
    ).one_or_none()
    return None if row is None else _order(row)


def in_states(conn: sa.Connection, account_id: str, states: Sequence[OrderState]) -> list[OrderRow]:
    """Orders in one of these states, oldest first."""
    query = (
        sa.select(_T)
        .where(_T.c.account_id == account_id, _T.c.state.in_([state.value for state in states]))
        .order_by(_T.c.created_at, _T.c.client_order_id)
    )
    return [_order(row) for row in conn.execute(query)]


def working(conn: sa.Connection, account_id: str) -> list[OrderRow]:
    """Orders that may fill: sent, or perhaps sent, and not ended. Oldest first."""
    return in_states(conn, account_id, [OrderState(value) for value in _WORKING])


def oldest_open(conn: sa.Connection, account_id: str) -> datetime | None:
    """When the oldest order that has not ended was created; None: all have."""
    query = sa.select(sa.func.min(_T.c.created_at)).where(
        _T.c.account_id == account_id, _T.c.state.in_(_OPEN)
    )
    found: datetime | None = conn.execute(query).scalar_one()
    return found


def orphan_fills(conn: sa.Connection, account_id: str) -> list[FillRow]:
    """Executions of orders that nobody has told us of; they count in positions and cash."""
    joined = sa.and_(
        _T.c.account_id == _F.c.account_id, _T.c.client_order_id == _F.c.client_order_id
    )
    query = (
        sa.select(_F)
        .outerjoin(_T, joined)
        .where(_F.c.account_id == account_id, _T.c.client_order_id.is_(None))
        .order_by(_F.c.seq)
    )
    rows = conn.execute(query)
    return [FillRow(**{**row._mapping, "side": Side(row.side)}) for row in rows]


def _mine(query: sa.Select[Any], table: sa.Table, actor: Actor) -> sa.Select[Any]:
    if actor.is_admin:
        return query
    accounts = tables.trading_accounts
    return query.join(accounts, accounts.c.id == table.c.account_id).where(
        accounts.c.owner_id == actor.user_id
    )


def _order(row: sa.Row[Any]) -> OrderRow:
    values = dict(row._mapping)
    facts = values.pop("facts")
    marks = facts["marks"]
    return OrderRow(
        **{
            **values,
            "side": Side(row.side),
            "type": OrderType(row.type),
            "time_in_force": TimeInForce(row.time_in_force),
            "state": OrderState(row.state),
        },
        attempts=facts["attempts"],
        may_send="sent" not in marks or marks.get("absent", 0) > marks["sent"],
    )


def _missing(client_order_id: str) -> NotFound:
    return NotFound(f"There is no order {client_order_id}.", field="order")
