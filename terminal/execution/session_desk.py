"""Sessions of accounts: start them, command them, see to it that somebody holds an account."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from terminal.accounts.actor import Actor, Role
from terminal.db.database import Database
from terminal.db.repositories import audit, ledger, live_sessions, orders, trading_accounts
from terminal.db.tables import trading as tables
from terminal.db.tables.jobs import jobs as table
from terminal.errors import Conflict, Forbidden, InputError, Unavailable
from terminal.execution import lease
from terminal.execution.request import LiveSessionRequest
from terminal.execution.states import WORKING, OrderState
from terminal.jobs.service import JobService
from terminal.jobs.values import Job
from terminal.settings import Settings

LIVE = "live_session"


class SessionDesk:
    """What concerns sessions; orders are in `terminal.execution.desk`."""

    def __init__(self, db: Database, settings: Settings, jobs: JobService | None = None) -> None:
        """`jobs` None: no session can be started from here (the command line without workers)."""
        self.db = db
        self.settings = settings
        self.jobs = jobs

    def start_session(self, actor: Actor, request: LiveSessionRequest) -> Job:
        """A session as a job; a desk by hand that holds the account makes way for it.

        Raises
        ------
        Conflict : the account has one that follows a strategy.
        InputError : the strategy cannot be run like this.
        """
        from terminal.execution.session.validate import validate_session

        require_trader(actor)
        if self.jobs is None:
            raise Conflict("Sessions are started from the terminal's pages.", field="session")
        validate_session(self.db, self.settings, actor, request)
        with self.db.read() as conn:
            account = trading_accounts.get(conn, actor, request.account_id)
        self._make_way(actor, account)
        title = request.name or (request.strategy or "Orders by hand")
        return self.jobs.submit(actor, LIVE, request, title=f"{title} on {account.name}")

    def _make_way(self, actor: Actor, account: trading_accounts.TradingAccount) -> None:
        """Stop a desk by hand, whose orders the next session takes over; refuse over a strategy."""
        waiting = self._starting(account.id)
        with self.db.write() as conn:
            running = live_sessions.running(conn, account.id)
            if running is None and waiting is None:
                return
            name = running.id if running is not None else waiting
            asked = conn.execute(sa.select(table.c.request).where(table.c.id == name)).scalar_one()
            if running is None or asked.get("strategy"):
                raise Conflict(
                    f"{account.name} has a session already.",
                    field="account",
                    remedy="Stop it first, or use another account.",
                )
            live_sessions.command(conn, actor, running.id, "stop")
            audit.record(conn, actor, "session.stop", running.id, {"for": "another session"})

    def command(self, actor: Actor, session_id: str, wanted: str) -> None:
        """Pause, resume, flatten or stop a session."""
        require_trader(actor)
        if wanted not in live_sessions.COMMANDS:
            raise InputError(f"{wanted!r} is not a command.", field="command")
        with self.db.write() as conn:
            live_sessions.command(conn, actor, session_id, wanted)
            audit.record(conn, actor, f"session.{wanted}", session_id, {})

    def ensure_session(self, actor: Actor, account_id: str, *, flatten: bool = False) -> Job | None:
        """A session without a strategy where nobody holds the account; None: there is one."""
        with self.db.read() as conn:
            held = lease.holder_of(conn, account_id) or live_sessions.running(conn, account_id)
            symbols = sorted(_followed(conn, account_id))
        if held or self.jobs is None or self._starting(account_id):
            return None
        request = LiveSessionRequest(account_id, tuple(symbols), flatten=flatten)
        return self.jobs.submit(actor, LIVE, request, title="Orders by hand")

    def waiting_session(self, actor: Actor, account_id: str) -> Job | None:
        """A session that was asked for and has not shown itself yet."""
        if self.jobs is None:
            return None
        name = self._starting(account_id)
        if name is None:
            return None
        with self.db.read() as conn:
            trading_accounts.get(conn, actor, account_id)
            known = {session.id for session in live_sessions.of_account(conn, account_id)}
        return None if name in known else self.jobs.get(actor, name)

    def _starting(self, account_id: str) -> str | None:
        """A session's job for the account that waits or runs; its row may not be written yet."""
        with self.db.read() as conn:
            rows = conn.execute(
                sa.select(table.c.id, table.c.request).where(
                    table.c.kind == LIVE, table.c.state.in_(("queued", "running"))
                )
            )
            return next(
                (str(row.id) for row in rows if row.request.get("account_id") == account_id), None
            )

    def exchange_dataset(self, actor: Actor, account_id: str) -> str:
        """The data set that the paper exchange replays; "" for other brokers, or where it does not
        answer."""
        return str(self._exchange(actor, account_id).get("dataset") or "")

    def exchange_symbols(self, actor: Actor, account_id: str) -> Sequence[str]:
        """What trades on the paper exchange; () as above."""
        return tuple(self._exchange(actor, account_id).get("symbols") or ())

    def _exchange(self, actor: Actor, account_id: str) -> Mapping[str, Any]:
        from terminal.execution.brokers.exchange_control import exchange_control

        with self.db.read() as conn:
            account = trading_accounts.get(conn, actor, account_id)
        if account.broker != "paper":
            return {}
        try:
            return exchange_control(self.settings).state()
        except Unavailable:
            return {}


def require_trader(actor: Actor) -> None:
    """Forbidden for who may only look."""
    if not actor.role.allows(Role.TRADER):
        raise Forbidden(
            f"The role {actor.role} cannot trade.",
            field="account",
            remedy="Ask an administrator for the role trader.",
        )


def _followed(conn: sa.Connection, account_id: str) -> set[str]:
    """Instruments of which the account needs prices: what it holds, works or has followed."""
    held = {symbol for symbol, units in ledger.units(conn, account_id).items() if units}
    rows = orders.in_states(conn, account_id, (OrderState.INTENT, *WORKING))
    prices = tables.last_prices
    known = conn.execute(sa.select(prices.c.symbol).where(prices.c.account_id == account_id))
    return held | {row.symbol for row in rows} | {row.symbol for row in known}
