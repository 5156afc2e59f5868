"""The only code that sends: the holder of an account's lease, between ledger and broker.

A send is authorised in a durable transaction (lease, kill switch, limits, `send_begun`) and made
right after its commit. No answer means UNKNOWN: the broker is asked by the order's own name, and
only when it says that there is none is the same name sent again. The stream is a hint; what it says
is written like everything else, once, by the broker's own ids.
"""

from __future__ import annotations

import logging
import queue
import time
from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from terminal import clock
from terminal.db.database import Database
from terminal.db.repositories import ledger, orders
from terminal.execution import kill, lease
from terminal.execution.brokers.protocol import (
    Broker,
    BrokerOrder,
    BrokerRejected,
    BrokerUnavailable,
    BrokerUncertain,
    OrderUpdate,
    Subscription,
)
from terminal.execution.crash_points import reached
from terminal.execution.events import EventKind
from terminal.execution.lease import Lease
from terminal.execution.limits import Denial
from terminal.execution.order import OrderIntent
from terminal.execution.records import record_fill, record_order
from terminal.execution.states import OrderState

log = logging.getLogger(__name__)

RENEW_PART = 3
"""A lease is renewed when this part of it has passed."""
ASK_AGAIN_S = 1.0
"""Between two questions about an order without an answer."""
FILLS_OVERLAP = timedelta(seconds=2)
SETTLE_S = 3.0
"""A send without an answer may still arrive; before that the broker's "none" is not believed."""

Recheck = Callable[[sa.Connection, OrderIntent], Sequence[Denial]]
"""Denials of an intent at the moment of its send; see `terminal.execution.submit.recheck`."""


