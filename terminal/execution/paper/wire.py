"""Alpaca's words for what the exchange holds, and ours for what it is asked.

Numbers of orders, accounts and positions are JSON strings, as Alpaca sends them; market data are
JSON numbers. Two fields are ours: `commission` of a fill and `ratio` of a split.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from terminal.errors import InputError
from terminal.execution.order import LARGEST, OrderIntent, OrderType, Side, TimeInForce
from terminal.execution.paper.margin import Marks, buying_power, equity, gross
from terminal.execution.paper.values import (
    PARTIALLY_FILLED,
    UNPROCESSABLE,
    Account,
    Execution,
    Order,
    Position,
    Refused,
    Ticket,
)

Json = dict[str, Any]
NAMES = uuid.UUID("7b3d1b5e-64a7-4f0e-9a5a-2f1f1c0a9f10")
LONGEST_ID = 128
_AUCTION = (TimeInForce.OPG, TimeInForce.CLS)
_IMMEDIATE = (TimeInForce.IOC, TimeInForce.FOK)


def name(*parts: object) -> str:
    """A UUID that follows from its parts."""
    return str(uuid.uuid5(NAMES, "|".join(map(str, parts))))


def plain(value: Decimal | None) -> str | None:
    """A number without exponent or trailing zeros."""
    if value is None:
        return None
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def moment(at: datetime | None) -> str | None:
    """RFC 3339 in UTC, with microseconds."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ") if at else None


def as_time(text: str) -> datetime:
    """A time of a query; a date is its midnight, UTC.

    Raises
    ------
    Refused : 422, it is no time.
    """
    try:
        # a plus sign of an offset that was not encoded arrives as a blank
        at = datetime.fromisoformat(text.replace(" ", "+") if "T" in text else text)
    except ValueError:
        raise Refused(422, UNPROCESSABLE, f"invalid time: {text!r}") from None
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)


def activity_id(at: datetime, id_: str) -> str:
    """Sorts by time; its second part is the execution's id."""
    return f"{at:%Y%m%d%H%M%S}{at.microsecond // 1000:03d}::{id_}"


def number_of(body: Mapping[str, Any], field: str) -> Decimal | None:
    """A finite number above 0, or None where it is not given.

    Raises
    ------
    Refused : 422.
    """
    given = body.get(field)
    if given is None or given == "":
        return None
    try:
        value = Decimal(str(given))
    except InvalidOperation:
        raise Refused(422, UNPROCESSABLE, f"invalid {field}: {given!r}") from None
    if isinstance(given, bool) or not value.is_finite() or not 0 < value <= LARGEST:
        raise Refused(422, UNPROCESSABLE, f"{field} must be a number above 0, not {given!r}")
    return value


def ticket_of(body: Mapping[str, Any]) -> Ticket:
    """The order that a POST /v2/orders asks for.

    Raises
    ------
    Refused : 422, with what is wrong.
    """
    if body.get("notional") is not None:
        raise Refused(422, UNPROCESSABLE, "orders by notional are not supported: give qty")
    if body.get("order_class") not in (None, "", "simple"):
        raise Refused(422, UNPROCESSABLE, "only simple orders are supported")
    if body.get("extended_hours"):
        raise Refused(422, UNPROCESSABLE, "extended hours are not supported")
    quantity = number_of(body, "qty")
    if quantity is None:
        raise Refused(422, UNPROCESSABLE, "qty is required")
    try:
        ticket = Ticket(
            symbol=str(body.get("symbol") or "").upper(),
            side=Side(str(body.get("side"))),
            quantity=quantity,
            type=OrderType(str(body.get("type"))),
            time_in_force=TimeInForce(str(body.get("time_in_force"))),
            limit_price=number_of(body, "limit_price"),
            stop_price=number_of(body, "stop_price"),
            trail_price=number_of(body, "trail_price"),
            trail_percent=number_of(body, "trail_percent"),
            client_order_id=str(body.get("client_order_id") or ""),
        )
    except ValueError as error:
        raise Refused(422, UNPROCESSABLE, str(error)) from None
    check_form(ticket)
    return ticket


def check_form(ticket: Ticket) -> None:
    """Prices that fit the type, and a type that fits the time in force.

    Raises
    ------
    Refused : 422.
    """
    if len(ticket.client_order_id) > LONGEST_ID:
        raise Refused(422, UNPROCESSABLE, f"client_order_id has more than {LONGEST_ID} characters")
    try:  # the rules of our own orders are the rules here
        OrderIntent(
            "-", "-", ticket.symbol, ticket.side, ticket.quantity, ticket.type,
            ticket.time_in_force, ticket.limit_price, ticket.stop_price,
            ticket.trail_price, ticket.trail_percent,
        )  # fmt: skip
    except InputError as error:
        raise Refused(422, UNPROCESSABLE, error.message) from None
    simple = ticket.type in (OrderType.MARKET, OrderType.LIMIT)
    if ticket.time_in_force in (*_AUCTION, *_IMMEDIATE) and not simple:
        raise Refused(422, UNPROCESSABLE, f"{ticket.type} orders cannot be {ticket.time_in_force}")


