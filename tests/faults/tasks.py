"""What the nursery's processes do: they are the product's own code, started here."""

from __future__ import annotations

import itertools
import logging
import os
import sys
import time
import uuid
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from terminal import clock
from terminal.accounts.actor import Actor, Role
from terminal.db.database import get_database
from terminal.db.repositories import jobs as job_rows
from terminal.db.repositories import ledger
from terminal.execution.brokers.alpaca_stream import AlpacaSubscription
from terminal.execution.events import EventKind
from terminal.execution.order import OrderIntent, OrderType, Side, client_order_id
from terminal.execution.submit import submit
from terminal.jobs.execute import execute
from terminal.settings import get_settings
from terminal.strategies.registry import STRATEGIES

STRATEGIES["flip"] = "tests.faults.flip:FLIP"


def session(job_id: str, token: str) -> None:
    """A claimed job, as `workers.job_process` runs it."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(process)d %(message)s")
    _set_clock(float(os.environ.get("FAULTS_CLOCK_S", "0")))
    _raise_every(int(os.environ.get("FAULTS_RAISE_EVERY", "0")))
    execute(get_database(), get_settings(), job_id, token)


def _set_clock(ahead_s: float) -> None:
    """A clock that is wrong by so much."""
    if ahead_s:
        right = clock.now
        clock.now = lambda: right() + timedelta(seconds=ahead_s)


def _raise_every(count: int) -> None:
    """Whoever is told of an order update raises at every one of these."""
    if not count:
        return
    told, numbers = AlpacaSubscription.__init__, itertools.count(1)

    def subscribe(self: Any, key: str, secret: str, url: str, on_update: Any) -> None:
        def raising(update: Any) -> None:
            if next(numbers) % count == 0:
                raise RuntimeError("a handler that raises")
            on_update(update)

        told(self, key, secret, url, raising)

    AlpacaSubscription.__init__ = subscribe  # type: ignore[method-assign]


def exchange(bars: str) -> None:
    """The paper exchange's own entry point."""
    from workers.paper_exchange.__main__ import main

    sys.exit(main(["--bars", bars]))


def command(*arguments: str) -> None:
    """`python -m terminal.execution ...`"""
    from terminal.execution.__main__ import main

    sys.exit(main(_words(arguments)))


def _words(arguments: Sequence[str]) -> list[str]:
    return [str(word) for word in arguments]


def claim(share: list[tuple[int, str]], begin: float, every_s: float, mark: str) -> None:
    """Claim jobs at agreed moments; those it may run are written into the file `mark`."""
    db = get_database()
    for number, job_id in share:
        time.sleep(max(0.0, begin + number * every_s - time.time()))
        with db.write() as conn:
            row = job_rows.claim(
                conn, job_id, token=uuid.uuid4().hex, worker_id="w", now=clock.now()
            )
        if row is not None:
            with open(mark, "a") as file:
                file.write(job_id + "\n")


def append(account_id: str, said: str) -> None:
    """Commit deposits for ever; each is told in the file `said` once it is committed."""
    db = get_database()
    out = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    while True:
        name = uuid.uuid4().hex
        with db.write(durable=True) as conn:
            ledger.append(
                conn,
                account_id,
                EventKind.CASH,
                {"movement": "deposit", "amount": Decimal(1), "at": clock.now()},
                external_id=name,
            )
        os.write(out, f"{name}\n".encode())


def run_away(user_id: int, account_id: str, session_id: str, intents: int) -> None:
    """A strategy's intents, as fast as they can be written down."""
    db, actor = get_database(), Actor(user_id, "runaway", Role.TRADER)
    for number in range(intents):
        leg = f"runaway {number}"
        submit(
            db,
            actor,
            OrderIntent(
                client_order_id=client_order_id(account_id, "flip", None, "AAA", leg),
                account_id=account_id, symbol="AAA", side=Side.BUY, quantity=Decimal(1 + number),
                type=OrderType.LIMIT, limit_price=Decimal(96), source="flip", leg=leg,
                session_id=session_id,
            ),
        )  # fmt: skip
