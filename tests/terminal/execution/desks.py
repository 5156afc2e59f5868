"""Accounts in a real database for tests: people, accounts, and events appended one by one."""

from __future__ import annotations

import itertools
import secrets
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from terminal.accounts.actor import Actor, Role
from terminal.db.database import Database
from terminal.db.repositories import ledger, ledger_check, orders, trading_accounts
from terminal.db.repositories.audit import Verification
from terminal.db.tables.accounts import users
from terminal.execution.events import EventKind, intent_payload
from terminal.execution.lots import LotMethod
from terminal.execution.order import OrderIntent, Side
from tests.terminal.db.test_migrations import required
from tests.terminal.execution.ledgers import NOW, cash_payload, fill_payload

_NUMBERS = itertools.count(10_000)


def person(database: Database, role: Role = Role.TRADER) -> Actor:
    """A new user with a name of their own."""
    actor = Actor(next(_NUMBERS), f"user-{secrets.token_hex(4)}", role)
    given = required(users, id=actor.user_id, username=actor.username, role=role.value)
    with database.write() as conn:
        conn.execute(users.insert().values(**given))
    return actor


class Desk:
    """An account of `owner`'s, whose events are appended one transaction each."""

    def __init__(
        self,
        database: Database,
        owner: Actor | None = None,
        name: str = "one",
        method: LotMethod = LotMethod.FIFO,
    ) -> None:
        self.database = database
        self.owner = owner or person(database)
        with database.write() as conn:
            made = trading_accounts.create(conn, self.owner, name, "paper", NOW, lot_method=method)
        self.id = made.id

    def append(self, kind: EventKind, payload: dict[str, Any], order: str | None = None,
               external_id: str | None = None, token: int | None = None) -> bool:  # fmt: skip
        """Write an event; whether it was new."""
        with self.database.write() as conn:
            event = ledger.append(conn, self.id, kind, payload, client_order_id=order,
                                  external_id=external_id, token=token)  # fmt: skip
        return event is not None

    def deposit(self, amount: object, name: str) -> bool:
        return self.append(EventKind.CASH, cash_payload("deposit", amount), external_id=name)

    def intend(
        self, name: str, side: str = "buy", quantity: object = 10, symbol: str = "AAPL",
        **more: Any,
    ) -> bool:  # fmt: skip
        intent = OrderIntent(name, self.id, symbol, Side(side), Decimal(str(quantity)), **more)
        return self.append(EventKind.INTENT, intent_payload(intent), name)

    def send(self, name: str) -> None:
        """A send that the broker acknowledged."""
        self.append(EventKind.SEND_BEGUN, {"attempt": 1}, name)
        self.append(EventKind.ACKNOWLEDGED, {"broker_order_id": f"b-{name}", "at": NOW}, name)

    def fill(self, name: str, *what: Any, **more: Any) -> bool:
        """A fill, as `fill_payload`."""
        return self.append(EventKind.FILL, fill_payload(*what, **more), name)

    def bust(self, execution: str) -> bool:
        return self.append(EventKind.BUST, {"execution_id": execution, "at": NOW})

    def order(self, name: str) -> orders.OrderRow:
        with self.database.read() as conn:
            return orders.by_id(conn, self.id, name)

    def realised(self, execution: str) -> Decimal:
        with self.database.read() as conn:
            found = orders.fills(conn, self.owner, self.id)
        return next(fill.realised for fill in found if fill.execution_id == execution)

    def units(self) -> dict[str, Decimal]:
        with self.database.read() as conn:
            return ledger.units(conn, self.id)

    @property
    def cash(self) -> Decimal:
        with self.database.read() as conn:
            return ledger.cash_balance(conn, self.id)

    def differences(self) -> tuple[str, ...]:
        """Between the tables and a replay."""
        with self.database.read() as conn:
            return ledger_check.compare(conn, self.id)

    def verify(self) -> Verification:
        with self.database.read() as conn:
            return ledger.verify(conn, self.id)

    def verify_after(self, *statements: str | sa.Executable) -> Verification:
        """What is found after tampering with the triggers off; all of it is rolled back."""
        with self.database.engine.connect() as conn:
            transaction = conn.begin()
            if conn.dialect.name == "postgresql":
                conn.exec_driver_sql("ALTER TABLE ledger_events DISABLE TRIGGER USER")
            else:
                for name in ("no_update", "no_delete", "append", "once"):
                    conn.exec_driver_sql(f"DROP TRIGGER ledger_events_{name}")
            for statement in statements:
                if isinstance(statement, str):
                    conn.exec_driver_sql(statement.format(id=self.id))
                else:
                    conn.execute(statement)
            found = ledger.verify(conn, self.id)
            transaction.rollback()
        return found
