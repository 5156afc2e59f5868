"""What a strategy is: a pure function of the past, and what people are told about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from terminal.errors import InputError
from terminal.market.panel import FloatArray, Panel
from terminal.market.timeframe import Timeframe
from terminal.strategies.events import OnBar
from terminal.strategies.sides import Sides


@dataclass(frozen=True)
class Strategy:
    """A strategy.

    Attributes
    ----------
    targets : `targets(panel, params)` -> float64 (n_bars, n_instruments): the share of equity to
        hold in each instrument, negative for short, decided at the close of bar t from bars <= t.
        NaN: no opinion yet, nothing is traded. The panel is total-return adjusted, point in time.
    warmup : `warmup(params)` -> bars an instrument needs before its first decision.
    start : of a strategy that places orders: `start(symbols, params)` -> a fresh `on_bar`, which
        may keep state of its own. Its `targets` is `no_targets`.
    costly : whether its targets take long (it is fitted anew): its certificate asks less often.
    sides : `sides(panel, params)` -> the same in short, where all weights are of one size;
        None for parameters with which they are not. Who replaces `targets` leaves it out.
    timeframe : `timeframe(params)` -> the only bars it can be run on; None: any.
    words : `words(params)` -> what they mean, where names and numbers alone would not say it.
    """

    slug: str
    title: str
    family: str
    description: str
    params_type: type[Any]
    warmup: Callable[[Any], int]
    targets: Callable[[Panel, Any], FloatArray]
    sides: Callable[[Panel, Any], Sides | None] | None = None
    words: Callable[[Any], str] | None = None
    start: Callable[[tuple[str, ...], Any], OnBar] | None = None
    costly: bool = False
    timeframe: Callable[[Any], Timeframe] | None = None


def no_targets(_panel: Panel, _params: Any) -> FloatArray:
    """`targets` of a strategy that places orders: it has none of its own.

    Raises
    ------
    InputError : always.
    """
    raise InputError(
        "This strategy places orders; it names no weights.",
        field="strategy",
        remedy="Choose one that names weights.",
    )


def require_bars(strategy: Strategy, params: Any, n_bars: int) -> None:
    """InputError when no decision could ever be made on `n_bars` bars."""
    needed = strategy.warmup(params)
    if n_bars <= needed:
        raise InputError(
            f"{strategy.title} needs {needed} bars before its first decision and one to trade on; "
            f"the chosen range has {n_bars}.",
            field="start",
            remedy="Choose a longer range, a finer timeframe or shorter windows.",
        )
