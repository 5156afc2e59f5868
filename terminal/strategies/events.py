"""Strategies that need their fills: asked after every bar, they answer with orders.

`on_bar(context)` sees bars up to now, what is held, what was filled and what still works. It shares
the fill code of every other strategy, and the rule that nothing fills before the next bar.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from terminal.market.panel import FloatArray, TimeArray
from terminal.strategies.orders import Order


@dataclass(frozen=True)
class Fill:
    """A fill of the bar that has just closed; `quantity` is signed, `order` the id of its order."""

    symbol: str
    quantity: float
    price: float
    order: int


@dataclass(frozen=True)
class OpenOrder:
    """An order still at work, or a child that waits for its parent; `left` is signed."""

    id: int
    symbol: str
    kind: str
    left: float


class Context(Protocol):
    """What a strategy knows at the close of bar `bar`, and what it can do.

    Attributes
    ----------
    bar, ts, close_ts : row of the panel, when it opened, and now (UTC).
    symbols : of the universe, in the order of the panel's columns.
    cash, equity : now. positions : units held by symbol, without zeros.
    fills : of this bar. open_orders : at work now.
    session_ends : whether this was the last bar of its session. long_only : whether the account
        may not sell short.
    """

    bar: int
    symbols: tuple[str, ...]
    cash: float
    equity: float
    session_ends: bool
    long_only: bool

    @property
    def ts(self) -> Any: ...

    @property
    def close_ts(self) -> Any: ...

    @property
    def positions(self) -> Mapping[str, float]: ...

    @property
    def fills(self) -> Sequence[Fill]: ...

    @property
    def open_orders(self) -> Sequence[OpenOrder]: ...

    def history(self, field: str, bars: int) -> FloatArray:
        """The newest `bars` rows of open, high, low, close or volume: (<= bars, n_instruments).

        Prices are adjusted for splits so that they are in units of this bar. NaN: no bar. Of
        several calendars, those of each instrument whose bar has closed now are its own newest
        bars, the last in the last row; of the others nothing is new, and all is NaN.
        """
        ...

    def times(self, bars: int) -> TimeArray:
        """When the newest `bars` bars opened."""
        ...

    def submit(self, order: Order) -> int:
        """Place an order for the next bar; its id. Children have the ids that follow.

        Raises
        ------
        InputError : the order cannot be.
        """
        ...

    def cancel(self, order_id: int) -> bool:
        """Take an order back; False where it works no more."""
        ...


OnBar = Callable[[Context], None]
