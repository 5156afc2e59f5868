"""Ridge regression by its normal equations, on standardised features.

Minimises Σ w (y - a - z·b)² / Σ w + λ |b|² (Hastie, Tibshirani, Friedman 2009, eq. 3.41, with the
error as a weighted mean, so that λ does not depend on the number of events).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from terminal.features.frame import Float32Array
from terminal.market.panel import FloatArray
from terminal.models.linear.coefficients import Linear, blocks, read
from terminal.models.linear.kinds import RidgeParams
from terminal.models.model import FitContext, Progress, Task
from terminal.models.samples import Samples
from terminal.models.signature import Signature
from terminal.models.standardise import fit_standardiser


@dataclass(frozen=True)
class Ridge(Linear):
    """A number."""

    def predict(self, inputs: Float32Array) -> FloatArray:
        """float64 (n, 1)."""
        return self.scores(inputs)


def fit(
    train: Samples, valid: Samples | None, params: RidgeParams, task: Task, context: FitContext
) -> Ridge:
    """Solve the normal equations; `valid` only measures."""
    context.progress(Progress(0.0, 0))
    with threadpool_limits(limits=context.threads):
        model = _solved(train, params, task, context)
    losses = [_loss(model, part) if part is not None else float("nan") for part in (train, valid)]
    context.progress(Progress(1.0, 1, *losses))
    return model


def _solved(train: Samples, params: RidgeParams, task: Task, context: FitContext) -> Ridge:
    rows = train.rows()
    n_features = rows.shape[1]
    standardiser = fit_standardiser(rows)
    weight = train.weight / train.weight.sum()
    mean_y = float(weight @ train.y)
    mean_z = np.zeros(n_features)
    gram, moment = np.zeros((n_features, n_features)), np.zeros(n_features)
    for number, part in enumerate(blocks(len(rows))):
        z = standardiser.apply(rows[part]).astype(np.float64)
        weighted = z * weight[part, None]
        mean_z += weighted.sum(axis=0)
        gram += weighted.T @ z
        moment += weighted.T @ (train.y[part] - mean_y)
        context.progress(Progress(min(0.9, part.stop / len(rows)), number))
    gram -= np.outer(mean_z, mean_z)
    slopes = np.linalg.solve(gram + params.penalty * np.eye(n_features), moment)
    signature = Signature("ridge", task, np.empty(0), train.columns, 1, params)
    intercept = np.array([mean_y - float(mean_z @ slopes)])
    return Ridge(signature, standardiser, np.asarray(slopes[:, None], np.float64), intercept)


def _loss(model: Ridge, samples: Samples) -> float:
    total = 0.0
    for part in blocks(len(samples)):
        own = samples.take(np.arange(part.start, part.stop))
        total += float(own.weight @ (own.y - model.predict(own.rows())[:, 0]) ** 2)
    return total / float(samples.weight.sum())


def load(folder: Path, signature: Signature) -> Ridge:
    """From what `save` wrote; InputError when it does not fit the signature."""
    standardiser, arrays = read(folder, signature, 1)
    return Ridge(signature, standardiser, arrays["coefficients"], arrays["intercept"])
