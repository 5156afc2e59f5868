"""Prices that a source has adjusted for later events: can the strategy see the adjustment?

A source that divides past prices by later splits and dividends writes the future into their level:
a stock quoted at 0.10 in 1990 went on to rise a thousandfold. What is known at a bar then differs
from what was quoted by one factor per instrument. A strategy whose decisions are the same whatever
that factor is cannot use it. So each instrument's prices are multiplied by a factor of its own, a
power of two so that nothing is rounded, and the decisions are made again.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from terminal.backtest.certificate.placebo import AFTER_WARMUP, fullest
from terminal.backtest.truncation import decide, first_difference
from terminal.market.panel import Panel
from terminal.strategies.strategy import Strategy

AS_TRADED = "as_traded"
FACTORS = (0.25, 0.5, 2.0, 4.0)


def level_free(strategy: Strategy, params: Any, panel: Panel, seed: int) -> bool:
    """Whether decisions on the newest bars are the same on every level of prices."""
    warmup = strategy.warmup(params)
    part = panel.rows(fullest(panel, warmup + AFTER_WARMUP))
    factor = np.random.default_rng(seed).choice(FACTORS, part.n_instruments)
    scaled = replace(
        part,
        open=part.open * factor,
        high=part.high * factor,
        low=part.low * factor,
        close=part.close * factor,
        begun=None if part.begun is None else part.begun * factor,
        dividend=part.dividend * factor,
        volume=part.volume / factor,
    )
    whole, again = decide(strategy, params, part), decide(strategy, params, scaled)
    return first_difference(again, whole) is None
