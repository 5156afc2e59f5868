"""The running exchange: its log, its clock, who listens to it.

Everything happens in one thread, between two awaits; `commit` ends each command.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from terminal.execution.paper import faults as fault
from terminal.execution.paper import wire
from terminal.execution.paper.exchange import Exchange, secret_hash
from terminal.execution.paper.faults import Faults
from terminal.execution.paper.journal import Journal
from terminal.execution.paper.pricing import Rules
from terminal.execution.paper.tape import Tape, as_datetime
from terminal.execution.paper.values import Account, Order
from workers.paper_exchange.streams import MarketStreams, TradeStreams

log = logging.getLogger("paper_exchange")
IDLE_S = 0.25


@dataclass
class Pace:
    """How time moves by itself: simulated seconds in a second, and the longest wait between
    sessions, s. A speed of 0, or paused: only `step` moves it."""

    speed: float = 0.0
    closed_s: float = 2.0
    paused: bool = False


class Service:
    """An exchange that is served.

    Parameters
    ----------
    load : makes the tape from the name of the data set in the log, "" for a new one; called once,
        in a thread, when it is first needed.
    path : of the log. token : of the control endpoints.
    """

    def __init__(
        self, load: Callable[[str], Tape], path: Path, rules: Rules, token: str, pace: Pace
    ) -> None:
        self.load = load
        self.rules = rules
        self.token = token
        self.pace = pace
        self.faults = Faults()
        self.trades = TradeStreams()
        self.market = MarketStreams()
        self.journal = Journal(path)
        self.exchange: Exchange | None = None
        self.told_twice: set[str] = set()
        self._loading = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()
        self._anchor: tuple[float, datetime, float] | None = None  # loop time, simulated, speed

    @property
    def has_accounts(self) -> bool:
        if self.exchange is not None:
            return bool(self.exchange.state.accounts)
        return any(record["k"] == "account" for record in self.journal.records)

    async def ready(self) -> Exchange:
        """The exchange, its market loaded; raises what loading raises."""
        async with self._loading:
            if self.exchange is None:
                records = self.journal.records
                before = str(records[0].get("dataset", "")) if records else ""
                tape = await asyncio.to_thread(self.load, before)
                self.journal.records = []
                self.exchange = Exchange(tape, self.rules, records)
                self.commit()
        return self.exchange

    def commit(self) -> None:
        """Write what happened to the disk, then tell it."""
        exchange = self.exchange
        if exchange is None:
            return
        try:
            self.journal.append(exchange.take())
        except OSError:
            # memory is ahead of the disk: nobody may be told, and only a restart makes them one
            log.exception("the log cannot be written; the exchange ends")
            os._exit(1)
        for account, message in exchange.take_updates():
            self._tell(account, message)

    def _tell(self, account: str, message: dict[str, Any]) -> None:
        is_fill = message["event"] in ("fill", "partial_fill")
        if not self.faults.is_on(fault.MUTE_STREAM, account):
            self.trades.send(account, message)
        if not is_fill:
            return
        if self.faults.of_event(fault.DUPLICATE_FILL, account):
            self.told_twice.add(message["execution_id"])
            self.trades.send(account, message)
        busted = self.faults.of_event(fault.BUST, account)
        if busted:
            self.later(busted.seconds, lambda: self._bust(message["execution_id"]))

    def _bust(self, execution: str) -> None:
        if self.exchange is not None and execution not in self.exchange.state.busted:
            self.exchange.bust(execution)

    def fill_late(self, order: Order, seconds: float) -> None:
        """Fill what a cancelled order had left, `seconds` from now, at the last price."""

        def happen() -> None:
            exchange = self.exchange
            if exchange is not None and order.left > 0:
                price: Decimal = exchange.marks[order.ticket.symbol]
                exchange.late_fill(order, order.left, price)

        self.later(seconds, happen)

    def later(self, seconds: float, happen: Callable[[], None]) -> None:
        """Do something after the answer of the running command."""

        async def wait() -> None:
            await asyncio.sleep(seconds)
            happen()
            self.commit()

        task = asyncio.get_running_loop().create_task(wait())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # --- who asks

    def account_of(self, key: str, secret: str) -> Account | None:
        """The account of a pair of keys; None: there is none, or the secret is another."""
        exchange = self.exchange
        account = exchange.state.by_key.get(key) if exchange else None
        known = account.secret_hash if account else secret_hash("")
        right = hmac.compare_digest(secret_hash(secret), known)
        return account if account is not None and right else None

    def is_operator(self, token: str) -> bool:
        """Whether this is the token of the control endpoints."""
        return hmac.compare_digest(token.encode(), self.token.encode())

    # --- time

    def pass_time(self) -> None:
        """Bring simulated time up to now, short of the next open or close."""
        if self.exchange is not None and self._anchor is not None:
            since, simulated, speed = self._anchor
            passed = asyncio.get_running_loop().time() - since
            self.exchange.pass_until(simulated + timedelta(seconds=passed * speed))

    def phase(self) -> bool:
        """The next open or close; False at the end of the data."""
        exchange = self.exchange
        if exchange is None:
            return False
        if exchange.state.open:
            exchange.close_bar()
        elif not exchange.open_bar():
            return False
        self.commit()
        self.market.phase(exchange)
        return True

    async def tick(self) -> None:
        """Move time by itself, for as long as the process lives."""
        if self.has_accounts:
            await self._prepare()
        while True:
            exchange, pace = self.exchange, self.pace
            upcoming = exchange.next_phase_at() if exchange is not None else None
            moves = pace.speed > 0 and not pace.paused and self.has_accounts
            if exchange is None or upcoming is None or not moves:
                self._anchor = None
                await asyncio.sleep(IDLE_S)
                continue
            seconds = max((upcoming - exchange.now).total_seconds(), 0.0)
            wait = seconds / pace.speed
            if not exchange.is_open:
                wait = min(wait, pace.closed_s)
            loop = asyncio.get_running_loop()
            due = loop.time() + wait
            self._anchor = (loop.time(), exchange.now, seconds / wait if wait else 0.0)
            position = (exchange.row, exchange.state.open)
            while loop.time() < due and self.pace is pace:
                await asyncio.sleep(min(IDLE_S, max(due - loop.time(), 0.0)))
            # a step from outside, or another pace, has made this wait pointless
            if self.pace is pace and position == (exchange.row, exchange.state.open):
                self.phase()
            await asyncio.sleep(0)

    async def _prepare(self) -> None:
        """After a restart with accounts: go on by itself, as soon as there is data."""
        try:
            await self.ready()
        except Exception:
            log.exception("the market could not be loaded; the next request tries again")

    async def close(self) -> None:
        """Stop what is under way; the log is complete at any moment."""
        for task in list(self._tasks):
            task.cancel()
        self.journal.close()


def clock_json(exchange: Exchange) -> dict[str, Any]:
    """Alpaca's clock, in simulated time. After the data's end the next open is a day away."""
    tape, row = exchange.tape, exchange.row
    ahead = next(
        (r for r in range(row + 1, tape.n_rows) if tape.opens_session(r)),
        None,
    )
    if ahead is None:
        next_open = tape.ends(tape.n_rows - 1) + timedelta(days=1)
        next_close = next_open
    else:
        next_open, next_close = as_datetime(tape.opens[ahead]), as_datetime(tape.closes[ahead])
    if exchange.is_open:
        next_close = as_datetime(tape.closes[max(row, 0)])
    return {
        "timestamp": wire.moment(exchange.now),
        "is_open": exchange.is_open,
        "next_open": wire.moment(next_open),
        "next_close": wire.moment(next_close),
    }
