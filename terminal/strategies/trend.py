"""Trend following: moving-average crossovers and channel breakouts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from terminal.errors import InputError
from terminal.market.panel import FloatArray, Panel
from terminal.params import param
from terminal.strategies.held import Held, sides_of
from terminal.strategies.indicators import ema, highest_before, lowest_before, sma
from terminal.strategies.sides import Sides
from terminal.strategies.sizing import EQUAL_SLOTS, invested_param, sizing_param, weights
from terminal.strategies.strategy import Strategy

ROUNDING = 1e-12


@dataclass(frozen=True)
class CrossoverParams:
    """Two averages of the close."""

    fast: int = param(
        50,
        title="Fast window",
        low=2,
        high=400,
        step=1,
        unit="bars",
        help="Bars in the faster average.",
    )
    slow: int = param(
        200,
        title="Slow window",
        low=3,
        high=1000,
        step=1,
        unit="bars",
        help="Bars in the slower average; longer than the fast one.",
    )
    sizing: str = sizing_param()
    invested: float = invested_param()

    def __post_init__(self) -> None:
        if self.fast >= self.slow:
            raise InputError(
                f"Fast window is {self.fast} and slow window {self.slow}; fast must be shorter.",
                field="fast",
                remedy="Shorten the fast window or lengthen the slow one.",
            )


def sma_targets(panel: Panel, params: CrossoverParams) -> FloatArray:
    """Simple averages."""
    return _crossover(sma(panel.close, params.fast), sma(panel.close, params.slow), params)


def ema_targets(panel: Panel, params: CrossoverParams) -> FloatArray:
    """Exponential averages."""
    return _crossover(ema(panel.close, params.fast), ema(panel.close, params.slow), params)


def sma_sides(panel: Panel, params: CrossoverParams) -> Sides | None:
    """`sma_targets` as sides."""
    return _sides(sma, panel, params)


def ema_sides(panel: Panel, params: CrossoverParams) -> Sides | None:
    """`ema_targets` as sides."""
    return _sides(ema, panel, params)


def _sides(
    average: Callable[[FloatArray, int], FloatArray], panel: Panel, params: CrossoverParams
) -> Sides | None:
    if params.sizing != EQUAL_SLOTS:
        return None
    from terminal.strategies.crossing import crossing_sides

    fast, slow = average(panel.close, params.fast), average(panel.close, params.slow)
    return Sides(crossing_sides(fast, slow), params.invested / panel.n_instruments)


def _crossover(fast: FloatArray, slow: FloatArray, params: CrossoverParams) -> FloatArray:
    """Long while fast is above slow, short while below (used where shorting is allowed)."""
    if params.sizing == EQUAL_SLOTS:
        from terminal.strategies.crossing import crossing_weights

        found: FloatArray = crossing_weights(fast, slow, params.invested / slow.shape[1])
        return found
    # Averages of an unchanging price differ by rounding only: that is no signal.
    apart = np.abs(fast - slow) > ROUNDING * np.abs(slow)
    side = np.where(apart, np.sign(fast - slow), 0.0)
    return weights(side, np.isfinite(slow), params.sizing, params.invested)


@dataclass(frozen=True)
class EmaCrossoverParams(CrossoverParams):
    """Shorter windows suit the exponential average."""

    fast: int = param(
        20,
        title="Fast window",
        low=2,
        high=400,
        step=1,
        unit="bars",
        help="Bars in the faster average.",
    )
    slow: int = param(
        100,
        title="Slow window",
        low=3,
        high=1000,
        step=1,
        unit="bars",
        help="Bars in the slower average; longer than the fast one.",
    )


SMA_CROSSOVER = Strategy(
    slug="sma-crossover",
    title="SMA crossover",
    family="trend",
    description="Holds an instrument while its fast simple moving average is above the slow one.",
    params_type=CrossoverParams,
    warmup=lambda params: params.slow - 1,
    targets=sma_targets,
    sides=sma_sides,
)

EMA_CROSSOVER = Strategy(
    slug="ema-crossover",
    title="EMA crossover",
    family="trend",
    description="The same with exponential averages, which react sooner.",
    params_type=EmaCrossoverParams,
    warmup=lambda params: params.slow - 1,
    targets=ema_targets,
    sides=ema_sides,
)


@dataclass(frozen=True)
class DonchianParams:
    """Channels of the highest high and lowest low before the current bar."""

    entry: int = param(
        55,
        title="Entry channel",
        low=2,
        high=500,
        step=1,
        unit="bars",
        help="Buy on a close above the highest high of this many bars before.",
    )
    leave: int = param(
        20,
        title="Exit channel",
        low=2,
        high=500,
        step=1,
        unit="bars",
        help="Sell on a close below the lowest low of this many bars before.",
    )
    sizing: str = sizing_param()
    invested: float = invested_param()


def donchian_targets(panel: Panel, params: DonchianParams) -> FloatArray:
    """Enter on a break of the entry channel, leave on a break of the opposite exit channel."""
    return _donchian(panel, params).weights(params.sizing, params.invested)


def _donchian(panel: Panel, params: DonchianParams) -> Held:
    high = panel.close if panel.close_only else panel.high
    low = panel.close if panel.close_only else panel.low
    upper, lower = highest_before(high, params.entry), lowest_before(low, params.entry)
    exit_low, exit_high = lowest_before(low, params.leave), highest_before(high, params.leave)
    return Held(
        enter_long=panel.close > upper,
        leave_long=panel.close < exit_low,
        enter_short=panel.close < lower,
        leave_short=panel.close > exit_high,
        known=np.isfinite(upper) & np.isfinite(exit_low),
    )


DONCHIAN = Strategy(
    slug="donchian-breakout",
    title="Donchian breakout",
    family="trend",
    description="Buys a new high of the entry channel and leaves at a new low of the exit channel.",
    params_type=DonchianParams,
    warmup=lambda params: max(params.entry, params.leave),
    targets=donchian_targets,
    sides=sides_of(_donchian),
)
