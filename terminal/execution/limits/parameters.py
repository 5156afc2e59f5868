"""The limits of an account: one frozen value, from whose fields the form is drawn.

0 switches a limit off; each says what it binds. Stored as JSON (`dataclasses.asdict`), read back
with `terminal.params.validate(Limits, stored)`: a limit added since then has its default, one that
is gone is refused, never dropped in silence.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any

from terminal.errors import InputError
from terminal.params import param

_OFF = "0: no limit."


@dataclass(frozen=True)
class Limits:
    """What an account may do. Money is in the account's currency, percent as 1 = 1 %."""

    max_order_quantity: float = param(
        0.0, title="Order size", low=0, unit="units", help=f"Units of one order. {_OFF}"
    )
    max_order_notional: float = param(
        0.0, title="Order value", low=0, unit="currency", help=f"Price times units. {_OFF}"
    )
    max_position_quantity: float = param(
        0.0, title="Position size", low=0, unit="units",
        help=f"Long or short, once all that works on its side is filled. {_OFF}",
    )  # fmt: skip
    max_position_notional: float = param(
        0.0, title="Position value", low=0, unit="currency",
        help=f"The same in money. {_OFF}",
    )  # fmt: skip
    max_adv_percent: float = param(
        0.0, title="Share of daily volume", low=0, high=100, unit="%",
        help=f"The order and what works on its side, of an average session's volume. {_OFF}",
    )  # fmt: skip
    max_sector_percent: float = param(
        0.0, title="Sector exposure", low=0, high=1000, unit="% of equity",
        help=f"Long plus short; instruments without a sector count as one sector. {_OFF}",
    )  # fmt: skip
    max_gross_notional: float = param(
        0.0, title="Gross exposure", low=0, unit="currency", help=f"Long plus short. {_OFF}"
    )
    max_net_notional: float = param(
        0.0, title="Net exposure", low=0, unit="currency",
        help=f"Long less short, in either direction. {_OFF}",
    )  # fmt: skip
    max_leverage: float = param(
        2.0, title="Leverage", low=0, high=10, unit="× equity",
        help=f"Gross exposure over equity. {_OFF}",
    )  # fmt: skip
    price_collar_percent: float = param(
        5.0, title="Price collar", low=0, high=100, unit="%",
        help="How far beyond the last price (of a stop limit: beyond its stop) a buy may bid or a "
        f"sale may offer. {_OFF}",
    )  # fmt: skip
    fat_finger_percent: float = param(
        0.0, title="Fat finger: of equity", low=0, high=1000, unit="% of equity",
        help=f"Value of one order. {_OFF}",
    )  # fmt: skip
    fat_finger_multiple: float = param(
        0.0, title="Fat finger: of the usual", low=0, unit="× the usual order",
        help=f"Value of one order, over the account's usual order where that is known. {_OFF}",
    )  # fmt: skip
    duplicate_window_s: float = param(
        1.0, title="Repeated order", low=0, high=3600, unit="s",
        help="Same symbol, side and size sooner than this is taken for a slip, unless an algorithm "
        f"sent it or it replaces another. {_OFF}",
    )  # fmt: skip
    max_orders_per_second: int = param(
        100, title="Orders a second", low=0, help=f"This one included. {_OFF}"
    )
    max_orders_per_minute: int = param(
        600, title="Orders a minute", low=0, help=f"This one included. {_OFF}"
    )
    max_open_orders: int = param(200, title="Open orders", low=0, help=f"This one included. {_OFF}")
    max_daily_notional: float = param(
        0.0, title="Traded a day", low=0, unit="currency",
        help=f"Bought plus sold today, with what works. {_OFF}",
    )  # fmt: skip
    buying_power_multiple: float = param(
        2.0, title="Buying power", low=0, high=10, unit="× equity",
        help="What positions and working orders may use together; 1: cash only, 2: US margin "
        f"(Regulation T). {_OFF}",
    )  # fmt: skip
    market_reserve_percent: float = param(
        1.0, title="Reserve of orders without a limit", low=0, high=100, unit="%",
        help="Added to their value where buying power is counted: their price is not known.",
    )  # fmt: skip
    max_price_age_s: float = param(
        300.0, title="Age of the last price", low=0, unit="s",
        help=f"Older data stops every order that adds. {_OFF}",
    )  # fmt: skip
    max_market_price_age_s: float = param(
        60.0, title="Age of the last price, orders without a limit", low=0, unit="s",
        help=f"The same for orders that name no price of their own. {_OFF}",
    )  # fmt: skip
    only_when_open: bool = param(
        False, title="Only while the market is open",
        help="Off: the broker keeps what is sent before the open. Orders for the opening auction "
        "may be sent at any time.",
    )  # fmt: skip
    allow_short: bool = param(False, title="Short sales", help="Sell more than is held.")
    restricted: str = param(
        "", title="Restricted symbols", help="Separated by commas; they may only be reduced."
    )
    hard_to_borrow: str = param(
        "", title="Hard to borrow", help="Separated by commas; they may not be sold short."
    )

    def __post_init__(self) -> None:
        for field in ("restricted", "hard_to_borrow"):
            for symbol in symbols_of(getattr(self, field)):
                if len(symbol) > 32 or any(letter.isspace() for letter in symbol):
                    raise InputError(
                        f"{symbol!r} is not a symbol.",
                        field=field,
                        remedy="Separate symbols by commas.",
                    )

    @cached_property
    def exact(self) -> Exact:
        """The same limits as the check computes with them."""
        return Exact(self)


