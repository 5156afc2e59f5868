"""A live session from its first moment to its last: lease, recovery, trading, end.

Start is recovery is reconciliation: whatever happened before, trading begins only when ledger and
broker agree, and is interrupted for the same work every `reconcile_s`. Every loop writes what it
sees before it acts on it.
"""

from __future__ import annotations

import logging
import socket
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.exc import DBAPIError, OperationalError

from terminal import clock
from terminal.accounts.actor import SYSTEM
from terminal.db.repositories import ledger, live_sessions, orders
from terminal.errors import Cancelled, Conflict
from terminal.execution import alerts, kill, lease
from terminal.execution.brokers.protocol import Broker, BrokerClock, BrokerUnavailable
from terminal.execution.crash_points import reached
from terminal.execution.gateway import Gateway
from terminal.execution.lease import LeaseLost
from terminal.execution.order import FLATTEN
from terminal.execution.reconcile import Reconciliation, reconcile
from terminal.execution.request import LiveSessionRequest
from terminal.execution.session.closing import Closing
from terminal.execution.session.desk_work import DeskWork
from terminal.execution.session.watch import Watch
from terminal.execution.states import WORKING, OrderState
from terminal.execution.submit import recheck, withdraw
from terminal.jobs.context import JobContext, LostClaim

log = logging.getLogger(__name__)

TICK_S = 0.05
BEAT_S = 1.0
CLOCK_S = 1.0
AWAY_S = 1.0
"""Between two tries while database or broker do not answer."""
WAIT_FOR_LEASE_S = 90.0
QUIET_S = 8.0
"""A stream that says nothing this long while orders work is not trusted: the broker is asked."""


