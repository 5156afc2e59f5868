"""Truncation replay: a feature computed on data cut at T must be what it was on all data.

The test knows nothing about the features; whatever looks ahead (a shift, a centred window, a
full-sample mean, a gap filled from behind, a coarse bar that is still open) changes when the
future is taken away. Cuts are drawn at random, and put where leaks hide: before and inside gaps.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from terminal.features.frame import FeatureFrame
from terminal.market.panel import Panel
from terminal.validation.leakage.report import Finding, Test
from terminal.validation.ranges import IntArray

Compute = Callable[[Panel], FeatureFrame]
LEAST_CHANGE = 1e-5
"""Differences below this share of a column's spread are rounding, not knowledge."""


@dataclass(frozen=True)
class Replay:
    """What changed: per column, how many values differ, and the first cut and row that show it.

    blank : columns without a value in the bars replayed, of which nothing is known.
    changed : int64 (n_features,). cut, row : int64 (n_features,), -1 where nothing changed.
    cuts : int64, the bars at which data was cut.
    """

    columns: tuple[str, ...]
    blank: tuple[str, ...]
    changed: IntArray
    cut: IntArray
    row: IntArray
    cuts: IntArray


def replay(
    compute: Compute, panel: Panel, *, cuts: int = 8, most_bars: int = 4000, seed: int = 0
) -> Replay:
    """Compute features on cut data and compare every row before the cut.

    Parameters
    ----------
    compute : features of a raw panel. most_bars : only the latest so many bars are replayed.
    """
    recent = panel.rows(slice(max(0, panel.n_bars - most_bars), panel.n_bars))
    at = cut_points(recent, cuts, seed)
    whole = compute(recent)
    spread = _spread(whole.values)
    n = len(whole.columns)
    changed = np.zeros(n, dtype=np.int64)
    first_cut, first_row = np.full(n, -1, dtype=np.int64), np.full(n, -1, dtype=np.int64)
    for cut in at:
        part = compute(recent.truncated(int(cut))).values
        full = whole.values[:, : int(cut)]
        known, known_then = np.isfinite(full), np.isfinite(part)
        with np.errstate(invalid="ignore"):
            apart = np.abs(full.astype(np.float64) - part) > LEAST_CHANGE * spread
        different = (known != known_then) | (known & known_then & apart)
        rows = different.any(axis=0)
        new = rows.any(axis=0) & (changed == 0)
        first_cut[new] = cut
        first_row[new] = rows.argmax(axis=0)[new]
        changed += different.sum(axis=(0, 1))
    offset = panel.n_bars - recent.n_bars
    return Replay(
        columns=whole.columns,
        blank=tuple(
            column
            for k, column in enumerate(whole.columns)
            if not np.isfinite(whole.values[:, :, k]).any()
        ),
        changed=changed,
        cut=np.where(first_cut >= 0, first_cut + offset, -1),
        row=np.where(first_row >= 0, first_row + offset, -1),
        cuts=at + offset,
    )


def replay_findings(found: Replay) -> list[Finding]:
    """The columns that changed, in words."""
    return [
        Finding(
            column=column,
            test=Test.REPLAY,
            statistic=float(found.changed[k]),
            p_value=0.0,
            words=(
                f"{column}: with data up to bar {found.cut[k]} only, its value at bar "
                f"{found.row[k]} is another ({found.changed[k]:,} values differ in "
                f"{len(found.cuts)} cuts)."
            ),
        )
        for k, column in enumerate(found.columns)
        if found.changed[k]
    ]


def cut_points(panel: Panel, n: int, seed: int) -> IntArray:
    """Where to cut, int64 ascending: at random in the last two thirds, and at gaps."""
    random = np.random.default_rng(seed)
    low = max(2, panel.n_bars // 3)
    drawn = random.integers(low, panel.n_bars, n)
    known = np.isfinite(panel.close)
    begins = np.flatnonzero((known[:-1] & ~known[1:]).any(axis=1)) + 1
    begins = begins[begins + 1 >= low]
    if len(begins):
        # the first row of a gap is kept: what fills it must come from before
        drawn = np.concatenate([drawn, random.choice(begins, min(4, len(begins))) + 1])
    return np.unique(np.minimum(drawn, panel.n_bars - 1)).astype(np.int64)


def _spread(values: np.ndarray) -> np.ndarray:
    """Per column the interquartile range of a sample of its values, or its size if it is flat."""
    step = max(1, values.shape[0] * values.shape[1] // 20_000)
    flat = values.reshape(-1, values.shape[2])[::step].astype(np.float64)
    spread = np.empty(values.shape[2])
    for k in range(values.shape[2]):
        own = flat[np.isfinite(flat[:, k]), k]
        low, high = np.quantile(own, [0.25, 0.75]) if len(own) else (0.0, 0.0)
        largest = float(np.abs(own).max()) if len(own) else 0.0
        spread[k] = high - low if high > low else largest
    return spread
