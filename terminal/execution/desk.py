"""What pages and the command line call: accounts, tickets, cancels, sessions, the kill switch.

Nothing here talks to a broker. Orders are committed; the session that holds the account sends them,
and one is started where none does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from terminal.accounts.actor import Actor, Role
from terminal.db.database import Database
from terminal.db.repositories import (
    audit,
    ledger,
    live_sessions,
    orders,
    parent_orders,
    statements,
    trading_accounts,
)
from terminal.db.tables import trading as tables
from terminal.errors import Conflict, Forbidden, InputError, NotFound, Unavailable
from terminal.execution import kill, lease
from terminal.execution.account_view import EXCHANGE_ZONE, account_view, limits_of, set_limits
from terminal.execution.algorithm_ticket import AlgorithmTicket, curve_of, exchange_time, start
from terminal.execution.breakers import BreakerLimits
from terminal.execution.expected_cost import ExpectedCost, Liquidity, expected_cost
from terminal.execution.kill import Kill
from terminal.execution.limits import Denial, Limits
from terminal.execution.order import MANUAL, OrderIntent, OrderType, client_order_id
from terminal.execution.request import LiveSessionRequest
from terminal.execution.statement import Statement
from terminal.execution.states import WORKING, OrderState
from terminal.execution.submit import Submitted, preview, submit_in, withdraw
from terminal.execution.ticket import Ticket
from terminal.jobs.service import JobService
from terminal.jobs.values import Job
from terminal.market.catalogue import Catalogue
from terminal.market.store import open_store
from terminal.settings import Settings

LIVE = "live_session"


@dataclass(frozen=True)
class Preview:
    """A ticket before it is confirmed. Money in the account's currency.

    notional : at the limit or the last price; None: no price is known. position_before, _after :
    units. gross_before, gross_after : exposure over equity, working orders at their worst.
    cost : what it is expected to pay. denials : what would refuse it now.
    """

    intent: OrderIntent
    price: Decimal | None
    notional: Decimal | None
    position_before: Decimal
    position_after: Decimal
    gross_before: Decimal | None
    gross_after: Decimal | None
    cost: ExpectedCost | None
    denials: tuple[Denial, ...]


@dataclass(frozen=True)
class Reach:
    """What a cancel-all, flatten or kill would do, in numbers."""

    working: int
    waiting: int
    positions: int
    notional: Decimal
    sessions: int


class TradingDesk:
    """Trading on behalf of an actor."""

    def __init__(self, db: Database, settings: Settings, jobs: JobService | None = None) -> None:
        """`jobs` None: no session can be started from here (the command line without workers)."""
        self.db = db
        self.settings = settings
        self.jobs = jobs

    def preview(self, actor: Actor, ticket: Ticket) -> Preview:
        """What the ticket would do; nothing is written."""
        with self.db.read() as conn:
            trading_accounts.get(conn, actor, ticket.account_id)
            limits, _ = limits_of(conn, ticket.account_id)
            view = account_view(conn, ticket.account_id, limits, _now())
            last = view.prices.get(ticket.symbol)
            intent = ticket.intent(last.price if last else None)
            price = intent.limit_price or intent.stop_price or (last.price if last else None)
            held = view.positions.get(ticket.symbol, Decimal(0))
            notional = None if price is None else price * intent.quantity
            gross = view.totals.gross / view.equity if view.equity > 0 else None
            return Preview(
                intent=intent,
                price=price,
                notional=notional,
                position_before=held,
                position_after=held + intent.signed_quantity,
                gross_before=gross,
                gross_after=_gross_after(view, intent, price),
                cost=self._cost(
                    conn, intent, last.price if last else None, view.adv.get(ticket.symbol)
                ),
                denials=preview(conn, intent),
            )

    def submit(self, actor: Actor, ticket: Ticket) -> Submitted:
        """Commit a ticket; a session is started where none holds the account.

        Raises
        ------
        Forbidden, NotFound, InputError : see `terminal.execution.submit`.
        """
        _require_trader(actor)
        with self.db.write(durable=True) as conn:
            price = _last_price(conn, ticket.account_id, ticket.symbol)
            intent = ticket.intent(price)
            volume = _average_volume(conn, ticket.account_id, ticket.symbol)
            cost = self._cost(conn, intent, price, volume)
            made = submit_in(
                conn, actor, intent, expected_cost=cost.as_dict() if cost is not None else None
            )
        if made.accepted and not made.existing:
            self.ensure_session(actor, ticket.account_id)
        return made

    def cancel(self, actor: Actor, account_id: str, name: str) -> OrderState:
        """Take an order back; the state after it."""
        _require_trader(actor)
        with self.db.write(durable=True) as conn:
            trading_accounts.lock(conn, actor, account_id)
            state = withdraw(conn, account_id, name, actor.username)
        if state is OrderState.CANCELLING:
            self.ensure_session(actor, account_id)
        return state

    def replace(
        self,
        actor: Actor,
        account_id: str,
        name: str,
        *,
        quantity: Decimal | None = None,
        limit_price: Decimal | None = None,
        stop_price: Decimal | None = None,
    ) -> Submitted:
        """Another quantity or price for an order that works: a new order that replaces it.

        Raises
        ------
        Conflict : it does not work at the broker. InputError : nothing would change.
        """
        _require_trader(actor)
        with self.db.write(durable=True) as conn:
            trading_accounts.lock(conn, actor, account_id)
            row = orders.locked(conn, account_id, name)
            if row.state not in (OrderState.ACCEPTED, OrderState.PARTIALLY_FILLED):
                raise Conflict(f"The order is {row.state.replace('_', ' ')}.", field="order")
            before = row.intent
            after = replace(
                before,
                quantity=quantity or before.quantity,
                limit_price=limit_price or before.limit_price,
                stop_price=stop_price or before.stop_price,
            )
            if after == before:
                raise InputError("Nothing would change.", field="order")
            leg = f"replaces {name} at {row.last_seq}"[:64]
            made = submit_in(
                conn,
                actor,
                replace(
                    after,
                    client_order_id=client_order_id(account_id, MANUAL, None, before.symbol, leg),
                    replaces=name,
                    leg=leg,
                ),
            )
        self.ensure_session(actor, account_id)
        return made

    def cancel_all(self, actor: Actor, account_id: str) -> int:
        """Take back everything that waits or works; how many orders."""
        _require_trader(actor)
        with self.db.write(durable=True) as conn:
            trading_accounts.lock(conn, actor, account_id)
            rows = orders.in_states(conn, account_id, (OrderState.INTENT, *WORKING))
            for row in rows:
                withdraw(conn, account_id, row.client_order_id, actor.username)
            audit.record(conn, actor, "trading.cancel_all", account_id, {"orders": len(rows)})
        if rows:
            self.ensure_session(actor, account_id)
        return len(rows)

    def flatten(self, actor: Actor, account_id: str) -> None:
        """Cancel everything and close every position; the account's session does it."""
        _require_trader(actor)
        with self.db.write() as conn:
            trading_accounts.get(conn, actor, account_id)
            running = live_sessions.running(conn, account_id)
            if running is not None:
                live_sessions.command(conn, actor, running.id, "flatten")
            audit.record(conn, actor, "trading.flatten", account_id, {})
        if running is None:
            self.ensure_session(actor, account_id, flatten=True)

    def reach(self, actor: Actor, account_id: str | None = None) -> Reach:
        """What those buttons would do now; None: over all of the actor's accounts."""
        with self.db.read() as conn:
            chosen = [
                account.id
                for account in trading_accounts.find(conn, actor)
                if account_id in (None, account.id)
            ]
            working = waiting = positions = sessions = 0
            notional = Decimal(0)
            for own in chosen:
                rows = orders.in_states(conn, own, (OrderState.INTENT, *WORKING))
                waiting += sum(row.state is OrderState.INTENT for row in rows)
                working += sum(row.state is not OrderState.INTENT for row in rows)
                sessions += live_sessions.running(conn, own) is not None
                for symbol, units in ledger.units(conn, own).items():
                    price = _last_price(conn, own, symbol)
                    positions += bool(units)
                    notional += abs(units) * (price or Decimal(0))
        return Reach(working, waiting, positions, notional, sessions)

    def kill(self, actor: Actor, scope: str, reason: str) -> bool:
        """Press the switch: nothing is sent any more, and the sessions cancel all that works.

        Raises
        ------
        InputError : no reason. Forbidden : all accounts at once are for administrators.
        """
        _require_trader(actor)
        if not reason.strip():
            raise InputError("Say why.", field="reason", remedy="A few words are enough.")
        with self.db.write(durable=True) as conn:
            accounts = self._scope(conn, actor, scope)
            pressed = kill.engage(conn, actor, scope, kill.MANUAL, reason)
        for account_id in accounts:
            self._let_somebody_cancel(actor, account_id)
        return pressed

    def rearm(self, actor: Actor, scope: str, reason: str) -> None:
        """Arm again, with a reason; losses are measured anew from here."""
        _require_trader(actor)
        with self.db.write(durable=True) as conn:
            accounts = self._scope(conn, actor, scope)
            kill.arm(conn, actor, scope, reason)
            conn.execute(
                tables.loss_baselines.delete().where(
                    tables.loss_baselines.c.account_id.in_(accounts)
                )
            )

    def set_limits(
        self, actor: Actor, account_id: str, limits: Limits, breakers: BreakerLimits
    ) -> Mapping[str, Any]:
        """Replace the limits of an account; what changed, as the audit has it."""
        _require_trader(actor)
        with self.db.write() as conn:
            trading_accounts.get(conn, actor, account_id)
            return set_limits(conn, actor, account_id, limits, breakers)

    def limits(self, actor: Actor, account_id: str) -> tuple[Limits, BreakerLimits]:
        """The limits and breakers in force."""
        with self.db.read() as conn:
            trading_accounts.get(conn, actor, account_id)
            return limits_of(conn, account_id)

    def stopped(self, actor: Actor, account_id: str) -> Kill | None:
        """What stops the account; None: it may trade."""
        with self.db.read() as conn:
            trading_accounts.get(conn, actor, account_id)
            return kill.engaged(conn, account_id)

    def close_account(self, actor: Actor, account_id: str) -> None:
        """Close an account that holds nothing; its ledger stays.

        Raises
        ------
        Conflict : it holds something, an order may still fill, or a session runs.
        """
        _require_trader(actor)
        with self.db.write(durable=True) as conn:
            account = trading_accounts.get(conn, actor, account_id)
            if live_sessions.running(conn, account_id) is not None:
                raise Conflict(
                    f"{account.name} has a session.", field="account", remedy="Stop it first."
                )
            trading_accounts.close(conn, actor, account_id, _now())
            audit.record(conn, actor, "trading.close", account_id, {"name": account.name})

    def start_algorithm(self, actor: Actor, ticket: AlgorithmTicket) -> str:
        """An order that an algorithm works from now on; its id.

        Raises
        ------
        InputError : parameters or window. Conflict : the account is stopped.
        """
        _require_trader(actor)
        with self.db.read() as conn:
            trading_accounts.get(conn, actor, ticket.account_id)
            now = exchange_time(conn, ticket.account_id)
            followed = live_sessions.running(conn, ticket.account_id)
            dataset = session_dataset(conn, followed)
        if not dataset and self.settings.trading.exchange:
            dataset = self.exchange_dataset(actor, ticket.account_id)
        curve = None
        if ticket.algorithm == "vwap":
            catalogue = Catalogue(self.db, open_store(self.settings, self.db))
            curve = curve_of(catalogue, actor, dataset, ticket.symbol, now)
        with self.db.write(durable=True) as conn:
            made = start(conn, actor, ticket, curve, self._parent_cost(conn, ticket))
        self.ensure_session(actor, ticket.account_id)
        return made

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

    def command_algorithm(self, actor: Actor, parent_id: str, wanted: str) -> None:
        """Ask an algorithm to pause ("pause"), go on ("") or cancel ("cancel")."""
        _require_trader(actor)
        with self.db.write() as conn:
            parent_orders.command(conn, actor, parent_id, wanted, _now())
            account_id = parent_orders.get(conn, actor, parent_id).order.account_id
            audit.record(conn, actor, f"algorithm.{wanted or 'resume'}", parent_id, {})
        self.ensure_session(actor, account_id)

    def issue_statement(self, actor: Actor, account_id: str) -> Statement:
        """The statement of the session that the exchange is in, at the last prices.

        Raises
        ------
        Conflict : there is one of that session. InputError : something held has no price.
        """
        _require_trader(actor)
        with self.db.write(durable=True) as conn:
            trading_accounts.lock(conn, actor, account_id)
            table = tables.last_prices
            rows = conn.execute(sa.select(table).where(table.c.account_id == account_id)).all()
            at = max((row.at for row in rows), default=_now())
            prices = {row.symbol: row.price for row in rows}
            made = statements.issue(
                conn, account_id, at.astimezone(EXCHANGE_ZONE).date(), prices, _now()
            )
            audit.record(conn, actor, "trading.statement", account_id, {"hash": made.content_hash})
        return made

    def start_session(self, actor: Actor, request: LiveSessionRequest) -> Job:
        """A session as a job; a desk by hand that holds the account makes way for it.

        Raises
        ------
        Conflict : the account has one that follows a strategy.
        InputError : the strategy cannot be run like this.
        """
        from terminal.execution.session.validate import validate_session

        _require_trader(actor)
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
        from terminal.db.tables.jobs import jobs as table

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
        _require_trader(actor)
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
        from terminal.db.tables.jobs import jobs as table

        with self.db.read() as conn:
            rows = conn.execute(
                sa.select(table.c.id, table.c.request).where(
                    table.c.kind == LIVE, table.c.state.in_(("queued", "running"))
                )
            )
            return next(
                (str(row.id) for row in rows if row.request.get("account_id") == account_id), None
            )

    def _let_somebody_cancel(self, actor: Actor, account_id: str) -> None:
        with self.db.read() as conn:
            working = orders.in_states(conn, account_id, tuple(WORKING))
        if working:
            self.ensure_session(actor, account_id)

    def _scope(self, conn: sa.Connection, actor: Actor, scope: str) -> Sequence[str]:
        """Accounts of a scope the actor may stop."""
        if scope != kill.EVERY_ACCOUNT:
            return (trading_accounts.get(conn, actor, scope).id,)
        if not actor.is_admin:
            raise Forbidden(
                "All accounts at once are for administrators.",
                field="account",
                remedy="Stop your own accounts one by one.",
            )
        return [account.id for account in trading_accounts.find(conn, actor)]

    def _parent_cost(self, conn: sa.Connection, ticket: AlgorithmTicket) -> dict[str, Any] | None:
        price = _last_price(conn, ticket.account_id, ticket.symbol)
        if price is None or ticket.quantity <= 0:
            return None
        volume = _average_volume(conn, ticket.account_id, ticket.symbol)
        cost = expected_cost(
            ticket.side,
            float(ticket.quantity),
            float(price),
            session_costs(conn, live_sessions.running(conn, ticket.account_id)),
            Liquidity(daily_volume=None if volume is None else float(volume)),
        )
        return cost.as_dict()

    def _cost(
        self,
        conn: sa.Connection,
        intent: OrderIntent,
        price: Decimal | None,
        average_volume: Decimal | None,
    ) -> ExpectedCost | None:
        if price is None:
            return None
        running = live_sessions.running(conn, intent.account_id)
        liquidity = Liquidity(
            daily_volume=None if average_volume is None else float(average_volume)
        )
        return expected_cost(
            intent.side,
            float(intent.quantity),
            float(price),
            session_costs(conn, running),
            liquidity,
            limit=None if intent.limit_price is None else float(intent.limit_price),
        )


