"""Buy and hold: the yardstick."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from terminal.market.panel import FloatArray, Panel
from terminal.strategies.sizing import invested_param, sizing_param, weights
from terminal.strategies.strategy import Strategy


@dataclass(frozen=True)
class HoldParams:
    """How the equity is shared out."""

    sizing: str = sizing_param()
    invested: float = invested_param()


def targets(panel: Panel, params: HoldParams) -> FloatArray:
    """An equal share of each instrument from its first bar on."""
    started = np.isfinite(panel.close)
    return weights(np.ones(panel.close.shape), started, params.sizing, params.invested)


BUY_AND_HOLD = Strategy(
    slug="buy-and-hold",
    title="Buy and hold",
    family="hold",
    description="Buys an equal share of every instrument when its data begins and keeps it.",
    params_type=HoldParams,
    warmup=lambda params: 0,
    targets=targets,
)
