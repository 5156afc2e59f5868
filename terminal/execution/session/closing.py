"""At the close of the exchange: the daily statement of the account, reconciled to the cent."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from terminal import clock
from terminal.db.database import Database
from terminal.db.repositories import statements
from terminal.db.tables import trading as tables
from terminal.errors import Conflict, InputError
from terminal.execution.brokers.protocol import Broker, BrokerClock

EXCHANGE_ZONE = ZoneInfo("America/New_York")


class Closing:
    """Notices the close of a session of the exchange and issues the statement once."""

    def __init__(self, db: Database, account_id: str, log: Callable[[str], None]) -> None:
        self.db = db
        self.account_id = account_id
        self.log = log
        self._open_on: date | None = None

    def look(
        self, now: BrokerClock, broker: Broker, token: int, reconcile: Callable[[], bool]
    ) -> bool:
        """After each reading of the exchange's clock; whether a statement was issued.

        reconcile : brings the ledger up to date first; whether it then agreed with the broker.
        """
        if now.is_open:
            self._open_on = now.at.astimezone(EXCHANGE_ZONE).date()
            return False
        closed, self._open_on = self._open_on, None
        if closed is None or now.at.astimezone(EXCHANGE_ZONE).date() != closed:
            return False  # a replay that leapt over the close: the next statement covers it
        if not reconcile():
            self.log(f"No statement of {closed}: ledger and broker do not agree yet.")
            return False
        theirs = broker.account()
        # the broker's own marks of what is held: its equity is to agree to the cent
        marks = {p.symbol: p.price for p in broker.positions() if p.price is not None}
        try:
            with self.db.write(durable=True) as conn:
                made = statements.issue(
                    conn,
                    self.account_id,
                    closed,
                    _prices(conn, self.account_id) | marks,
                    clock.now(),
                    broker_cash=theirs.cash,
                    broker_equity=theirs.equity,
                    token=token,
                )
        except (Conflict, InputError) as error:
            self.log(f"No statement of {closed}: {error}")
            return False
        self.log(f"Statement of {closed}: {'reconciled' if made.reconciled else 'NOT reconciled'}.")
        return True


def _prices(conn: sa.Connection, account_id: str) -> dict[str, Decimal]:
    table = tables.last_prices
    rows = conn.execute(
        sa.select(table.c.symbol, table.c.price).where(table.c.account_id == account_id)
    )
    return {row.symbol: row.price for row in rows}
