"""Alpaca's JSON as values of ours. What is not a finite number or a time stops here."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from terminal.execution.brokers.protocol import (
    BrokerAccount,
    BrokerClock,
    BrokerFill,
    BrokerOrder,
    BrokerPosition,
    CashMovement,
)
from terminal.execution.order import OrderIntent, OrderType, Side, TimeInForce
from terminal.execution.states import OrderState as S

Json = Mapping[str, Any]

STATES: Mapping[str, S] = {
    "new": S.ACCEPTED, "accepted": S.ACCEPTED, "pending_new": S.ACCEPTED,
    "accepted_for_bidding": S.ACCEPTED, "held": S.ACCEPTED, "pending_review": S.ACCEPTED,
    "stopped": S.ACCEPTED, "suspended": S.ACCEPTED, "calculated": S.ACCEPTED,
    "done_for_day": S.ACCEPTED, "partially_filled": S.PARTIALLY_FILLED,
    "pending_cancel": S.CANCELLING, "pending_replace": S.CANCELLING, "filled": S.FILLED,
    "canceled": S.CANCELLED, "expired": S.EXPIRED, "replaced": S.REPLACED,
    "rejected": S.REJECTED,
}  # fmt: skip
MOVEMENTS = {
    "DIV": "dividend", "DIVCGL": "dividend", "DIVCGS": "dividend", "DIVNRA": "dividend",
    "DIVROC": "dividend", "DIVTXEX": "dividend", "DIVWH": "dividend", "FEE": "fee", "CFEE": "fee",
    "PTC": "fee", "INT": "interest", "CSD": "deposit", "CSW": "withdrawal", "JNLC": "deposit",
    "SPLIT": "split",
}  # fmt: skip
"""Activity types that move money, or units, without an order."""


class Unreadable(ValueError):
    """An answer that is not what it must be: as good as none."""


def number(row: Json, field: str) -> Decimal:
    """A finite number."""
    found = maybe(row, field)
    if found is None:
        raise Unreadable(f"{field} is missing")
    return found


def maybe(row: Json, field: str) -> Decimal | None:
    """A finite number, or None where there is none."""
    given = row.get(field)
    if given is None or given == "":
        return None
    try:
        value = Decimal(str(given))
    except InvalidOperation:
        raise Unreadable(f"{field} is no number: {given!r}") from None
    if isinstance(given, bool) or not value.is_finite():
        raise Unreadable(f"{field} is no finite number: {given!r}")
    return value


def time(given: Any) -> datetime:
    """A UTC-aware time; nanoseconds are cut to microseconds, a date is its midnight in UTC."""
    if not isinstance(given, str) or not given:
        raise Unreadable(f"{given!r} is no time")
    try:
        at = datetime.fromisoformat(given)  # cuts what is finer than microseconds
    except ValueError:
        raise Unreadable(f"{given!r} is no time") from None
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)


def rows(answer: Any) -> list[Json]:
    """A list of objects."""
    if not isinstance(answer, list) or not all(isinstance(row, Mapping) for row in answer):
        raise Unreadable("the answer is no list")
    return answer


def one(answer: Any) -> Json:
    """An object."""
    if not isinstance(answer, Mapping):
        raise Unreadable("the answer is no object")
    return answer


def account(answer: Any) -> BrokerAccount:
    row = one(answer)
    return BrokerAccount(
        id=str(row["id"]),
        currency=str(row.get("currency") or "USD"),
        cash=number(row, "cash"),
        equity=number(row, "equity"),
        buying_power=number(row, "buying_power"),
        trading_blocked=bool(row.get("trading_blocked") or row.get("account_blocked")),
    )


def clock(answer: Any) -> BrokerClock:
    row = one(answer)
    return BrokerClock(
        at=time(row.get("timestamp")),
        is_open=row.get("is_open") is True,
        next_open=time(row.get("next_open")),
        next_close=time(row.get("next_close")),
    )


def position(row: Json) -> BrokerPosition:
    quantity = number(row, "qty")
    if row.get("side") == "short":
        quantity = -abs(quantity)
    return BrokerPosition(
        symbol=str(row["symbol"]),
        quantity=quantity,
        average_cost=number(row, "avg_entry_price"),
        price=maybe(row, "current_price"),
    )


def order(answer: Any) -> BrokerOrder:
    row = one(answer)
    try:
        state = STATES[str(row["status"])]
        return BrokerOrder(
            broker_order_id=str(row["id"]),
            client_order_id=str(row["client_order_id"]),
            symbol=str(row["symbol"]),
            side=Side(str(row["side"])),
            type=OrderType(str(row.get("type") or row.get("order_type"))),
            time_in_force=TimeInForce(str(row["time_in_force"])),
            quantity=number(row, "qty"),
            filled_quantity=maybe(row, "filled_qty") or Decimal(0),
            average_price=maybe(row, "filled_avg_price"),
            limit_price=maybe(row, "limit_price"),
            stop_price=maybe(row, "stop_price"),
            state=state,
            submitted_at=time(row.get("submitted_at") or row.get("created_at")),
            updated_at=time(row.get("updated_at") or row.get("created_at")),
            replaced_by=str(row["replaced_by"]) if row.get("replaced_by") else None,
            reason=str(row.get("reason") or ""),
        )
    except (KeyError, ValueError) as error:
        raise Unreadable(f"an order cannot be read: {error!r}") from None


def fill(row: Json, client_order_id: str) -> BrokerFill:
    """A FILL activity. Its id ends with the id of the execution."""
    busted = row.get("type") == "trade_bust"
    return BrokerFill(
        execution_id=str(row["id"]).split("::")[-1],
        broker_order_id=str(row["order_id"]),
        client_order_id=client_order_id,
        symbol=str(row["symbol"]),
        side=side_of(str(row["side"])),
        quantity=abs(number(row, "qty")),
        price=number(row, "price"),
        fee=maybe(row, "commission") or Decimal(0),
        at=time(row.get("transaction_time")),
        busts=str(row["busts"]) if busted else None,
    )


def side_of(text: str) -> Side:
    """Alpaca tells a short sale apart; to us it is a sale."""
    return Side.BUY if text == "buy" else Side.SELL


def update_fill(message: Json, of: BrokerOrder) -> BrokerFill | None:
    """The fill or bust in a message of the stream; None: it has none."""
    event = message.get("event")
    if event not in ("fill", "partial_fill", "trade_bust") or not message.get("execution_id"):
        return None
    return BrokerFill(
        execution_id=str(message["execution_id"]),
        broker_order_id=of.broker_order_id,
        client_order_id=of.client_order_id,
        symbol=of.symbol,
        side=of.side,
        quantity=abs(number(message, "qty")),
        price=number(message, "price"),
        fee=maybe(message, "commission") or Decimal(0),
        at=time(message.get("timestamp")),
        busts=str(message["busts"]) if event == "trade_bust" and message.get("busts") else None,
    )


def movement(row: Json, ratio: Decimal | None) -> CashMovement | None:
    """Money or units that moved without an order; None: an activity of another kind."""
    kind = MOVEMENTS.get(str(row.get("activity_type")))
    if kind is None:
        return None
    amount = maybe(row, "net_amount") or Decimal(0)
    if kind == "deposit" and amount < 0:
        kind = "withdrawal"
    return CashMovement(
        movement_id=str(row["id"]),
        kind=kind,
        amount=amount,
        at=activity_time(row),
        symbol=str(row["symbol"]) if row.get("symbol") else None,
        ratio=ratio if kind == "split" else None,
    )


def activity_time(row: Json) -> datetime:
    """When an activity happened: its own time, else the one its id begins with, else its date."""
    given = row.get("transaction_time") or row.get("created_at")
    if given:
        return time(given)
    digits = str(row.get("id", "")).split("::")[0]
    if len(digits) == 17 and digits.isdigit():
        at = datetime.strptime(digits[:14], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
        if (at.hour, at.minute, at.second) != (0, 0, 0):
            return at.replace(microsecond=int(digits[14:]) * 1000)
    return time(row.get("date"))


def order_fields(intent: OrderIntent) -> dict[str, str]:
    """The body of an order: numbers as text, so that none loses a digit."""
    body = {
        "symbol": intent.symbol,
        "qty": f"{intent.quantity:f}",
        "side": intent.side.value,
        "type": intent.type.value,
        "time_in_force": intent.time_in_force.value,
        "client_order_id": intent.client_order_id,
    }
    for field in ("limit_price", "stop_price", "trail_price", "trail_percent"):
        value: Decimal | None = getattr(intent, field)
        if value is not None:
            body[field] = f"{value:f}"
    return body


def replacement_fields(intent: OrderIntent) -> dict[str, str]:
    """The body of a replacement: what may change of an order."""
    body = order_fields(intent)
    trail = body.pop("trail_price", None) or body.pop("trail_percent", None)
    kept = ("qty", "time_in_force", "limit_price", "stop_price", "client_order_id")
    return {field: body[field] for field in kept if field in body} | (
        {"trail": trail} if trail else {}
    )
