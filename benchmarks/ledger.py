"""How long the ledger takes: an intent committed, a fill committed, and a replay.

Every append is a durable transaction of its own, as in trading; `one_row` is what such a
transaction costs on this machine with nothing but one update in it. The replay reads all events and
applies them to a fresh book; the last line applies them without the database.

    python benchmarks/ledger.py                  # SQLite in a temporary folder
    python benchmarks/ledger.py --url postgresql+psycopg://...   # an empty database
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import sqlalchemy as sa

from terminal.accounts.actor import Actor, Role
from terminal.db.database import Database
from terminal.db.migrate import upgrade
from terminal.db.repositories import ledger, ledger_check, trading_accounts
from terminal.db.tables.accounts import users
from terminal.execution import lease
from terminal.execution.book import Book
from terminal.execution.events import EventKind, intent_payload
from terminal.execution.lots import LotMethod
from terminal.execution.order import OrderIntent, Side

NOW = datetime(2026, 1, 5, 15, tzinfo=UTC)
OWNER = Actor(9_001, "benchmark", Role.TRADER)


class Account:
    """An account of its own with a lease, and one transaction an event."""

    def __init__(self, db: Database) -> None:
        self.db = db
        with db.write() as conn:
            if (
                conn.execute(sa.select(users.c.id).where(users.c.id == OWNER.user_id)).first()
                is None
            ):
                conn.execute(users.insert().values(
                    id=OWNER.user_id, username=OWNER.username, password_hash="", role="trader",
                    active=True, created_at=NOW,
                ))  # fmt: skip
            name = f"run {time.time_ns()}"
            made = trading_accounts.create(
                conn, OWNER, name, "paper", NOW, lot_method=LotMethod.FIFO
            )
            self.id = made.id
            held = lease.acquire(conn, made.id, "benchmark", 3_600)
        assert held is not None
        self.token = held.token

    def one_row(self, number: int) -> None:
        """What any durable transaction costs here: one row changed by its key."""
        table = users
        with self.db.write(durable=True) as conn:
            conn.execute(
                table.update().where(table.c.id == OWNER.user_id).values(active=bool(number % 2))
            )

    def intent(self, number: int) -> None:
        side = Side.BUY if number % 2 else Side.SELL
        intent = OrderIntent(f"{self.id}-{number}", self.id, f"S{number % 10}", side, Decimal(10))
        self._append(EventKind.INTENT, intent_payload(intent), number)

    def send(self, number: int) -> None:
        self._append(EventKind.SEND_BEGUN, {"attempt": 1}, number)

    def acknowledge(self, number: int) -> None:
        payload = {"broker_order_id": f"b{number}", "at": NOW}
        self._append(EventKind.ACKNOWLEDGED, payload, number)

    def fill(self, number: int) -> None:
        payload = {
            "execution_id": f"e{number}", "symbol": f"S{number % 10}",
            "side": "buy" if number % 2 else "sell", "quantity": Decimal(10),
            "price": Decimal(100) + Decimal(number % 97) / 100, "fee": Decimal("0.35"),
            "at": NOW + timedelta(seconds=number),
        }  # fmt: skip
        self._append(EventKind.FILL, payload, number)

    def _append(self, kind: EventKind, payload: dict[str, object], number: int) -> None:
        with self.db.write(durable=True) as conn:
            ledger.append(conn, self.id, kind, payload, client_order_id=f"{self.id}-{number}",
                          token=self.token)  # fmt: skip


def timed(what: Callable[[int], None], numbers: range) -> tuple[list[float], float]:
    """Milliseconds of each call, sorted, and of this process's own work at each on average."""
    taken, own = [], time.process_time()
    for number in numbers:
        began = time.perf_counter()
        what(number)
        taken.append((time.perf_counter() - began) * 1_000)
    return sorted(taken), (time.process_time() - own) * 1_000 / len(taken)


def measure(db: Database, orders: int) -> None:
    """Print the figures of one database."""
    kind = db.engine.dialect.name
    upgrade(db)
    warm, account = Account(db), Account(db)
    steps = ("one_row", "intent", "send", "acknowledge", "fill")
    for step in steps:
        timed(getattr(warm, step), range(20))
    for step in steps:
        taken, own = timed(getattr(account, step), range(orders))
        print(
            f"{kind:10} {step:12} commit: fastest {taken[0]:6.2f} ms, median {median(taken):6.2f}, "
            f"95 % {taken[int(len(taken) * 0.95)]:6.2f}; own work {own:5.2f} ms"
        )
    with db.read() as conn:
        began = time.perf_counter()
        told = list(ledger.events(conn, account.id))
        read_s = time.perf_counter() - began
        began = time.perf_counter()
        checked = ledger.verify(conn, account.id)
        verify_s = time.perf_counter() - began
        same = ledger_check.compare(conn, account.id) == ()
    began = time.perf_counter()
    Book.of(told, LotMethod.FIFO)
    applied_s = time.perf_counter() - began
    count = len(told)
    print(f"{kind:10} replay of {count:,} events: {count / (read_s + applied_s):,.0f} events/s "
          f"(book alone {count / applied_s:,.0f}/s), verify {count / verify_s:,.0f} events/s, "
          f"chain {'intact' if checked.intact else 'BROKEN'}, tables "
          f"{'equal' if same else 'DIFFER'}")  # fmt: skip


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--orders", type=int, default=500)
    parser.add_argument("--url", default="")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        db = Database(chosen.url or f"sqlite+pysqlite:///{folder}/ledger.db")
        measure(db, chosen.orders)
        db.close()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
