"""Indicators computed once for many runs on the same bars.

Within `sharing(panel)`, a function marked `shared` that is called again with an array of that
panel and the same numbers gives the array it gave before, as long as the room for kept arrays
lasts; the one unused for longest goes first. Of two threads that need the same array at once, one
makes it. Elsewhere, and for arrays a strategy made itself, the function is what it always is. What
is handed out twice cannot be written to.
"""

from __future__ import annotations

import functools
from collections import OrderedDict
from collections.abc import Callable, Iterator
from concurrent.futures import Future
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
        self._making: dict[tuple[Any, ...], Future[FloatArray]] = {}
        self._arrays: OrderedDict[tuple[Any, ...], FloatArray] = OrderedDict()
        self.size = 0
        self._lock = Lock()

    def get(self, key: tuple[Any, ...], make: Callable[[], FloatArray], size: int) -> FloatArray:
        """What is kept, or is being made by another thread at this moment, or `make()`.

        size : bytes it will probably have; so many go before it is made, and it takes their place.
        """
        with self._lock:
            array = self._arrays.get(key)
            if array is not None:
                self._arrays.move_to_end(key)
                self.found += 1
                return array
            begun = self._making.get(key)
            if begun is None:
                promise = self._making[key] = Future[FloatArray]()
                self._shrink(self.room - size)
            else:
                self.found += 1
        if begun is not None:
            return begun.result()
        try:
            array = make()
        except BaseException as error:
            promise.set_exception(error)
            raise
        else:
            self._keep(key, array)
            promise.set_result(array)
            return array
        finally:
            with self._lock:
                del self._making[key]

    def _keep(self, key: tuple[Any, ...], array: FloatArray) -> None:
        if id(array) in self.sources:
            return
        array.flags.writeable = False
        with self._lock:
            self.made += 1
            if array.nbytes <= self.room:
                self._arrays[key] = array
                self.size += array.nbytes
                self._shrink(self.room)

    def _shrink(self, room: int) -> None:
        """Those unused for longest go; the caller holds the lock."""
        while self._arrays and self.size > room:
            self.size -= self._arrays.popitem(last=False)[1].nbytes


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
        return kept.get(key, lambda: function(values, *numbers), values.nbytes)

    return cast(F, found)
