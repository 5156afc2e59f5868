"""Cross-validation: every split fitted and answered, as many at once as there are
processors. A fold that is on the shelf already is not fitted again."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from terminal.market.panel import FloatArray
from terminal.models.fit_recipe import fit_recipe
from terminal.models.model import FitContext, Progress
from terminal.training.curves import Curves
from terminal.training.fits import answers_of, expected, figures, plain
from terminal.training.ground import Ground
from terminal.training.score import Score, measured, score
from terminal.training.shelf import Shelf
from terminal.training.watch import Step, Watch
from terminal.validation.paths import recombine
from terminal.validation.split import Split


@dataclass(frozen=True)
class Fold:
    """One split, fitted and answered.

    answers : float64 (n_test, n_classes) or (n_test, 1). score : of its own test events.
    steps : boosting rounds or epochs it took.
    """

    number: int
    n_train: int
    n_valid: int
    n_test: int
    score: float | None
    figures: dict[str, float]
    steps: int
    seconds: float
    answers: FloatArray


@dataclass(frozen=True)
class Validated:
    """What cross-validation says.

    Attributes
    ----------
    folds : in the order of the splits. paths : the score of every whole path.
    first_path : answers of the first path at every event, NaN where it has none.
    pooled : score of the mean over paths, with its interval.
    """

    folds: Sequence[Fold]
    paths: Sequence[Score]
    first_path: FloatArray
    pooled: Score

    @property
    def agreement(self) -> tuple[list[float], str]:
        """Scores that are to agree: of whole paths, or of the folds where they make one path."""
        if len(self.paths) > 1:
            return [path.value for path in self.paths], "paths"
        return [float("nan") if f.score is None else f.score for f in self.folds], "folds"


def cross_validate(
    ground: Ground,
    splits: Sequence[Split],
    shelf: Shelf,
    curves: Curves,
    *,
    threads: int,
    confidence: float,
    tick: Callable[[float], None],
) -> Validated:
    """Fit and answer every split.

    Parameters
    ----------
    threads : processors; sequence models use them inside a fold, others for folds at once, each
        with one thread, so that a fold's trees do not depend on how many there are.
    tick : called a few times a second with the share that is done; may raise to stop.
    """
    found: dict[int, Fold] = {}
    for number in range(len(splits)):
        kept = _from_shelf(shelf, number)
        if kept is not None:
            found[number] = kept
    left = [number for number in range(len(splits)) if number not in found]
    inside = ground.plan.model.sequence
    tasks = [
        _task(ground, splits[number], shelf, number, threads if inside else 1) for number in left
    ]

    def seen(task: int, progress: Progress) -> None:
        curves.add(fit_name(left[task]), progress)

    def moved(share: float) -> None:
        curves.flush()
        tick((len(splits) - len(left) * (1.0 - share)) / len(splits))

    watch = Watch(tasks, 1 if inside else threads, moved, seen)
    for task, fold in watch.results():
        found[left[task]] = fold
        curves.ended(fit_name(left[task]))
        _to_shelf(shelf, fold)
        shelf.clear(_part(left[task]))
    curves.flush(force=True)
    return judged(ground, splits, [found[k] for k in range(len(splits))], confidence)


def fit_name(number: int) -> str:
    """What a fold is called in curves and tables."""
    return f"fold {number + 1}"


def judged(
    ground: Ground, splits: Sequence[Split], folds: Sequence[Fold], confidence: float
) -> Validated:
    """Scores of the whole paths that folds make."""
    labels = ground.inside.labels
    numbers = [expected(fold.answers, ground.classes) for fold in folds]
    paths = recombine(splits, numbers, len(labels))
    crossed = not ground.plan.splitter.past_only
    scores = [
        score(ground.task, labels, path, confidence, shifts=False, crossed=crossed)
        for path in paths
    ]
    tested = np.isfinite(paths)
    mean = np.where(
        tested.any(axis=0),
        np.where(tested, paths, 0.0).sum(axis=0) / np.maximum(tested.sum(axis=0), 1),
        np.nan,
    )
    pooled = score(ground.task, labels, mean, confidence, crossed=crossed)
    first = np.full((len(labels), folds[0].answers.shape[1]), np.nan)
    for split, fold in zip(splits, folds, strict=True):
        fresh = np.isnan(first[split.test, 0])
        first[split.test[fresh]] = fold.answers[fresh]
    return Validated(folds, scores, first, pooled)


def _task(
    ground: Ground, split: Split, shelf: Shelf, number: int, threads: int
) -> Callable[[Step], Fold]:
    def run(step: Step) -> Fold:
        begun = time.monotonic()
        steps = 0

        def progress(made: Progress) -> None:
            nonlocal steps
            steps = made.step
            step(made)

        context = FitContext(ground.recipe.seed, threads, progress, shelf.place(_part(number)))
        made = fit_recipe(ground.inside.take(split.train), ground.recipe, ground.gap, context)
        test = ground.inside.take(split.test)
        answers = answers_of(made.fitted, test, ground.classes)
        value, _ = measured(ground.task, test.y, expected(answers, ground.classes))
        return Fold(
            number=number,
            n_train=made.n_train,
            n_valid=made.n_valid,
            n_test=len(test),
            score=value if np.isfinite(value) else None,
            figures=plain(figures(test.y, answers, ground.classes)),
            steps=steps,
            seconds=time.monotonic() - begun,
            answers=answers,
        )

    return run


def _part(number: int) -> str:
    return f"fold {number}"


def _from_shelf(shelf: Shelf, number: int) -> Fold | None:
    kept = shelf.get(_part(number))
    if kept is None:
        return None
    values: dict[str, Any] = kept[0]
    return Fold(**values, answers=kept[1]["answers"])


def _to_shelf(shelf: Shelf, fold: Fold) -> None:
    values = {name: value for name, value in vars(fold).items() if name != "answers"}
    shelf.put(_part(fold.number), values, {"answers": fold.answers})
