"""What many SHAP values say together: importance, spread, dependence, groups. Plain numbers for
figures; nothing here knows a model.

Where points are too many to draw, every k-th one is left, so that the same values always give the
same picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from terminal.explain.explanation import Explanation
from terminal.market.panel import FloatArray

IntArray = npt.NDArray[np.int64]

MOST_POINTS = 300
"""Points a feature in the swarm."""
SWARM_BINS = 60
MOST_DEPENDENCE = 600
SMALLEST_GROUP = 20
"""Rows below which a group says too little to be shown."""


@dataclass(frozen=True)
class Importance:
    """One feature.

    Attributes
    ----------
    mean_abs : mean |value|, in the unit of the output. share : of the sum over all features.
    direction : rank correlation of the feature with its value, -1..1: whether high values of it
        push the output up. NaN where the feature is constant.
    """

    column: str
    mean_abs: float
    share: float
    direction: float


@dataclass(frozen=True)
class Swarm:
    """Points of one feature: values (n,), offsets from its line -1..1, and where the feature stood
    in its own distribution, 0..1 (NaN where missing)."""

    column: str
    values: FloatArray
    offset: FloatArray
    level: FloatArray


@dataclass(frozen=True)
class Dependence:
    """SHAP value against the feature, coloured by the feature it interacts with most.

    Attributes
    ----------
    x, values : of the points. by : the other feature's name, "" where there is none; level : where
        it stood in its own distribution, 0..1. strength : share of the variance of `values`, within
        bins of x, that the other feature explains.
    """

    column: str
    x: FloatArray
    values: FloatArray
    by: str
    level: FloatArray
    strength: float


@dataclass(frozen=True)
class Step:
    """One bar of a waterfall: a feature, its value at the event (None where missing), what it
    added."""

    column: str
    feature: float | None
    value: float


@dataclass(frozen=True)
class Waterfall:
    """One prediction taken apart: from `base` by `steps`, largest first, and `others` together, to
    `raw`."""

    base: float
    raw: float
    steps: tuple[Step, ...]
    others: float
    n_others: int
    output: str


@dataclass(frozen=True)
class Grouped:
    """Mean |value| (n_groups, n_features) by group, groups in their order; `n` rows of each."""

    groups: tuple[str, ...]
    n: tuple[int, ...]
    columns: tuple[str, ...]
    mean_abs: FloatArray


def importances(explained: Explanation) -> list[Importance]:
    """Features from the most to the least important."""
    mean_abs = explained.importance()
    total = float(mean_abs.sum()) or 1.0
    return [
        Importance(
            explained.columns[k],
            float(mean_abs[k]),
            float(mean_abs[k]) / total,
            rank_correlation(explained.data[:, k].astype(np.float64), explained.values[:, k]),
        )
        for k in explained.order()
    ]


def swarms(explained: Explanation, top: int = 20) -> list[Swarm]:
    """The `top` features' points."""
    every = thinned(len(explained), MOST_POINTS)
    found = []
    for k in explained.order()[:top]:
        values = explained.values[every, k]
        found.append(
            Swarm(
                explained.columns[k],
                values,
                swarm_offsets(values),
                levels(explained.data[:, k].astype(np.float64))[every],
            )
        )
    return found


