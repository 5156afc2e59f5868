"""What is asked of a broker: one frozen value, and the name it is known by on both sides.

An intent is committed to the ledger before it is sent. Its `client_order_id` follows from what it
is for (account, source, bar, symbol, leg), so that the same decision made twice is one order.
"""

from __future__ import annotations

import hashlib
from base64 import b32encode
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from terminal.errors import InputError

QUANTITY_STEP = Decimal("0.000000001")
"""The finest quantity a broker takes; finer ones are refused, not rounded."""
LARGEST = Decimal("1e15")
"""Quantities and prices end here; no market has larger ones, and their decimals are exact."""
MANUAL = "manual"
"""Source of an order that a person typed."""
FLATTEN = "flatten"
"""Source of an order that closes a position; the only one that a kill lets through."""


class Side(StrEnum):
    """Buy or sell; a sale beyond what is held is a short sale."""

    BUY = "buy"
    SELL = "sell"

    @property
    def sign(self) -> int:
        return 1 if self is Side.BUY else -1


class OrderType(StrEnum):
    """How an order may fill."""

    MARKET = "market"
    LIMIT = "limit"
    STOP = "stop"
    STOP_LIMIT = "stop_limit"
    TRAILING_STOP = "trailing_stop"


class TimeInForce(StrEnum):
    """How long an order works; OPG and CLS trade in the opening and closing auction only."""

    DAY = "day"
    GTC = "gtc"
    IOC = "ioc"
    FOK = "fok"
    OPG = "opg"
    CLS = "cls"


@dataclass(frozen=True)
class OrderIntent:
    """An order somebody or something decided on.

    Attributes
    ----------
    client_order_id : see `client_order_id`; at most 64 characters.
    source : "manual", or what decided: a strategy's slug, an algorithm's parent, "flatten".
    quantity : units, > 0, at most nine decimals.
    limit_price, stop_price : currency per unit, where the type needs them.
    trail_price, trail_percent : distance of a trailing stop; one of the two (percent: 1 = 1 %).
    bar_ts : open time of the bar it was decided on; None: not decided on a bar.
    leg : which order of that decision.
    session_id, parent_id, replaces : the live session, the algorithm's order, the order it takes
        the place of.
    reference_price : of the decision (last price known then), for what the order cost in the end.
    """

    client_order_id: str
    account_id: str
    symbol: str
    side: Side
    quantity: Decimal
    type: OrderType = OrderType.MARKET
    time_in_force: TimeInForce = TimeInForce.DAY
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None
    trail_price: Decimal | None = None
    trail_percent: Decimal | None = None
    source: str = MANUAL
    bar_ts: datetime | None = None
    leg: str = ""
    session_id: str | None = None
    parent_id: str | None = None
    replaces: str | None = None
    reference_price: Decimal | None = None

    def __post_init__(self) -> None:
        if not self.symbol or self.symbol != self.symbol.strip().upper():
            raise InputError(f"{self.symbol!r} is not a symbol in capitals.", field="symbol")
        _positive("quantity", self.quantity)
        if self.quantity != self.quantity.quantize(QUANTITY_STEP):
            raise InputError(
                f"{self.quantity} has more than nine decimals.",
                field="quantity",
                remedy="Round it to nine decimals or fewer.",
            )
        self._require_prices()

    def _require_prices(self) -> None:
        needs_limit = self.type in (OrderType.LIMIT, OrderType.STOP_LIMIT)
        needs_stop = self.type in (OrderType.STOP, OrderType.STOP_LIMIT)
        for name, needed in (("limit_price", needs_limit), ("stop_price", needs_stop)):
            value: Decimal | None = getattr(self, name)
            if needed and value is None:
                raise InputError(f"A {self.type} order needs a {_words(name)}.", field=name)
            if not needed and value is not None:
                raise InputError(f"A {self.type} order takes no {_words(name)}.", field=name)
            if value is not None:
                _positive(name, value)
        trails = [value for value in (self.trail_price, self.trail_percent) if value is not None]
        if (len(trails) == 1) != (self.type is OrderType.TRAILING_STOP) or len(trails) > 1:
            raise InputError(
                "A trailing stop takes one distance (currency or percent), others none.",
                field="trail_price",
            )
        for value in trails:
            _positive("trail_price" if self.trail_price is not None else "trail_percent", value)

    @property
    def signed_quantity(self) -> Decimal:
        """Units, negative for a sale."""
        return self.side.sign * self.quantity


def client_order_id(
    account_id: str, source: str, bar_ts: datetime | None, symbol: str, leg: str
) -> str:
    """The one name of an order: the same decision gives the same name on any machine.

    `leg` tells orders of one decision apart; of a typed order it is the ticket's own random name,
    so that pressing the button twice sends one order.
    """
    if not leg and bar_ts is None:
        raise InputError("An order without a bar needs a leg of its own.", field="leg")
    text = "|".join((account_id, source, bar_ts.isoformat() if bar_ts else "", symbol, leg))
    digest = hashlib.sha256(text.encode()).digest()[:20]
    return f"att-{b32encode(digest).decode().lower()}"


def _positive(field: str, value: Decimal) -> None:
    if not value.is_finite() or value <= 0:
        raise InputError(f"{value} is not a {_words(field)} above 0.", field=field)
    if value > LARGEST:
        raise InputError(f"{value} is too large a {_words(field)}.", field=field)


def _words(field: str) -> str:
    return field.replace("_", " ")
