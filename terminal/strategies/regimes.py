"""Regime filters: overlays that step back while the market is below its average, or wild.

The market is the equally weighted universe or one instrument of the panel. States are float64
(n_bars,), 1 or 0, NaN until known; row t depends on rows <= t, and a bar without a value leaves the
state as it was.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from terminal.errors import InputError
from terminal.market.panel import FloatArray, Panel
from terminal.params import param
from terminal.strategies.indicators import ROUNDING, per_column, rate_of_change, sma
from terminal.strategies.signals import carried
from terminal.strategies.volatility import STILL, market_return, own_returns, rolling_volatility


def market_param() -> Any:
    """The field `market` of an overlay."""
    return param(
        "",
        title="Market",
        help="Symbol of one of the chosen instruments; empty: all of them, equally weighted.",
    )


@dataclass(frozen=True)
class TrendFilter:
    """Less is held while the market is below its moving average (Faber 2007)."""

    title: ClassVar[str] = "Trend filter"
    description: ClassVar[str] = "Steps back while the market is below its moving average."

    window: int = param(
        0,
        title="Moving average",
        low=0,
        high=2000,
        step=1,
        unit="bars",
        help="Of the market's level; 200 daily bars are usual. 0: off.",
    )
    market: str = market_param()
    kept: float = param(
        0.0,
        title="Share kept",
        low=0,
        high=1,
        step=0.05,
        help="Of the positions while the market is below its average; 0: all cash.",
    )
    band: float = param(
        0.01,
        title="Band",
        low=0,
        high=0.2,
        step=0.005,
        help="The market must be this share below its average to step back, above it to return.",
    )

    @property
    def on(self) -> bool:
        return self.window > 0

    @property
    def warmup(self) -> int:
        return self.window - 1

    def scale(self, panel: Panel, standing: FloatArray) -> FloatArray:
        above = above_average(market_level(panel, self.market), self.window, self.band)
        return np.where(above == 0.0, self.kept, above)


@dataclass(frozen=True)
class VolatilityFilter:
    """Less is held while the market is wild by the measure of its own recent past."""

    title: ClassVar[str] = "Volatility filter"
    description: ClassVar[str] = "Steps back while the market is wilder than it mostly was."

    percentile: float = param(
        0.0,
        title="Wild above",
        low=0,
        high=0.99,
        step=0.01,
        help="The market is wild when its volatility is above this share of the values of its "
        "history, 0.8 for the wildest fifth; 0: off.",
    )
    window: int = param(
        20,
        title="Window",
        low=5,
        high=500,
        step=1,
        unit="bars",
        help="Volatility is the standard deviation of the market's returns of these bars.",
    )
    history: int = param(
        252,
        title="History",
        low=20,
        high=5000,
        step=1,
        unit="bars",
        help="The volatilities of these bars are what the newest is compared with.",
    )
    market: str = market_param()
    kept: float = param(
        0.5,
        title="Share kept",
        low=0,
        high=1,
        step=0.05,
        help="Of the positions while the market is wild; 0: all cash.",
    )
    band: float = param(
        0.1,
        title="Band",
        low=0,
        high=0.5,
        step=0.01,
        help="Calm again when the volatility has fallen this far below that share.",
    )

    def __post_init__(self) -> None:
        if self.on and self.band >= self.percentile:
            raise InputError(
                f"The band is {self.band:g} and the market is wild above {self.percentile:g}; it "
                "would never be calm again.",
                field="band",
                remedy="Choose a band below that share.",
            )

    @property
    def on(self) -> bool:
        return self.percentile > 0

    @property
    def warmup(self) -> int:
        return self.window + self.history - 1

    def scale(self, panel: Panel, standing: FloatArray) -> FloatArray:
        level = market_level(panel, self.market)
        wild = turbulent(level, self.window, self.history, self.percentile, self.band)
        return np.where(np.isnan(wild), np.nan, np.where(wild == 1.0, self.kept, 1.0))


def market_level(panel: Panel, symbol: str) -> FloatArray:
    """(n_bars,) close of `symbol`, or of 1 invested in the equally weighted universe ("").

    NaN where there is no bar. The universe is weighted equally again at each bar.

    Raises
    ------
    InputError : the symbol is not one of the panel's.
    """
    if symbol:
        if symbol not in panel.symbols:
            raise InputError(
                f"The market {symbol!r} is not among the chosen instruments.",
                field="market",
                remedy="Add it to the instruments, or leave the field empty for all of them.",
            )
        return panel.close[:, panel.symbols.index(symbol)]
    returns = market_return(own_returns(panel.close))
    level = np.cumprod(1.0 + np.nan_to_num(returns))
    return np.where(np.isfinite(panel.close).any(axis=1), level, np.nan)


def above_average(level: FloatArray, window: int, band: float) -> FloatArray:
    """1 from `band` above the moving average of `window` bars until `band` below it, then 0.

    The first state is that of the level against the average alone.
    """
    average = sma(level[:, None], window)[:, 0]
    return _switch(level / average - 1.0, 0.0, band, -band)


def turbulent(
    level: FloatArray, window: int, history: int, percentile: float, band: float
) -> FloatArray:
    """1 from a volatility rank above `percentile` until one below `percentile - band`, then 0.

    Volatility is the standard deviation of the last `window` returns; its rank is its place among
    the last `history` volatilities, itself included, as a share of them; equals share their places.
    """
    deviation = rolling_volatility(rate_of_change(level[:, None], 1), window)
    # what moves by rounding only does not move: all such values are equal
    deviation = np.where(deviation < STILL, 0.0, deviation)
    rank = per_column(deviation, lambda x: pd.Series(x).rolling(history).rank(pct=True).to_numpy())[
        :, 0
    ]
    return _switch(rank, percentile, percentile, percentile - band)


def _switch(value: FloatArray, first: float, above: float, below: float) -> FloatArray:
    """1 once `value` > `above`, 0 once it is < `below`; at the first value, by `first`.

    A value that differs from a bound by rounding only is not beyond it.
    """
    over, under = value > above + ROUNDING, value < below - ROUNDING
    state = np.where(over, 1.0, np.where(under, 0.0, np.nan))
    known = np.flatnonzero(np.isfinite(value))
    if known.size:
        state[known[0]] = float(value[known[0]] > first)
    return carried(state[:, None])[:, 0]
