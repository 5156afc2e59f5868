"""A trading floor for experiments: an exchange in its own process, a database, accounts, sessions.

Time on the exchange moves by hand. Every order typed has a size that no other has, so that two at
the exchange are seen to be one order sent twice, whatever they are called.
"""

from __future__ import annotations

import copy
import itertools
import os
import random
import shutil
import signal
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import requests

from terminal import clock
from terminal.accounts.actor import SYSTEM, Actor
from terminal.codec import content_hash, to_json
from terminal.db.database import Database
from terminal.db.repositories import jobs as job_rows
from terminal.db.repositories import live_sessions, orders
from terminal.execution.account_view import set_limits
from terminal.execution.breakers import BreakerLimits
from terminal.execution.limits import Limits
from terminal.execution.opening import open_paper
from terminal.execution.order import OrderIntent, OrderType, Side, TimeInForce, client_order_id
from terminal.execution.request import LiveSessionRequest
from terminal.execution.states import OrderState
from terminal.execution.submit import Submitted, submit, withdraw
from terminal.jobs.kinds import get_kind
from terminal.jobs.rows import new_row
from terminal.jobs.sweep import give_back
from terminal.market.timeframe import Timeframe
from terminal.settings import ROOT, Settings, load_settings
from tests.faults.checker import NO_ANSWER, Findings, Truth, check
from tests.faults.nursery import Nursery, Started
from tests.pages.conftest import free_port
from tests.paper_exchange import TOKEN, Served, bars, variables, walk
from tests.terminal.execution.trading_fixtures import a_trader

SYMBOLS = ("AAA", "BBB", "CCC", "DDD")
STRATEGY_SYMBOLS, HAND, FAR = ("AAA", "BBB"), "CCC", "DDD"
N_BARS = 1_500
CASH = Decimal(10) ** 10
FREE = Limits(
    max_leverage=0.0, price_collar_percent=0.0, duplicate_window_s=0.0, max_orders_per_second=0,
    max_orders_per_minute=0, max_open_orders=0, buying_power_multiple=0.0, max_price_age_s=0.0,
    max_market_price_age_s=0.0, allow_short=True,
)  # fmt: skip
NO_BREAKERS = BreakerLimits(
    daily_loss=0, drawdown=0, rejects=0, errors=0, runaway=0, stale_feed_s=0, disconnect_s=0
)
QUICK = {
    "ATT_TRADING__RECONCILE_S": "2", "ATT_TRADING__INTENT_MAX_AGE_S": "900",
    "ATT_TRADING__BROKER_TIMEOUT_S": "2", "ATT_TRADING__LEASE_S": "15",
    "ATT_STORAGE__MIN_FREE_MB": "0",
}  # fmt: skip
POLL_S = 0.02


def until(what: Callable[[], bool], seconds: float, words: str) -> float:
    """Wait for something; how long it took. AssertionError when it does not happen."""
    began = time.monotonic()
    while not what():
        if time.monotonic() - began > seconds:
            raise AssertionError(f"not within {seconds:g} s: {words}")
        time.sleep(POLL_S)
    return time.monotonic() - began


class Floor:
    """One exchange, one database."""

    def __init__(
        self,
        folder: Path,
        nursery: Nursery,
        url: str,
        settings: Mapping[str, str] | None = None,
        start: str = "2024-03-04",
    ) -> None:
        """`url` : of a migrated database. `start` : first day of the exchange's bars."""
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.nursery = nursery
        self.port = free_port()
        own = variables(folder, self.port, None) | QUICK | dict(settings or {})
        self.environ = own | {"ATT_STORAGE__DATABASE_URL": url}
        self.settings: Settings = load_settings(ROOT / "config", self.environ)
        self.db = Database(url)
        self.exchange = Served(folder, self.port)
        bars(walk(SYMBOLS, N_BARS), start=start).to_parquet(folder / "bars.parquet")
        self.exchange_process = self._start_exchange()
        self.sessions: list[Session] = []
        self.exchange.step(2)

    def _start_exchange(self) -> Started:
        made = self.nursery.start("exchange", [str(self.folder / "bars.parquet")], self.environ)
        until(self._answers, 60, "the exchange answers")
        return made

    def _answers(self) -> bool:
        try:
            return self.exchange.session.get(f"{self.exchange.url}/healthz", timeout=2).ok
        except requests.RequestException:
            return False

    def restart_exchange(self) -> None:
        """Kill the exchange; it comes back from its log."""
        self.exchange_process.kill()
        self.exchange_process = self._start_exchange()

    def open(self, strategy: str = "flip", **more: Any) -> Session:
        """An account without limits, and its session's job."""
        made = Session(self, strategy, **more)
        self.sessions.append(made)
        return made

    def fault(self, kind: str, **options: Any) -> None:
        answer = requests.post(
            f"{self.exchange.url}/admin/faults", json={"kind": kind, **options}, timeout=30,
            headers={"Authorization": f"Bearer {TOKEN}"},
        )  # fmt: skip
        assert answer.ok, answer.text

    def clear(self) -> None:
        self.exchange.control("DELETE", "faults")

    def close(self) -> None:
        for session in self.sessions:
            session.end()
        self.exchange.session.close()
        self.exchange_process.kill()
        self.exchange_process.close()
        self.db.close()


