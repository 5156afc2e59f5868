"""Measures of round trips. `pnl` is net of costs, in currency; open trades count as marked."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

ROUNDING = 1e-12


def win_rate(trades: pd.DataFrame) -> float | None:
    """Trades with pnl above zero / all trades."""
    return float((trades["pnl"] > 0).mean()) if len(trades) else None


def profit_factor(trades: pd.DataFrame) -> float | None:
    """Sum of winning pnl / |sum of losing pnl|; None without a loss."""
    lost = -float(trades.loc[trades["pnl"] < 0, "pnl"].sum())
    won = float(trades.loc[trades["pnl"] > 0, "pnl"].sum())
    return won / lost if lost > 0 else None


def expectancy(trades: pd.DataFrame) -> float | None:
    """Mean pnl of a trade."""
    return float(trades["pnl"].mean()) if len(trades) else None


def payoff_ratio(trades: pd.DataFrame) -> float | None:
    """Mean winning pnl / |mean losing pnl|; None without both."""
    won = trades.loc[trades["pnl"] > 0, "pnl"]
    lost = trades.loc[trades["pnl"] < 0, "pnl"]
    return float(won.mean() / -lost.mean()) if len(won) and len(lost) else None


def mean_of(trades: pd.DataFrame, column: str) -> float | None:
    """Mean of a column."""
    return float(trades[column].mean()) if len(trades) else None


def extreme(trades: pd.DataFrame, best: bool) -> float | None:
    """Best or worst return of a trade."""
    if not len(trades):
        return None
    return float(trades["return"].max() if best else trades["return"].min())


def longest_losing_streak(trades: pd.DataFrame) -> int | None:
    """Most trades in a row, in order of their end, with pnl below zero."""
    if not len(trades):
        return None
    longest = current = 0
    for lost in trades.sort_values("exit_ts", kind="stable")["pnl"].to_numpy() < 0:
        current = current + 1 if lost else 0
        longest = max(longest, current)
    return longest


def system_quality(trades: pd.DataFrame) -> float | None:
    """sqrt(n) * mean(pnl) / standard deviation (ddof 1) of pnl (Tharp 2006)."""
    if len(trades) < 2:
        return None
    pnl = trades["pnl"].to_numpy(dtype=np.float64)
    deviation = float(np.std(pnl, ddof=1))
    if deviation <= ROUNDING * float(np.abs(pnl).max()):
        return None  # equal but for rounding
    return math.sqrt(len(pnl)) * float(pnl.mean()) / deviation
