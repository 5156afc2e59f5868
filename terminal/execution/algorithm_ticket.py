"""A parent order as a person asks for it: an algorithm, its parameters, a number of minutes."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import sqlalchemy as sa

from terminal import clock
from terminal.accounts.actor import Actor
from terminal.db.repositories import live_sessions, parent_orders, trading_accounts
from terminal.db.tables import trading as tables
from terminal.errors import Conflict, InputError
from terminal.execution import kill
from terminal.execution.algorithms import ParentOrder, get_algorithm, params_of
from terminal.execution.algorithms.volume_curve import VolumeCurve, estimate
from terminal.execution.order import Side
from terminal.market.calendars import get_calendar
from terminal.market.catalogue import Catalogue
from terminal.market.timeframe import Timeframe

MOST_MINUTES = 10 * 24 * 60
CURVE_DAYS = 60


@dataclass(frozen=True)
class AlgorithmTicket:
    """What the form holds. `minutes` are of the exchange's time; `nonce` names the ticket, so that
    pressing twice starts one."""

    account_id: str
    symbol: str
    side: Side
    quantity: Decimal
    algorithm: str
    params: Mapping[str, Any]
    minutes: float
    nonce: str


def exchange_time(conn: sa.Connection, account_id: str) -> datetime:
    """What the exchange's clock said last, of the running session; ours without one."""
    running = live_sessions.running(conn, account_id)
    told = (running.feed or {}).get("exchange_at") if running else None
    return datetime.fromisoformat(told) if told else clock.now()


def start(
    conn: sa.Connection,
    actor: Actor,
    ticket: AlgorithmTicket,
    curve: VolumeCurve | None,
    expected_cost: Mapping[str, Any] | None,
) -> str:
    """Keep the parent; its id. The account's session works it from its next look.

    Raises
    ------
    InputError : parameters or window. Conflict : the account is stopped or closed.
    """
    stopped = kill.require_armed(conn, ticket.account_id)
    if stopped is not None:
        raise Conflict(kill.denial(stopped).message, field="account")
    trading_accounts.lock(conn, actor, ticket.account_id)
    table = tables.parent_orders
    known = conn.execute(sa.select(table.c.id).where(table.c.id == ticket.nonce)).first()
    if known is not None:
        return ticket.nonce
    return parent_orders.insert(
        conn, actor, order_of(conn, ticket, curve), clock.now(), expected_cost
    )


def order_of(
    conn: sa.Connection, ticket: AlgorithmTicket, curve: VolumeCurve | None = None
) -> ParentOrder:
    """The parent that a ticket asks for, from the exchange's time now.

    Raises
    ------
    InputError : naming the field.
    """
    get_algorithm(ticket.algorithm)
    if not 0 < ticket.minutes <= MOST_MINUTES:
        raise InputError(
            f"{ticket.minutes:g} is not a time from above 0 to {MOST_MINUTES:,} minutes.",
            field="minutes",
        )
    began = exchange_time(conn, ticket.account_id)
    price = conn.execute(
        sa.select(tables.last_prices.c.price).where(
            tables.last_prices.c.account_id == ticket.account_id,
            tables.last_prices.c.symbol == ticket.symbol,
        )
    ).scalar_one_or_none()
    return ParentOrder(
        id=ticket.nonce,
        account_id=ticket.account_id,
        symbol=ticket.symbol,
        side=ticket.side,
        quantity=ticket.quantity,
        start_at=began,
        end_at=began + timedelta(minutes=ticket.minutes),
        algorithm=ticket.algorithm,
        params=params_of(ticket.algorithm, ticket.params),
        seed=secrets.randbits(31),
        arrival_price=price,
        curve=curve,
    )


def curve_of(
    catalogue: Catalogue, actor: Actor, dataset: str, symbol: str, now: datetime
) -> VolumeCurve | None:
    """The volume curve of the session that `now` lies in (else of the next one), from stored
    15-minute bars; None: no such bars.

    Raises
    ------
    InputError : too few sessions.
    """
    if not dataset or catalogue.dataset(actor, dataset).timeframe.order > Timeframe.MIN_15.order:
        return None
    bars = catalogue.panel(
        actor, dataset, (symbol,), Timeframe.MIN_15, (now - timedelta(days=CURVE_DAYS)).date(), now
    )
    calendar = get_calendar(bars.calendar)
    session = calendar.session_of(np.array([now.replace(tzinfo=None)], dtype="datetime64[ns]"))
    opened = pd.Timestamp(calendar.open_of(session)[0], tz=UTC).to_pydatetime()
    return estimate(bars.ts, bars.volume[:, 0], calendar.session_of(bars.ts), open_at=opened)
