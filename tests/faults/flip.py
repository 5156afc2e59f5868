"""A strategy that trades at every bar: nothing but fills is what these experiments want."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from terminal.market.panel import FloatArray, Panel
from terminal.params import param
from terminal.strategies.strategy import Strategy


@dataclass(frozen=True)
class FlipParams:
    """How much it moves."""

    large: float = param(0.04, title="Large", low=0, high=1, help="Share at even quarters.")
    small: float = param(0.01, title="Small", low=0, high=1, help="Share at odd quarters.")


def targets(panel: Panel, params: FlipParams) -> FloatArray:
    """A large share after even quarters of an hour, a small one after odd ones."""
    quarters = panel.ts.astype("datetime64[m]").astype(np.int64) // 15
    shares = np.where(quarters % 2 == 0, params.large, params.small)
    return np.repeat(shares[:, None], len(panel.symbols), axis=1).astype(np.float64)


FLIP = Strategy(
    slug="flip", title="Flip", family="tests", description="Trades at every bar.",
    params_type=FlipParams, warmup=lambda params: 0, targets=targets,
)  # fmt: skip
