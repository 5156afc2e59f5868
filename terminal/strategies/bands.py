"""Bands around an average: breakouts from them and returns into them.

Bollinger's bands lie `deviations` population standard deviations (ddof 0) around the simple average
of the same bars (Bollinger 2001, Bollinger on Bollinger Bands, ch. 7). Keltner's lie multiples of
the average true range around an exponential average (Keltner 1960 in the form of Raschke and
Connors 1995, Street Smarts).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from terminal.errors import InputError
from terminal.market.panel import FloatArray, Panel
from terminal.params import param
from terminal.strategies.held import Held, sides_of
from terminal.strategies.indicators import (
    ROUNDING,
    average_true_range,
    ema,
    lag,
    price_range,
    sma,
    z_score,
)
from terminal.strategies.signals import BoolArray
from terminal.strategies.sizing import invested_param, sizing_param
from terminal.strategies.strategy import Strategy

AT_THE_BAND, BACK_INSIDE = "beyond the band", "back inside"


@dataclass(frozen=True)
class BollingerParams:
    """Width of the bands and where a position ends."""

    window: int = param(
        20,
        title="Window",
        low=5,
        high=500,
        step=1,
        unit="bars",
        help="Bars of average and standard deviation.",
    )
    deviations: float = param(
        2.0,
        title="Band width",
        low=0.5,
        high=5,
        step=0.1,
        unit="sd",
        help="Distance of the bands from the average.",
    )
    leave: float = param(
        0.0,
        title="Exit",
        low=0,
        high=3,
        step=0.1,
        unit="sd",
        help="Leave when the close has come this near to the average; 0 is the average itself.",
    )
    sizing: str = sizing_param()
    invested: float = invested_param()

    def __post_init__(self) -> None:
        if self.leave >= self.deviations:
            raise InputError(
                f"Exit is {self.leave:g} and band width {self.deviations:g}; "
                "exit must be nearer to the average.",
                field="leave",
                remedy="Lower the exit or widen the bands.",
            )


def bollinger_score(close: FloatArray, window: int) -> FloatArray:
    """Distance of the close from its average in population standard deviations; NaN if constant."""
    return z_score(close, window) * float(np.sqrt(window / (window - 1)))


def bollinger_breakout_targets(panel: Panel, params: BollingerParams) -> FloatArray:
    """Long from a close above the upper band until `leave`; short mirrored."""
    return _breakout(panel, params).weights(params.sizing, params.invested)


def _breakout(panel: Panel, params: BollingerParams) -> Held:
    score = bollinger_score(panel.close, params.window)
    return Held(
        enter_long=score > params.deviations,
        leave_long=score < params.leave,
        enter_short=score < -params.deviations,
        leave_short=score > -params.leave,
        known=_known(panel, params),
    )


@dataclass(frozen=True)
class BollingerReversionParams(BollingerParams):
    """The same bands, and when to buy at one."""

    trigger: str = param(
        BACK_INSIDE,
        title="Buy",
        choices=(BACK_INSIDE, AT_THE_BAND),
        help="At the first close back inside the band, or already at a close beyond it.",
    )


def bollinger_reversion_targets(panel: Panel, params: BollingerReversionParams) -> FloatArray:
    """Long from the lower band until `leave` below the average; short mirrored."""
    return _reversion(panel, params).weights(params.sizing, params.invested)


def _reversion(panel: Panel, params: BollingerReversionParams) -> Held:
    score = bollinger_score(panel.close, params.window)
    below, above = score < -params.deviations, score > params.deviations
    if params.trigger == BACK_INSIDE:
        before = lag(score, 1)
        below = (before < -params.deviations) & (score >= -params.deviations)
        above = (before > params.deviations) & (score <= params.deviations)
    return Held(
        enter_long=below,
        leave_long=score > -params.leave,
        enter_short=above,
        leave_short=score < params.leave,
        known=_known(panel, params),
    )


def _known(panel: Panel, params: BollingerParams) -> BoolArray:
    # A window without any movement has no score, but what is held in it stays held.
    return np.isfinite(sma(panel.close, params.window))


BOLLINGER_BREAKOUT = Strategy(
    slug="bollinger-breakout",
    title="Bollinger breakout",
    family="trend",
    description="Buys a close above the upper Bollinger band and leaves at the average.",
    params_type=BollingerParams,
    warmup=lambda params: params.window - 1,
    targets=bollinger_breakout_targets,
    sides=sides_of(_breakout),
)

BOLLINGER_REVERSION = Strategy(
    slug="bollinger-reversion",
    title="Bollinger mean reversion",
    family="reversion",
    description="Buys when the close returns from below the lower Bollinger band.",
    params_type=BollingerReversionParams,
    warmup=lambda params: params.window - 1,
    targets=bollinger_reversion_targets,
    sides=sides_of(_reversion),
)


@dataclass(frozen=True)
class KeltnerParams:
    """Average, range and width of the channel."""

    window: int = param(
        20,
        title="Average window",
        low=2,
        high=500,
        step=1,
        unit="bars",
        help="Bars in the exponential average of the close.",
    )
    range_window: int = param(
        10,
        title="Range window",
        low=2,
        high=200,
        step=1,
        unit="bars",
        help="Bars of Wilder's smoothing of the true range.",
    )
    multiple: float = param(
        2.0,
        title="Channel width",
        low=0.5,
        high=6,
        step=0.1,
        unit="ATR",
        help="Buy on a close this many average true ranges above the average.",
    )
    sizing: str = sizing_param()
    invested: float = invested_param()


def keltner_targets(panel: Panel, params: KeltnerParams) -> FloatArray:
    """Long from a close above the channel until a close below the average; short mirrored."""
    return _keltner(panel, params).weights(params.sizing, params.invested)


def _keltner(panel: Panel, params: KeltnerParams) -> Held:
    middle = ema(panel.close, params.window)
    width = params.multiple * average_true_range(*price_range(panel), params.range_window)
    away = panel.close - middle
    # The average of an unchanging price differs from it by rounding only: that is no breakout.
    away = np.where(np.abs(away) > ROUNDING * middle, away, 0.0)
    return Held(
        enter_long=away > width,
        leave_long=away < 0,
        enter_short=away < -width,
        leave_short=away > 0,
        known=np.isfinite(middle) & np.isfinite(width),
    )


KELTNER_BREAKOUT = Strategy(
    slug="keltner-breakout",
    title="Keltner breakout",
    family="trend",
    description="Buys a close above the Keltner channel and leaves below its average.",
    params_type=KeltnerParams,
    warmup=lambda params: max(params.window - 1, params.range_window),
    targets=keltner_targets,
    sides=sides_of(_keltner),
)