class Gateway:
    """Sends what the ledger holds, and writes down what the broker says."""

    def __init__(
        self,
        db: Database,
        broker: Broker,
        held: Lease,
        *,
        lease_s: float,
        recheck: Recheck,
        max_age_s: float,
    ) -> None:
        """`max_age_s`: an intent that could not be sent within this time expires unsent."""
        self.db = db
        self.broker = broker
        self.lease = held
        self.account_id = held.account_id
        self.max_age_s = max_age_s
        self._lease_s = lease_s
        self._renewed = time.monotonic()
        self._recheck = recheck
        self._updates: queue.SimpleQueue[OrderUpdate] = queue.SimpleQueue()
        self._stream: Subscription | None = None
        self._asked: dict[str, float] = {}
        self._unanswered_at: dict[str, float] = {}
        self.rejects: deque[float] = deque(maxlen=10_000)
        self.errors: deque[float] = deque(maxlen=10_000)
        self.answered_at = time.monotonic()
        self.heard_at = time.monotonic()
        self.behind = False
        """Whether the broker has told of more than its executions here add up to."""

    def open_stream(self) -> None:
        """Listen to the broker's order updates."""
        self._stream = self.broker.stream(self._updates.put)

    def close(self) -> None:
        """Stop listening; what was not read yet the next reconciliation finds."""
        if self._stream is not None:
            self._stream.close()

    @property
    def connected(self) -> bool:
        """Whether the stream of updates is up."""
        return self._stream is not None and self._stream.connected

    def keep_lease(self) -> None:
        """Renew when it is time; LeaseLost when another process has taken it."""
        if time.monotonic() - self._renewed < self._lease_s / RENEW_PART:
            return
        began = time.monotonic()
        with self.db.write() as conn:
            self.lease = lease.renew(conn, self.lease, self._lease_s)
        self._renewed = began

    def take_updates(self) -> int:
        """Write down what the stream has brought; how many messages.

        Of a fill the stream only says that there is one: executions are booked from the broker's
        own list, so that one told on two ways, perhaps under two names, counts once.
        """
        taken, filled_at = 0, None
        while True:
            try:
                update = self._updates.get_nowait()
            except queue.Empty:
                break
            taken += 1
            self.answered_at = self.heard_at = time.monotonic()
            with self.db.write(durable=True) as conn:
                record_order(conn, self.account_id, update.order, self.lease.token)
                self._note_behind(conn, update.order)
            if update.fill is not None:
                earlier = filled_at or update.fill.at
                filled_at = min(earlier, update.fill.at)
        if filled_at is not None:
            self._take_fills(filled_at)
        return taken

    def _take_fills(self, since: datetime) -> None:
        """Executions from a little before `since` on, the broker's time."""
        try:
            fills = self.broker.fills_since(since - FILLS_OVERLAP)
        except BrokerUnavailable as error:
            self._failed(error)
            self.behind = True  # the next reconciliation fetches them
            return
        with self.db.write(durable=True) as conn:
            reached("before_fill_commit")
            for fill in fills:
                record_fill(conn, self.account_id, fill, self.lease.token)
            self.behind = False
        reached("after_fill_commit")

    def send_pending(self) -> int:
        """Send every intent that waits, oldest first; how many were handed to the broker."""
        with self.db.read() as conn:
            waiting = orders.in_states(conn, self.account_id, (OrderState.INTENT,))
        return sum(self.send(row) for row in waiting)

    def send(self, row: orders.OrderRow) -> bool:
        """One intent: authorise, commit, send, write down the answer."""
        intent = row.intent
        if self._too_old(row.created_at):
            self._append(
                EventKind.EXPIRED,
                {"at": clock.now(), "message": f"Not sent within {self.max_age_s:.0f} s."},
                intent.client_order_id,
            )
            return False
        reached("before_send_begun")
        if not self._authorise(intent, resend=False):
            return False
        reached("after_send_begun")
        return self._hand_over(intent)

    def resolve(self) -> int:
        """Ask about orders without an answer; how many were settled.

        An order found at the broker is acknowledged. One the broker does not know is sent again
        under the same name, unless it has become too old or the account is stopped.
        """
        with self.db.read() as conn:
            rows = orders.in_states(conn, self.account_id, (OrderState.SENDING, OrderState.UNKNOWN))
        settled = 0
        for row in rows:
            name = row.client_order_id
            if time.monotonic() - self._asked.get(name, -ASK_AGAIN_S) < ASK_AGAIN_S:
                continue
            self._asked[name] = time.monotonic()
            settled += self._resolve(row)
        return settled

    def _resolve(self, row: orders.OrderRow) -> bool:
        name = row.client_order_id
        found = self._ask(name)
        if isinstance(found, BrokerOrder):
            self._acknowledge(found)
            return True
        if found is not None or not self._settled(name, row):
            return False
        if self._too_old(row.created_at):
            self._append(
                EventKind.EXPIRED,
                {"at": clock.now(), "message": "The broker never had it; it is too old to resend."},
                name,
            )
            return True
        self._append(EventKind.NOT_AT_BROKER, {}, name)
        if not self._authorise(row.intent, resend=True):
            return False
        return self._hand_over(row.intent)

    def _settled(self, name: str, row: orders.OrderRow) -> bool:
        """Whether a "none" may be believed: the last send is long enough ago to have arrived."""
        if name not in self._unanswered_at and row.sent_at is not None:
            # sent by an earlier process: its own clock is in the row
            return bool(clock.now() - row.sent_at >= timedelta(seconds=SETTLE_S))
        return time.monotonic() - self._unanswered_at.get(name, 0.0) >= SETTLE_S

    def cancel(self, row: orders.OrderRow) -> None:
        """Hand a cancel that the ledger holds to the broker; the end comes as an update."""
        if row.broker_order_id is None:
            return
        self.keep_lease()
        try:
            self.broker.cancel(row.broker_order_id)
            self.answered_at = time.monotonic()
        except BrokerRejected:
            # it has ended already: what it ended as, the broker says
            found = self._ask(row.client_order_id)
            if isinstance(found, BrokerOrder):
                self._acknowledge(found)
        except (BrokerUncertain, BrokerUnavailable) as error:
            self._failed(error)

    def cancel_pending(self) -> int:
        """Hand over the cancels asked for; again every few seconds until they are answered."""
        with self.db.read() as conn:
            rows = orders.in_states(conn, self.account_id, (OrderState.CANCELLING,))
        handed = 0
        for row in rows:
            key = f"cancel {row.client_order_id}"
            if time.monotonic() - self._asked.get(key, -SETTLE_S) < SETTLE_S:
                continue
            self._asked[key] = time.monotonic()
            self.cancel(row)
            handed += 1
        return handed

    def cancel_all(self) -> bool:
        """Ask the broker to cancel everything; whether it took the request."""
        try:
            self.broker.cancel_all()
        except (BrokerRejected, BrokerUncertain, BrokerUnavailable) as error:
            self._failed(error)
            return False
        self.answered_at = time.monotonic()
        return True

    def _authorise(self, intent: OrderIntent, *, resend: bool) -> bool:
        """Commit that a send begins; False when a kill or a limit forbids it now."""
        self.keep_lease()
        with self.db.write(durable=True) as conn:
            stopped = kill.require_armed(conn, self.account_id)
            lease.require(conn, self.account_id, self.lease.token)
            row = orders.locked(conn, self.account_id, intent.client_order_id)
            allowed = (OrderState.UNKNOWN, OrderState.SENDING) if resend else (OrderState.INTENT,)
            if row.state not in allowed:
                return False
            if stopped is not None and not kill.lets_through(intent):
                if not resend:
                    self._deny(conn, intent, [kill.denial(stopped)])
                return False
            denials = [] if resend else list(self._recheck(conn, intent))
            if denials:
                self._deny(conn, intent, denials)
                return False
            ledger.append(
                conn,
                self.account_id,
                EventKind.SEND_BEGUN,
                {"attempt": row.attempts + 1},
                client_order_id=intent.client_order_id,
                token=self.lease.token,
            )
        return True

    def _hand_over(self, intent: OrderIntent) -> bool:
        name = intent.client_order_id
        self.keep_lease()
        try:
            answer = self._place(intent)
        except BrokerRejected as error:
            self.answered_at = time.monotonic()
            found = self._ask(name) if error.code == "duplicate" else None
            if isinstance(found, BrokerOrder):
                self._acknowledge(found)  # it was there: an earlier send had arrived
                return True
            if error.code == "duplicate":
                self._no_answer(name, error)
                return True
            self.rejects.append(time.monotonic())
            self._append(EventKind.REJECTED, {"code": error.code, "message": error.message}, name)
            return True
        except (BrokerUncertain, BrokerUnavailable) as error:
            self._failed(error)
            self._no_answer(name, error)
            return True
        reached("after_send")
        self.answered_at = time.monotonic()
        self._acknowledge(answer)
        reached("after_ack_commit")
        return True

    def _place(self, intent: OrderIntent) -> BrokerOrder:
        if intent.replaces is None:
            return self.broker.submit(intent)
        with self.db.read() as conn:
            before = orders.by_id(conn, self.account_id, intent.replaces)
        if before.broker_order_id is None:
            raise BrokerRejected("The order it replaces never reached the broker.", code="replace")
        return self.broker.replace(before.broker_order_id, intent)

    def _acknowledge(self, found: BrokerOrder) -> None:
        with self.db.write(durable=True) as conn:
            record_order(conn, self.account_id, found, self.lease.token)
            self._note_behind(conn, found)
        self._unanswered_at.pop(found.client_order_id, None)
        self._asked.pop(found.client_order_id, None)

    def _note_behind(self, conn: sa.Connection, found: BrokerOrder) -> None:
        known = orders.by_id(conn, self.account_id, found.client_order_id).filled_quantity
        self.behind = self.behind or found.filled_quantity > known

    def _no_answer(self, name: str, error: Exception) -> None:
        self._unanswered_at[name] = time.monotonic()
        self._append(EventKind.UNANSWERED, {"error": str(error)}, name)

    def _ask(self, name: str) -> BrokerOrder | Exception | None:
        """The broker's order of this name, None when it has none, the error when it did not say."""
        try:
            found = self.broker.order(name)
        except BrokerUnavailable as error:
            self._failed(error)
            return error
        self.answered_at = time.monotonic()
        return found

    def _append(self, kind: EventKind, payload: dict[str, Any], name: str) -> None:
        with self.db.write(durable=True) as conn:
            ledger.append(
                conn,
                self.account_id,
                kind,
                payload,
                client_order_id=name,
                token=self.lease.token,
            )

    def _deny(self, conn: sa.Connection, intent: OrderIntent, denials: Sequence[Denial]) -> None:
        ledger.append(
            conn,
            self.account_id,
            EventKind.DENIED,
            {"reasons": [denial.as_dict() for denial in denials]},
            client_order_id=intent.client_order_id,
            token=self.lease.token,
        )

    def _failed(self, error: Exception) -> None:
        self.errors.append(time.monotonic())
        log.warning("account %s: %s", self.account_id, error)

    def _too_old(self, created_at: datetime) -> bool:
        return clock.now() - created_at > timedelta(seconds=self.max_age_s)

    def counted(self, times: deque[float], window_s: float) -> int:
        """How many of these moments lie within the window."""
        oldest = time.monotonic() - window_s
        return sum(1 for at in times if at >= oldest)


def equity_of(
    cash: Decimal, units: dict[str, Decimal], prices: dict[str, Decimal]
) -> Decimal | None:
    """Cash and what is held at these prices; None when a price is missing."""
    if any(symbol not in prices for symbol, held in units.items() if held):
        return None
    return cash + sum((held * prices[symbol] for symbol, held in units.items() if held), Decimal(0))
