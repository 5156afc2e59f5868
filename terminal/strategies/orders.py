"""Orders as small values: what a strategy may ask for.

Prices, quantities and distances are in units of the bar an order is decided at; splits that follow
change them as they change the position. When and where orders fill is the engine's: docs/engine.md.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from terminal.errors import InputError

NAN = math.nan
INF = math.inf
KINDS = (
    "market",
    "limit",
    "stop",
    "stop limit",
    "trailing stop",
    "market on open",
    "market on close",
)
TRAIL_UNITS = ("amount", "share", "atr")
NEEDS = {
    "market": (),
    "limit": ("limit",),
    "stop": ("stop",),
    "stop limit": ("limit", "stop"),
    "trailing stop": ("trail",),
    "market on open": (),
    "market on close": (),
}
"""Which prices each kind of order has."""
WITH_LIMIT = tuple(kind for kind, needs in NEEDS.items() if "limit" in needs)
WITH_STOP = tuple(kind for kind, needs in NEEDS.items() if "stop" in needs)


@dataclass(frozen=True)
class Order:
    """An order, decided at the close of bar `bar` and at work from the next.

    Attributes
    ----------
    quantity : units, negative to sell; rounded toward zero to the account's lot.
    kind : one of `NEEDS`.
    limit, stop : prices. trail : distance of a trailing stop from the best price, in `trail_unit`:
        "amount" (currency), "share" (fraction of the best price) or "atr" (average true ranges).
    day : ends with the session it starts to work in; else it works until it is filled or cancelled.
    reduce_only : never opens or adds; cancelled at a close at which there is nothing to reduce.
    children : wake when this order fills, and are one another's alternative: the first that fills
        cancels the others (a bracket). They reduce only, whatever they say.
    group : orders next to each other in the list with the same number >= 0 are alternatives (OCO).
    """

    bar: int
    symbol: str
    quantity: float
    kind: str = "market"
    limit: float = NAN
    stop: float = NAN
    trail: float = NAN
    trail_unit: str = "amount"
    day: bool = False
    reduce_only: bool = False
    children: tuple[Order, ...] = ()
    group: int = -1


def bracket(entry: Order, *, stop_loss: float = NAN, take_profit: float = NAN) -> Order:
    """The entry with a protective stop and a target, each other's alternative; NaN: without."""
    legs = []
    if not math.isnan(stop_loss):
        legs.append(Order(entry.bar, entry.symbol, -entry.quantity, "stop", stop=stop_loss))
    if not math.isnan(take_profit):
        legs.append(Order(entry.bar, entry.symbol, -entry.quantity, "limit", limit=take_profit))
    return Order(
        entry.bar,
        entry.symbol,
        entry.quantity,
        entry.kind,
        entry.limit,
        entry.stop,
        entry.trail,
        entry.trail_unit,
        entry.day,
        entry.reduce_only,
        (*entry.children, *legs),
        entry.group,
    )


def require_orders(orders: Sequence[Order], symbols: Collection[str]) -> None:
    """InputError naming the first order that cannot be, by its place in the list from 1."""
    for place, order in enumerate(orders, 1):
        if not _sound(order, symbols):
            _refuse(order, None, symbols, place)
        for child in order.children:
            own = child.symbol == order.symbol and child.quantity * order.quantity < 0
            if not own or child.children or not _sound(child, symbols):
                _refuse(child, order, symbols, place)


def _sound(order: Order, symbols: Collection[str]) -> bool:
    """Whether `_refuse` has nothing to say of an order by itself: asked of every order there is."""
    kind, limit, stop, trail = order.kind, order.limit, order.stop, order.trail
    return (
        kind in NEEDS
        and order.symbol in symbols
        and 0.0 < abs(order.quantity) < INF
        and order.bar >= 0
        and (0.0 < limit < INF if kind in WITH_LIMIT else limit != limit)
        and (0.0 < stop < INF if kind in WITH_STOP else stop != stop)
        and (0.0 < trail < INF if kind == "trailing stop" else trail != trail)
        and order.trail_unit in TRAIL_UNITS
        and (order.trail_unit != "share" or not trail >= 1)
    )


def _refuse(order: Order, parent: Order | None, symbols: Collection[str], place: int) -> None:
    """InputError naming what an order lacks."""

    def refuse(what: str, field: str, remedy: str) -> InputError:
        return InputError(what, field=field, row=place, remedy=remedy)

    if order.kind not in NEEDS:
        raise refuse(f"There is no order of kind {order.kind!r}.", "kind",
                     f"Choose one of {', '.join(NEEDS)}.")  # fmt: skip
    if order.symbol not in symbols:
        raise refuse(f"{order.symbol!r} is not in the universe.", "symbol", "Choose one that is.")
    if not math.isfinite(order.quantity) or order.quantity == 0:
        raise refuse(f"The quantity is {order.quantity:g}.", "quantity", "Order some units.")
    if order.bar < 0:
        raise refuse(f"The order is decided at bar {order.bar}.", "bar", "Bars start at 0.")
    for name in ("limit", "stop", "trail"):
        value = getattr(order, name)
        needed = name in NEEDS[order.kind]
        if needed and not (math.isfinite(value) and value > 0):
            raise refuse(f"A {order.kind} order has a {name} above 0, not {value:g}.", name,
                         f"Give the {name}.")  # fmt: skip
        if not needed and not math.isnan(value):
            raise refuse(f"A {order.kind} order has no {name}.", name, "Leave it out.")
    if order.trail_unit not in TRAIL_UNITS:
        raise refuse(f"{order.trail_unit!r} is no unit of a trailing stop.", "trail_unit",
                     f"Choose one of {', '.join(TRAIL_UNITS)}.")  # fmt: skip
    if order.trail_unit == "share" and order.trail >= 1:
        raise refuse(
            "A trailing stop cannot be the whole price away.", "trail", "Give less than 1."
        )
    if parent is None:
        return
    if order.children:
        raise refuse("Children have no children of their own.", "children", "Leave them out.")
    if order.symbol != parent.symbol or order.quantity * parent.quantity > 0:
        raise refuse("A child closes what its parent opens.", "children",
                     "Give it the parent's instrument and the other side.")  # fmt: skip
