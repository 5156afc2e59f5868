"""What the scores of a sweep look like as a landscape: ridges, cliffs, edges and plateaus.

A good parameter stands among good neighbours. Scores are larger the better they are; NaN where a
combination has none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from terminal.backtest.sweeps.space import Dimension, Space
from terminal.market.panel import FloatArray

REDUCE = {"max": np.fmax, "mean": np.add}


@dataclass(frozen=True)
class HeatMap:
    """Scores over two parameters.

    z : (len(y.values), len(x.values)), NaN where nothing was run; over the other parameters the
    largest score or the mean, as `reduced` says.
    """

    x: Dimension
    y: Dimension
    z: FloatArray
    reduced: str

    def table(self) -> pd.DataFrame:
        """Rows of y, columns of x."""
        return pd.DataFrame(self.z, index=list(self.y.values), columns=list(self.x.values))


@dataclass(frozen=True)
class Sensitivity:
    """How much one parameter alone moves the score.

    share : variance of the mean score by value / variance of all scores (the main effect, 0..1);
    None where the scores do not vary. mean, best : (n_values,), NaN where nothing was run.
    """

    dimension: Dimension
    share: float | None
    mean: FloatArray
    best: FloatArray


@dataclass(frozen=True)
class Edge:
    """The best value of a parameter is the first or last that was tried."""

    dimension: Dimension
    value: Any
    side: str  # "lowest" or "highest"

    @property
    def sentence(self) -> str:
        """The finding in words."""
        beyond = "smaller" if self.side == "lowest" else "larger"
        return (
            f"{self.dimension.title}: the best value, {self.value:g}, is the {self.side} that was "
            f"tried. The true best may lie beyond: try {beyond} ones."
        )


@dataclass(frozen=True)
class Plateau:
    """The best point among its neighbours, one step away in any of the numbers.

    score : mean of the neighbours / best; None without neighbours or where the best is not above 0.
    """

    best: float
    neighbours: int
    mean: float | None
    score: float | None

    @property
    def sentence(self) -> str:
        """The finding in words."""
        if self.score is None or self.mean is None:
            return "There are no neighbours to compare the best point with."
        around = f"Its {self.neighbours} neighbours reach {100 * self.score:.0f} % of it on average"
        if self.score >= 0.8:
            return f"{around}: the best point stands on a plateau."
        if self.score >= 0.5:
            return f"{around}: the best point stands on a slope."
        return f"{around}: the best point is a lonely peak, as luck makes them."


def heat_map(
    space: Space, scores: Mapping[int, float], x: str, y: str, reduced: str = "max"
) -> HeatMap:
    """Scores by two of the parameters.

    Parameters
    ----------
    scores : by position. reduced : "max" or "mean" over the parameters that are not shown.
    """
    names = [item.name for item in space.dimensions]
    column, row = names.index(x), names.index(y)
    dim_x, dim_y = space.dimensions[column], space.dimensions[row]
    shape = len(dim_y.values), len(dim_x.values)
    positions, values = _arrays(space, scores)
    cells = positions[:, row], positions[:, column]
    z = np.full(shape, np.nan if reduced == "max" else 0.0)
    REDUCE[reduced].at(z, cells, values)
    if reduced == "mean":
        number = np.zeros(shape)
        np.add.at(number, cells, 1.0)
        z = np.where(number > 0, z / np.maximum(number, 1.0), np.nan)
    return HeatMap(dim_x, dim_y, z, reduced)


def sensitivities(space: Space, scores: Mapping[int, float]) -> list[Sensitivity]:
    """One a parameter, the strongest first."""
    positions, values = _arrays(space, scores)
    total = float(values.var()) if len(values) else 0.0
    out = []
    for column, item in enumerate(space.dimensions):
        mean = np.full(len(item.values), np.nan)
        best = np.full(len(item.values), np.nan)
        explained = 0.0
        for k in np.unique(positions[:, column]):
            own = values[positions[:, column] == k]
            mean[k], best[k] = own.mean(), own.max()
            explained += len(own) / len(values) * (own.mean() - values.mean()) ** 2
        share = min(1.0, explained / total) if total > 0 else None
        out.append(Sensitivity(item, share, mean, best))
    return sorted(out, key=lambda found: -(found.share or 0.0))


def edges(space: Space, best: int) -> list[Edge]:
    """Parameters whose best value sits at the edge of its range; two values have no inside."""
    out = []
    for item, index in zip(space.dimensions, space.indices(best), strict=True):
        if not item.ordered or len(item.values) < 3:
            continue
        if index in (0, len(item.values) - 1):
            side = "lowest" if index == 0 else "highest"
            out.append(Edge(item, item.values[index], side))
    return out


def plateau(space: Space, scores: Mapping[int, float], best: int) -> Plateau:
    """The best point against those around it that were run."""
    own = float(scores[best])
    around = [scores[k] for k in neighbours(space, best) if np.isfinite(scores.get(k, np.nan))]
    if not around:
        return Plateau(own, 0, None, None)
    mean = float(np.mean(around))
    return Plateau(own, len(around), mean, mean / own if own > 0 else None)


def neighbours(space: Space, position: int) -> list[int]:
    """Positions one step away in one or more of the numbers, diagonals included."""
    centre = space.indices(position)
    steps = [
        [k for k in (at - 1, at, at + 1) if 0 <= k < len(item.values)] if item.ordered else [at]
        for item, at in zip(space.dimensions, centre, strict=True)
    ]
    return [space.position(cell) for cell in product(*steps) if cell != centre]


def pareto_front(values: FloatArray) -> np.ndarray:
    """Which rows (n, n_objectives) no other row beats or equals in all and beats in one; bool."""
    known: np.ndarray = np.asarray(np.isfinite(values).all(axis=1))
    front = known.copy()
    for row in np.flatnonzero(known):
        if not front[row]:
            continue
        better = (values >= values[row]).all(axis=1) & (values > values[row]).any(axis=1)
        front[row] = not better[known].any()
    return front


def best_of(scores: Mapping[int, float]) -> int | None:
    """The position with the largest score; the first of equals."""
    known = [(value, -position) for position, value in scores.items() if np.isfinite(value)]
    return -max(known)[1] if known else None


def _arrays(space: Space, scores: Mapping[int, float]) -> tuple[np.ndarray, FloatArray]:
    """(indices (n, n_dimensions), scores (n,)) of the points that have a score."""
    known = [position for position, value in scores.items() if np.isfinite(value)]
    rows = [space.indices(position) for position in known]
    values: Sequence[float] = [scores[position] for position in known]
    shape = len(known), len(space.dimensions)
    return np.array(rows, dtype=np.int64).reshape(shape), np.array(values, dtype=np.float64)
