"""Logistic regression by L-BFGS, on standardised features.

Minimises Σ w · log loss / Σ w + λ/2 |b|², intercepts free (Hastie, Tibshirani, Friedman 2009,
4.4). Two classes have one vector of coefficients, more have one each. scikit-learn's
LogisticRegression with C = 1 / (λ Σ w) has the same optimum; this one can be watched and cancelled.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit, logsumexp, softmax
from threadpoolctl import threadpool_limits

from terminal.features.frame import Float32Array
from terminal.market.panel import FloatArray
from terminal.models.linear.coefficients import Linear, blocks, read
from terminal.models.linear.kinds import LogisticParams
from terminal.models.model import FitContext, Progress, Task
from terminal.models.samples import IntArray, Samples
from terminal.models.signature import Signature
from terminal.models.standardise import fit_standardiser


@dataclass(frozen=True)
class Logistic(Linear):
    """Probabilities of classes."""

    def predict(self, inputs: Float32Array) -> FloatArray:
        """float64 (n, n_classes)."""
        scores = self.scores(inputs)
        if scores.shape[1] == 1:
            second = expit(scores[:, 0])
            return np.column_stack([1.0 - second, second])
        return np.asarray(softmax(scores, axis=1))


def fit(
    train: Samples, valid: Samples | None, params: LogisticParams, task: Task, context: FitContext
) -> Logistic:
    """Minimise the loss; `valid` only measures."""
    classes = np.unique(train.y)
    rows = train.rows()
    standardiser = fit_standardiser(rows)
    objective = _Objective(
        standardiser.apply(rows),
        np.searchsorted(classes, train.y),
        train.weight / train.weight.sum(),
        1 if len(classes) == 2 else len(classes),
        params.penalty,
    )
    measured = None
    if valid is not None:
        measured = _Objective(
            standardiser.apply(valid.rows()),
            np.searchsorted(classes, valid.y),
            valid.weight / valid.weight.sum(),
            objective.n_scores,
            0.0,
        )
    step = 0

    def watch(at: FloatArray) -> None:
        nonlocal step
        step += 1
        seen = measured(at)[0] if measured is not None else float("nan")
        context.progress(
            Progress(min(1.0, step / params.iterations), step, objective.last_loss, seen)
        )

    with threadpool_limits(limits=context.threads):
        found = minimize(
            objective,
            np.zeros(objective.size),
            jac=True,
            method="L-BFGS-B",
            callback=watch,
            options={"maxiter": params.iterations, "gtol": 1e-7, "ftol": 1e-12, "maxcor": 20},
        )
    coefficients, intercept = objective.parts(found.x)
    signature = Signature("logistic", task, classes, train.columns, 1, params)
    return Logistic(signature, standardiser, coefficients.copy(), intercept.copy())


class _Objective:
    """Loss and gradient of coefficients, rows in blocks."""

    def __init__(
        self, z: Float32Array, code: IntArray, weight: FloatArray, n_scores: int, penalty: float
    ) -> None:
        self.z, self.code, self.weight = z, code, weight
        self.n_scores, self.penalty = n_scores, penalty
        self.n_features = z.shape[1]
        self.size = (self.n_features + 1) * n_scores
        self.last_loss = float("nan")

    def parts(self, at: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Coefficients (n_features, n_scores) and intercepts of the flat vector."""
        table = at.reshape(self.n_features + 1, self.n_scores)
        return table[:-1], table[-1]

    def __call__(self, at: FloatArray) -> tuple[float, FloatArray]:
        coefficients, intercept = self.parts(at)
        gradient = np.zeros((self.n_features + 1, self.n_scores))
        loss = 0.0
        for part in blocks(len(self.z)):
            z = self.z[part].astype(np.float64)
            scores = z @ coefficients + intercept
            own, error = self._errors(scores, self.code[part])
            weight = self.weight[part]
            loss += float(weight @ own)
            error *= weight[:, None]
            gradient[:-1] += z.T @ error
            gradient[-1] += error.sum(axis=0)
        self.last_loss = loss
        gradient[:-1] += self.penalty * coefficients
        return loss + 0.5 * self.penalty * float(np.sum(coefficients**2)), gradient.ravel()

    def _errors(self, scores: FloatArray, code: IntArray) -> tuple[FloatArray, FloatArray]:
        """Log loss of each row, and probability minus what happened."""
        if self.n_scores == 1:
            score = scores[:, 0]
            sign = np.where(code == 1, 1.0, -1.0)
            return np.logaddexp(0.0, -sign * score), (expit(score) - code)[:, None]
        row = np.arange(len(code))
        error = softmax(scores, axis=1)
        error[row, code] -= 1.0
        return logsumexp(scores, axis=1) - scores[row, code], error


def load(folder: Path, signature: Signature) -> Logistic:
    """From what `save` wrote; InputError when it does not fit the signature."""
    n_scores = 1 if len(signature.classes) == 2 else len(signature.classes)
    standardiser, arrays = read(folder, signature, n_scores)
    return Logistic(signature, standardiser, arrays["coefficients"], arrays["intercept"])
