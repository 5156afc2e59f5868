"""How an entry of the catalogue is written: a formula, and what people are told about it.

The docstring of the formula is its description. Warm-up and memory are found from the formula
itself (`terminal.features.depth`) unless they are given.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from terminal.features.across_bars import across_bars
from terminal.features.depth import Depth, depth_of
from terminal.features.feature import Feature, Scope
from terminal.market.panel import FloatArray, Panel
from terminal.params import param

Formula = Callable[[Any, Any], FloatArray]


def bars(default: int, title: str = "Window", low: int = 2, high: int = 2000) -> Any:
    """A parameter that counts bars."""
    return param(default, title=title, low=low, high=high, step=1, unit="bars")


@dataclass(frozen=True)
class NoParams:
    """Nothing to choose."""


@dataclass(frozen=True)
class Window:
    """One window."""

    window: int = bars(14)


@dataclass(frozen=True)
class Window1(Window):
    window: int = bars(1, low=1)


@dataclass(frozen=True)
class Window5(Window):
    window: int = bars(5)


@dataclass(frozen=True)
class Window10(Window):
    window: int = bars(10)


@dataclass(frozen=True)
class Window20(Window):
    window: int = bars(20)


@dataclass(frozen=True)
class Window50(Window):
    window: int = bars(50)


@dataclass(frozen=True)
class Window63(Window):
    window: int = bars(63, low=4)


@dataclass(frozen=True)
class Window252(Window):
    window: int = bars(252)


def entry(
    family: str,
    slug: str,
    title: str,
    unit: str,
    source: str,
    params: type[Any] = NoParams,
    *,
    scope: Scope = Scope.INSTRUMENT,
    scale_free: bool = True,
    heavy: bool = False,
    flows: bool = True,
    warmup: Callable[[Any], int] | None = None,
    memory: Callable[[Any], int | None] | None = None,
) -> Callable[[Formula], Feature]:
    """A decorator that makes a formula an entry of the catalogue."""

    def make(formula: Formula) -> Feature:
        @lru_cache(maxsize=256)
        def depth(given: Any) -> Depth:
            return depth_of(formula, given)

        def remembers(given: Any) -> int | None:
            bars = depth(given).memory
            return None if math.isinf(bars) else int(bars)

        return Feature(
            slug=slug,
            title=title,
            family=family,
            description=" ".join((formula.__doc__ or "").split()),
            unit=unit,
            source=source,
            params_type=params,
            warmup=warmup or (lambda given: depth(given).first),
            memory=memory or remembers,
            compute=OfBars(formula) if scope is Scope.INSTRUMENT else OfPanel(formula),
            scope=scope,
            scale_free=scale_free,
            heavy=heavy,
            flows=flows,
        )

    return make


@dataclass(frozen=True)
class OfBars:
    """A formula on the bars of one instrument; what is not a number in it is unknown."""

    formula: Formula

    def __call__(self, bars: Any, params: Any) -> FloatArray:
        with np.errstate(all="ignore"):
            return _known(self.formula(bars, params))


@dataclass(frozen=True)
class OfPanel:
    """A formula on the bars of all instruments, (k, n); of a panel (n_bars, n_instruments)."""

    formula: Formula

    def __call__(self, panel: Panel, params: Any) -> FloatArray:
        return np.ascontiguousarray(self.of_view(across_bars(panel), params).T)

    def of_view(self, view: Any, params: Any) -> FloatArray:
        """The same where the view is there already."""
        with np.errstate(all="ignore"):
            return _known(self.formula(view, params))


def _known(values: FloatArray) -> FloatArray:
    return np.where(np.isfinite(values), values, np.nan)
