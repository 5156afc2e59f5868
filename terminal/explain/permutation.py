"""Permutation importance under purged cross-validation (mean decrease in the score out of sample).

For every split the model is fitted on the purged training events, scored on the test events, and
scored again with one cluster of features shuffled among these (Breiman 2001; López de Prado 2018,
8.3.2 with 8.4). It answers another question than SHAP: not what the model uses, but what helps it
where it has not learned. A cluster that does not help stands at zero or below.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from scipy.stats import t as student

from terminal.explain.explanation import Progress, silent
from terminal.explain.permutation_result import ClusterImportance, PermutationImportance
from terminal.features.frame import Float32Array
from terminal.market.panel import FloatArray
from terminal.models.event_scores import event_scores, score_title
from terminal.models.model import Fitted, inputs_of
from terminal.models.samples import Samples
from terminal.validation.split import Split

CONFIDENCE = 0.95


def permutation_importance(
    samples: Samples,
    splits: Sequence[Split],
    fit: Callable[[Samples], Fitted],
    clusters: Sequence[tuple[int, ...]],
    *,
    repeats: int = 3,
    seed: int = 0,
    progress: Progress = silent,
) -> PermutationImportance:
    """Measure every cluster on every split.

    Parameters
    ----------
    splits : purged. fit : of the training events of a split.
    clusters : columns that are shuffled together, as `clusters.clusters` gives them.
    repeats : shuffles a cluster, whose scores are averaged.
    """
    rng = np.random.default_rng(seed)
    steps = len(splits) * (len(clusters) + 1)
    decreases = np.empty((len(splits), len(clusters)))
    scores = np.empty(len(splits))
    for s, split in enumerate(splits):
        fitted = fit(samples.take(split.train))
        test = samples.take(split.test)
        inputs = inputs_of(fitted, test)
        scores[s] = _score(fitted, inputs, test)
        progress((s * (len(clusters) + 1) + 1) / steps)
        for c, columns in enumerate(clusters):
            shuffled = [
                _score(fitted, _shuffled(inputs, columns, rng), test) for _ in range(repeats)
            ]
            decreases[s, c] = scores[s] - float(np.mean(shuffled))
            progress((s * (len(clusters) + 1) + c + 2) / steps)
    found = [
        _cluster(tuple(samples.columns[k] for k in columns), decreases[:, c])
        for c, columns in enumerate(clusters)
    ]
    found.sort(key=lambda cluster: -cluster.decrease)
    return PermutationImportance(
        tuple(found),
        float(scores.mean()),
        score_title(fitted.task),
        len(splits),
        repeats,
    )


def _score(fitted: Fitted, inputs: Float32Array, test: Samples) -> float:
    """Weighted mean score; events of a class the model never saw are left out."""
    scored = event_scores(fitted.predict(inputs), test.y, fitted.task, fitted.classes)
    known = np.isfinite(scored)
    weight = test.weight[known]
    return float(scored[known] @ weight / weight.sum())


def _shuffled(
    inputs: Float32Array, columns: tuple[int, ...], rng: np.random.Generator
) -> Float32Array:
    """Events exchange the cluster's values (of windows: their whole history) with one another."""
    moved = inputs.copy()
    order = rng.permutation(len(inputs))
    at = list(columns)
    moved[..., at] = inputs[order][..., at]
    return moved


def _cluster(columns: tuple[str, ...], by_split: FloatArray) -> ClusterImportance:
    n = len(by_split)
    mean = float(by_split.mean())
    made = ClusterImportance(columns, mean, None, None, tuple(by_split.tolist()))
    if n < 2:
        return made
    reach = float(student.ppf(0.5 + CONFIDENCE / 2.0, n - 1))
    reach *= float(by_split.std(ddof=1)) / math.sqrt(n)
    return replace(made, low=mean - reach, high=mean + reach)
