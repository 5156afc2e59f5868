"""Trend and volatility of the market, by the rules that split a backtest's profit."""

from __future__ import annotations

import numpy as np
import pandas as pd

from terminal.backtest.attribution.regimes import TREND, VOLATILITY, labels
from terminal.market.panel import FloatArray
from terminal.regimes.indicator import Indicator
from terminal.risk.book import check_series


def trend_and_volatility(market: FloatArray) -> tuple[Indicator, Indicator]:
    """States at each close from float64 returns (T,) of the market.

    `labels` names the session that a state is acted on in, made of sessions before it; the state at
    a close is therefore the label of the session after, for which one row is added.

    Raises
    ------
    InputError : a return that is not a number.
    """
    check_series(market, "the market's return")
    level = np.concatenate([[1.0], np.cumprod(1.0 + market)])
    found = labels(pd.Series(np.append(level, level[-1]))).iloc[2:]
    close = pd.Series(level)
    above = (close / close.rolling(TREND).mean() - 1.0).to_numpy()[1:]
    moves = close.pct_change(fill_method=None).rolling(VOLATILITY).std().to_numpy()[1:]
    return (
        Indicator(
            "trend",
            "Trend",
            "percent",
            found["trend"].to_numpy(dtype=object),
            np.asarray(above),
            f"Market at or above the mean of its last {TREND} closes is rising",
        ),
        Indicator(
            "volatility",
            "Volatility",
            "percent",
            found["volatility"].to_numpy(dtype=object),
            np.asarray(moves),
            f"Standard deviation of {VOLATILITY} returns against the terciles of its past",
        ),
    )
