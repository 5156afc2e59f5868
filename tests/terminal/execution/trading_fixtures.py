"""A trader, an account with cash, a gateway that holds it: what trading tests begin with."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from decimal import Decimal

import sqlalchemy as sa

from terminal import clock
from terminal.accounts.actor import Actor, Role
from terminal.db.database import Database
from terminal.db.repositories import ledger, orders, trading_accounts
from terminal.db.tables import trading as tables
from terminal.db.tables.accounts import users
from terminal.execution import kill, lease
from terminal.execution.events import EventKind
from terminal.execution.gateway import Gateway
from terminal.execution.order import OrderIntent, OrderType, Side, client_order_id
from terminal.execution.states import OrderState
from terminal.execution.submit import Submitted, recheck, submit
from tests.terminal.execution.fake_broker import FakeBroker

_COUNT = itertools.count(1)


@dataclass
class Bench:
    """One account and everything around it."""

    db: Database
    actor: Actor
    account_id: str
    broker: FakeBroker
    gateway: Gateway

    def intent(
        self,
        symbol: str = "AAA",
        side: Side = Side.BUY,
        quantity: int = 10,
        *,
        leg: str = "",
        source: str = "manual",
        limit: str | None = None,
    ) -> OrderIntent:
        leg = leg or f"leg{next(_COUNT)}"
        return OrderIntent(
            client_order_id=client_order_id(self.account_id, source, None, symbol, leg),
            account_id=self.account_id,
            symbol=symbol,
            side=side,
            quantity=Decimal(quantity),
            type=OrderType.MARKET if limit is None else OrderType.LIMIT,
            limit_price=None if limit is None else Decimal(limit),
            source=source,
            leg=leg,
        )

    def submit(self, **terms: object) -> Submitted:
        return submit(self.db, self.actor, self.intent(**terms))  # type: ignore[arg-type]

    def state(self, name: str) -> OrderState:
        with self.db.read() as conn:
            return orders.by_id(conn, self.account_id, name).state

    def units(self, symbol: str) -> Decimal:
        with self.db.read() as conn:
            return ledger.units(conn, self.account_id).get(symbol, Decimal(0))

    def cash(self) -> Decimal:
        with self.db.read() as conn:
            return ledger.cash_balance(conn, self.account_id)


def a_trader(db: Database, name: str = "") -> Actor:
    """A user who may trade."""
    name = name or f"trader{next(_COUNT)}"
    with db.write() as conn:
        made = conn.execute(
            users.insert().values(
                username=name, password_hash="", role="trader", active=True, created_at=clock.now()
            )
        )
        user_id = made.inserted_primary_key[0]
    return Actor(user_id, name, Role.TRADER)


def an_account(db: Database, actor: Actor, cash: int = 100_000, name: str = "") -> str:
    """An account with cash and fresh prices of AAA, BBB and CCC at 100."""
    with db.write() as conn:
        made = trading_accounts.create(
            conn, actor, name or f"account {next(_COUNT)}", "paper", clock.now()
        )
        kill.add_switch(conn, made.id)
        ledger.append(
            conn,
            made.id,
            EventKind.CASH,
            {"movement": "deposit", "amount": Decimal(cash), "at": clock.now()},
            external_id="first",
        )
        for symbol in ("AAA", "BBB", "CCC"):
            set_price(conn, made.id, symbol, Decimal(100))
    return made.id


def set_price(conn: sa.Connection, account_id: str, symbol: str, price: Decimal) -> None:
    """The last price of an instrument, heard now."""
    table = tables.last_prices
    conn.execute(table.delete().where(table.c.account_id == account_id, table.c.symbol == symbol))
    conn.execute(
        table.insert().values(
            account_id=account_id,
            symbol=symbol,
            price=price,
            at=clock.now(),
            received_at=clock.now(),
            simulated=False,
            average_volume=Decimal(1_000_000),
            sector="",
        )
    )


def a_bench(db: Database, lease_s: float = 30.0) -> Bench:
    """An account whose lease is held by a gateway to a fake broker with the same cash."""
    actor = a_trader(db)
    account_id = an_account(db, actor)
    broker = FakeBroker()
    with db.write() as conn:
        held = lease.acquire(conn, account_id, "test", lease_s)
    assert held is not None
    gateway = Gateway(db, broker, held, lease_s=lease_s, recheck=recheck, max_age_s=60.0)
    gateway.open_stream()
    return Bench(db, actor, account_id, broker, gateway)
