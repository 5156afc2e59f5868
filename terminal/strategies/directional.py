"""Trend following by momentum oscillators: MACD and Wilder's directional movement."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from terminal.errors import InputError
from terminal.market.panel import FloatArray, Panel
from terminal.params import param
from terminal.strategies.held import Held, sides_of
from terminal.strategies.indicators import ROUNDING, directional_movement, macd, price_range
from terminal.strategies.sizing import invested_param, sizing_param, weights
from terminal.strategies.strategy import Strategy

SIGNAL_LINE, ZERO_LINE = "signal line", "zero line"


@dataclass(frozen=True)
class MacdParams:
    """Two exponential averages, and the average of their difference."""

    fast: int = param(
        12,
        title="Fast window",
        low=2,
        high=200,
        step=1,
        unit="bars",
        help="Bars in the faster exponential average.",
    )
    slow: int = param(
        26,
        title="Slow window",
        low=3,
        high=400,
        step=1,
        unit="bars",
        help="Bars in the slower exponential average; longer than the fast one.",
    )
    signal: int = param(
        9,
        title="Signal window",
        low=2,
        high=200,
        step=1,
        unit="bars",
        help="Bars in the exponential average of the MACD line.",
    )
    against: str = param(
        SIGNAL_LINE,
        title="Compared with",
        choices=(SIGNAL_LINE, ZERO_LINE),
        help="Long while the MACD line is above this: its own average, or zero.",
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


def macd_targets(panel: Panel, params: MacdParams) -> FloatArray:
    """Long while the MACD line is above its signal line (or zero), short while below.

    Appel (2005), Technical Analysis: Power Tools for Active Investors, ch. 8.
    """
    line, average = macd(panel.close, params.fast, params.slow, params.signal)
    above = line - average if params.against == SIGNAL_LINE else line
    # Averages of an unchanging price differ by rounding only: that is no signal.
    side = np.where(np.abs(above) > ROUNDING * panel.close, np.sign(above), 0.0)
    return weights(side, np.isfinite(average), params.sizing, params.invested)


MACD_TREND = Strategy(
    slug="macd-trend",
    title="MACD trend",
    family="trend",
    description="Holds an instrument while its MACD line is above its signal line.",
    params_type=MacdParams,
    warmup=lambda params: params.slow + params.signal - 2,
    targets=macd_targets,
)


@dataclass(frozen=True)
class AdxParams:
    """Levels of the average directional index."""

    window: int = param(
        14,
        title="ADX window",
        low=2,
        high=200,
        step=1,
        unit="bars",
        help="Bars of Wilder's smoothing.",
    )
    entry: float = param(
        25.0,
        title="Trend above",
        low=5,
        high=80,
        step=1,
        help="Enter in the direction of the trend when ADX is above this.",
    )
    leave: float = param(
        20.0,
        title="No trend below",
        low=0,
        high=80,
        step=1,
        help="Leave when ADX falls below this or the direction turns.",
    )
    sizing: str = sizing_param()
    invested: float = invested_param()

    def __post_init__(self) -> None:
        if self.leave > self.entry:
            raise InputError(
                f"Leaving below an ADX of {self.leave:g} and entering above {self.entry:g}: "
                "the exit level must not be the higher one.",
                field="leave",
                remedy="Lower the exit level or raise the entry level.",
            )


def adx_targets(panel: Panel, params: AdxParams) -> FloatArray:
    """Long in a strong trend with +DI above -DI, short with -DI above +DI.

    Wilder (1978), New Concepts in Technical Trading Systems, section IV. Close-only data has no
    range within a bar: the moves from close to close take its place.
    """
    return _adx(panel, params).weights(params.sizing, params.invested)


def _adx(panel: Panel, params: AdxParams) -> Held:
    index, plus, minus = directional_movement(*price_range(panel), params.window)
    strong, weak = index > params.entry, index < params.leave
    return Held(
        enter_long=strong & (plus > minus),
        leave_long=weak | (plus < minus),
        enter_short=strong & (minus > plus),
        leave_short=weak | (minus < plus),
        known=np.isfinite(index),
    )


ADX_TREND = Strategy(
    slug="adx-trend",
    title="ADX trend",
    family="trend",
    description="Follows the direction of a trend that Wilder's ADX calls strong.",
    params_type=AdxParams,
    warmup=lambda params: 2 * params.window - 1,
    targets=adx_targets,
    sides=sides_of(_adx),
)
