"""Mean forward return by quantile of a feature, and what the highest earns over the lowest.

*Across instruments* the quantile is an instrument's place among the others at the same bar.
*Through time* it is the place of a value among the instrument's own values up to that bar: no later
value says what is high.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from terminal.market.panel import FloatArray
from terminal.research.information import FEWEST_INSTRUMENTS, Mode
from terminal.research.intervals import (
    NOTHING,
    Estimate,
    block_length,
    bootstrap_estimate,
    resampled_sums,
)

FIRST_VALUES = 100
"""Own values that must be known before a place among them means something."""


@dataclass(frozen=True)
class GroupReturns:
    """Mean return after each group, from the lowest to the highest, and of high less low."""

    horizon: int
    groups: tuple[Estimate, ...]
    spread: Estimate
    monotone: float
    """Rank correlation of a group's number with its mean: 1 where each earns more than the last."""


def groups_of(feature: FloatArray, n_groups: int, mode: Mode) -> FloatArray:
    """Group 0 .. n_groups - 1 of each value, (n_bars, n_instruments); NaN where it has none."""
    frame = pd.DataFrame(np.where(np.isfinite(feature), feature, np.nan))
    if mode is Mode.ACROSS:
        share = (
            (frame.rank(axis=1) - 0.5).div(frame.notna().sum(axis=1), axis=0).to_numpy(copy=True)
        )
        few = np.isfinite(feature).sum(axis=1) < max(FEWEST_INSTRUMENTS, n_groups)
        share[few] = np.nan
    else:
        known = frame.notna().cumsum()
        place = frame.expanding(min_periods=1).rank()
        share = ((place - 0.5) / known).where(known >= FIRST_VALUES).to_numpy(copy=True)
        share[~np.isfinite(feature)] = np.nan
    return np.asarray(np.minimum(np.floor(share * n_groups), n_groups - 1))


def group_returns(
    group: FloatArray, returns: FloatArray, n_groups: int, horizon: int, seed: int = 0
) -> GroupReturns:
    """Means over all bars and instruments of each group, with block bootstrap intervals over time.

    Parameters
    ----------
    group : as of `groups_of`. returns : (n_bars, n_instruments), of `horizon` bars.
    """
    known = np.isfinite(group) & np.isfinite(returns)
    value = np.where(known, returns, 0.0)
    total, count = [], []
    for one in range(n_groups):
        inside = known & (group == one)
        total.append(np.where(inside, value, 0.0).sum(axis=1))
        count.append(inside.sum(axis=1))
    rows = np.column_stack([*total, *count]).astype(np.float64)
    used = np.flatnonzero(known.any(axis=1))
    if not len(used):
        return GroupReturns(horizon, (NOTHING,) * n_groups, NOTHING, float("nan"))
    rows = rows[used[0] : used[-1] + 1]
    sums = rows.sum(axis=0)
    drawn = resampled_sums(rows, block_length(len(rows), horizon), seed)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = sums[:n_groups] / sums[n_groups:]
        means = drawn[:, :n_groups] / drawn[:, n_groups:]
    estimates = tuple(
        bootstrap_estimate(float(mean[k]), means[:, k], int(sums[n_groups + k]))
        for k in range(n_groups)
    )
    spread = bootstrap_estimate(
        float(mean[-1] - mean[0]),
        means[:, -1] - means[:, 0],
        int(sums[n_groups] + sums[-1]),
    )
    order = pd.Series(mean).rank()
    straight = pd.Series(np.arange(n_groups, dtype=float))
    return GroupReturns(horizon, estimates, spread, float(order.corr(straight)))


def turnover(group: FloatArray, which: int) -> float:
    """Share of a group that was not in it at the instrument's bar before; NaN where it is empty."""
    here = group == which
    before = pd.DataFrame(group).ffill().shift(1).to_numpy() == which
    seen = np.isfinite(pd.DataFrame(group).ffill().shift(1).to_numpy())
    at = here & seen
    return float((at & ~before).sum() / at.sum()) if at.any() else float("nan")
