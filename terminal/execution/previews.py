"""What a ticket would do and cost, as the account's session has heard. Nothing is written."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from terminal import clock
from terminal.accounts.actor import Actor
from terminal.backtest.costs import Costs
from terminal.backtest.request import CostRequest
from terminal.backtest.validate import costs_of
from terminal.codec import from_json
from terminal.db.repositories import live_sessions, trading_accounts
from terminal.db.tables import trading as tables
from terminal.db.tables.jobs import jobs
from terminal.execution.account_view import account_view, limits_of
from terminal.execution.algorithm_ticket import AlgorithmTicket
from terminal.execution.expected_cost import ExpectedCost, Liquidity, expected_cost
from terminal.execution.limits import AccountView, Denial, OpenOrder
from terminal.execution.order import OrderIntent
from terminal.execution.request import LiveSessionRequest
from terminal.execution.submit import preview
from terminal.execution.ticket import Ticket


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


def preview_of(conn: sa.Connection, actor: Actor, ticket: Ticket) -> Preview:
    """What the ticket would do; NotFound when the account is not the actor's."""
    trading_accounts.get(conn, actor, ticket.account_id)
    limits, _ = limits_of(conn, ticket.account_id)
    view = account_view(conn, ticket.account_id, limits, clock.now())
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
        cost=cost_of(conn, intent, last.price if last else None, view.adv.get(ticket.symbol)),
        denials=preview(conn, intent),
    )


def cost_of(
    conn: sa.Connection,
    intent: OrderIntent,
    price: Decimal | None,
    average_volume: Decimal | None,
) -> ExpectedCost | None:
    """What an order is expected to cost from `price` on; None: no price is known."""
    if price is None:
        return None
    running = live_sessions.running(conn, intent.account_id)
    liquidity = Liquidity(daily_volume=None if average_volume is None else float(average_volume))
    return expected_cost(
        intent.side,
        float(intent.quantity),
        float(price),
        session_costs(conn, running),
        liquidity,
        limit=None if intent.limit_price is None else float(intent.limit_price),
    )


def parent_cost(conn: sa.Connection, ticket: AlgorithmTicket) -> dict[str, Any] | None:
    """The expected cost of an algorithm's order as a whole; None: no price is known."""
    price = last_price(conn, ticket.account_id, ticket.symbol)
    if price is None or ticket.quantity <= 0:
        return None
    volume = average_volume(conn, ticket.account_id, ticket.symbol)
    cost = expected_cost(
        ticket.side,
        float(ticket.quantity),
        float(price),
        session_costs(conn, live_sessions.running(conn, ticket.account_id)),
        Liquidity(daily_volume=None if volume is None else float(volume)),
    )
    return cost.as_dict()


def session_costs(conn: sa.Connection, running: live_sessions.LiveSession | None) -> Costs:
    """The cost model of the running session; the house's default without one."""
    if running is None:
        return costs_of(CostRequest())
    found = conn.execute(sa.select(jobs.c.request).where(jobs.c.id == running.id)).scalar_one()
    return costs_of(from_json(LiveSessionRequest, dict(found)).costs)


def session_dataset(conn: sa.Connection, session: live_sessions.LiveSession | None) -> str:
    """The data set a session was asked with; "" without one."""
    if session is None:
        return ""
    found = conn.execute(sa.select(jobs.c.request).where(jobs.c.id == session.id)).scalar_one()
    return str(found.get("dataset") or "")


def last_price(conn: sa.Connection, account_id: str, symbol: str) -> Decimal | None:
    """The last price the account has heard."""
    table = tables.last_prices
    return conn.execute(
        sa.select(table.c.price).where(table.c.account_id == account_id, table.c.symbol == symbol)
    ).scalar_one_or_none()


def average_volume(conn: sa.Connection, account_id: str, symbol: str) -> Decimal | None:
    """Mean units a session, where the account knows them."""
    table = tables.last_prices
    return conn.execute(
        sa.select(table.c.average_volume).where(
            table.c.account_id == account_id, table.c.symbol == symbol
        )
    ).scalar_one_or_none()


def _gross_after(view: AccountView, intent: OrderIntent, price: Decimal | None) -> Decimal | None:
    """Gross exposure over equity with the order added at its worst."""
    if view.equity <= 0 or price is None:
        return None
    more = OpenOrder(intent.client_order_id, intent.symbol, intent.side, intent.quantity, price)
    totals = replace(view, open_orders=(*view.open_orders, more)).totals
    return Decimal(totals.gross / view.equity)
