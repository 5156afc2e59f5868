"""Queries on trading accounts; the owner filter is here (an administrator reaches every one)."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from terminal.accounts.actor import Actor
from terminal.db.tables import trading as tables
from terminal.errors import Conflict, InputError, NotFound
from terminal.execution.events import GENESIS
from terminal.execution.lots import LotMethod
from terminal.execution.states import WORKING, OrderState

_T = tables.trading_accounts
LONGEST_NAME = 64


@dataclass(frozen=True)
class TradingAccount:
    """An account at a broker.

    Attributes
    ----------
    environment : "paper", or "live" where real money moves.
    broker_account_id : the broker's own name of it; "" until the broker was first asked.
    credential_id : of the sealed keys; None: from the environment.
    head_seq, head_hash : of its last ledger event.
    """

    id: str
    owner_id: int
    name: str
    broker: str
    environment: str
    broker_account_id: str
    credential_id: str | None
    currency: str
    lot_method: LotMethod
    created_at: datetime
    closed_at: datetime | None
    head_seq: int
    head_hash: str

    @property
    def is_live(self) -> bool:
        return self.environment == "live"


def create(
    conn: sa.Connection,
    actor: Actor,
    name: str,
    broker: str,
    at: datetime,
    *,
    environment: str = "paper",
    currency: str = "USD",
    lot_method: LotMethod = LotMethod.AVERAGE,
    credential_id: str | None = None,
    broker_account_id: str = "",
) -> TradingAccount:
    """Open an account of the actor's with an empty ledger and no cash.

    Raises
    ------
    InputError : the name is empty or too long, or broker or environment are unknown.
    Conflict : the actor has an account of that name. NotFound : the credential is not the actor's.
    """
    name = name.strip()
    if not 1 <= len(name) <= LONGEST_NAME:
        raise InputError(f"An account's name has 1 to {LONGEST_NAME} characters.", field="name")
    for field, value, allowed in (
        ("broker", broker, tables.BROKERS),
        ("environment", environment, tables.ENVIRONMENTS),
    ):
        if value not in allowed:
            raise InputError(f"{value!r} is none of {', '.join(allowed)}.", field=field)
    _require_free(conn, actor, name)
    if credential_id is not None:
        _require_credential(conn, actor, credential_id)
    account = TradingAccount(
        id=secrets.token_hex(8),
        owner_id=actor.user_id,
        name=name,
        broker=broker,
        environment=environment,
        broker_account_id=broker_account_id,
        credential_id=credential_id,
        currency=currency,
        lot_method=LotMethod(lot_method),
        created_at=at,
        closed_at=None,
        head_seq=0,
        head_hash=GENESIS,
    )
    conn.execute(_T.insert().values(**vars(account)))
    conn.execute(
        tables.cash.insert().values(account_id=account.id, balance=Decimal(0), updated_at=at)
    )
    return account


def get(conn: sa.Connection, actor: Actor, id: str) -> TradingAccount:
    """One account of the actor's, closed or not; NotFound otherwise."""
    return _one(conn, sa.select(_T).where(_T.c.id == id), actor, id)


def lock(conn: sa.Connection, actor: Actor, id: str) -> TradingAccount:
    """As `get`, of an open account, its row held until the transaction ends.

    Raises
    ------
    NotFound : it is not the actor's. Conflict : it is closed.
    """
    account = _one(conn, sa.select(_T).where(_T.c.id == id).with_for_update(), actor, id)
    if account.closed_at is not None:
        raise Conflict(f"The account {account.name!r} is closed.", field="account")
    return account


def find(conn: sa.Connection, actor: Actor, *, closed: bool = False) -> list[TradingAccount]:
    """The actor's own accounts by name; with `closed` those that were closed, too."""
    query = sa.select(_T).where(_T.c.owner_id == actor.user_id).order_by(_T.c.name)
    if not closed:
        query = query.where(_T.c.closed_at.is_(None))
    return [_account(row) for row in conn.execute(query)]


