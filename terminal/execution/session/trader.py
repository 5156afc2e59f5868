"""A session's decisions: closed bars in, intents in the ledger out.

The decision of a bar, what it stands on and its intents are one transaction: after a crash the bar
was either decided on with all its orders, or not at all, and is decided on again.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from terminal import clock
from terminal.accounts.actor import Actor
from terminal.db.database import Database
from terminal.db.repositories import ledger, live_sessions, orders
from terminal.execution.crash_points import reached
from terminal.execution.order import OrderIntent, OrderType, Side, TimeInForce, client_order_id
from terminal.execution.request import LiveSessionRequest
from terminal.execution.session.decision import Change, Standing, decide
from terminal.execution.session.signals import LiveStrategy
from terminal.execution.session.window import Action, Bar, BarWindow
from terminal.execution.states import WORKING, OrderState
from terminal.execution.submit import Submitted, submit_in

COUNTED = (OrderState.INTENT, *WORKING)
PRICE_DIGITS = 10
"""Significant digits a price of the feed has; beyond them a float's decimal text is noise."""


@dataclass(frozen=True)
class Decided:
    """The decision of one bar: targets by symbol (None: no opinion) and what was asked for."""

    bar_ts: datetime
    targets: Mapping[str, float | None]
    submitted: tuple[Submitted, ...]


class Trader:
    """Follows one strategy on one account."""

    def __init__(
        self,
        db: Database,
        actor: Actor,
        session_id: str,
        request: LiveSessionRequest,
        strategy: LiveStrategy,
        window: BarWindow,
        token: Callable[[], int],
        keep_lease: Callable[[], None],
    ) -> None:
        """`token` of the lease; `keep_lease` renews it after a long calculation."""
        self.db = db
        self.actor = actor
        self.session_id = session_id
        self.request = request
        self.strategy = strategy
        self.window = window
        self._token = token
        self._keep_lease = keep_lease
        with db.read() as conn:
            last = live_sessions.last_bar(conn, session_id)
        self.standing = Standing.from_json(last.standing) if last else Standing()
        self.decided_until: datetime | None = last.bar_ts if last else None

    def on_bars(
        self, ts: datetime, bars: Mapping[str, Bar], actions: Mapping[str, Action] | None = None
    ) -> Decided | None:
        """Decide on the bars that opened at `ts`; None when that was done before."""
        self.window.add(ts, bars, actions)
        if self.decided_until is not None and ts <= self.decided_until:
            return None
        targets = self.strategy.targets(self.window.panel)
        closes = {symbol: bars[symbol].close if symbol in bars else math.nan for symbol in targets}
        self._keep_lease()
        with self.db.write(durable=True) as conn:
            decided, standing = self._commit(conn, ts, targets, closes)
            reached("before_intent_commit")
        reached("after_intent_commit")
        self.standing, self.decided_until = standing, ts
        return decided

    def skip(
        self, ts: datetime, bars: Mapping[str, Bar], actions: Mapping[str, Action] | None = None
    ) -> None:
        """Take bars into the window without deciding: the session is paused or was away."""
        self.window.add(ts, bars, actions)

    def _commit(
        self,
        conn: sa.Connection,
        ts: datetime,
        targets: Mapping[str, float],
        closes: Mapping[str, float],
    ) -> tuple[Decided, Standing]:
        account_id = self.request.account_id
        held = ledger.units(conn, account_id)
        balance = ledger.cash_balance(conn, account_id)
        equity = float(balance) + sum(
            float(units) * self._last_close(symbol) for symbol, units in held.items() if units
        )
        expected = {symbol: float(units) for symbol, units in held.items()}
        for row in orders.in_states(conn, account_id, COUNTED):
            left = row.side.sign * float(row.remaining)
            expected[row.symbol] = expected.get(row.symbol, 0.0) + left
        changes, standing = decide(
            targets, closes, equity * self.request.share, expected, self.standing, self.request.lot
        )
        submitted = tuple(
            submit_in(conn, self.actor, intent, token=self._token())
            for change in changes
            for intent in self._intents(change, ts, expected, closes)
        )
        shown = {s: None if math.isnan(target) else target for s, target in targets.items()}
        live_sessions.insert_bar(
            conn,
            self.session_id,
            bar_ts=ts,
            decided_at=clock.now(),
            targets=shown,
            standing=standing.as_json(),
            equity=Decimal(repr(equity)),
            prices={s: None if math.isnan(close) else close for s, close in closes.items()},
        )
        return Decided(ts, shown, submitted), standing

    def _intents(
        self,
        change: Change,
        ts: datetime,
        expected: Mapping[str, float],
        closes: Mapping[str, float],
    ) -> list[OrderIntent]:
        """One order, or two where the position changes sides: brokers refuse to cross zero."""
        held = Decimal(repr(expected.get(change.symbol, 0.0)))
        parts = [change.quantity]
        if held and held * change.quantity < 0 and abs(change.quantity) > abs(held):
            parts = [-held, change.quantity + held]
        return [
            self._intent(change, ts, part, "close" if len(parts) == 2 and k == 0 else "", closes)
            for k, part in enumerate(parts)
        ]

    def _intent(
        self,
        change: Change,
        ts: datetime,
        quantity: Decimal,
        leg: str,
        closes: Mapping[str, float],
    ) -> OrderIntent:
        request = self.request
        return OrderIntent(
            client_order_id=client_order_id(
                request.account_id, self.session_id, ts, change.symbol, leg
            ),
            account_id=request.account_id,
            symbol=change.symbol,
            side=Side.BUY if quantity > 0 else Side.SELL,
            quantity=abs(quantity),
            type=OrderType.MARKET,
            time_in_force=TimeInForce.DAY,
            source=request.strategy,
            bar_ts=ts,
            leg=leg,
            session_id=self.session_id,
            reference_price=price_of(closes[change.symbol]),
        )

    def _last_close(self, symbol: str) -> float:
        """The last close of an instrument of the session; of another the account holds, nothing."""
        if symbol not in self.window.symbols:
            return 0.0
        column = self.window.panel.close[:, self.window.symbols.index(symbol)]
        known = column[~(column != column)]
        return float(known[-1]) if len(known) else 0.0


def price_of(value: float) -> Decimal:
    """A price of the feed as a Decimal."""
    return Decimal(f"{value:.{PRICE_DIGITS}g}")


def summary_of(decided: Decided) -> dict[str, Any]:
    """What a session's card says of its last signal."""
    return {
        "bar_ts": decided.bar_ts.isoformat(),
        "targets": dict(decided.targets),
        "orders": len(decided.submitted),
        "denied": sum(1 for made in decided.submitted if made.denials),
    }
