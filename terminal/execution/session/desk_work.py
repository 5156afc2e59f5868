"""What a session does between sends: reads its feed, decides on closed bars, works algorithms."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from terminal import clock
from terminal.accounts.actor import Actor
from terminal.db.database import Database
from terminal.db.repositories import ledger, orders
from terminal.db.tables import trading as tables
from terminal.execution.order import FLATTEN, OrderIntent, OrderType, Side, client_order_id
from terminal.execution.session.algorithms import AlgorithmDesk
from terminal.execution.session.trader import Trader, price_of, summary_of
from terminal.execution.session.window import Action, Bar, BarWindow
from terminal.execution.states import WORKING, OrderState
from terminal.execution.submit import Submitted, submit_in
from terminal.market.feed.protocol import Feed, LastQuote

PRICES_EVERY_S = 0.25
SETTLE_S = 0.5
"""How long the bars of one time may trickle in before the session decides without the rest."""


class DeskWork:
    """The work of one session; without a strategy it follows prices and algorithms only."""

    def __init__(
        self,
        db: Database,
        actor: Actor,
        session_id: str,
        account_id: str,
        feed: Feed,
        window: BarWindow,
        trader: Trader | None,
        algorithms: AlgorithmDesk,
        facts: Mapping[str, tuple[Decimal | None, str]],
        actions: Mapping[datetime, Mapping[str, Action]],
        refresh: Callable[[], None],
    ) -> None:
        """`facts`: (mean units a session, sector) by symbol; `actions` by open time of a bar.

        refresh : asks the broker what was filled; a decision must not be ahead of its own fills.
        """
        self.db = db
        self.actor = actor
        self.session_id = session_id
        self.account_id = account_id
        self.feed = feed
        self.window = window
        self.trader = trader
        self.algorithms = algorithms
        self.facts = facts
        self.actions = actions
        self._refresh = refresh
        self.last_signal: dict[str, Any] | None = None
        self.last_bar_ts: datetime | None = trader.decided_until if trader else None
        self.next_bar_at: datetime | None = None
        self._rows: dict[datetime, dict[str, Bar]] = {}
        self._first_seen: dict[datetime, float] = {}
        self._priced = float("-inf")
        self._written: dict[str, LastQuote] = {}

    def step(self, now: datetime, *, is_open: bool, decide: bool) -> None:
        """Read the feed; with `decide`, act on what has closed. `now`: the exchange's time."""
        for bar in self.feed.take():
            self.algorithms.on_bar(bar, self.window.close_of(bar.ts))
            self._rows.setdefault(bar.ts, {})[bar.symbol] = Bar(
                bar.open, bar.high, bar.low, bar.close, bar.volume
            )
            self._first_seen.setdefault(bar.ts, time.monotonic())
        self._keep_prices()
        complete = self._complete_rows()
        for ts in complete:
            # on a bar that another has followed already, it is too late to act
            self._on_row(ts, self._rows.pop(ts), decide=decide and ts == complete[-1])
            self._first_seen.pop(ts)
        self.algorithms.step(self.feed, now, is_open=is_open, decide=decide)

    def flatten(self) -> tuple[Submitted, ...]:
        """Ask to close every position: what works against it is cancelled first by the caller."""
        made = []
        with self.db.write(durable=True) as conn:
            held = ledger.units(conn, self.account_id)
            working = orders.in_states(conn, self.account_id, (OrderState.INTENT, *WORKING))
            closing = {row.symbol for row in working if row.source == FLATTEN}
            stamp = uuid.uuid4().hex
            for symbol, units in sorted(held.items()):
                if units and symbol not in closing:
                    made.append(submit_in(conn, self.actor, self._closing(symbol, units, stamp)))
        return tuple(made)

    def close(self) -> None:
        """Stop listening."""
        self.feed.close()

    def words(self) -> str:
        """For the job's card."""
        if self.last_bar_ts is None:
            return "waiting for the first closed bar" if self.trader else "orders by hand"
        return f"decided on the bar of {self.last_bar_ts:%Y-%m-%d %H:%M} UTC"

    def feed_silent_s(self) -> float | None:
        """Seconds since anything came from the feed."""
        return self.feed.silent_s

    def feed_at(self) -> datetime | None:
        """The feed's own time of its newest price."""
        return max((quote.at for quote in self.feed.quotes().values()), default=None)

    def feed_state(self) -> dict[str, Any]:
        """For the session's card."""
        at = self.feed.last_message_at
        return {
            "name": self.feed.name,
            "simulated": self.feed.simulated,
            "last_message_at": at.isoformat() if at else None,
            "silent_s": self.feed.silent_s,
            "connected": self.feed.connected,
            "staleness": self.feed.staleness().value,
            "gaps": self.feed.gaps,
        }

    def _closing(self, symbol: str, units: Decimal, stamp: str) -> OrderIntent:
        return OrderIntent(
            client_order_id=client_order_id(self.account_id, FLATTEN, None, symbol, stamp),
            account_id=self.account_id,
            symbol=symbol,
            side=Side.SELL if units > 0 else Side.BUY,
            quantity=abs(units),
            type=OrderType.MARKET,
            source=FLATTEN,
            leg=stamp,
            session_id=None,
        )

    def _complete_rows(self) -> list[datetime]:
        """Times whose bars are all there, oldest first, up to the first that still waits."""
        complete = []
        for ts in sorted(self._rows):
            if not self._complete(ts):
                break
            complete.append(ts)
        return complete

    def _complete(self, ts: datetime) -> bool:
        if self.trader is None:
            return True
        if set(self.window.symbols) <= self._rows[ts].keys():
            return True
        return time.monotonic() - self._first_seen[ts] >= SETTLE_S

    def _on_row(self, ts: datetime, bars: Mapping[str, Bar], *, decide: bool) -> None:
        self.last_bar_ts = ts
        if self.trader is None:
            return
        closed_at = self.window.close_of(ts)
        self.next_bar_at = closed_at + (closed_at - ts)
        actions = self.actions.get(ts)
        if not decide:
            self.trader.skip(ts, bars, actions)
            return
        with self.db.read() as conn:
            at_work = bool(orders.working(conn, self.account_id))
        if at_work:
            self._refresh()
        decided = self.trader.on_bars(ts, bars, actions)
        if decided is not None:
            self.last_signal = summary_of(decided)

    def _keep_prices(self) -> None:
        """The newest prices into their table, those that changed."""
        if time.monotonic() - self._priced < PRICES_EVERY_S:
            return
        self._priced = time.monotonic()
        quotes = self.feed.quotes()
        changed = {s: quote for s, quote in quotes.items() if self._written.get(s) != quote}
        if not changed:
            return
        with self.db.write() as conn:
            for symbol, quote in changed.items():
                self._price(conn, symbol, quote.price, quote.at)
        self._written = dict(quotes)

    def _price(self, conn: sa.Connection, symbol: str, price: float, at: datetime) -> None:
        table = tables.last_prices
        volume, sector = self.facts.get(symbol, (None, ""))
        values = {
            "price": price_of(price),
            "at": at,
            "received_at": clock.now(),
            "simulated": self.feed.simulated,
            "average_volume": volume,
            "sector": sector,
        }
        mine = (table.c.account_id == self.account_id, table.c.symbol == symbol)
        if not conn.execute(table.update().where(*mine).values(**values)).rowcount:
            conn.execute(table.insert().values(account_id=self.account_id, symbol=symbol, **values))
