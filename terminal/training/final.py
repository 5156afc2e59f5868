"""The last stages' parts: the final fit, its judgement on the out-of-sample period, the result."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from terminal.market.calendars import get_calendar
from terminal.market.panel import FloatArray, Panel
from terminal.models.archive import pack, unpack
from terminal.models.fit_recipe import Fit, fit_recipe
from terminal.models.model import FitContext, Fitted
from terminal.models.package import read_package, write_package
from terminal.training.curves import Curves
from terminal.training.fits import answers_of, expected, figures, plain
from terminal.training.ground import Ground
from terminal.training.packaging import bars_per_session
from terminal.training.score import Score, score
from terminal.training.shelf import Shelf
from terminal.training.significance import (
    Profit,
    is_meta,
    judge_profit,
    period_returns,
    sides,
)
from terminal.training.watch import Step, Watch

FINAL = "final"


@dataclass(frozen=True)
class Judged:
    """The final model and its answers to the events it has never seen.

    answers : float64 (n, n_classes) or (n, 1). predicted : one number an event.
    """

    fitted: Fitted
    n_train: int
    n_valid: int
    answers: FloatArray
    predicted: FloatArray
    figures: Mapping[str, float | None]


def fit_final(
    ground: Ground,
    shelf: Shelf,
    curves: Curves,
    key: bytes,
    *,
    threads: int,
    tick: Callable[[float], None],
) -> Judged:
    """Fit on everything inside, answer what is outside; from the shelf where it is there."""
    kept = shelf.get(FINAL)
    if kept is not None:
        fitted = _read(kept[1]["package"].tobytes(), key)
        n_train, n_valid = int(kept[0]["n_train"]), int(kept[0]["n_valid"])
    else:

        def task(step: Step) -> Fit:
            context = FitContext(ground.recipe.seed, threads, step, shelf.place(FINAL))
            return fit_recipe(ground.inside, ground.recipe, ground.gap, context)

        def moved(share: float) -> None:
            curves.flush()
            tick(share)

        watch = Watch([task], 1, moved, lambda _, step: curves.add(FINAL, step))
        ((_, made),) = list(watch.results())
        curves.ended(FINAL)
        curves.flush(force=True)
        fitted, n_train, n_valid = made.fitted, made.n_train, made.n_valid
        content = _written(fitted, key)
        shelf.put(
            FINAL,
            {"n_train": n_train, "n_valid": n_valid},
            {"package": np.frombuffer(content, dtype=np.uint8)},
        )
        shelf.clear(FINAL)
    return predict_outside(ground, fitted, n_train, n_valid)


def predict_outside(ground: Ground, fitted: Fitted, n_train: int, n_valid: int) -> Judged:
    """The only look at the out-of-sample period."""
    answers = answers_of(fitted, ground.outside, ground.classes)
    return Judged(
        fitted,
        n_train,
        n_valid,
        answers,
        expected(answers, ground.classes),
        plain(figures(ground.outside.y, answers, ground.classes)),
    )


def outside_score(ground: Ground, judged: Judged, confidence: float) -> Score:
    """The score of the out-of-sample period."""
    return score(ground.task, ground.outside.labels, judged.predicted, confidence)


def profit_of(
    ground: Ground, judged: Judged, panel: Panel, trials: int, variance: float | None
) -> Profit:
    """The plain long/short rule's profit on the out-of-sample period."""
    from terminal.backtest.run import periods_per_year

    labels = ground.outside.labels
    meta = is_meta(ground.task, ground.plan.label.needs_side)
    side = sides(judged.predicted, ground.classes, labels, meta)
    returns, step = period_returns(labels, side, ground.horizon)
    each_year = periods_per_year(panel.timeframe, get_calendar(panel.calendar))
    periods = each_year * bars_per_session(panel) / step
    return judge_profit(returns, periods, trials, variance)


def _written(fitted: Fitted, key: bytes) -> bytes:
    with tempfile.TemporaryDirectory(prefix="training-") as place:
        folder = Path(place) / "package"
        write_package(folder, fitted, fitted.params, {}, key)
        return pack(folder)


def _read(content: bytes, key: bytes) -> Fitted:
    with tempfile.TemporaryDirectory(prefix="training-") as place:
        folder = Path(place) / "package"
        unpack(content, folder)
        return read_package(folder, key).fitted
