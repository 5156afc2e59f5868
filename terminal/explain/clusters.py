"""Features that say the same thing, put together.

Two features whose values rank alike share what they are worth: shuffling one of them alone costs
little, because the other still says it (López de Prado 2020, Machine Learning for Asset Managers,
6.5.2). They are therefore shuffled together.
"""

from __future__ import annotations

import numpy as np
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform
from scipy.stats import rankdata

from terminal.features.frame import Float32Array

ALIKE = 0.7
"""Mean absolute rank correlation from which features are put together."""


def clusters(rows: Float32Array, alike: float = ALIKE) -> list[tuple[int, ...]]:
    """Columns by cluster, clusters in the order of their first column.

    Parameters
    ----------
    rows : float32 (n, n_features); missing values count as the median.

    Average linkage on 1 - |Spearman's correlation|, cut at 1 - `alike`.
    """
    width = rows.shape[1]
    if width < 2:
        return [(0,)] if width else []
    ranks = np.empty(rows.shape)
    for k in range(width):
        column = rows[:, k].astype(np.float64)
        known = np.isfinite(column)
        middle = float(np.median(column[known])) if known.any() else 0.0
        ranks[:, k] = rankdata(np.where(known, column, middle))
    ranks -= ranks.mean(axis=0)
    length = np.sqrt(np.square(ranks).sum(axis=0))
    moves = length > 0.0
    ranks[:, moves] /= length[moves]
    distance = 1.0 - np.abs(ranks.T @ ranks)
    np.fill_diagonal(distance, 0.0)
    distance = np.clip((distance + distance.T) / 2.0, 0.0, 1.0)
    label = fcluster(
        linkage(squareform(distance, checks=False), "average"), 1.0 - alike, "distance"
    )
    found: dict[int, list[int]] = {}
    for column_number, number in enumerate(label.tolist()):
        found.setdefault(number, []).append(column_number)
    return sorted((tuple(own) for own in found.values()), key=lambda own: own[0])
