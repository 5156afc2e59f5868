"""Indicators computed once for many runs on the same bars.

Within `sharing(panel)`, a function marked `shared` that is called again with an array of that
panel and the same numbers gives the array it gave before, as long as the room for kept arrays
lasts; the one unused for longest goes first. Elsewhere, and for arrays a strategy made itself, the
function is what it always is. What is handed out twice cannot be written to.
"""

from __future__ import annotations

import functools
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Lock
from typing import Any, TypeVar, cast

from terminal.market.panel import FloatArray, Panel

F = TypeVar("F", bound=Callable[..., FloatArray])
ROOM = 44 * 2**20
"""Bytes kept at most: four indicators of 46 instruments and five years of 15-minute bars."""
OF_PANEL = ("open", "high", "low", "close", "volume")


class _Kept:
    """Arrays by what they were made from; safe to use from several threads."""

    def __init__(self, panel: Panel, room: int) -> None:
        self.sources = {id(getattr(panel, name)) for name in OF_PANEL}
        self.room = room
        self.found = self.made = 0
        self._arrays: OrderedDict[tuple[Any, ...], FloatArray] = OrderedDict()
        self._size = 0
        self._lock = Lock()

    def get(self, key: tuple[Any, ...]) -> FloatArray | None:
        with self._lock:
            array = self._arrays.get(key)
            if array is not None:
                self._arrays.move_to_end(key)
                self.found += 1
            return array

    def put(self, key: tuple[Any, ...], array: FloatArray) -> None:
        with self._lock:
            self.made += 1
            if key in self._arrays or array.nbytes > self.room:
                return
            array.flags.writeable = False
            self._arrays[key] = array
            self._size += array.nbytes
            while self._size > self.room:
                self._size -= self._arrays.popitem(last=False)[1].nbytes


_kept: ContextVar[_Kept | None] = ContextVar("kept indicators", default=None)


@contextmanager
def sharing(panel: Panel, room: int = ROOM) -> Iterator[_Kept]:
    """Keep indicators of `panel`'s own arrays until the block ends; the panel outlives it.

    Threads that are to take part run in a copy of the context.
    """
    kept = _Kept(panel, room)
    token = _kept.set(kept)
    try:
        yield kept
    finally:
        _kept.reset(token)


def shared(function: F) -> F:
    """Mark an indicator `function(values, *numbers)` as one that may be kept."""

    @functools.wraps(function)
    def found(values: FloatArray, *numbers: Any) -> FloatArray:
        kept = _kept.get()
        if kept is None or id(values) not in kept.sources:
            return function(values, *numbers)
        key = (function.__name__, id(values), *numbers)
        array = kept.get(key)
        if array is None:
            array = function(values, *numbers)
            if array is not values:
                kept.put(key, array)
        return array

    return cast(F, found)
