"""Information coefficient: how well the order of a feature goes with the order of what follows.

Spearman's rank correlation of a feature with the return after it (Grinold and Kahn, *Active
Portfolio Management*, 2nd ed., chapter 6). *Across instruments*: one correlation a bar, over the
instruments at it, then their mean over time. *Through time*: one correlation an instrument, over
its bars, then their mean over instruments. Rows are bars; both forms weigh time as it was.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import pandas as pd

from terminal.market.panel import FloatArray
from terminal.research.intervals import (
    NOTHING,
    Estimate,
    block_length,
    bootstrap_estimate,
    lags_for,
    newey_west,
    resampled_sums,
)

FEWEST_INSTRUMENTS = 5
"""A correlation over fewer instruments than this says nothing of a bar."""
FEWEST_BARS = 30


class Mode(StrEnum):
    """Over what a feature is compared."""

    ACROSS = "across"
    THROUGH = "through"


@dataclass(frozen=True)
class Information:
    """The information coefficient at one horizon.

    ratio : mean / standard deviation of the correlations (a bar's, or an instrument's); positive :
    share of them above zero. each : those correlations, float64 (n_bars,) or (n_instruments,).
    """

    horizon: int
    estimate: Estimate
    ratio: float
    positive: float
    each: FloatArray


def information(
    feature: FloatArray, returns: FloatArray, horizon: int, mode: Mode, seed: int = 0
) -> Information:
    """The coefficient of a feature with the returns after it, both (n_bars, n_instruments).

    Across instruments its interval is Newey and West's over bars; through time it is the block
    bootstrap's, in which all instruments share the blocks, so that what moves them together is not
    taken for many observations.
    """
    if mode is Mode.ACROSS:
        each = by_bar(feature, returns)
        estimate = newey_west(each, lags_for(int(np.isfinite(each).sum()), horizon))
    else:
        each, estimate = _through_time(feature, returns, horizon, seed)
    known = each[np.isfinite(each)]
    spread = float(known.std(ddof=1)) if len(known) > 1 else math.nan
    ratio = estimate.mean / spread if spread > 0 else math.nan
    positive = float((known > 0).mean()) if len(known) else math.nan
    return Information(horizon, estimate, ratio, positive, each)


def by_bar(feature: FloatArray, returns: FloatArray) -> FloatArray:
    """Rank correlation over the instruments at each row, (n_bars,); NaN over too few of them."""
    return _rank_correlation(feature.T, returns.T, FEWEST_INSTRUMENTS)


def by_instrument(feature: FloatArray, returns: FloatArray) -> FloatArray:
    """Rank correlation over the rows of each instrument, (n_instruments,)."""
    return _rank_correlation(feature, returns, FEWEST_BARS)


def by_year(
    feature: FloatArray, returns: FloatArray, year: FloatArray, mode: Mode
) -> list[tuple[int, float, int]]:
    """(year, coefficient, bars) of each calendar year; `year` is (n_bars,)."""
    out = []
    for one in np.unique(year):
        rows = year == one
        measure = by_bar if mode is Mode.ACROSS else by_instrument
        each = measure(feature[rows], returns[rows])
        known = each[np.isfinite(each)]
        if len(known):
            out.append((int(one), float(known.mean()), int(rows.sum())))
    return out


def _ranks(values: FloatArray, other: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Average ranks down each column where both are known, centred; NaN elsewhere."""
    both = np.isfinite(values) & np.isfinite(other)
    out = []
    for one in (values, other):
        ranks = pd.DataFrame(np.where(both, one, np.nan)).rank().to_numpy()
        with np.errstate(invalid="ignore"):
            middle = (both.sum(axis=0) + 1) / 2
        out.append(ranks - middle)
    return out[0], out[1]


def _rank_correlation(values: FloatArray, other: FloatArray, fewest: int) -> FloatArray:
    """Spearman's rho of each pair of columns; NaN of fewer than `fewest` pairs or of no change."""
    first, second = (np.nan_to_num(part) for part in _ranks(values, other))
    count = (np.isfinite(values) & np.isfinite(other)).sum(axis=0)
    scale = np.sqrt((first**2).sum(axis=0) * (second**2).sum(axis=0))
    with np.errstate(divide="ignore", invalid="ignore"):
        rho = (first * second).sum(axis=0) / scale
    return np.where((count >= fewest) & (scale > 0), rho, np.nan)


def _through_time(
    feature: FloatArray, returns: FloatArray, horizon: int, seed: int
) -> tuple[FloatArray, Estimate]:
    each = by_instrument(feature, returns)
    usable = np.isfinite(each)
    if not usable.any():
        return each, NOTHING
    first, second = (np.nan_to_num(r) for r in _ranks(feature[:, usable], returns[:, usable]))
    both = np.isfinite(feature[:, usable]) & np.isfinite(returns[:, usable])
    used = np.flatnonzero(both.any(axis=1))
    span = slice(int(used[0]), int(used[-1]) + 1)
    # ranks of different sizes of sample have different scales; a scale of one keeps sums precise
    scale = np.sqrt((first**2).mean(axis=0)), np.sqrt((second**2).mean(axis=0))
    x, y, known = first[span] / scale[0], second[span] / scale[1], both[span].astype(np.float64)
    length = block_length(len(x), horizon)
    sums = resampled_sums(np.hstack([x * y, x * x, y * y, x, y, known]), length, seed)
    xy, xx, yy, sx, sy, n = np.split(sums, 6, axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        rho = (xy - sx * sy / n) / np.sqrt((xx - sx * sx / n) * (yy - sy * sy / n))
    with np.errstate(invalid="ignore"):
        drawn = np.nanmean(np.where(n >= FEWEST_BARS, rho, np.nan), axis=1)
    mean = float(each[usable].mean())
    return each, bootstrap_estimate(mean, drawn, int(both.any(axis=1).sum()))
