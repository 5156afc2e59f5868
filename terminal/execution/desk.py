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

from terminal import clock
from terminal.accounts.actor import Actor
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
from terminal.errors import Conflict, Forbidden, InputError
from terminal.execution import kill
from terminal.execution.account_view import EXCHANGE_ZONE, limits_of, set_limits
from terminal.execution.algorithm_ticket import AlgorithmTicket, curve_of, exchange_time, start
from terminal.execution.breakers import BreakerLimits
from terminal.execution.kill import Kill
from terminal.execution.limits import Limits
from terminal.execution.order import MANUAL, client_order_id
from terminal.execution.previews import (
    Preview,
    average_volume,
    cost_of,
    last_price,
    parent_cost,
    preview_of,
    session_dataset,
)
from terminal.execution.session_desk import SessionDesk, require_trader
from terminal.execution.statement import Statement
from terminal.execution.states import WORKING, OrderState
from terminal.execution.submit import Submitted, submit_in, withdraw
from terminal.execution.ticket import Ticket
from terminal.market.catalogue import Catalogue
from terminal.market.store import open_store


@dataclass(frozen=True)
class Reach:
    """What a cancel-all, flatten or kill would do, in numbers."""

    working: int
    waiting: int
    positions: int
    notional: Decimal
    sessions: int


class TradingDesk(SessionDesk):
    """Trading on behalf of an actor."""

    def preview(self, actor: Actor, ticket: Ticket) -> Preview:
        """What the ticket would do; nothing is written."""
        with self.db.read() as conn:
            return preview_of(conn, actor, ticket)

    def submit(self, actor: Actor, ticket: Ticket) -> Submitted:
        """Commit a ticket; a session is started where none holds the account.

        Raises
        ------
        Forbidden, NotFound, InputError : see `terminal.execution.submit`.
        """
        require_trader(actor)
        with self.db.write(durable=True) as conn:
            price = last_price(conn, ticket.account_id, ticket.symbol)
            intent = ticket.intent(price)
            volume = average_volume(conn, ticket.account_id, ticket.symbol)
            cost = cost_of(conn, intent, price, volume)
            made = submit_in(
                conn, actor, intent, expected_cost=cost.as_dict() if cost is not None else None
            )
        if made.accepted and not made.existing:
            self.ensure_session(actor, ticket.account_id)
        return made

    def cancel(self, actor: Actor, account_id: str, name: str) -> OrderState:
        """Take an order back; the state after it."""
        require_trader(actor)
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
        require_trader(actor)
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
        require_trader(actor)
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
        require_trader(actor)
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
                    price = last_price(conn, own, symbol)
                    positions += bool(units)
                    notional += abs(units) * (price or Decimal(0))
        return Reach(working, waiting, positions, notional, sessions)

    def kill(self, actor: Actor, scope: str, reason: str) -> bool:
        """Press the switch: nothing is sent any more, and the sessions cancel all that works.

        Raises
        ------
        InputError : no reason. Forbidden : all accounts at once are for administrators.
        """
        require_trader(actor)
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
        require_trader(actor)
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
        require_trader(actor)
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
        require_trader(actor)
        with self.db.write(durable=True) as conn:
            account = trading_accounts.get(conn, actor, account_id)
            if live_sessions.running(conn, account_id) is not None:
                raise Conflict(
                    f"{account.name} has a session.", field="account", remedy="Stop it first."
                )
            trading_accounts.close(conn, actor, account_id, clock.now())
            audit.record(conn, actor, "trading.close", account_id, {"name": account.name})

    def start_algorithm(self, actor: Actor, ticket: AlgorithmTicket) -> str:
        """An order that an algorithm works from now on; its id.

        Raises
        ------
        InputError : parameters or window. Conflict : the account is stopped.
        """
        require_trader(actor)
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
            made = start(conn, actor, ticket, curve, parent_cost(conn, ticket))
        self.ensure_session(actor, ticket.account_id)
        return made

    def command_algorithm(self, actor: Actor, parent_id: str, wanted: str) -> None:
        """Ask an algorithm to pause ("pause"), go on ("") or cancel ("cancel")."""
        require_trader(actor)
        with self.db.write() as conn:
            parent_orders.command(conn, actor, parent_id, wanted, clock.now())
            account_id = parent_orders.get(conn, actor, parent_id).order.account_id
            audit.record(conn, actor, f"algorithm.{wanted or 'resume'}", parent_id, {})
        self.ensure_session(actor, account_id)

    def issue_statement(self, actor: Actor, account_id: str) -> Statement:
        """The statement of the session that the exchange is in, at the last prices.

        Raises
        ------
        Conflict : there is one of that session. InputError : something held has no price.
        """
        require_trader(actor)
        with self.db.write(durable=True) as conn:
            trading_accounts.lock(conn, actor, account_id)
            table = tables.last_prices
            rows = conn.execute(sa.select(table).where(table.c.account_id == account_id)).all()
            at = max((row.at for row in rows), default=clock.now())
            prices = {row.symbol: row.price for row in rows}
            made = statements.issue(
                conn, account_id, at.astimezone(EXCHANGE_ZONE).date(), prices, clock.now()
            )
            audit.record(conn, actor, "trading.statement", account_id, {"hash": made.content_hash})
        return made

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
        return [account.id for account in trading_accounts.of_everybody(conn)]