def order_json(order: Order) -> Json:
    """An order."""
    ticket = order.ticket
    status = order.ended or (PARTIALLY_FILLED if order.filled else order.status)
    ended = {order.ended: moment(order.ended_at)}
    return {
        "id": order.id,
        "client_order_id": ticket.client_order_id,
        "created_at": moment(order.created_at),
        "updated_at": moment(order.updated_at),
        "submitted_at": moment(order.created_at),
        "filled_at": moment(order.filled_at) if status == "filled" else None,
        "expired_at": ended.get("expired"),
        "canceled_at": ended.get("canceled"),
        "failed_at": ended.get("rejected"),
        "replaced_at": ended.get("replaced"),
        "replaced_by": order.replaced_by,
        "replaces": order.replaces,
        "asset_id": name("asset", ticket.symbol),
        "symbol": ticket.symbol,
        "asset_class": "us_equity",
        "notional": None,
        "qty": plain(ticket.quantity),
        "filled_qty": plain(order.filled),
        "filled_avg_price": plain(order.average_price),
        "order_class": "simple",
        "order_type": ticket.type.value,
        "type": ticket.type.value,
        "side": ticket.side.value,
        "time_in_force": ticket.time_in_force.value,
        "limit_price": plain(ticket.limit_price),
        "stop_price": plain(order.stop_price),
        "status": status,
        "extended_hours": False,
        "legs": None,
        "trail_percent": plain(ticket.trail_percent),
        "trail_price": plain(ticket.trail_price),
        "hwm": plain(order.best),
        "reason": order.reason,
    }


def account_json(account: Account, marks: Marks) -> Json:
    """An account at the last prices."""
    own, free = equity(account, marks), buying_power(account, marks)
    values = {symbol: held.quantity * marks[symbol] for symbol, held in account.positions.items()}
    zero = Decimal(0)
    return {
        "id": account.id,
        "account_number": f"PAPER-{account.id[:8].upper()}",
        "status": "ACTIVE",
        "currency": "USD",
        "cash": plain(account.cash),
        "equity": plain(own),
        "last_equity": plain(own),
        "portfolio_value": plain(own),
        "buying_power": plain(free),
        "regt_buying_power": plain(free),
        "daytrading_buying_power": "0",
        "non_marginable_buying_power": plain(max(zero, min(free, account.cash))),
        "long_market_value": plain(sum((v for v in values.values() if v > 0), zero)),
        "short_market_value": plain(sum((v for v in values.values() if v < 0), zero)),
        "initial_margin": plain(gross(account, marks) / account.multiplier),
        "maintenance_margin": "0",
        "multiplier": plain(account.multiplier),
        "shorting_enabled": account.shorting,
        "trading_blocked": account.blocked,
        "transfers_blocked": False,
        "account_blocked": False,
        "trade_suspended_by_user": False,
        "pattern_day_trader": False,
        "daytrade_count": 0,
        "accrued_fees": "0",
        "created_at": moment(account.created_at),
    }


def position_json(symbol: str, held: Position, mark: Decimal) -> Json:
    """A position at the last price; a short one has a negative quantity and value, as Alpaca's."""
    value, cost = held.quantity * mark, held.quantity * held.average
    gain = value - cost
    return {
        "asset_id": name("asset", symbol),
        "symbol": symbol,
        "exchange": "NYSE",
        "asset_class": "us_equity",
        "asset_marginable": True,
        "avg_entry_price": plain(held.average),
        "qty": plain(held.quantity),
        "qty_available": plain(held.quantity),
        "side": "long" if held.quantity > 0 else "short",
        "market_value": plain(value),
        "cost_basis": plain(cost),
        "unrealized_pl": plain(gain),
        "unrealized_plpc": plain(gain / abs(cost)) if cost else "0",
        "unrealized_intraday_pl": "0",
        "unrealized_intraday_plpc": "0",
        "current_price": plain(mark),
        "lastday_price": plain(mark),
        "change_today": "0",
    }


def fill_json(fill: Execution, order: Order, *, id_: str, at: datetime, kind: str) -> Json:
    """A fill or a bust as an account activity."""
    return {
        "id": activity_id(at, id_),
        "account_id": fill.account,
        "activity_type": "FILL",
        "transaction_time": moment(at),
        "type": kind,
        "price": plain(fill.price),
        "qty": plain(fill.quantity),
        "side": fill.side.value,
        "symbol": fill.symbol,
        "leaves_qty": plain(order.left),
        "cum_qty": plain(order.filled),
        "order_id": fill.order_id,
        "client_order_id": order.ticket.client_order_id,
        "order_status": order_json(order)["status"],
        "commission": plain(fill.fee),
    }


def asset_json(symbol: str, *, tradable: bool, shortable: bool = True) -> Json:
    """An instrument."""
    return {
        "id": name("asset", symbol),
        "class": "us_equity",
        "exchange": "NYSE",
        "symbol": symbol,
        "name": f"{symbol} (paper exchange)",
        "status": "active" if tradable else "inactive",
        "tradable": tradable,
        "marginable": True,
        "shortable": shortable,
        "easy_to_borrow": shortable,
        "fractionable": True,
        "attributes": [],
    }
