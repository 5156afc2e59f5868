"""Every strategy by its slug, imported on first use."""

from __future__ import annotations

import importlib

from terminal.errors import InputError
from terminal.strategies.strategy import Strategy

STRATEGIES: dict[str, str] = {
    "sma-crossover": "terminal.strategies.trend:SMA_CROSSOVER",
    "ema-crossover": "terminal.strategies.trend:EMA_CROSSOVER",
    "donchian-breakout": "terminal.strategies.trend:DONCHIAN",
    "macd-trend": "terminal.strategies.directional:MACD_TREND",
    "adx-trend": "terminal.strategies.directional:ADX_TREND",
    "bollinger-breakout": "terminal.strategies.bands:BOLLINGER_BREAKOUT",
    "keltner-breakout": "terminal.strategies.bands:KELTNER_BREAKOUT",
    "rsi-reversion": "terminal.strategies.reversion:RSI_REVERSION",
    "zscore-reversion": "terminal.strategies.reversion:Z_SCORE_REVERSION",
    "bollinger-reversion": "terminal.strategies.bands:BOLLINGER_REVERSION",
    "momentum": "terminal.strategies.cross_section:MOMENTUM",
    "rotation": "terminal.strategies.rotation:ROTATION",
    "factor-portfolio": "terminal.strategies.factors:FACTOR_PORTFOLIO",
    "long-short": "terminal.strategies.ranking:LONG_SHORT",
    "time-series-momentum": "terminal.strategies.time_series:TIME_SERIES_MOMENTUM",
    "multi-timeframe-momentum": "terminal.strategies.time_series:MULTI_TIMEFRAME",
    "pairs": "terminal.strategies.pairs:PAIRS",
    "pairs-johansen": "terminal.strategies.basket:PAIRS_JOHANSEN",
    "model": "terminal.strategies.model.strategy:MODEL",
    "rules": "terminal.strategies.rules.strategy:RULES",
    "breakout-orders": "terminal.strategies.order_based:BREAKOUT",
    "dip-orders": "terminal.strategies.order_based:DIP",
    "allocation": "terminal.strategies.allocation:ALLOCATION",
    "buy-and-hold": "terminal.strategies.hold:BUY_AND_HOLD",
}


def get_strategy(slug: str) -> Strategy:
    """The strategy called `slug`; InputError names those there are."""
    try:
        module, _, name = STRATEGIES[slug].partition(":")
    except KeyError:
        raise InputError(
            f"There is no strategy {slug!r}; known: {', '.join(STRATEGIES)}.",
            field="strategy",
            remedy="Choose one of those.",
        ) from None
    found: Strategy = getattr(importlib.import_module(module), name)
    return found
