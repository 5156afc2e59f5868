"""One strategy that places orders after another on the same account: walk-forward's stitching.

Each is asked from the first bar of its stretch until the next one takes over. What is held stays,
with the stops and targets that protect it; what the one before had placed and not filled is taken
back. The next one begins as it would on a live account that holds something: it sees bars from long
before and the positions, but what it would have remembered itself starts now.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

from terminal.strategies.events import Context, OnBar
from terminal.strategies.orders import Order

Stretch = tuple[int, Any]
"""(first bar at which it is asked, parameters)."""


def relay(start: Callable[[Any], OnBar], stretches: Sequence[Stretch]) -> OnBar:
    """`on_bar` of the stretches one after the other; silent before the first.

    Parameters
    ----------
    start : `start(params)` -> a fresh `on_bar`. Where two stretches that follow each other have the
        same parameters, one goes on.
    stretches : by bar, ascending.
    """
    waiting = list(stretches)
    now: _Runner | None = None

    def on_bar(context: Context) -> None:
        nonlocal now
        while waiting and waiting[0][0] <= context.bar:
            _, params = waiting.pop(0)
            if now is None or now.params != params:
                if now is not None:
                    now.take_back(context)
                now = _Runner(params, start(params))
        if now is not None:
            now.ask(context)

    return on_bar


class _Runner:
    """A strategy and the orders it has placed, without those that wait for them."""

    def __init__(self, params: Any, on_bar: OnBar) -> None:
        self.params = params
        self.on_bar = on_bar
        self.placed: set[int] = set()

    def ask(self, context: Context) -> None:
        self.on_bar(cast(Context, _Noting(context, self.placed)))

    def take_back(self, context: Context) -> None:
        """What is still at work of its orders; brackets of what is held are not among them."""
        for order in context.open_orders:
            if order.id in self.placed:
                context.cancel(order.id)


class _Noting:
    """A context that notes which orders are placed."""

    def __init__(self, context: Context, placed: set[int]) -> None:
        self._context = context
        self._placed = placed

    def __getattr__(self, name: str) -> Any:
        return getattr(self._context, name)

    def submit(self, order: Order) -> int:
        """As the context does."""
        found = self._context.submit(order)
        self._placed.add(found)
        return found
