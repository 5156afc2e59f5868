"""An account as the limits see it, read inside the transaction that decides on an order."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from terminal import clock
from terminal.accounts.actor import Actor
from terminal.db.repositories import audit
from terminal.db.tables import trading as tables
from terminal.execution.breakers import BreakerLimits
from terminal.execution.limits import AccountView, Limits, OpenOrder, Price, RecentIntent
from terminal.execution.limits.parameters import differences
from terminal.execution.order import Side
from terminal.execution.states import WORKING, OrderState
from terminal.params import validate

EXCHANGE_ZONE = ZoneInfo("America/New_York")
"""Whose midnight begins the day that "traded today" counts."""
COUNTED = tuple(state.value for state in (*WORKING, OrderState.INTENT))
MINUTE = timedelta(seconds=60)


def limits_of(conn: sa.Connection, account_id: str) -> tuple[Limits, BreakerLimits]:
    """The limits and breakers in force; the house's own where nobody has set any."""
    row = conn.execute(
        sa.select(tables.risk_limits.c.limits).where(tables.risk_limits.c.account_id == account_id)
    ).one_or_none()
    if row is None:
        return Limits(), BreakerLimits()
    return (
        validate(Limits, row.limits["limits"]),
        validate(BreakerLimits, row.limits["breakers"]),
    )


def set_limits(
    conn: sa.Connection, actor: Actor, account_id: str, limits: Limits, breakers: BreakerLimits
) -> dict[str, Any]:
    """Replace them, audited with what changes; the caller has checked who `actor` is.

    Returns the changes, limit -> {"before", "after"}; empty: nothing was changed or written.
    """
    table = tables.risk_limits
    old_limits, old_breakers = limits_of(conn, account_id)
    was, now = asdict(old_breakers), asdict(breakers)
    changed: dict[str, Any] = dict(differences(old_limits, limits)) | {
        name: {"before": was[name], "after": now[name]} for name in now if was[name] != now[name]
    }
    if not changed:
        return {}
    values = {
        "limits": {"limits": asdict(limits), "breakers": now},
        "updated_at": clock.now(),
        "updated_by": actor.username,
    }
    updated = conn.execute(
        table.update().where(table.c.account_id == account_id).values(**values)
    ).rowcount
    if not updated:
        conn.execute(table.insert().values(account_id=account_id, **values))
    audit.record(conn, actor, "trading.limits", account_id, changed)
    return changed


def account_view(
    conn: sa.Connection, account_id: str, limits: Limits, now: datetime
) -> AccountView:
    """Everything `limits.check` asks for, as it stands in this transaction."""
    held = {
        row.symbol: row.quantity
        for row in conn.execute(
            sa.select(tables.positions.c.symbol, tables.positions.c.quantity).where(
                tables.positions.c.account_id == account_id
            )
        )
        if row.quantity
    }
    cash = conn.execute(
        sa.select(tables.cash.c.balance).where(tables.cash.c.account_id == account_id)
    ).scalar_one_or_none() or Decimal(0)
    prices, adv, sectors = _market(conn, account_id)
    is_open = _is_open(conn, account_id)
    working, recent = _orders(conn, account_id, limits, now)
    value = sum((held[s] * prices[s].price for s in held if s in prices), Decimal(0))
    return AccountView(
        now=now,
        cash=cash,
        equity=cash + value,
        positions=held,
        prices=prices,
        open_orders=working,
        recent=recent,
        adv=adv,
        sectors=sectors,
        traded_today=_traded(conn, account_id, now) if limits.max_daily_notional else Decimal(0),
        market_open=is_open,
    )


def _market(
    conn: sa.Connection, account_id: str
) -> tuple[dict[str, Price], dict[str, Decimal], dict[str, str]]:
    """Prices with the time they were true (of a replay, of their arrival), volumes, sectors."""
    table = tables.last_prices
    prices, adv, sectors = {}, {}, {}
    for row in conn.execute(sa.select(table).where(table.c.account_id == account_id)):
        at = row.received_at if row.simulated else min(row.at, row.received_at)
        prices[row.symbol] = Price(row.price, at)
        if row.average_volume is not None:
            adv[row.symbol] = row.average_volume
        if row.sector:
            sectors[row.symbol] = row.sector
    return prices, adv, sectors


def _is_open(conn: sa.Connection, account_id: str) -> bool:
    """What the newest session heard from the exchange's clock; nothing heard counts as closed."""
    table = tables.live_sessions
    feed = conn.execute(
        sa.select(table.c.feed)
        .where(table.c.account_id == account_id)
        .order_by(table.c.started_at.desc())
        .limit(1)
    ).scalar_one_or_none()
    return bool(feed and feed.get("is_open"))


def _orders(
    conn: sa.Connection, account_id: str, limits: Limits, now: datetime
) -> tuple[tuple[OpenOrder, ...], tuple[RecentIntent, ...]]:
    table = tables.orders
    since = now - max(MINUTE, timedelta(seconds=limits.duplicate_window_s))
    rows = conn.execute(
        sa.select(
            table.c.client_order_id,
            table.c.symbol,
            table.c.side,
            table.c.quantity,
            table.c.filled_quantity,
            table.c.limit_price,
            table.c.stop_price,
            table.c.state,
            table.c.created_at,
        )
        .where(
            table.c.account_id == account_id,
            sa.or_(table.c.state.in_(COUNTED), table.c.created_at >= since),
        )
        .order_by(table.c.created_at)
    ).all()
    working = tuple(
        OpenOrder(
            row.client_order_id,
            row.symbol,
            Side(row.side),
            row.quantity - row.filled_quantity,
            max((p for p in (row.limit_price, row.stop_price) if p is not None), default=None),
        )
        for row in rows
        if row.state in COUNTED
    )
    recent = tuple(
        RecentIntent(row.created_at, row.symbol, Side(row.side), row.quantity)
        for row in rows
        if row.created_at >= since and row.state != OrderState.DENIED
    )
    return working, recent


def _traded(conn: sa.Connection, account_id: str, now: datetime) -> Decimal:
    midnight = now.astimezone(EXCHANGE_ZONE).replace(hour=0, minute=0, second=0, microsecond=0)
    table = tables.fills
    rows = conn.execute(
        sa.select(table.c.quantity, table.c.price).where(
            table.c.account_id == account_id,
            table.c.recorded_at >= midnight,
            table.c.busted.is_(False),
        )
    )
    return sum((row.quantity * row.price for row in rows), Decimal(0))