class Session:
    """An account, and the job of a live session that follows a strategy on it."""

    def __init__(
        self, floor: Floor, strategy: str, *, limits: Limits = FREE,
        breakers: BreakerLimits = NO_BREAKERS,
    ) -> None:  # fmt: skip
        self.floor, self.db = floor, floor.db
        self.actor: Actor = a_trader(self.db, f"trader-{uuid.uuid4().hex[:8]}")
        self.account = open_paper(self.db, floor.settings, self.actor, "one", CASH)
        self.account_id = self.account.id
        with self.db.write() as conn:
            set_limits(conn, self.actor, self.account_id, limits, breakers)
        self.request = LiveSessionRequest(
            account_id=self.account_id,
            symbols=STRATEGY_SYMBOLS if strategy else SYMBOLS,
            strategy=strategy,
            timeframe=Timeframe.MIN_15,
            share=0.001,
        )
        self.job_id = self._new_job()
        self.process: Started | None = None
        self.asked: list[str] = []
        self.started_at = clock.now()
        self._token = ""
        self._sizes = itertools.count(1)

    def another(self) -> Session:
        """Another session on the same account, without a strategy."""
        made = copy.copy(self)
        made.request = replace(self.request, strategy="", symbols=SYMBOLS)
        made.job_id = made._new_job()
        made.process = None
        self.floor.sessions.append(made)
        return made

    def _new_job(self) -> str:
        json = to_json(self.request)
        values = new_row(
            self.floor.settings, self.actor, get_kind("live_session"), json,
            content_hash(self.request),
        )  # fmt: skip
        values |= {"title": "experiment", "seed": 1}
        with self.db.write() as conn:
            job_rows.insert(conn, values)
        return str(values["id"])

    # --- its process

    def start(self, *, crash: str = "", without: Sequence[str] = (), **environ: str) -> None:
        """Claim the job and run it in a new process, as a worker does."""
        self._token = uuid.uuid4().hex
        self.started_at = clock.now()
        with self.db.write() as conn:
            row = job_rows.claim(
                conn, self.job_id, token=self._token, worker_id="w", now=clock.now()
            )
        assert row is not None, f"the job could not be claimed: {self.job()}"
        variables = self.floor.environ | environ | ({"ATT_CRASH_POINT": crash} if crash else {})
        self.process = self.floor.nursery.start(
            "session", [self.job_id, self._token], variables, without
        )

    def kill(self) -> None:
        """SIGKILL, and the job back to its queue."""
        assert self.process is not None
        self.process.kill()
        self.give_back()

    def give_back(self) -> None:
        """What a worker does with the job of a process that died."""
        assert self.process is not None
        self.process.close()
        self.process = None
        with self.db.write() as conn:
            give_back(
                conn, self.job_id, self._token, reason="killed", attempts_left=True,
                cancelled=False, now=clock.now(), refund=True,
            )  # fmt: skip

    def freeze(self) -> None:
        """SIGSTOP, at a moment at which it does not keep SQLite's only writer's turn: there,
        everybody would stand still with it."""
        assert self.process is not None
        with self.db.write():
            self.process.send(signal.SIGSTOP)
            until(self._stands_still, 10, "it stands still")

    def _stands_still(self) -> bool:
        assert self.process is not None
        status = Path(f"/proc/{self.process.pid}/stat").read_text()
        return status.rpartition(")")[2].split()[0] in "Tt"

    def thaw(self) -> None:
        assert self.process is not None
        self.process.send(signal.SIGCONT)

    def end(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.close()
            self.process = None

    def job(self) -> tuple[str, Any]:
        """State of its job, and its error."""
        with self.db.read() as conn:
            found = job_rows.get(conn, SYSTEM, self.job_id)
        return found.state, found.error

    @property
    def row(self) -> live_sessions.LiveSession | None:
        with self.db.read() as conn:
            found = live_sessions.of_account(conn, self.account_id, 1)
        return found[0] if found else None

    @property
    def is_running(self) -> bool:
        """Whether the process that was started last has reconciled and trades."""
        row = self.row
        if row is None or row.heartbeat_at is None or row.heartbeat_at < self.started_at:
            return False
        return row.state == "running"

    def wait_running(self, seconds: float = 60.0) -> float:
        """Seconds until it trades."""

        def look() -> bool:
            assert self.process is not None and self.process.alive, (
                f"the session ended: {self.floor.nursery.log.read_text()[-3000:]}"
            )
            return self.is_running

        return until(look, seconds, f"the session trades: {self.row}")

    # --- orders

    def order(
        self, kind: str = "market", side: Side = Side.BUY, limit: str = "", *,
        symbol: str = "", tif: TimeInForce = TimeInForce.DAY,
    ) -> Submitted:  # fmt: skip
        """Ask for an order of a size of its own, as a page does."""
        size = next(self._sizes)
        symbol = symbol or (HAND if kind == "market" else FAR)
        leg = f"ticket {size}"
        made = submit(
            self.db, self.actor,
            OrderIntent(
                client_order_id=client_order_id(self.account_id, "manual", None, symbol, leg),
                account_id=self.account_id, symbol=symbol, side=side, quantity=Decimal(size),
                type=OrderType.MARKET if kind == "market" else OrderType.LIMIT,
                limit_price=Decimal(limit) if limit else None, time_in_force=tif, leg=leg,
            ),
        )  # fmt: skip
        self.asked.append(made.client_order_id)
        return made

    def cancel(self, name: str) -> None:
        with self.db.write(durable=True) as conn:
            withdraw(conn, self.account_id, name, "test")

    def in_states(self, *states: OrderState) -> list[orders.OrderRow]:
        with self.db.read() as conn:
            return orders.in_states(conn, self.account_id, states)

    def state(self, name: str) -> OrderState:
        with self.db.read() as conn:
            return orders.by_id(conn, self.account_id, name).state

    def left(self, name: str, *states: OrderState) -> Callable[[], bool]:
        """Whether an order is in none of these states, to wait for it."""
        return lambda: self.state(name) not in states

    def act(self, dice: random.Random) -> None:
        """One thing that happens on a trading day."""
        what = dice.random()
        if what < 0.35:
            self.floor.exchange.step()
        elif what < 0.65:
            self.order()
        elif what < 0.85:
            self.order("limit", limit="50", tif=TimeInForce.GTC)
        else:
            resting = self.in_states(OrderState.ACCEPTED, OrderState.INTENT)
            if resting:
                self.cancel(dice.choice(resting).client_order_id)

    # --- the truth

    def findings(self) -> Findings:
        """Ledger against the exchange's log, now."""
        truth = Truth.of(self.floor.exchange.log, self.account.broker_account_id)
        found = check(self.db, self.account_id, truth, self.asked)
        sizes: dict[str, int] = {}
        for order in truth.orders.values():
            if order["symbol"] in (HAND, FAR):
                sizes[order["qty"]] = sizes.get(order["qty"], 0) + 1
        found.doubled += [f"size {size} is {n} times there" for size, n in sizes.items() if n > 1]
        return found

    def settled(self, seconds: float = 30.0) -> Findings:
        """What is wrong once everything has been answered; the session must be running."""
        found = Findings()

        def quiet() -> bool:
            nonlocal found
            assert self.process is None or self.process.alive, "the session has ended"
            if self.in_states(*NO_ANSWER):
                return False
            found = self.findings()
            return found.clean

        try:
            until(quiet, seconds, "settled")
        except AssertionError:
            found = self.findings()
            if self.process is not None and not self.process.alive:
                found.lost.append(f"the session ended: {self.job()}")
        return found


@contextmanager
def a_floor(
    folder: Path,
    nursery: Nursery,
    migrated: Path | str,
    settings: Mapping[str, str] | None = None,
    start: str = "2024-03-04",
) -> Iterator[Floor]:
    """A floor on a copy of a migrated SQLite file, or on the PostgreSQL database at a URL."""
    folder.mkdir(parents=True, exist_ok=True)
    if isinstance(migrated, Path):
        shutil.copyfile(migrated, folder / "terminal.db")
        url = f"sqlite+pysqlite:///{folder / 'terminal.db'}"
    else:
        url = migrated
    floor = Floor(folder, nursery, url, settings, start)
    try:
        yield floor
    finally:
        floor.close()
        if os.environ.get("FAULTS_KEEP") is None:
            shutil.rmtree(folder, ignore_errors=True)
