"""Any model at all: Shapley values by sampling orders of the features (Castro et al. 2009), each
order walked both ways (Mitchell et al. 2022, antithetic).

A walk starts at a background event and changes its features one after another to those of the row;
what the answer moves by is the feature's. The moves of a walk add up to the row's answer less the
background's, so the values add up whatever the number of walks; what the number decides is how far
each value may be off, and that is stated.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from terminal.explain.explainers import Explainer, class_weights, output_words
from terminal.features.frame import Float32Array
from terminal.market.panel import FloatArray
from terminal.models.model import Fitted, Task

WALKS = 8
"""Orders a row, each walked both ways from a background event of its own."""
TRIED = 64


def sampling_explainer(
    model: Fitted, background: Float32Array, seed: int, *, walks: int = WALKS
) -> Explainer:
    """The explainer of a model that nothing is known of but its answers.

    Of windows a feature's whole history is one thing. `walks` : as `WALKS`.
    """
    rng = np.random.default_rng(seed)
    width = len(model.columns)
    orders = [rng.permutation(width) for _ in range(walks)]
    starts = background[rng.choice(len(background), walks, replace=len(background) < walks)]
    words = output_words(model, "probability")

    def raw(rows: Float32Array) -> FloatArray:
        answers = model.predict(rows)
        if model.task is Task.NUMBER:
            return np.asarray(answers[:, 0])
        if len(model.classes) == 2:
            return np.asarray(answers[:, 1])
        return np.asarray(answers @ np.asarray(class_weights(model.classes)))

    def each(rows: Float32Array) -> FloatArray:
        """Values by walk, float64 (walks, n, n_features)."""
        found = np.zeros((walks, len(rows), width))
        for k, order in enumerate(orders):
            for way in (order, order[::-1]):
                found[k] += 0.5 * _walk(raw, rows, starts[k], way)
        return found

    def values(rows: Float32Array) -> FloatArray:
        return np.asarray(each(rows).mean(axis=0))

    tried = each(background[:TRIED])
    error = tried.std(axis=0, ddof=1).mean() / np.sqrt(walks)
    scale = float(np.abs(tried.mean(axis=0)).mean()) or 1.0
    method = (
        f"sampled Shapley values (Castro et al. 2009), {2 * walks} walks; a value's standard error "
        f"is about {float(error) / scale:.0%} of the mean |value|"
    )
    base = float(raw(starts).mean())
    return Explainer(method, words, base, values, raw, None, parallel=False)


def _walk(
    raw: Callable[[Any], FloatArray], rows: Float32Array, start: Any, order: Any
) -> FloatArray:
    """What each feature moves the answer by, on one walk from `start` to each row."""
    n = len(rows)
    stages = np.repeat(np.broadcast_to(start, rows.shape)[None], len(order) + 1, axis=0).copy()
    for step, column in enumerate(order, start=1):
        stages[step:, ..., column] = rows[None, ..., column]
    answers = raw(stages.reshape(-1, *rows.shape[1:])).reshape(len(order) + 1, n)
    moves = np.empty((n, len(order)))
    moves[:, order] = np.diff(answers, axis=0).T
    return moves
