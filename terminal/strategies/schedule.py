"""When a strategy decides again: on the first bar of a week or a month, or every so many bars.

Between those bars it has no opinion (NaN), so each period's weights are traded afresh, even where
they are the same as before: that is what rebalancing is.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from terminal.market.panel import TimeArray
from terminal.params import param
from terminal.strategies.signals import BoolArray

WEEKLY, MONTHLY, BY_BARS = "weekly", "monthly", "by bars"


def rebalance_param(default: str = MONTHLY) -> Any:
    """The field `rebalance` of a strategy's parameters."""
    return param(
        default,
        title="Rebalancing",
        choices=(WEEKLY, MONTHLY, BY_BARS),
        help="Decide on the first bar of each week or month, or every so many bars; between those "
        "nothing is traded.",
    )


def every_param() -> Any:
    """The field `every` of a strategy's parameters, for rebalancing by bars."""
    return param(
        21,
        title="Bars between",
        low=1,
        high=1000,
        step=1,
        unit="bars",
        help="From one rebalancing by bars to the next, counted from the first bar of the range.",
    )


def rebalance_rows(ts: TimeArray, rebalance: str, every: int) -> BoolArray:
    """True on the bars at whose close `rebalance` decides, none of them judged by a later bar.

    By bars: on the first and each `every`-th after it.
    """
    if rebalance == BY_BARS:
        return np.asarray(np.arange(len(ts)) % every == 0)
    return first_of_week(ts) if rebalance == WEEKLY else first_of_month(ts)


def first_of_week(ts: TimeArray) -> BoolArray:
    """True on the first bar of each ISO week (UTC), judged from the bar before: no look-ahead."""
    days = ts.astype("datetime64[D]").astype(np.int64)
    return _changes((days + 3) // 7)  # 1970-01-01 was a Thursday


def first_of_month(ts: TimeArray) -> BoolArray:
    """True on the first bar of each calendar month (UTC), judged from the bar before."""
    return _changes(ts.astype("datetime64[M]").astype(np.int64))


def _changes(period: np.ndarray) -> BoolArray:
    if not len(period):
        return np.zeros(0, dtype=bool)
    return np.concatenate([[True], period[1:] != period[:-1]])
