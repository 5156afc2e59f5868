"""An account as the limits see it, read inside the transaction that decides on an order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

import orjson
import sqlalchemy as sa

from terminal import clock
from terminal.accounts.actor import Actor
from terminal.db.repositories import audit
from terminal.db.schema import UtcDateTime
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
USUAL_ORDERS, FEWEST_ORDERS = 100, 10
"""How many past orders "the usual order" is the median of, and how few say nothing."""


def limits_of(conn: sa.Connection, account_id: str) -> tuple[Limits, BreakerLimits]:
    """The limits and breakers in force; the house's own where nobody has set any."""
    row = conn.execute(_LIMITS, {"account": account_id}).one_or_none()
    return _read(orjson.dumps(row.limits)) if row is not None else _HOUSE


@lru_cache(maxsize=256)
def _read(stored: bytes) -> tuple[Limits, BreakerLimits]:
    """Limits from their stored form; the same text is read once."""
    given = orjson.loads(stored)
    return validate(Limits, given["limits"]), validate(BreakerLimits, given["breakers"])


_HOUSE = Limits(), BreakerLimits()


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
    since = now - max(MINUTE, timedelta(seconds=limits.duplicate_window_s))
    account = {"account": account_id}
    cash, feed = conn.execute(_ACCOUNT, account).one()
    held: dict[str, Decimal] = {}
    prices: dict[str, Price] = {}
    adv: dict[str, Decimal] = {}
    sectors: dict[str, str] = {}
    for row in conn.execute(_SYMBOLS, account):
        if row.quantity:
            held[row.symbol] = row.quantity
        if row.price is None:
            continue
        # of a replay, its own time says nothing about how old the price is
        at = row.received_at if row.simulated else min(row.at, row.received_at)
        prices[row.symbol] = Price(row.price, at)
        if row.average_volume is not None:
            adv[row.symbol] = row.average_volume
        if row.sector:
            sectors[row.symbol] = row.sector
    rows = conn.execute(_ORDERS, account | {"since": since}).all()
    value = sum((held[s] * prices[s].price for s in held if s in prices), Decimal(0))
    return AccountView(
        now=now,
        cash=cash,
        equity=cash + value,
        positions=held,
        prices=prices,
        open_orders=_working(rows),
        recent=_recent(rows, since),
        adv=adv,
        sectors=sectors,
        traded_today=_traded(conn, account_id, now) if limits.max_daily_notional else Decimal(0),
        usual_order=_usual(conn, account_id) if limits.fat_finger_multiple else None,
        # what the newest session heard of the exchange; nothing heard counts as closed
        market_open=bool(feed and feed.get("is_open")),
    )


def _working(rows: Sequence[Any]) -> tuple[OpenOrder, ...]:
    return tuple(
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


def _recent(rows: Sequence[Any], since: datetime) -> tuple[RecentIntent, ...]:
    return tuple(
        RecentIntent(row.created_at, row.symbol, Side(row.side), row.quantity, row.bar_ts)
        for row in rows
        if row.created_at >= since and row.state != OrderState.DENIED
    )


def _usual(conn: sa.Connection, account_id: str) -> Decimal | None:
    """Median value of the account's last filled orders; None below `FEWEST_ORDERS` of them."""
    rows = conn.execute(
        sa.select(_O.c.filled_quantity, _O.c.average_price)
        .where(_O.c.account_id == account_id, _O.c.average_price.is_not(None))
        .order_by(_O.c.created_at.desc())
        .limit(USUAL_ORDERS)
    )
    values = [row.filled_quantity * row.average_price for row in rows]
    return median(values) if len(values) >= FEWEST_ORDERS else None


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


# Made once: an order waits for these, and putting a statement together takes as long as running it.
_OF_ACCOUNT: sa.BindParameter[str] = sa.bindparam("account")
_ACCOUNT = sa.select(
    tables.cash.c.balance,
    sa.select(tables.live_sessions.c.feed)
    .where(tables.live_sessions.c.account_id == _OF_ACCOUNT)
    .order_by(tables.live_sessions.c.started_at.desc())
    .limit(1)
    .scalar_subquery(),
).where(tables.cash.c.account_id == _OF_ACCOUNT)
_LIMITS = sa.select(tables.risk_limits.c.limits).where(
    tables.risk_limits.c.account_id == _OF_ACCOUNT
)
_P, _Q = tables.positions, tables.last_prices
_BESIDE = sa.and_(_P.c.account_id == _Q.c.account_id, _P.c.symbol == _Q.c.symbol)
_SYMBOLS = (
    sa.select(
        sa.func.coalesce(_Q.c.symbol, _P.c.symbol).label("symbol"),
        _P.c.quantity,
        _Q.c.price,
        _Q.c.at,
        _Q.c.received_at,
        _Q.c.simulated,
        _Q.c.average_volume,
        _Q.c.sector,
    )
    .select_from(_Q.join(_P, _BESIDE, full=True))
    .where(sa.or_(_P.c.account_id == _OF_ACCOUNT, _Q.c.account_id == _OF_ACCOUNT))
)
_O = tables.orders
_ORDERS = (
    sa.select(
        _O.c.client_order_id,
        _O.c.symbol,
        _O.c.side,
        _O.c.quantity,
        _O.c.filled_quantity,
        _O.c.limit_price,
        _O.c.stop_price,
        _O.c.state,
        _O.c.created_at,
        _O.c.bar_ts,
    )
    .where(
        _O.c.account_id == _OF_ACCOUNT,
        sa.or_(
            _O.c.state.in_(COUNTED), _O.c.created_at >= sa.bindparam("since", type_=UtcDateTime)
        ),
    )
    .order_by(_O.c.created_at)
)
