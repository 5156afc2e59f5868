"""An order as a person types it, before it is an intent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from terminal.errors import InputError
from terminal.execution.order import (
    MANUAL,
    OrderIntent,
    OrderType,
    Side,
    TimeInForce,
    client_order_id,
)

NONCE_LENGTH = 32


@dataclass(frozen=True)
class Ticket:
    """What the form holds. `nonce` is made with the form: the same ticket twice is one order."""

    account_id: str
    symbol: str
    side: Side
    quantity: Decimal
    nonce: str
    type: OrderType = OrderType.MARKET
    time_in_force: TimeInForce = TimeInForce.DAY
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None
    trail_price: Decimal | None = None
    trail_percent: Decimal | None = None

    def intent(self, reference_price: Decimal | None = None) -> OrderIntent:
        """As an intent; InputError names the field that cannot be."""
        if not self.nonce or len(self.nonce) > NONCE_LENGTH:
            raise InputError("The ticket has no name of its own.", field="ticket")
        return OrderIntent(
            client_order_id=client_order_id(self.account_id, MANUAL, None, self.symbol, self.nonce),
            account_id=self.account_id,
            symbol=self.symbol,
            side=self.side,
            quantity=self.quantity,
            type=self.type,
            time_in_force=self.time_in_force,
            limit_price=self.limit_price,
            stop_price=self.stop_price,
            trail_price=self.trail_price,
            trail_percent=self.trail_percent,
            leg=self.nonce,
            reference_price=reference_price,
        )


def read_ticket(given: Mapping[str, Any]) -> Ticket:
    """A ticket from texts of a form or a command line.

    Raises
    ------
    InputError : naming the field and what is allowed there.
    """
    kind = _choice(OrderType, given.get("type") or "market", "type")
    return Ticket(
        account_id=str(given.get("account_id") or ""),
        symbol=str(given.get("symbol") or "").strip().upper(),
        side=_choice(Side, given.get("side") or "", "side"),
        quantity=read_number(given.get("quantity"), "quantity", needed=True) or Decimal(0),
        nonce=str(given.get("nonce") or ""),
        type=kind,
        time_in_force=_choice(TimeInForce, given.get("time_in_force") or "day", "time_in_force"),
        limit_price=read_number(given.get("limit_price"), "limit_price"),
        stop_price=read_number(given.get("stop_price"), "stop_price"),
        trail_price=read_number(given.get("trail_price"), "trail_price"),
        trail_percent=read_number(given.get("trail_percent"), "trail_percent"),
    )


def _choice(kind: Any, value: Any, field: str) -> Any:
    try:
        return kind(str(value).lower())
    except ValueError:
        names = ", ".join(item.value for item in kind)
        raise InputError(
            f"{value!r} is not a {field.replace('_', ' ')}.",
            field=field,
            remedy=f"Choose one of {names}.",
        ) from None


def read_number(value: Any, field: str, *, needed: bool = False) -> Decimal | None:
    """A number of a ticket from its text; None: nothing was typed. InputError names the field."""
    text = "" if value is None else str(value).strip().replace(",", "")
    if not text:
        if needed:
            raise InputError(f"The {field.replace('_', ' ')} is missing.", field=field)
        return None
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise InputError(
            f"{value!r} is not a number.", field=field, remedy="Write it like 12.5."
        ) from None
    if not number.is_finite():
        raise InputError(f"{value!r} is not a finite number.", field=field)
    return number
