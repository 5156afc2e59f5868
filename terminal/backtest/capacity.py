"""How much money a strategy could run before its own trading eats what it earns.

Every stored fill is made k times as large and pays the square-root law, Y sigma sqrt(Q / V): sigma
and V are the standard deviation of a session's return and the mean volume of the 20 sessions before
the fill's own, as known then. All else is as it was: the same trades as shares of equity, spread
and commission of the same rate, filled within the bar however large. That is kind to large orders
(nobody else reacts, nothing is left unfilled) and hard on patient ones (none is spread over days).
Impact the run has paid already is put back first, so that it is not counted twice.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from terminal.backtest.break_even import (
    Repricing,
    at_cost,
    break_even,
    by_bar,
    ends_of,
    growth_of,
)
from terminal.backtest.costs import FREE
from terminal.backtest.liquidity import SESSIONS_IN, estimate
from terminal.backtest.own_bars import by_calendar
from terminal.market.panel import FloatArray, Panel, TimeArray

USUAL_Y = 1.0
"""Y where the run assumes none: measured values lie near 1 (Bouchaud et al. 2018, section 12.3)."""
MOST_ROOT = 1e4
"""Square root of the largest multiple of the capital looked at."""
POINTS = 25


@dataclass(frozen=True)
class Capacity:
    """Starting capital at which an edge is gone; None where it never is, or not within reach.

    Attributes
    ----------
    total_return, sharpe, benchmark : capital at which the return over the range is zero, the mean
        return the risk-free rate, the return the benchmark's. 0: dead at any.
    y : of the square-root law.
    participation : median share of an average session's volume that a fill took at `capital`.
    known : share of the traded notional whose liquidity was known.
    money, cagr : capital from small to large, and the growth a year that is left at each.
    """

    capital: float
    y: float
    total_return: float | None
    sharpe: float | None
    benchmark: float | None
    participation: float
    known: float
    money: tuple[float, ...]
    cagr: tuple[float | None, ...]


def capacity(
    curve: pd.DataFrame,
    fills: pd.DataFrame,
    liquidity: FloatArray,
    sessions: np.ndarray,
    *,
    capital: float,
    y: float,
    periods: float,
    risk_free_rate: float,
    benchmark_return: float | None,
) -> Capacity | None:
    """The capacity of a run; None where no fill's liquidity is known.

    Parameters
    ----------
    liquidity : float64 (2, n_fills), sigma and volume a session before each fill; 0: not known.
    sessions : session of each bar; periods : sessions in a year.
    """
    sigma, volume = liquidity
    known = (volume > 0) & (sigma > 0)
    notional = fills["notional"].to_numpy(dtype=np.float64)
    if not known.any() or not notional[known].sum() > 0:
        return None
    taken = np.where(known, fills["quantity"] / np.where(known, volume, 1.0), 0.0)
    money = y * sigma * np.sqrt(taken) * notional
    paid = by_bar(curve, fills, fills["impact"].to_numpy(dtype=np.float64), capital)
    run = Repricing(
        capital,
        growth_of(curve, capital) + paid,
        by_bar(curve, fills, money, capital),
        ends_of(sessions),
    )
    dies = break_even(run, periods, risk_free_rate, benchmark_return, MOST_ROOT)
    root = min(MOST_ROOT, 1.6 * (dies.total_return or 10.0))
    roots = np.geomspace(root / 300.0, root, POINTS)
    return Capacity(
        capital=capital,
        y=y,
        total_return=_money(dies.total_return, capital),
        sharpe=_money(dies.sharpe, capital),
        benchmark=_money(dies.benchmark, capital),
        participation=float(np.median(taken[known])),
        known=float(notional[known].sum() / notional.sum()),
        money=tuple((capital * roots**2).tolist()),
        cagr=tuple(at_cost(run, root, periods, risk_free_rate).cagr for root in roots.tolist()),
    )


def _money(root: float | None, capital: float) -> float | None:
    return None if root is None else capital * root**2


def liquidity_before(panel: Panel, fills: pd.DataFrame, sessions: TimeArray) -> FloatArray:
    """Sigma and volume of a session before each fill, as known then: float64 (2, n_fills).

    0 where they are not known: a source without volumes, or too short a past.
    """
    if not np.isfinite(panel.volume).any() or fills.empty:
        return np.zeros((2, len(fills)))
    per_bar = SESSIONS_IN.get(panel.timeframe.value, 1.0)
    known = np.nan_to_num(
        by_calendar(panel, sessions, lambda own, at: estimate(own, FREE, at, per_bar))
    )
    at = panel_places(panel, fills)
    return np.stack([known[1][at], known[2][at]])


def panel_places(panel: Panel, fills: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Row and column of each fill in the panel."""
    columns = {symbol: k for k, symbol in enumerate(panel.symbols)}
    column = fills["symbol"].map(columns).to_numpy(dtype=np.int64)
    row = pd.DatetimeIndex(panel.ts, tz="UTC").get_indexer(pd.DatetimeIndex(fills["ts"]))
    return row, column