class LiveSession:
    """One attempt of a live session's job."""

    def __init__(
        self,
        request: LiveSessionRequest,
        ctx: JobContext,
        broker: Broker,
        work: Callable[[LiveSession], DeskWork],
    ) -> None:
        """`work` makes what the session does between sends, once it holds the account."""
        self.request = request
        self.ctx = ctx
        self.db = ctx.db
        self.settings = ctx.settings.trading
        self.account_id = request.account_id
        self.id = ctx.job_id
        self.broker = broker
        self._make_work = work
        self.state = "starting"
        self.clock: BrokerClock | None = None
        self.closing = Closing(ctx.db, request.account_id, ctx.log)
        self.reconciled_at: datetime | None = None
        self.last: Reconciliation | None = None
        self.orders_sent = 0
        self.flattening = request.flatten
        self._beaten = self._clocked = self._reconciled = float("-inf")
        self._halted_by: str | None = None
        self._cancelled_at = float("-inf")

    def run(self) -> dict[str, Any]:
        """Until it is told to stop; the summary for the job's row.

        Raises
        ------
        Conflict : the account is held by another session.
        """
        with self.db.write() as conn:
            live_sessions.begin(conn, self.id, self.account_id, self.ctx.actor.user_id, clock.now())
        reached("after_claim")
        ended: str | None = "failed"
        try:
            while not self._hold():
                pass
            ended = "stopped"
        except Cancelled:
            ended = "stopped"
            raise
        except LostClaim:
            ended = None  # the row belongs to the process that goes on
            raise
        finally:
            if ended is not None:
                self._end(ended)
        return {"orders_sent": self.orders_sent, "account": self.account_id}

    def _hold(self) -> bool:
        """Take the account, recover, trade; False: the lease was lost, begin again.

        A process that was frozen, or could not reach the database, comes back with another token:
        what it had begun is then found like after any crash.
        """
        self.gateway = self._take_account()
        reached("after_lease")
        self.work = self._make_work(self)
        self.watch = Watch(self.db, self.account_id, self.gateway)
        try:
            self.gateway.open_stream()
            self._recover()
            reached("after_reconcile")
            self._trade()
        except Cancelled:
            self._cancel_own()
            raise
        except LeaseLost as error:
            self.ctx.log(str(error), "warning")
            return False
        finally:
            self.work.close()
            self.gateway.close()
            self._release()
        return True

    def _end(self, state: str) -> None:
        self._write(state=state, ended_at=clock.now())
        if state != "failed":
            return
        with self.db.write() as conn:
            alerts.raise_alert(
                conn,
                self.ctx.actor.user_id,
                self.account_id,
                "critical",
                "A live session has ended with an error",
                "Orders at the broker still work. The job's log says what happened.",
            )

    def _take_account(self) -> Gateway:
        """The lease, waiting for one that a dead process left behind."""
        holder = f"{self.id}:{socket.gethostname()[:24]}"
        deadline = time.monotonic() + max(WAIT_FOR_LEASE_S, 2 * self.settings.lease_s)
        while True:
            with self.db.write() as conn:
                held = lease.acquire(conn, self.account_id, holder, self.settings.lease_s)
            if held is not None:
                break
            if time.monotonic() > deadline:
                raise Conflict(
                    "Another session holds this account.",
                    field="account",
                    remedy="Stop that session first.",
                )
            self.ctx.progress(0.0, "Waiting", "the account is held by another session")
            time.sleep(AWAY_S)
        return Gateway(
            self.db,
            self.broker,
            held,
            lease_s=self.settings.lease_s,
            recheck=recheck,
            max_age_s=self.settings.intent_max_age_s,
        )

    def _recover(self) -> None:
        """Reconcile until clean; nothing is sent before, but resends of what has no answer."""
        self._set_state("reconciling")
        while True:
            self._beat(force=True)
            try:
                self.gateway.keep_lease()
                self._reconcile()
                if self.last is not None and self.last.clean:
                    break
                self.gateway.resolve()
            except BrokerUnavailable as error:
                self.ctx.log(f"The broker does not answer: {error}", "warning")
            except DBAPIError as error:
                log.warning("session %s: the database does not answer: %s", self.id, error)
            self._pause(AWAY_S)
        self._set_state("running")

    def _trade(self) -> None:
        while True:
            try:
                if not self._step():
                    return
            except DBAPIError as error:
                # without the database nothing can be authorised, so nothing is sent
                log.warning("session %s: the database does not answer: %s", self.id, error)
                time.sleep(AWAY_S)
            except BrokerUnavailable as error:
                log.warning("session %s: %s", self.id, error)
                self._pause(AWAY_S)

    def _step(self) -> bool:
        """One turn; False when the session is to end."""
        gateway = self.gateway
        gateway.keep_lease()
        gateway.take_updates()
        self._read_clock()
        if not self._obey():
            return False
        self._check_kill()
        self.work.step(
            self._exchange_now(),
            is_open=self._is_open(),
            decide=self.state == "running" and not self.flattening,
        )
        if self.state == "running":
            self._trip()
        if self.flattening:
            self._flatten()
        if self.state in ("running", "paused", "halted"):
            self.orders_sent += gateway.send_pending()  # halted: only what flattens passes
        gateway.cancel_pending()
        gateway.resolve()
        if self._reconcile_is_due():
            self._reconcile()
        reached("before_heartbeat")
        self._beat()
        self._pause(TICK_S)
        return True

    def _reconcile_is_due(self) -> bool:
        """After a while; sooner when the stream is down or silent about orders at work."""
        since = time.monotonic() - self._reconciled
        if since >= self.settings.reconcile_s or (self.gateway.behind and since >= BEAT_S):
            return True
        if since < QUIET_S:
            return False
        if not self.gateway.connected:
            return True
        if time.monotonic() - self.gateway.heard_at < QUIET_S:
            return False
        with self.db.read() as conn:
            return bool(orders.working(conn, self.account_id))

    def refresh(self) -> None:
        """What the broker has filled, before a decision is made on what is held.

        Fills and bars come on two streams; on a fast replay a bar may overtake the fill at its own
        open.
        """
        self._reconcile()

    def _reconciled_clean(self) -> bool:
        self._reconcile()
        return bool(self.last and self.last.clean)

    def _reconcile(self) -> None:
        self._reconciled = time.monotonic()
        self.gateway.behind = False
        began = clock.now()
        found = reconcile(
            self.db,
            self.gateway.broker,
            self.account_id,
            self.gateway.lease.token,
        )
        self.last = found
        self.gateway.answered_at = time.monotonic()
        if found.clean:
            self.reconciled_at = began
        for sentence in found.differences[:20]:
            self.ctx.log(f"Reconciled: {sentence}", "warning" if found.adjustments else "info")
        if found.adjustments:
            with self.db.write() as conn:
                alerts.raise_alert(
                    conn,
                    self.ctx.actor.user_id,
                    self.account_id,
                    "warning",
                    f"The broker's books differed: {found.adjustments} adjustments",
                    "\n".join(found.differences),
                )

    def _obey(self) -> bool:
        """Take the command that waits; False: stop."""
        if time.monotonic() - self._beaten < BEAT_S / 4:
            return True
        with self.db.write() as conn:
            wanted = live_sessions.take_command(conn, self.id)
        if wanted == "pause" and self.state == "running":
            self._set_state("paused")
        elif wanted == "resume" and self.state == "paused":
            self._set_state("running")
        elif wanted == "flatten":
            self.flattening = True
        elif wanted == "stop":
            self._set_state("stopping")
            self._cancel_own()
            return False
        return True

    def _check_kill(self) -> None:
        """Halt while a switch is engaged: everything is cancelled until nothing works any more."""
        with self.db.read() as conn:
            stopped = kill.engaged(conn, self.account_id)
            working = orders.in_states(conn, self.account_id, tuple(WORKING)) if stopped else ()
        if stopped is None:
            if self._halted_by is not None:
                self._halted_by = None
                self._reconcile()
                self._set_state("running")
            return
        if self._halted_by is None:
            self._halted_by = stopped.cause
            self._set_state("halted")
            self.ctx.log(f"Halted ({stopped.cause}): {stopped.reason}", "error")
            self.gateway.cancel_all()
        elif any(row.source != FLATTEN for row in working):
            if time.monotonic() - self._cancelled_at >= AWAY_S:
                self.gateway.cancel_all()
            else:
                return
        self._cancelled_at = time.monotonic()

    def _trip(self) -> None:
        """Press the switch when a breaker trips."""
        trip, flatten = self.watch.look(self.work.feed_silent_s(), self._is_open())
        if trip is None:
            return
        with self.db.write(durable=True) as conn:
            pressed = kill.engage(conn, SYSTEM, self.account_id, trip.breaker, trip.sentence)
            if pressed:
                alerts.raise_alert(
                    conn,
                    self.ctx.actor.user_id,
                    self.account_id,
                    "critical",
                    f"Trading stopped: {trip.breaker.replace('_', ' ')}",
                    trip.sentence,
                )
        self.flattening = self.flattening or (pressed and flatten)

    def _flatten(self) -> None:
        """Everything that works is cancelled first, so that closing cannot overshoot."""
        with self.db.read() as conn:
            working = orders.in_states(conn, self.account_id, (OrderState.INTENT, *WORKING))
            held = any(ledger.units(conn, self.account_id).values())
        others = [row for row in working if row.source != FLATTEN]
        if others:
            self._withdraw(others, "flatten")
        elif held and not working:
            self.work.flatten()
        elif not held:
            self.flattening = False
            self.ctx.log("Every position is closed.")

    def _withdraw(self, rows: Sequence[orders.OrderRow], by: str) -> None:
        """Take back what was not sent, ask to cancel what was."""
        with self.db.write(durable=True) as conn:
            for row in rows:
                withdraw(conn, self.account_id, row.client_order_id, by)

    def _cancel_own(self) -> None:
        """A session that ends leaves no order of its own at work."""
        with self.db.read() as conn:
            rows = orders.in_states(conn, self.account_id, (OrderState.INTENT, *WORKING))
        self._withdraw([row for row in rows if row.session_id == self.id], "end of session")
        deadline = time.monotonic() + self.settings.broker_timeout_s
        while time.monotonic() < deadline:
            self.gateway.cancel_pending()
            self.gateway.take_updates()
            with self.db.read() as conn:
                rows = orders.in_states(conn, self.account_id, (OrderState.CANCELLING,))
            if not any(row.session_id == self.id for row in rows):
                return
            time.sleep(TICK_S)

    def _read_clock(self) -> None:
        if time.monotonic() - self._clocked < CLOCK_S:
            return
        self._clocked = time.monotonic()
        self.clock = self.gateway.broker.clock()
        self.gateway.answered_at = time.monotonic()
        self.closing.look(
            self.clock, self.gateway.broker, self.gateway.lease.token, self._reconciled_clean
        )

    def _exchange_now(self) -> datetime:
        """The exchange's time; between two readings of a replay's clock, that of the feed."""
        if self.clock is None:
            return clock.now()
        heard = self.work.feed_at()
        return max(self.clock.at, heard) if heard is not None else self.clock.at

    def _is_open(self) -> bool:
        return bool(self.clock and self.clock.is_open)

    def _set_state(self, state: str) -> None:
        if state != self.state:
            self.ctx.log(f"Session {state}.")
        self.state = state
        self._write(state=state)

    def _beat(self, *, force: bool = False) -> None:
        """Heartbeat on both rows; brings back whether the job was cancelled or lost."""
        if not force and time.monotonic() - self._beaten < BEAT_S:
            return
        self._beaten = time.monotonic()
        self.ctx.progress(0.0, self.state.capitalize(), self.work.words())
        self.watch.keep_marks()
        self._write(
            heartbeat_at=clock.now(),
            last_bar_ts=self.work.last_bar_ts,
            next_bar_at=self.work.next_bar_at,
            last_signal=self.work.last_signal,
            feed=self.work.feed_state() | self._clock_state(),
        )

    def _clock_state(self) -> dict[str, Any]:
        if self.clock is None:
            return {"is_open": False, "broker_connected": self.gateway.connected}
        return {
            "is_open": self.clock.is_open,
            "exchange_at": self.clock.at.isoformat(),
            "next_open": self.clock.next_open.isoformat(),
            "next_close": self.clock.next_close.isoformat(),
            "broker_connected": self.gateway.connected,
            "reconciled_at": self.reconciled_at.isoformat() if self.reconciled_at else None,
            "clean": bool(self.last and self.last.clean),
        }

    def _write(self, **values: Any) -> None:
        try:
            with self.db.write() as conn:
                live_sessions.update(conn, self.id, **values)
        except OperationalError as error:
            log.warning("session %s: its row could not be written: %s", self.id, error)

    def _release(self) -> None:
        try:
            with self.db.write() as conn:
                lease.release(conn, self.gateway.lease)
        except OperationalError as error:
            log.warning("session %s: its lease runs out by itself: %s", self.id, error)

    def _pause(self, seconds: float) -> None:
        """Sleep, but not past the moment at which the lease must be renewed."""
        time.sleep(min(seconds, self.settings.lease_s / 10))
