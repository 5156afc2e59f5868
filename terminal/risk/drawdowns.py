"""Falls from the highest value so far: episodes, and their tail."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from terminal.backtest.return_metrics import SAME_HIGH, drawdowns
from terminal.errors import InputError
from terminal.market.panel import FloatArray, TimeArray
from terminal.risk.value_at_risk import cutoff_of


@dataclass(frozen=True)
class Episode:
    """A fall: `depth` at the `trough`, below 0; `recovery` is None while it lasts.

    Attributes
    ----------
    peak : the last date at the high; the first date where the fall begins with the first return.
    days : calendar days from peak to recovery, or to the last date.
    """

    peak: date
    trough: date
    recovery: date | None
    depth: float
    days: int


def episodes(returns: FloatArray, dates: TimeArray, count: int = 10) -> tuple[Episode, ...]:
    """The deepest separate falls, deepest first."""
    below = drawdowns(returns)
    under = np.concatenate([[False], below < 0, [False]])
    starts = np.flatnonzero(~under[:-1] & under[1:])
    ends = np.flatnonzero(under[:-1] & ~under[1:])
    days: list[date] = dates.astype("datetime64[D]").tolist()
    found = []
    for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
        trough = start + int(below[start:end].argmin())
        recovery = days[end] if end < len(days) else None
        peak = days[max(start - 1, 0)]
        found.append(
            Episode(
                peak,
                days[trough],
                recovery,
                float(below[trough]),
                ((recovery or days[-1]) - peak).days,
            )
        )
    return tuple(sorted(found, key=lambda episode: episode.depth)[:count])


def conditional_drawdown_at_risk(
    returns: FloatArray, level: float = 0.95, *, compounded: bool = True
) -> float:
    """Mean of the deepest drawdowns, 1 - level of all rows, >= 0.

    Chekhlov, Uryasev and Zabarankin (2005): the row at the edge counts with the part of it that
    fills the share. `compounded` False takes falls of the sum of returns, as they do.

    Raises
    ------
    InputError : no returns.
    """
    cutoff = cutoff_of(level)
    if not returns.size:
        raise InputError("there are no returns.", field="returns")
    if compounded:
        falls = -drawdowns(returns)
    else:
        path = np.concatenate([[0.0], np.cumsum(returns)])
        falls = (np.maximum.accumulate(path) - path)[1:]
    return mean_of_worst(falls, cutoff)


def mean_of_worst(losses: FloatArray, cutoff: float) -> float:
    """Mean of the largest `cutoff` share of losses, the edge in part (Acerbi and Tasche 2002)."""
    count = len(losses) * cutoff
    whole = min(max(int(np.ceil(count - 1e-9)), 1), len(losses))
    worst = np.sort(np.partition(losses, len(losses) - whole)[-whole:])
    return (
        float((worst.sum() - worst[0] * max(whole - count, 0.0)) / max(count, 1e-300))
        if (count >= 1.0)
        else float(worst[-1])
    )


def deepest(returns: FloatArray) -> FloatArray:
    """The deepest drawdown of each column of float64 (T, n), <= 0: float64 (n,).

    The same numbers as `max_drawdown` of the metrics, of many series at once.
    """
    wealth = 1.0 + np.ascontiguousarray(returns.T)  # a series lies in a row: one pass each
    np.cumprod(wealth, axis=1, out=wealth)
    high = np.maximum.accumulate(wealth, axis=1)
    np.divide(wealth, np.maximum(high, 1.0, out=high), out=high)
    below = high.min(axis=1) - 1.0
    return np.where(below > -SAME_HIGH, 0.0, below)
