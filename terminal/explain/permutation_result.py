"""What permutation importance found, as values that can be stored and drawn."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ClusterImportance:
    """One cluster of features.

    Attributes
    ----------
    columns : its features. decrease : of the weighted mean score of a test event when the cluster
        is shuffled, mean over splits. low, high : 95 % interval by Student's t over splits (None
        with fewer than two). by_split : the decrease of each split.
    """

    columns: tuple[str, ...]
    decrease: float
    low: float | None
    high: float | None
    by_split: tuple[float, ...]


@dataclass(frozen=True)
class PermutationImportance:
    """All clusters, the most important first; `score` of the splits without shuffling."""

    clusters: tuple[ClusterImportance, ...]
    score: float
    score_title: str
    n_splits: int
    repeats: int
