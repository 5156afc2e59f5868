"""Profit by the state of the market: its trend and its volatility, as known the session before.

Trend: the market's close against the mean of its last 200. Volatility: the standard deviation of
its last 20 returns against the terciles of all its values so far (from 252 on). The label of a
session is made of sessions before it; nothing in it knows how the session, or the run, went on.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from terminal.backtest.return_metrics import sharpe
from terminal.market.panel import FloatArray

TREND, VOLATILITY, KNOWN_FROM = 200, 20, 252
UNKNOWN = "Not known yet"
CALM, USUAL, WILD = "calm", "usual", "wild"


@dataclass(frozen=True)
class Regime:
    """What a run earned in a state of the market; Sharpe ratio annual, None where undefined."""

    name: str
    sessions: int
    profit: float
    sharpe: float | None
    market: float  # compounded return of the market in these sessions


def labels(market: pd.Series) -> pd.DataFrame:
    """State of the market at each session: columns trend and volatility, "" where not known.

    Parameters
    ----------
    market : level at each session's close; row t of the result depends on rows before t.
    """
    mean = market.rolling(TREND).mean()
    trend = np.where(mean.isna(), "", np.where(market >= mean, "rising", "falling"))
    moves = market.pct_change(fill_method=None).rolling(VOLATILITY).std()
    low, high = (moves.expanding(KNOWN_FROM).quantile(level) for level in (1 / 3, 2 / 3))
    calm = np.where(moves <= low, CALM, np.where(moves <= high, USUAL, WILD))
    known = np.where(low.isna() | moves.isna(), "", calm)
    made = pd.DataFrame({"trend": trend, "volatility": known}, index=market.index)
    return made.shift(1, fill_value="")


def by_regime(equity: pd.Series, market: pd.Series, capital: float, periods: float) -> list[Regime]:
    """Profit in each state of the market; the profits add up to the whole.

    Parameters
    ----------
    equity, market : at each session's close, on the same sessions; periods : sessions in a year.
    """
    known = labels(market)
    rising = known["trend"].where(known["trend"] != "", None)
    names = (rising + ", " + known["volatility"].where(known["volatility"] != "", None)).fillna("")
    levels = np.concatenate([[capital], equity.to_numpy(dtype=np.float64)])
    profit: FloatArray = np.asarray(np.diff(levels), dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        returns = np.where(levels[:-1] > 0, profit / levels[:-1], 0.0)
    of_market = np.asarray(market.pct_change(fill_method=None).fillna(0.0), dtype=np.float64)
    order = [f"{trend}, {wild}" for trend in ("rising", "falling") for wild in (CALM, USUAL, WILD)]
    return [
        _regime(name, (names == name).to_numpy(), profit, returns, of_market, periods)
        for name in (*order, "")
        if (names == name).any()
    ]


def _regime(
    name: str,
    at: np.ndarray,
    profit: FloatArray,
    returns: FloatArray,
    market: FloatArray,
    periods: float,
) -> Regime:
    return Regime(
        name[:1].upper() + name[1:] if name else UNKNOWN,
        int(at.sum()),
        float(profit[at].sum()),
        sharpe(returns[at], periods),
        float(np.prod(1.0 + market[at]) - 1.0),
    )
