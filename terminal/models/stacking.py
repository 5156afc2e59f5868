"""Stacking: several models, mixed by weights that their out-of-fold predictions have earned.

Each member is fitted on all but one stretch of time and predicts that stretch, purged. The weights,
none negative and their sum 1, are those of the mixture of these predictions that has the lowest log
loss or squared error (Wolpert 1992; Breiman 1996, who shows why they must not be negative). Then
every member is fitted on everything. Few weights, learned out of fold: little room to overfit.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import nnls

from terminal.market.panel import FloatArray
from terminal.models.combinations import StackingParams
from terminal.models.diversity import diversity
from terminal.models.fitting import check_trainable, predict
from terminal.models.fitting import fit as fit_member
from terminal.models.model import FitContext, Fitted, Progress, Task
from terminal.models.samples import Samples
from terminal.models.signature import Signature
from terminal.models.stack import Stack
from terminal.validation.registry import get_splitter

FLOOR = 1e-6
"""Probability given to a class that a fold's member has never seen."""
ROUNDS, ENOUGH = 2000, 1e-10


def fit(
    train: Samples, valid: Samples | None, params: StackingParams, task: Task, context: FitContext
) -> Stack:
    """Out-of-fold predictions, weights, then every member on everything."""
    slugs = params.members(task)
    classes = np.unique(train.y) if task is Task.CLASSES else np.empty(0)
    steps = _Steps(context, len(slugs) * (params.folds + 1))
    answers = np.full((len(slugs), len(train), max(len(classes), 1)), np.nan)
    splitter = get_splitter("purged-kfold")
    own = splitter.make(splitter.params_type(folds=params.folds), params.gap)
    for number, split in enumerate(own.split(train.labels.bar, train.labels.end)):
        part, rest = train.take(split.train), train.take(split.test)
        check_trainable(part, task)
        for k, slug in enumerate(slugs):
            with_name = steps.context(f"fold-{number}-{slug}")
            member = fit_member(slug, part, valid, {}, task, with_name)
            answers[k, split.test] = _aligned(member, predict(member, rest), classes)
    seen = ~np.isnan(answers).any(axis=(0, 2))
    weights = mixture(answers[:, seen], train.y[seen], train.weight[seen], classes)
    members = tuple(
        fit_member(slug, train, valid, {}, task, steps.context(f"all-{slug}")) for slug in slugs
    )
    length = max(member.length for member in members)
    signature = Signature("stacking", task, classes, train.columns, length, params)
    right, error = _errors(answers[:, seen], train.y[seen], classes)
    return Stack(signature, members, weights, diversity(right, error))


def mixture(
    answers: FloatArray, y: FloatArray, weight: FloatArray, classes: FloatArray
) -> FloatArray:
    """Weights of models, float64 (m,), none negative, their sum 1.

    Parameters
    ----------
    answers : (m, n, n_classes) probabilities, or (m, n, 1) numbers. y, weight : (n,).
    classes : empty for numbers. The lowest log loss is found by expectation maximisation, which
        never leaves the simplex; the lowest squared error by non-negative least squares.
    """
    if not len(classes):
        # the sum is held at 1 by one equation that counts far more than all events
        root = np.sqrt(weight / weight.sum())
        table = (answers[:, :, 0] * root).T
        scale = 1e4 * max(float(np.sqrt(np.mean(table**2))) * len(table) ** 0.5, 1e-300)
        left = np.vstack([table, np.full(len(answers), scale)])
        found, _ = nnls(left, np.append(y * root, scale))
        return np.asarray(found / found.sum())
    code = np.searchsorted(classes, y)
    happened = np.maximum(answers[:, np.arange(len(y)), code], FLOOR)  # (m, n)
    share = weight / weight.sum()
    weights = np.full(len(answers), 1.0 / len(answers))
    for _ in range(ROUNDS):
        belongs = weights[:, None] * happened
        fresh = (belongs / belongs.sum(axis=0)) @ share
        moved = float(np.abs(fresh - weights).max())
        weights = fresh
        if moved < ENOUGH:
            break
    return np.asarray(weights / weights.sum())


def _aligned(member: Fitted, answers: FloatArray, classes: FloatArray) -> FloatArray:
    """Answers with a column for every class, 0 for those the member has not seen."""
    if not len(classes):
        return answers
    found = np.zeros((len(answers), len(classes)))
    found[:, np.searchsorted(classes, member.classes)] = answers
    return found


def _errors(
    answers: FloatArray, y: FloatArray, classes: FloatArray
) -> tuple[np.ndarray, FloatArray]:
    """Whether each model was right, and its error, both (n, m); of a number, right is its sign."""
    if not len(classes):
        values = answers[:, :, 0].T
        return np.sign(values) == np.sign(y)[:, None], values - y[:, None]
    code = np.searchsorted(classes, y)
    right = code[:, None] == np.argmax(answers, axis=2).T
    return right, 1.0 - answers[:, np.arange(len(y)), code].T


class _Steps:
    """One progress bar over the fits of all members."""

    def __init__(self, context: FitContext, count: int) -> None:
        self._context, self._count, self._done = context, count, 0

    def context(self, name: str) -> FitContext:
        """Context of the next fit, with a folder of its own for checkpoints."""
        done, self._done = self._done, self._done + 1
        folder = self._context.checkpoints

        def progress(own: Progress) -> None:
            self._context.progress(Progress((done + own.fraction) / self._count, done))

        return FitContext(
            self._context.seed,
            self._context.threads,
            progress,
            None if folder is None else folder / name,
        )
