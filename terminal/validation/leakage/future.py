"""Future correlation: does a feature know what the next bars will bring?

What comes at t + h (a return, its size, the volume) is first cleaned of what could be known at t:
its own past and the time of day. A feature of the past has next to nothing to do with the rest; a
leak has. Both sides are ranked within each instrument: neither tails nor price levels matter.
Significance comes from circular shifts of the whole panel in time, which keep what instruments
share and how slowly features move.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.signal import lfilter
from scipy.stats import norm, rankdata

from terminal.features.frame import FeatureFrame
from terminal.market.adjust import forward_adjusted
from terminal.market.panel import FloatArray, Panel
from terminal.validation.leakage.multiple import holm
from terminal.validation.leakage.report import Finding, Test
from terminal.validation.ranges import IntArray

MOST_CELLS = 40_000
SHIFTS = 48
PLAUSIBLE_RETURN, PLAUSIBLE_SIZE = 0.20, 0.25
"""Rank correlations that no honest feature of bars reaches with the surprise of later bars."""


@dataclass(frozen=True)
class Surprise:
    """Something of later bars that could not be known: float64 (n_bars, n_instruments)."""

    name: str
    values: FloatArray
    plausible: float


def surprises(panel: Panel, horizon: int) -> list[Surprise]:
    """What later bars bring beyond what their past says, for some bars ahead and all up to
    `horizon` together."""
    close = forward_adjusted(panel).close
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log(close)
        moves = np.diff(logs, axis=0, prepend=np.nan)
        unit = _ewma(np.abs(moves), 50)
        scaled = moves / np.where(unit > 0, unit, np.nan)
        volume = np.log(panel.volume)
        width = np.log(panel.high / panel.low)
    size = np.abs(moves)
    slot = _slot(panel)
    found = []
    for name, raw, also, plausible in (
        ("return", scaled, None, PLAUSIBLE_RETURN),
        ("size of the return", np.log(size + 1e-6), np.log(width + 1e-6), PLAUSIBLE_SIZE),
        ("volume", np.where(np.isfinite(volume), volume, np.nan), None, PLAUSIBLE_SIZE),
    ):
        if not np.isfinite(raw).any():
            continue
        values = raw - _by_slot(raw, slot)
        known = [values, *(_ewma(values, span) for span in (5, 20, 100))]
        if also is not None and np.isfinite(also).any():
            usual = also - _by_slot(also, slot)
            known += [usual, _ewma(usual, 10), _ewma(usual, 50)]
        for ahead in sorted({1, 2, 3, 5, horizon}):
            label = f"{name} {ahead} bar{'s' if ahead > 1 else ''} later"
            found.append(Surprise(label, _residual(_ahead(values, ahead), known), plausible))
        for ahead in sorted({5, horizon} - {1}):
            label = f"{name} of the next {ahead} bars"
            rest = _residual(_sum_ahead(values, ahead), known)
            found.append(Surprise(label, rest, plausible + 0.05))
    return found


def future_findings(
    frame: FeatureFrame, known: list[Surprise], *, alpha: float = 0.01, seed: int = 0
) -> list[Finding]:
    """Features whose rank correlation with a surprise is beyond the plausible and beyond chance."""
    rows = sampled_rows(len(frame.ts), len(frame.symbols))
    features = ranks(np.transpose(frame.values[:, rows], (1, 0, 2)).astype(np.float64))
    targets = ranks(np.stack([s.values[rows] for s in known], axis=2))
    correlation, p_value = correlations(features, targets, seed)
    adjusted = holm(p_value)
    bound = np.array([s.plausible for s in known])
    beyond = (np.abs(correlation) > bound) & (adjusted < alpha)
    findings = []
    for k in np.flatnonzero(beyond.any(axis=1)):
        worst = int(np.argmax(np.where(beyond[k], np.abs(correlation[k]) - bound, -np.inf)))
        findings.append(
            Finding(
                column=frame.columns[k],
                test=Test.FUTURE,
                statistic=float(correlation[k, worst]),
                p_value=float(adjusted[k, worst]),
                words=(
                    f"{frame.columns[k]}: rank correlation {correlation[k, worst]:.2f} with the "
                    f"surprise in the {known[worst].name}; {bound[worst]:.2f} is plausible."
                ),
            )
        )
    return findings


def sampled_rows(n_bars: int, n_instruments: int) -> IntArray:
    """Rows spread evenly so that at most `MOST_CELLS` cells are looked at."""
    step = max(1, -(-n_bars * n_instruments // MOST_CELLS))
    return np.arange(0, n_bars, step)


def ranks(values: FloatArray) -> FloatArray:
    """Ranks within each instrument, centred, of (n_rows, n_instruments, k); 0 where unknown."""
    known = np.isfinite(values)
    order = rankdata(np.where(known, values, np.inf), axis=0)
    count = np.maximum(known.sum(axis=0), 1)
    return np.where(known, order / count - (count + 1) / (2 * count), 0.0)


def correlations(
    features: FloatArray, targets: FloatArray, seed: int
) -> tuple[FloatArray, FloatArray]:
    """Correlation of every feature with every target, and two-sided p-values, (n_f, n_t).

    Centred (n_rows, n_instruments, k) with 0 where unknown. The null distribution is normal with
    the mean and deviation of circular shifts by a tenth of the rows and more.
    """
    n = len(features)
    flat = features.reshape(-1, features.shape[2]).astype(np.float32)
    known = (flat != 0.0).astype(np.float32)
    share = known.mean(axis=0, dtype=np.float64)
    norms = np.sqrt(np.square(flat).sum(axis=0, dtype=np.float64))

    def correlate(other: FloatArray, exact: bool) -> FloatArray:
        own = other.reshape(-1, other.shape[2]).astype(np.float32)
        if exact:  # only what stands beside a known feature counts
            squares = (known.T @ (own * own)).astype(np.float64)
        else:
            squares = share[:, None] * np.square(own).sum(axis=0, dtype=np.float64)
        length = np.sqrt(squares) * norms[:, None]
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(np.nan_to_num((flat.T @ own).astype(np.float64) / length))

    found = correlate(targets, exact=True)
    random = np.random.default_rng(seed)
    low = max(1, n // 10)
    shifts = random.integers(low, max(low + 1, n - low), SHIFTS)
    null = np.stack([correlate(np.roll(targets, int(k), axis=0), exact=False) for k in shifts])
    floor = 1.0 / np.sqrt(np.maximum(share * len(flat), 2.0))[:, None]
    deviation = np.maximum(null.std(axis=0), floor)
    p_value = 2.0 * norm.sf(np.abs(found - null.mean(axis=0)) / deviation)
    return found, np.asarray(p_value)


def _ahead(values: FloatArray, bars: int) -> FloatArray:
    out = np.full_like(values, np.nan)
    if bars < len(values):
        out[:-bars] = values[bars:]
    return out


def _sum_ahead(values: FloatArray, bars: int) -> FloatArray:
    total = np.cumsum(np.nan_to_num(values), axis=0)
    out = np.full_like(values, np.nan)
    if bars < len(values):
        out[:-bars] = total[bars:] - total[:-bars]
    return out


def _ewma(values: FloatArray, span: int) -> FloatArray:
    """Exponentially weighted mean of known values, from the rows up to each."""
    recursion = [1.0, -(1.0 - 2.0 / (span + 1.0))]
    known = np.isfinite(values)
    total = lfilter([1.0], recursion, np.where(known, values, 0.0), axis=0)
    weight = lfilter([1.0], recursion, known.astype(np.float64), axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(total / weight)


def _slot(panel: Panel) -> IntArray:
    """Number of each bar within its UTC day: the time of day, whatever daylight saving does."""
    day = panel.close_ts.astype("datetime64[D]")
    _, first, number = np.unique(day, return_index=True, return_inverse=True)
    return np.arange(len(day)) - first[number]


def _by_slot(values: FloatArray, slot: IntArray) -> FloatArray:
    """The mean of the bars of the same time of day, (n_bars, n_instruments)."""
    known = np.isfinite(values)
    total = np.zeros((int(slot.max()) + 1, values.shape[1]))
    count = np.zeros_like(total)
    np.add.at(total, slot, np.where(known, values, 0.0))
    np.add.at(count, slot, known)
    return np.asarray((total / np.maximum(count, 1.0))[slot])


def _residual(wanted: FloatArray, known: list[FloatArray]) -> FloatArray:
    """What is left of `wanted` after a pooled regression on what was known."""
    design = np.stack([np.ones_like(wanted), *known], axis=2)
    good = np.isfinite(wanted) & np.isfinite(design).all(axis=2)
    out = np.full_like(wanted, np.nan)
    if good.sum() > 10 * design.shape[2]:
        slope, *_ = np.linalg.lstsq(design[good], wanted[good], rcond=None)
        out[good] = wanted[good] - design[good] @ slope
    return out
