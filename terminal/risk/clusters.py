"""Positions that move together, put together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.cluster.hierarchy import fcluster, leaves_list, linkage, optimal_leaf_ordering
from scipy.spatial.distance import squareform

from terminal.errors import InputError
from terminal.market.panel import FloatArray

ALIKE = 0.5


@dataclass(frozen=True)
class Clusters:
    """Groups of instruments and an order in which neighbours are alike.

    Attributes
    ----------
    groups : columns of each cluster, clusters in the order of the map.
    order : all columns, so that the correlation map shows blocks.
    """

    groups: tuple[tuple[int, ...], ...]
    order: tuple[int, ...]


def correlation_of(covariance: FloatArray) -> FloatArray:
    """Correlations, -1 to 1, ones on the diagonal."""
    deviation = np.sqrt(np.diag(covariance))
    out = np.clip(covariance / np.outer(deviation, deviation), -1.0, 1.0)
    np.fill_diagonal(out, 1.0)
    return np.asarray(out, dtype=np.float64)


def clusters(correlation: FloatArray, alike: float = ALIKE) -> Clusters:
    """Average linkage on the distance sqrt((1 - rho) / 2) (Mantegna 1999), cut at rho = `alike`.

    Raises
    ------
    InputError : `alike` outside -1 to 1, or a correlation that is not a number.
    """
    if not -1.0 < alike < 1.0:
        raise InputError(f"a correlation of {alike} is outside -1 to 1.", field="alike")
    if not np.isfinite(correlation).all():
        raise InputError("a correlation is not a number.", field="correlation")
    n = len(correlation)
    if n == 1:
        return Clusters(((0,),), (0,))
    distance = np.sqrt(np.maximum(0.5 * (1.0 - correlation), 0.0))
    np.fill_diagonal(distance, 0.0)
    flat = squareform((distance + distance.T) / 2.0, checks=False)
    tree = optimal_leaf_ordering(linkage(flat, "average"), flat)
    label = fcluster(tree, np.sqrt(0.5 * (1.0 - alike)), "distance")
    order = tuple(int(k) for k in leaves_list(tree))
    groups: dict[int, list[int]] = {}
    for column in order:
        groups.setdefault(int(label[column]), []).append(column)
    return Clusters(tuple(tuple(own) for own in groups.values()), order)
