"""How far back a feature looks, found by running it on depths instead of prices.

A `Depth` stands for an array: arithmetic takes the larger of two depths, and every operation of a
flow adds its own. So warm-up and memory follow from the formula itself and cannot disagree with it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from terminal.features.flow import Flow


class Depth(NDArrayOperatorsMixin):
    """`first` own bars pass before a value is known; it depends on `memory` bars before it."""

    __array_priority__ = 1000

    def __init__(self, first: int = 0, memory: float = 0.0) -> None:
        self.first = first
        self.memory = memory

    def deeper(self, bars: int, *, forever: bool = False) -> Depth:
        """After an operation over `bars` more bars, or over all of the past."""
        return Depth(self.first + bars, math.inf if forever else self.memory + bars)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        return deepest(inputs)

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        return deepest(args)


def deepest(values: Any) -> Depth:
    """The largest depth among values; plain numbers have none."""
    found = [value for value in values if isinstance(value, Depth)]
    return Depth(max(d.first for d in found), max(d.memory for d in found))


class DepthFlow(Flow):
    """The operations of a flow on depths."""

    def lag(self, x: Any, n: int = 1) -> Any:
        return x.deeper(n)

    def ema(self, x: Any, n: int, alpha: float | None = None) -> Any:
        return x.deeper(n - 1, forever=True)

    def decay_sum(self, x: Any, n: int) -> Any:
        return x.deeper(n - 1, forever=True)

    def adaptive(self, x: Any, weight: Any) -> Any:
        return deepest((x, weight)).deeper(0, forever=True)

    def streak(self, x: Any) -> Any:
        return x.deeper(0, forever=True)

    def since(self, x: Any, cap: int) -> Any:
        return Depth(x.first, x.memory + cap)

    def supertrend(self, middle: Any, close: Any, width: Any) -> Any:
        return deepest((middle, close, width)).deeper(0, forever=True)

    def parabolic(self, high: Any, low: Any, step: float, limit: float) -> Any:
        return deepest((high, low)).deeper(1, forever=True)

    def moments(self, x: Any, n: int) -> Any:
        return x.deeper(n - 1), x.deeper(n - 1)

    def comoments(self, x: Any, y: Any, n: int) -> Any:
        return (deepest((x, y)).deeper(n - 1),) * 3

    def shape(self, x: Any, n: int) -> Any:
        return x.deeper(n - 1), x.deeper(n - 1)

    def highest(self, x: Any, n: int) -> Any:
        return x.deeper(n - 1), x.deeper(n - 1)

    def rank(self, x: Any, n: int) -> Any:
        return x.deeper(n - 1)

    def deviation(self, x: Any, n: int) -> Any:
        return x.deeper(n - 1)

    def weighted(self, x: Any, weights: Any) -> Any:
        return x.deeper(len(weights) - 1)

    def session_sum(self, x: Any, day: Any) -> Any:
        return x.deeper(0, forever=True)

    def session_range(self, first: Any, high: Any, low: Any, last: Any, day: Any) -> Any:
        today = last.deeper(0, forever=True)
        return today, today, today, *(last.deeper(1, forever=True),) * 3

    def group_mean(self, x: Any, group: Any) -> Any:
        return x

    def group_spread(self, x: Any, group: Any) -> Any:
        return x

    def place(self, x: Any, group: Any) -> Any:
        return x


class DepthBars:
    """Bars, and bars across instruments, whose every value is known at once."""

    def __init__(self) -> None:
        self.open = self.high = self.low = self.close = self.volume = Depth()
        self.day = self.live = Depth()
        self.market = self.sector = np.zeros(1, dtype=np.int64)
        self.flow = DepthFlow()


def depth_of(formula: Callable[[Any, Any], Any], params: Any) -> Depth:
    """Warm-up and memory of a formula with given parameters."""
    found: Depth = formula(DepthBars(), params)
    return found