def session_costs(conn: sa.Connection, running: live_sessions.LiveSession | None) -> Any:
    """The cost model of the running session; the house's default without one."""
    from terminal.backtest.request import CostRequest
    from terminal.backtest.validate import costs_of
    from terminal.codec import from_json
    from terminal.db.tables.jobs import jobs as table

    if running is None:
        return costs_of(CostRequest())
    found = conn.execute(sa.select(table.c.request).where(table.c.id == running.id)).scalar_one()
    return costs_of(from_json(LiveSessionRequest, dict(found)).costs)


def session_dataset(conn: sa.Connection, session: live_sessions.LiveSession | None) -> str:
    """The data set a session was asked with; "" without one."""
    from terminal.db.tables.jobs import jobs as table

    if session is None:
        return ""
    found = conn.execute(sa.select(table.c.request).where(table.c.id == session.id)).scalar_one()
    return str(found.get("dataset") or "")


def _require_trader(actor: Actor) -> None:
    if not actor.role.allows(Role.TRADER):
        raise Forbidden(
            f"The role {actor.role} cannot trade.",
            field="account",
            remedy="Ask an administrator for the role trader.",
        )


def _now() -> Any:
    from terminal import clock

    return clock.now()


def _last_price(conn: sa.Connection, account_id: str, symbol: str) -> Decimal | None:
    table = tables.last_prices
    return conn.execute(
        sa.select(table.c.price).where(table.c.account_id == account_id, table.c.symbol == symbol)
    ).scalar_one_or_none()


