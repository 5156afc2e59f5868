"""Confidence intervals of the headline measures, and bands around the equity curve.

Returns are resampled by the stationary bootstrap (Politis and Romano 1994). An interval says how
much a measure would vary had the same kind of returns come in another order and mixture; it does
not know of trials that were thrown away (see `sharpe.deflated_sharpe`). The maximum drawdown is
an extreme: its interval is a description, without an exact level of confidence.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from terminal.backtest.inference import normal
from terminal.backtest.inference.block_length import chosen_block_length
from terminal.backtest.inference.headline import HEADLINE, headline_metrics
from terminal.backtest.inference.inputs import above, count, finite, share
from terminal.backtest.inference.resampling import CHUNK, StationaryBlocks, sample_positions
from terminal.backtest.inference.wealth_paths import BAND_POINTS, LEVELS, follow
from terminal.backtest.return_metrics import TINY, wealth
from terminal.errors import InputError
from terminal.market.panel import FloatArray

JACKKNIFE_GROUPS = 200
MIN_DEFINED = 0.95
"""Smallest share of samples with a defined measure: the rest alone would be a biased sample."""

Bounds = tuple[float, float] | None
Measures = Callable[[FloatArray], dict[str, FloatArray]]


@dataclass(frozen=True)
class Interval:
    """A measure and where it may lie.

    Attributes
    ----------
    estimate : of the returns themselves; None where it is undefined.
    percentile, bca : low and high bound; None where the estimate or more than 5 % of the samples
        have no value, or (BCa) all samples lie on one side of the estimate.
    """

    estimate: float | None
    percentile: Bounds
    bca: Bounds


@dataclass(frozen=True)
class Intervals:
    """Intervals by key of `HEADLINE`, and the samples (n_samples,) they were read from."""

    by_metric: dict[str, Interval]
    samples: dict[str, FloatArray]
    confidence: float
    block_length: float


@dataclass(frozen=True)
class EquityBands:
    """Where wealth, starting from 1, may stand after a number of returns.

    Attributes
    ----------
    after : int64 (m,), numbers of returns, from 0 to n.
    levels : the q quantiles.
    bands : float64 (q, m).
    actual : float64 (m,), the wealth of the returns themselves.
    """

    after: np.ndarray
    levels: tuple[float, ...]
    bands: FloatArray
    actual: FloatArray


def confidence_intervals(
    returns: FloatArray,
    periods: float,
    *,
    seed: int,
    n_samples: int = 2_000,
    confidence: float = 0.95,
    risk_free_rate: float = 0.0,
    block_length: float | None = None,
    metrics: Sequence[str] = HEADLINE,
) -> Intervals:
    """Percentile and BCa intervals of the headline measures.

    BCa follows Efron (1987), eq. 2.3 and 6.6; its acceleration is the jackknife over contiguous
    groups of returns (at most 200), which for independent returns and few of them is the ordinary
    jackknife. Intraday series: reduce them to one return a session first, as the measures are.

    Parameters
    ----------
    returns : float64 (n,), simple returns, `periods` of which make a year.
    risk_free_rate : annual and simple.
    block_length : mean length of a block, at most half the series; estimated from the returns
        where not given.
    metrics : keys of `HEADLINE` to report.

    Raises
    ------
    InputError : fewer than 2 returns, one that is no number, or a parameter outside its range.
    """
    r = finite(returns, "returns", least=2)
    above(periods, 0.0, "periods_per_year")
    share(confidence, "confidence")
    count(n_samples, 1, "n_samples")
    unknown = sorted(set(metrics) - set(HEADLINE))
    if unknown:
        allowed = ", ".join(HEADLINE)
        raise InputError(f"has {unknown[0]!r}; allowed are {allowed}.", field="metrics")

    def measures(rows: FloatArray) -> dict[str, FloatArray]:
        found = headline_metrics(rows, periods, risk_free_rate)
        return {key: found[key] for key in metrics}

    length = chosen_block_length(r, block_length)
    chunks = [
        measures(r[positions])
        for positions in sample_positions(StationaryBlocks(length), r.size, n_samples, seed)
    ]
    samples = {key: np.concatenate([chunk[key] for chunk in chunks]) for key in metrics}
    estimates = measures(r[np.newaxis])
    left_out = _jackknife(r, length, measures)
    by_metric = {
        key: _interval(float(estimates[key][0]), samples[key], left_out[key], confidence)
        for key in metrics
    }
    return Intervals(by_metric, samples, confidence, length)


def _jackknife(r: FloatArray, block_length: float, measures: Measures) -> dict[str, FloatArray]:
    """Measures without each group of neighbouring returns in turn: key -> (n_groups,)."""
    groups = max(2, min(r.size, JACKKNIFE_GROUPS, int(r.size / block_length)))
    edges = np.linspace(0, r.size, groups + 1).astype(np.int64)
    sizes = np.diff(edges)
    rows = max(1, CHUNK // r.size)
    found = []
    # groups differ by one return at most: those of one size are measured together
    for size in np.unique(sizes):
        starts = edges[:-1][sizes == size]
        kept = np.arange(r.size - size)
        for first in range(0, starts.size, rows):
            after = kept >= starts[first : first + rows, np.newaxis]
            found.append(measures(r[kept + size * after]))
    return {key: np.concatenate([one[key] for one in found]) for key in found[0]}


def _interval(
    estimate: float, samples: FloatArray, left_out: FloatArray, confidence: float
) -> Interval:
    if not math.isfinite(estimate):
        return Interval(None, None, None)
    known = samples[np.isfinite(samples)]
    if known.size < MIN_DEFINED * samples.size:
        return Interval(estimate, None, None)
    return Interval(
        estimate,
        percentile_bounds(known, confidence),
        bca_bounds(known, estimate, left_out[np.isfinite(left_out)], confidence),
    )


def percentile_bounds(samples: FloatArray, confidence: float) -> tuple[float, float]:
    """The central `confidence` of the samples (n_samples,), linear quantiles."""
    tail = (1.0 - confidence) / 2.0
    low, high = np.quantile(samples, (tail, 1.0 - tail))
    return float(low), float(high)


def bca_bounds(
    samples: FloatArray, estimate: float, left_out: FloatArray, confidence: float
) -> Bounds:
    """Bias-corrected and accelerated bounds (Efron 1987); None where all samples are on one side.

    Parameters
    ----------
    samples : float64 (n_samples,), the measure of each bootstrap sample.
    left_out : float64 (n_groups,), the measure without each group (the jackknife).
    """
    # a sample equal to the estimate lies half below it
    below = float(np.mean(samples < estimate) + np.mean(samples <= estimate)) / 2.0
    if not 0.0 < below < 1.0:
        return None
    bias = normal.ppf(below)
    acceleration = _acceleration(left_out)
    tail = (1.0 - confidence) / 2.0
    z = normal.ppf(np.array([tail, 1.0 - tail])) + bias
    low, high = np.quantile(samples, normal.cdf(bias + z / (1.0 - acceleration * z)))
    return float(low), float(high)


def _acceleration(left_out: FloatArray) -> float:
    """Efron (1987), eq. 6.6, from jackknife values; 0 where they do not differ."""
    distance = left_out.mean() - left_out if left_out.size else np.zeros(1)
    spread = float(np.sum(distance**2))
    if spread < TINY**2:
        return 0.0
    return float(np.sum(distance**3) / (6.0 * spread**1.5))


def equity_bands(
    returns: FloatArray,
    *,
    seed: int,
    n_samples: int = 2_000,
    levels: Sequence[float] = LEVELS,
    block_length: float | None = None,
    max_points: int = BAND_POINTS,
) -> EquityBands:
    """Quantiles of resampled wealth at each bar, or at `max_points` evenly spread bars.

    Parameters
    ----------
    returns : float64 (n,), simple returns.

    Raises
    ------
    InputError : fewer than 2 returns, one that is no number, or a parameter outside its range.
    """
    r = finite(returns, "returns", least=2)
    count(n_samples, 1, "n_samples")
    length = chosen_block_length(r, block_length)
    positions = sample_positions(StationaryBlocks(length), r.size, n_samples, seed)
    paths = follow((r[at] for at in positions), n_samples, r.size, tuple(levels), max_points)
    return EquityBands(paths.after, paths.levels, paths.bands, wealth(r)[paths.after])
