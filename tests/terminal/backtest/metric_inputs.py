"""Inputs of metrics made from plain returns, and tables of trades made from plain profits."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from terminal.backtest.costs import COST_COLUMNS
from terminal.backtest.metrics import Inputs
from terminal.market.panel import FloatArray

CAPITAL = 100_000.0


def inputs_of(
    returns: FloatArray,
    benchmark: FloatArray | None = None,
    *,
    index: pd.Index | None = None,
    trades: pd.DataFrame | None = None,
    risk_free_rate: float = 0.0,
    periods: float = 252.0,
) -> Inputs:
    """What a run would have left whose sessions returned this, invested throughout, free of costs.

    Without an index: business days from 2000-01-03 on.
    """
    days = pd.bdate_range("2000-01-03", periods=len(returns)) if index is None else index
    sessions = pd.DatetimeIndex(days, name="session")
    columns = ("turnover", *COST_COLUMNS, "interest", "dividends")
    curve = pd.DataFrame(dict.fromkeys(columns, 0.0) | {"gross_exposure": 1.0}, index=sessions)
    return Inputs(
        equity=equity_of(returns, sessions),
        benchmark=None if benchmark is None else equity_of(benchmark, sessions),
        curve=curve,
        trades=trades_of([]) if trades is None else trades,
        capital=CAPITAL,
        risk_free_rate=risk_free_rate,
        periods=periods,
    )


def equity_of(returns: FloatArray, sessions: pd.DatetimeIndex) -> pd.Series:
    """The value at each session's end of the starting capital."""
    return pd.Series(CAPITAL * np.cumprod(1.0 + np.asarray(returns)), index=sessions, dtype=float)


def trades_of(pnl: Sequence[float], notional: float = 1_000.0) -> pd.DataFrame:
    """Round trips in this order, one ending every day, each with the same entry notional."""
    exits = pd.date_range("2024-01-02", periods=len(pnl), tz="UTC")
    made = np.asarray(pnl, dtype=float)
    return pd.DataFrame(
        {"exit_ts": exits, "pnl": made, "return": made / notional, "bars_held": 3.0}
    )
