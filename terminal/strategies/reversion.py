"""Mean reversion: RSI and z-score."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from terminal.errors import InputError
from terminal.market.panel import FloatArray, Panel
from terminal.params import param
from terminal.strategies.held import Held, sides_of
from terminal.strategies.indicators import rsi, sma, z_score
from terminal.strategies.sizing import invested_param, sizing_param
from terminal.strategies.strategy import Strategy


@dataclass(frozen=True)
class RsiParams:
    """Levels of the relative strength index."""

    window: int = param(
        14,
        title="RSI window",
        low=2,
        high=200,
        step=1,
        unit="bars",
        help="Bars of Wilder's smoothing.",
    )
    entry: float = param(
        30.0,
        title="Buy below",
        low=1,
        high=49,
        step=1,
        help="Buy when RSI falls below; sell short above 100 minus this.",
    )
    leave: float = param(
        55.0,
        title="Leave above",
        low=40,
        high=90,
        step=1,
        help="Leave a long when RSI rises above; a short below 100 minus this.",
    )
    sizing: str = sizing_param()
    invested: float = invested_param()


def rsi_targets(panel: Panel, params: RsiParams) -> FloatArray:
    """Long from oversold until recovered; short from overbought until cooled."""
    return _rsi(panel, params).weights(params.sizing, params.invested)


def _rsi(panel: Panel, params: RsiParams) -> Held:
    value = rsi(panel.close, params.window)
    return Held(
        enter_long=value < params.entry,
        leave_long=value > params.leave,
        enter_short=value > 100 - params.entry,
        leave_short=value < 100 - params.leave,
        known=np.isfinite(value),
    )


RSI_REVERSION = Strategy(
    slug="rsi-reversion",
    title="RSI mean reversion",
    family="reversion",
    description="Buys an oversold instrument and leaves once it has recovered.",
    params_type=RsiParams,
    warmup=lambda params: params.window,
    targets=rsi_targets,
    sides=sides_of(_rsi),
)


@dataclass(frozen=True)
class ZScoreParams:
    """Distance of the close from its moving average, in standard deviations."""

    window: int = param(
        20,
        title="Window",
        low=5,
        high=500,
        step=1,
        unit="bars",
        help="Bars of mean and standard deviation.",
    )
    entry: float = param(
        2.0,
        title="Entry distance",
        low=0.5,
        high=6,
        step=0.1,
        unit="sd",
        help="Buy this far below the mean; sell short this far above.",
    )
    leave: float = param(
        0.5,
        title="Exit distance",
        low=0,
        high=3,
        step=0.1,
        unit="sd",
        help="Leave when the distance has shrunk to this.",
    )
    sizing: str = sizing_param()
    invested: float = invested_param()

    def __post_init__(self) -> None:
        if self.leave >= self.entry:
            raise InputError(
                f"Exit distance is {self.leave:g} and entry distance {self.entry:g}; "
                "exit must be nearer to the mean.",
                field="leave",
                remedy="Lower the exit distance or raise the entry distance.",
            )


def z_score_targets(panel: Panel, params: ZScoreParams) -> FloatArray:
    """Long from `entry` below the mean until `leave` below it; short mirrored."""
    return _z_score(panel, params).weights(params.sizing, params.invested)


def _z_score(panel: Panel, params: ZScoreParams) -> Held:
    value = z_score(panel.close, params.window)
    return Held(
        enter_long=value < -params.entry,
        leave_long=value > -params.leave,
        enter_short=value > params.entry,
        leave_short=value < params.leave,
        # A window without any movement has no score, but what is held in it stays held.
        known=np.isfinite(sma(panel.close, params.window)),
    )


Z_SCORE_REVERSION = Strategy(
    slug="zscore-reversion",
    title="Z-score mean reversion",
    family="reversion",
    description="Buys far below the moving average and leaves near it.",
    params_type=ZScoreParams,
    warmup=lambda params: params.window - 1,
    targets=z_score_targets,
    sides=sides_of(_z_score),
)
