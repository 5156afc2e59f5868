"""The algorithms a session works: their next children into the ledger, their cancels asked for."""

from __future__ import annotations

import math
import time
from bisect import bisect_left
from collections import defaultdict
from datetime import datetime, timedelta

from terminal import clock
from terminal.accounts.actor import Actor
from terminal.db.database import Database
from terminal.db.repositories import parent_orders
from terminal.execution.algorithms import Market, next_children
from terminal.execution.session.trader import price_of
from terminal.execution.submit import submit_in, withdraw
from terminal.market.feed.protocol import ClosedBar, Feed

LOOK_EVERY_S = 0.25
KEPT_BARS = 5_000
RESOLUTION = timedelta(microseconds=1)


class AlgorithmDesk:
    """Looks at every parent of an account that has not ended."""

    def __init__(self, db: Database, actor: Actor, account_id: str) -> None:
        self.db = db
        self.actor = actor
        self.account_id = account_id
        self._looked = float("-inf")
        self._times: dict[str, list[datetime]] = defaultdict(list)
        self._volumes: dict[str, list[float]] = defaultdict(list)

    def on_bar(self, bar: ClosedBar, closed_at: datetime) -> None:
        """Remember what traded: a share of volume is measured by it."""
        times, volumes = self._times[bar.symbol], self._volumes[bar.symbol]
        times.append(closed_at)
        volumes.append(0.0 if math.isnan(bar.volume) else bar.volume)
        del times[:-KEPT_BARS], volumes[:-KEPT_BARS]

    def step(self, feed: Feed, now: datetime, *, is_open: bool, decide: bool) -> None:
        """One look at each parent, at most a few times a second.

        Parameters
        ----------
        now : the exchange's time, which windows are given in. decide : whether new children may be
            sent; cancels are asked for either way.
        """
        if time.monotonic() - self._looked < LOOK_EVERY_S:
            return
        self._looked = time.monotonic()
        with self.db.read() as conn:
            rows = parent_orders.working(conn, self.account_id)
        for row in rows:
            self._look(row, feed, now, is_open=is_open and decide)

    def _look(
        self, row: parent_orders.ParentRow, feed: Feed, now: datetime, *, is_open: bool
    ) -> None:
        order = row.order
        quote = feed.quotes().get(order.symbol)
        market = Market(
            is_open=is_open,
            last=None if quote is None else price_of(quote.price),
            volume=self._volume(order.symbol, order.start_at, now),
            recent_volume=self._recent(row, now),
        )
        with self.db.write(durable=True) as conn:
            step = next_children(order, parent_orders.progress(conn, row), market, now)
            for child in step.place:
                submit_in(conn, self.actor, child)
            for name in step.cancel:
                withdraw(conn, self.account_id, name, f"algorithm {order.algorithm}")
            if (step.state, step.note) != (row.state, row.note):
                parent_orders.set_state(conn, order.id, step.state, step.note, clock.now())

    def _recent(self, row: parent_orders.ParentRow, now: datetime) -> float:
        interval = float(getattr(row.order.params, "interval_s", 0.0))
        since = max(row.order.start_at, now - timedelta(seconds=interval))
        return self._volume(row.order.symbol, since, now)

    def _volume(self, symbol: str, since: datetime, until: datetime) -> float:
        """Units of bars that closed within (since, until]."""
        times = self._times.get(symbol, [])
        first, last = bisect_left(times, since), bisect_left(times, until + RESOLUTION)
        return float(sum(self._volumes[symbol][first:last])) if times else 0.0