def swarm_offsets(values: FloatArray, bins: int = SWARM_BINS) -> FloatArray:
    """Offsets that stack points of the same bin on both sides of their line, within -1..1."""
    spread = float(np.ptp(values)) if len(values) else 0.0
    if spread == 0.0:
        at = np.zeros(len(values), dtype=np.int64)
    else:
        at = np.minimum(((values - values.min()) / spread * bins).astype(np.int64), bins - 1)
    offset = np.empty(len(values))
    fullest = max(1, int(np.bincount(at).max())) if len(values) else 1
    for k in np.unique(at):
        own = np.flatnonzero(at == k)
        place = np.arange(len(own))
        offset[own] = np.where(place % 2 == 0, 1, -1) * ((place + 1) // 2)
    return offset * 2.0 / max(fullest, 2)


def dependence(explained: Explanation, column: str) -> Dependence:
    """The points of one feature, by the feature it interacts with most."""
    j = explained.columns.index(column)
    x = explained.data[:, j].astype(np.float64)
    values = explained.values[:, j]
    other, strength = strongest_interaction(explained, j)
    every = thinned(len(explained), MOST_DEPENDENCE)
    level = (
        levels(explained.data[:, other].astype(np.float64))
        if other >= 0
        else np.full(len(x), np.nan)
    )
    return Dependence(
        column,
        x[every],
        values[every],
        explained.columns[other] if other >= 0 else "",
        level[every],
        strength,
    )


def strongest_interaction(explained: Explanation, j: int, bins: int = 10) -> tuple[int, float]:
    """(the other feature that explains most of what feature j's values vary at the same x, and how
    much of their variance); (-1, 0) where none does.

    Rows are put into bins of equal frequency of x. Within each, the correlation with the other
    feature's level is squared, weighed by the variance, and the share that chance would explain
    (one in rows - 1) is taken off.
    """
    x = explained.data[:, j].astype(np.float64)
    values = explained.values[:, j]
    known = np.flatnonzero(np.isfinite(x))
    if len(known) < 2 * bins or float(np.ptp(values[known])) == 0.0:
        return -1, 0.0
    parts = np.array_split(known[np.argsort(x[known], kind="stable")], bins)
    total = sum(float(np.var(values[part])) * len(part) for part in parts)
    if total <= 0.0:
        return -1, 0.0
    best, strength = -1, 0.0
    for k in range(len(explained.columns)):
        if k == j:
            continue
        level = np.nan_to_num(levels(explained.data[:, k].astype(np.float64)), nan=0.5)
        found = 0.0
        for part in parts:
            own, other = values[part], level[part]
            spread = float(np.var(own))
            if len(part) > 3 and spread > 0.0 and float(np.ptp(other)) > 0.0:
                squared = float(np.corrcoef(own, other)[0, 1]) ** 2
                found += (squared - 1.0 / (len(part) - 1)) * spread * len(part)
        if found / total > strength:
            best, strength = k, found / total
    return best, strength


def waterfall(explained: Explanation, row: int, top: int = 10) -> Waterfall:
    """One prediction taken apart."""
    values = explained.values[row]
    order = np.argsort(-np.abs(values), kind="stable")
    shown, rest = order[:top], order[top:]
    return Waterfall(
        base=explained.base,
        raw=float(explained.raw[row]),
        steps=tuple(
            Step(explained.columns[k], _known(explained.data[row, k]), float(values[k]))
            for k in shown
        ),
        others=float(values[rest].sum()),
        n_others=len(rest),
        output=explained.output,
    )


def _known(value: np.float32) -> float | None:
    return float(value) if np.isfinite(value) else None


def grouped(
    explained: Explanation, groups: Sequence[str], names: Sequence[str] = (), top: int = 15
) -> Grouped:
    """Mean |value| of the `top` features by group.

    Parameters
    ----------
    groups : the group of each row; "" where it is not known. names : the groups in the order to be
        shown; sorted without it.
    """
    of_row = np.asarray(groups, dtype=object)
    wanted = list(names) if names else sorted({str(name) for name in of_row if name})
    columns = explained.order()[:top]
    shown, counts, rows = [], [], []
    for name in wanted:
        own = np.flatnonzero(of_row == name)
        if len(own) >= SMALLEST_GROUP:
            shown.append(name)
            counts.append(len(own))
            rows.append(np.abs(explained.values[np.ix_(own, columns)]).mean(axis=0))
    table = np.array(rows).reshape(len(rows), len(columns))
    return Grouped(tuple(shown), tuple(counts), tuple(explained.columns[k] for k in columns), table)


def chosen_rows(explained: Explanation) -> dict[str, int]:
    """Predictions worth a look: the highest, the lowest, the middle one, and the one that is most
    pulled both ways."""
    raw = explained.raw
    order = np.argsort(raw, kind="stable")
    torn = np.abs(explained.values).sum(axis=1) - np.abs(raw - explained.base)
    return {
        "The highest answer": int(order[-1]),
        "The lowest answer": int(order[0]),
        "The middle answer": int(order[len(order) // 2]),
        "The most contested answer": int(np.argmax(torn)),
    }


def thinned(n: int, most: int) -> IntArray:
    """Positions of at most `most` of n rows, evenly spaced."""
    if n <= most:
        return np.arange(n)
    return np.unique(np.linspace(0, n - 1, most).round().astype(np.int64))


def levels(values: FloatArray) -> FloatArray:
    """Where each value stands among all known ones, 0..1, ties halfway; NaN where missing."""
    known = np.isfinite(values)
    found = np.full(len(values), np.nan)
    if known.any():
        ordered = np.sort(values[known])
        low = np.searchsorted(ordered, values[known], side="left")
        high = np.searchsorted(ordered, values[known], side="right")
        found[known] = (low + high) / 2.0 / len(ordered)
    return found


def rank_correlation(x: FloatArray, y: FloatArray) -> float:
    """Spearman's correlation over rows where x is known; NaN where one of them is constant."""
    known = np.isfinite(x)
    a, b = levels(x[known]), levels(y[known])
    if len(a) < 3 or float(np.ptp(a)) == 0.0 or float(np.ptp(b)) == 0.0:
        return float("nan")
    return float(np.corrcoef(a, b)[0, 1])