def of_everybody(conn: sa.Connection) -> list[TradingAccount]:
    """Every open account, whoever owns it: for the operator's commands and the sweeper."""
    query = sa.select(_T).where(_T.c.closed_at.is_(None)).order_by(_T.c.name)
    return [_account(row) for row in conn.execute(query)]


def rename(conn: sa.Connection, actor: Actor, id: str, name: str) -> None:
    """Another name; Conflict when the actor uses it already, NotFound when it is not theirs."""
    if get(conn, actor, id).name == name:
        return
    _require_free(conn, actor, name)
    conn.execute(_T.update().where(_T.c.id == id).values(name=name))


def set_broker_account(conn: sa.Connection, id: str, broker_account_id: str) -> None:
    """Note the broker's own name of an account, once.

    Raises
    ------
    Conflict : the account was seen under another one before: the keys are of another account.
    """
    known = conn.execute(
        sa.select(_T.c.broker_account_id).where(_T.c.id == id).with_for_update()
    ).scalar_one_or_none()
    if known is None:
        raise NotFound(f"There is no trading account {id}.", field="account")
    if known not in ("", broker_account_id):
        raise Conflict(
            f"These keys open the broker's account {broker_account_id}, not {known}.",
            field="credential",
            remedy="Give this account the keys it was opened with, or open another account.",
        )
    conn.execute(_T.update().where(_T.c.id == id).values(broker_account_id=broker_account_id))


def close(conn: sa.Connection, actor: Actor, id: str, at: datetime) -> None:
    """Close an account that holds nothing and has no order at work; its ledger stays.

    Raises
    ------
    Conflict : it holds something, has an order that may still fill, or is closed.
    """
    account = lock(conn, actor, id)
    states = [state.value for state in (*WORKING, OrderState.INTENT)]
    working = sa.select(tables.orders.c.client_order_id).where(
        tables.orders.c.account_id == id, tables.orders.c.state.in_(states)
    )
    if conn.execute(working.limit(1)).first() is not None:
        raise Conflict(
            f"{account.name!r} has orders that may still fill.",
            field="account",
            remedy="Cancel them first.",
        )
    held = conn.execute(
        sa.select(tables.positions.c.symbol, tables.positions.c.quantity).where(
            tables.positions.c.account_id == id
        )
    )
    symbols = sorted(row.symbol for row in held if row.quantity)
    if symbols:
        raise Conflict(
            f"{account.name!r} still holds {', '.join(symbols)}.",
            field="account",
            remedy="Flatten it first.",
        )
    conn.execute(_T.update().where(_T.c.id == id).values(closed_at=at))


def _one(conn: sa.Connection, query: sa.Select[Any], actor: Actor, id: str) -> TradingAccount:
    if not actor.is_admin:
        query = query.where(_T.c.owner_id == actor.user_id)
    row = conn.execute(query).one_or_none()
    if row is None:
        raise NotFound(f"There is no trading account {id}.", field="account")
    return _account(row)


def _account(row: sa.Row[Any]) -> TradingAccount:
    values = dict(row._mapping)
    return TradingAccount(**{**values, "lot_method": LotMethod(values["lot_method"])})


def _require_free(conn: sa.Connection, actor: Actor, name: str) -> None:
    query = sa.select(_T.c.id).where(_T.c.owner_id == actor.user_id, _T.c.name == name)
    if conn.execute(query).first() is not None:
        raise Conflict(
            f"You have an account called {name!r} already.",
            field="name",
            remedy="Choose another name.",
        )


def _require_credential(conn: sa.Connection, actor: Actor, id: str) -> None:
    table = tables.broker_credentials
    query = sa.select(table.c.id).where(table.c.id == id, table.c.owner_id == actor.user_id)
    if conn.execute(query).first() is None:
        raise NotFound(f"There are no broker credentials {id}.", field="credential")
