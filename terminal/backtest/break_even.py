"""What more a run could have paid: its equity under an extra cost of every fill, and where it dies.

The fills are the stored ones, re-priced: the same trades as shares of equity, each of which costs
x of its notional more. A strategy that sizes its positions in shares of equity trades just that at
higher costs; one that buys whole lots, or is cut at its buying power, would trade a little less.
What the smaller account would have done otherwise (an exit that it would not have reached, a fill
too small for its lot) is not known from stored fills.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from terminal.backtest.metrics import Inputs
from terminal.backtest.return_metrics import cagr, max_drawdown, sharpe, total_return
from terminal.market.panel import FloatArray

MOST = 1.0
"""Share of notional up to which a break-even is looked for: all of it."""
PRECISION = 1e-9
STEPS = 64
FILL_COSTS = ("commission", "spread", "slippage", "impact")


@dataclass(frozen=True)
class Repricing:
    """A run whose bars can be made dearer.

    Attributes
    ----------
    capital : before the first bar.
    growth : float64 (n_bars,), equity at a close over that of the close before.
    drag : float64 (n_bars,), what a bar loses at scale 1, as a share of the equity before it.
    session_ends : bool (n_bars,), whether a bar is the last one of its session.
    """

    capital: float
    growth: FloatArray
    drag: FloatArray
    session_ends: np.ndarray

    def equity(self, scale: float) -> FloatArray:
        """Equity at each close at `scale` times the drag: (n_bars,); 0 once all is lost."""
        left = np.maximum(self.growth - scale * self.drag, 0.0)
        return np.asarray(self.capital * np.cumprod(left))

    def returns(self, scale: float) -> FloatArray:
        """One return a session, the first against the capital."""
        levels = pd.Series(self.equity(scale)[self.session_ends])
        return Inputs(levels, None, pd.DataFrame(), pd.DataFrame(), self.capital).returns


def repricing(
    curve: pd.DataFrame, fills: pd.DataFrame, capital: float, sessions: np.ndarray
) -> Repricing:
    """A run at an extra cost of each fill's notional; scale 1e-4 is a basis point.

    Parameters
    ----------
    curve, fills : of a result. sessions : session of each bar of the curve.
    """
    return Repricing(
        capital,
        growth_of(curve, capital),
        by_bar(curve, fills, fills["notional"].to_numpy(dtype=np.float64), capital),
        ends_of(sessions),
    )


def growth_of(curve: pd.DataFrame, capital: float) -> FloatArray:
    """Equity over the equity before it; 1 where there was none left."""
    equity = curve["equity"].to_numpy(dtype=np.float64)
    before = np.concatenate([[capital], equity[:-1]])
    return np.where(before > 0, equity / np.where(before > 0, before, 1.0), 1.0)


def by_bar(
    curve: pd.DataFrame, fills: pd.DataFrame, money: FloatArray, capital: float
) -> FloatArray:
    """Money of each fill, summed by bar, as a share of the equity before the bar."""
    bars = curve.index.get_indexer(pd.DatetimeIndex(fills["ts"]))
    whole = np.bincount(bars, weights=money, minlength=len(curve))
    equity = curve["equity"].to_numpy(dtype=np.float64)
    before = np.concatenate([[capital], equity[:-1]])
    return np.where(before > 0, whole / np.where(before > 0, before, 1.0), 0.0)


def ends_of(sessions: np.ndarray) -> np.ndarray:
    """Whether a bar is the last one of its session."""
    return np.append(sessions[1:] != sessions[:-1], True)[: len(sessions)]


@dataclass(frozen=True)
class Dearer:
    """Headline numbers at an extra cost; None where undefined."""

    total_return: float | None
    cagr: float | None
    sharpe: float | None
    max_drawdown: float | None


def at_cost(run: Repricing, scale: float, periods: float, risk_free_rate: float) -> Dearer:
    """The headline numbers at `scale` times the drag.

    Parameters
    ----------
    periods : sessions in a year; risk_free_rate : annual, simple.
    """
    r = run.returns(scale)
    return Dearer(
        total_return(r),
        cagr(r, periods),
        sharpe(r - risk_free_rate / periods, periods),
        max_drawdown(r),
    )


@dataclass(frozen=True)
class BreakEven:
    """Scale of the drag at which something dies.

    None: it lives at any, because nothing was traded; 0: it is dead without.

    Attributes
    ----------
    total_return : the return over the range is zero. sharpe : the mean return is the risk-free
    rate. benchmark : the return over the range is the benchmark's; None without one, too.
    """

    total_return: float | None
    sharpe: float | None
    benchmark: float | None


def break_even(
    run: Repricing,
    periods: float,
    risk_free_rate: float,
    benchmark_return: float | None,
    most: float = MOST,
) -> BreakEven:
    """Where total return, Sharpe ratio and the lead over the benchmark end.

    Parameters
    ----------
    benchmark_return : total return of the benchmark over the range.
    most : largest scale looked at.
    """
    free = risk_free_rate / periods

    def grown(scale: float) -> float:
        return float(run.equity(scale)[-1]) / run.capital - 1.0

    def mean(scale: float) -> float:
        return float(run.returns(scale).mean()) - free

    ahead = None
    if benchmark_return is not None:
        ahead = _root(lambda scale: grown(scale) - benchmark_return, most)
    return BreakEven(_root(grown, most), _root(mean, most), ahead)


def _root(value: Callable[[float], float], most: float) -> float | None:
    """Where a falling function crosses zero, by bisection."""
    if value(0.0) <= 0.0:
        return 0.0
    if value(most) > 0.0:
        return None
    low, high = 0.0, most
    for _ in range(STEPS):
        middle = (low + high) / 2.0
        if value(middle) > 0.0:
            low = middle
        else:
            high = middle
        if high - low <= PRECISION * high:
            break
    return (low + high) / 2.0


def paid_rate(fills: pd.DataFrame) -> float | None:
    """What the fills cost of their notional, borrowing left out; None without a fill."""
    traded = float(fills["notional"].sum()) if len(fills) else 0.0
    paid = float(fills[list(FILL_COSTS)].sum().sum()) if len(fills) else 0.0
    return paid / traded if traded > 0 else None