class Exact:
    """Limits as Decimal and timedelta, made once; None (or an empty set) where a limit is off.

    values_orders, values_account : whether a limit is on that needs the order's price, or a price
    of everything that is held or works.
    """

    def __init__(self, limits: Limits) -> None:
        self.order_quantity = _decimal(limits.max_order_quantity)
        self.order_notional = _decimal(limits.max_order_notional)
        self.position_quantity = _decimal(limits.max_position_quantity)
        self.position_notional = _decimal(limits.max_position_notional)
        self.adv_share = _fraction(limits.max_adv_percent)
        self.sector_share = _fraction(limits.max_sector_percent)
        self.gross = _decimal(limits.max_gross_notional)
        self.net = _decimal(limits.max_net_notional)
        self.leverage = _decimal(limits.max_leverage)
        self.collar = _fraction(limits.price_collar_percent)
        self.finger_share = _fraction(limits.fat_finger_percent)
        self.finger_multiple = _decimal(limits.fat_finger_multiple)
        self.duplicate_window = _seconds(limits.duplicate_window_s)
        self.per_second = limits.max_orders_per_second
        self.per_minute = limits.max_orders_per_minute
        self.open_orders = limits.max_open_orders
        self.daily = _decimal(limits.max_daily_notional)
        self.power = _decimal(limits.buying_power_multiple)
        self.reserve = _fraction(limits.market_reserve_percent) or Decimal(0)
        self.price_age = _seconds(limits.max_price_age_s)
        self.market_price_age = _seconds(limits.max_market_price_age_s)
        self.restricted = frozenset(symbols_of(limits.restricted))
        self.hard_to_borrow = frozenset(symbols_of(limits.hard_to_borrow))
        self.only_when_open = limits.only_when_open
        self.allow_short = limits.allow_short
        account = (self.sector_share, self.gross, self.net, self.leverage, self.power)
        order = (self.order_notional, self.position_notional, self.daily, self.finger_share,
                 self.finger_multiple)  # fmt: skip
        self.values_account = any(value is not None for value in account)
        self.values_orders = self.values_account or any(value is not None for value in order)


def symbols_of(text: str) -> tuple[str, ...]:
    """The symbols of a list typed with commas, in capitals."""
    return tuple(part.strip().upper() for part in text.split(",") if part.strip())


def differences(before: Limits, after: Limits) -> dict[str, dict[str, Any]]:
    """What an edit changes, for the audit: limit -> {"before", "after"}; empty: nothing."""
    return {
        field.name: {"before": was, "after": now}
        for field in dataclasses.fields(Limits)
        if (was := getattr(before, field.name)) != (now := getattr(after, field.name))
    }


def _decimal(value: float) -> Decimal | None:
    return Decimal(repr(value)) if value else None  # repr: 0.1 is a tenth, not its binary neighbour


def _fraction(percent: float) -> Decimal | None:
    return Decimal(repr(percent)) / 100 if percent else None


def _seconds(value: float) -> timedelta | None:
    return timedelta(seconds=value) if value else None
