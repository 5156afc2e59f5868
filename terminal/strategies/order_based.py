"""Strategies that live from where orders fill: a breakout by stops, a dip by limits.

Both size a position by the loss at its stop, and leave the market through a bracket.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from terminal.errors import InputError
from terminal.market.panel import FloatArray
from terminal.params import param
from terminal.strategies.events import Context, OnBar
from terminal.strategies.orders import Order, bracket
from terminal.strategies.strategy import Strategy, no_targets

FAMILY = "Orders"


@dataclass(frozen=True)
class BracketParams:
    """What both have in common."""

    atr: int = param(14, title="Bars of the range", low=2, high=200, step=1,
                     help="Over which the average true range is taken.")  # fmt: skip
    stop: float = param(2.0, title="Stop", low=0.1, high=20, step=0.1, unit="× ATR",
                        help="Distance of the protective stop from the entry.")  # fmt: skip
    target: float = param(4.0, title="Target", low=0.0, high=50, step=0.1, unit="× ATR",
                          help="Distance of the target from the entry; 0 for none.")  # fmt: skip
    risk: float = param(1.0, title="Risk a trade", low=0.01, high=10, step=0.01, unit="% of equity",
                        help="What is lost if the stop fills at its level.")  # fmt: skip
    most: float = param(20.0, title="Largest position", low=0.1, high=100, step=0.1,
                        unit="% of equity", help="Whatever the risk allows.")  # fmt: skip


@dataclass(frozen=True)
class BreakoutParams(BracketParams):
    """Of the breakout."""

    channel: int = param(20, title="Channel", low=2, high=500, step=1, unit="bars",
                         help="New highs of so many bars are bought, lows sold.")  # fmt: skip
    longest: int = param(40, title="Longest holding", low=1, high=5_000, step=1, unit="bars",
                         help="Then the position ends at the next open.")  # fmt: skip


@dataclass(frozen=True)
class DipParams(BracketParams):
    """Of the dip."""

    average: int = param(100, title="Trend window", low=2, high=1_000, step=1, unit="bars",
                         help="Dips are bought above it, rallies sold below.")  # fmt: skip
    depth: float = param(1.5, title="Depth", low=0.1, high=10, step=0.1, unit="× ATR",
                         help="How far from the close the limit waits.")  # fmt: skip
    longest: int = param(10, title="Longest holding", low=1, high=5_000, step=1, unit="bars",
                         help="Then the position ends at the next open.")  # fmt: skip

    def __post_init__(self) -> None:
        if self.stop <= 0:
            raise InputError("The stop must be above 0.", field="stop", remedy="Enter a distance.")


def average_true_range(context: Context, bars: int) -> FloatArray:
    """Mean true range of the newest `bars` bars, (n_instruments,); NaN where one is missing."""
    high, low = context.history("high", bars + 1), context.history("low", bars + 1)
    close = context.history("close", bars + 1)
    if not np.isfinite(high).any():  # closes only
        high = low = close
    if len(close) < bars + 1:
        return np.full(close.shape[1], np.nan)
    top = np.maximum(high[1:], close[:-1])
    return np.asarray((top - np.minimum(low[1:], close[:-1])).mean(axis=0))


class _Holding:
    """When each position was opened, so that it can end in time."""

    def __init__(self) -> None:
        self.bars: dict[str, int] = {}

    def overdue(self, context: Context, longest: int) -> None:
        """Sell at the next open what has been held for so many of its own bars; its bracket ends
        with it."""
        held = context.positions
        self.bars = {name: self.bars.get(name, 0) for name in held}
        closes = context.history("close", 1)[-1]
        for name, close in zip(context.symbols, closes.tolist(), strict=True):
            if name in held and math.isfinite(close):
                self.bars[name] += 1
                if self.bars[name] >= longest:
                    context.submit(Order(0, name, -held[name], reduce_only=True))


def entry(
    context: Context, params: BracketParams, symbol: str, side: int, level: float, atr: float,
    kind: str, group: int = -1,
) -> None:  # fmt: skip
    """A day order at `level` with stop and target around it, sized by the risk."""
    distance = params.stop * atr
    if side < 0 and context.long_only:
        return
    if not (math.isfinite(level) and level > 0 and distance > 0):
        return
    units = min(
        params.risk / 100 * context.equity / distance,
        params.most / 100 * context.equity / level,
    )
    stop = level - side * distance
    target = level + side * params.target * atr if params.target else math.nan
    if stop <= 0 or target <= 0 or units <= 0:
        return
    order = Order(
        0, symbol, side * units, kind, day=True, group=group,
        limit=level if kind == "limit" else math.nan,
        stop=level if kind == "stop" else math.nan,
    )  # fmt: skip
    context.submit(bracket(order, stop_loss=stop, take_profit=target))


def breakout(symbols: tuple[str, ...], params: BreakoutParams) -> OnBar:
    """Stop orders at the ends of the channel of the newest bars, for those that are not held."""
    holding = _Holding()

    def on_bar(context: Context) -> None:
        holding.overdue(context, params.longest)
        close = context.history("close", params.channel)
        if context.bar < params.channel or context.equity <= 0:
            return
        high, low = context.history("high", params.channel), context.history("low", params.channel)
        if not np.isfinite(high).any():
            high = low = close
        atr = average_true_range(context, params.atr)
        held = context.positions
        for j, symbol in enumerate(symbols):
            if symbol in held or not math.isfinite(close[-1, j]):
                continue
            top, bottom = float(high[:, j].max()), float(low[:, j].min())
            # the two are alternatives: the first that fills takes the other away
            entry(context, params, symbol, 1, top, float(atr[j]), "stop", group=j)
            entry(context, params, symbol, -1, bottom, float(atr[j]), "stop", group=j)

    return on_bar


def dip(symbols: tuple[str, ...], params: DipParams) -> OnBar:
    """Limit orders below the close in an uptrend, above it in a downtrend."""
    holding = _Holding()

    def on_bar(context: Context) -> None:
        holding.overdue(context, params.longest)
        close = context.history("close", params.average)
        if len(close) < params.average or context.equity <= 0:
            return
        atr = average_true_range(context, params.atr)
        mean = close.mean(axis=0)
        held = context.positions
        for j, symbol in enumerate(symbols):
            last = float(close[-1, j])
            if symbol in held or not math.isfinite(mean[j]) or last == mean[j]:
                continue
            side = 1 if last > mean[j] else -1
            level = last - side * params.depth * float(atr[j])
            entry(context, params, symbol, side, level, float(atr[j]), "limit")

    return on_bar


BREAKOUT = Strategy(
    slug="breakout-orders",
    title="Breakout by stop orders",
    family=FAMILY,
    description="Stop orders wait at the highest high and the lowest low of the channel; a stop "
    "and a target leave the market. Short positions need an account that allows them.",
    params_type=BreakoutParams,
    warmup=lambda params: max(params.channel, params.atr + 1),
    targets=no_targets,
    start=breakout,
)
DIP = Strategy(
    slug="dip-orders",
    title="Dips by limit orders",
    family=FAMILY,
    description="Limit orders wait some true ranges below the close of a rising instrument, above "
    "that of a falling one; a stop and a target leave the market.",
    params_type=DipParams,
    warmup=lambda params: max(params.average, params.atr + 1),
    targets=no_targets,
    start=dip,
)