def _average_volume(conn: sa.Connection, account_id: str, symbol: str) -> Decimal | None:
    table = tables.last_prices
    return conn.execute(
        sa.select(table.c.average_volume).where(
            table.c.account_id == account_id, table.c.symbol == symbol
        )
    ).scalar_one_or_none()


def _followed(conn: sa.Connection, account_id: str) -> set[str]:
    """Instruments of which the account needs prices: what it holds, works or has followed."""
    held = {symbol for symbol, units in ledger.units(conn, account_id).items() if units}
    rows = orders.in_states(conn, account_id, (OrderState.INTENT, *WORKING))
    table = tables.last_prices
    known = conn.execute(sa.select(table.c.symbol).where(table.c.account_id == account_id))
    return held | {row.symbol for row in rows} | {row.symbol for row in known}


def _gross_after(view: Any, intent: OrderIntent, price: Decimal | None) -> Decimal | None:
    """Gross exposure over equity with the order added at its worst."""
    if view.equity <= 0 or price is None:
        return None
    from terminal.execution.limits import OpenOrder

    more = OpenOrder(intent.client_order_id, intent.symbol, intent.side, intent.quantity, price)
    totals = replace(view, open_orders=(*view.open_orders, more)).totals
    return Decimal(totals.gross / view.equity)


__all__ = ["LIVE", "NotFound", "OrderType", "Preview", "Reach", "TradingDesk"]
