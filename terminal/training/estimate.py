"""What a training would take: memory by counting bytes, time by fitting a little and stopping."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import psutil

from terminal.models.fit_recipe import fit_recipe
from terminal.models.model import FitContext, Progress
from terminal.models.recipe import Recipe
from terminal.training.ground import Ground
from terminal.validation.split import Split

PROBE_EVENTS = 20_000
PROBE_S = 2.0
PROBE_STEPS = 25
COPIES = 2.5
"""Of a fold's rows while it is fitted: as given, as the library keeps them, and its gradients."""
SHARE_OF_FREE = 0.6


@dataclass(frozen=True)
class Estimate:
    """memory_mb : peak. seconds : wall time, None where the model reports no steps."""

    memory_mb: float
    seconds: float | None
    folds_at_once: int


def fold_bytes(ground: Ground, splits: Sequence[Split]) -> float:
    """Memory that fitting the largest fold takes."""
    most = max((len(split.train) for split in splits), default=len(ground.inside))
    length = ground.plan.model.window(ground.plan.model_params)
    width = len(ground.inside.columns) * (length if length > 1 else 1)
    rows = min(most, PROBE_EVENTS) if length > 1 else most  # windows are made batch by batch
    return COPIES * rows * width * 4.0 + 200.0 * most


def folds_at_once(ground: Ground, splits: Sequence[Split], threads: int) -> int:
    """As many as there are processors, and fewer where memory is short."""
    if ground.plan.model.sequence:
        return 1
    free = SHARE_OF_FREE * float(psutil.virtual_memory().available)
    return max(1, min(threads, int(free / max(fold_bytes(ground, splits), 1.0))))


def estimate(
    ground: Ground, splits: Sequence[Split], threads: int, search_fits: int = 0
) -> Estimate:
    """Memory and time of cross-validation, search and the final fit."""
    at_once = folds_at_once(ground, splits, threads)
    frame = float(ground.inside.frame.values.nbytes)
    width = max(len(ground.classes), 1)
    answers = 8.0 * len(ground.inside) * (width + 2.0 * max(1, len(splits) // 4))
    own = float(psutil.Process().memory_info().rss)  # with the features, labels and libraries
    memory = own + frame + at_once * fold_bytes(ground, splits) + answers
    seconds = None
    each = _seconds_an_event(ground, ground.recipe)
    if each is not None:
        events = sum(len(split.train) for split in splits)
        searched = search_fits * 0.7 * len(ground.inside)
        final = len(ground.inside)
        seconds = each * ((events + searched) / at_once + final)
    return Estimate(memory / 1024.0**2, seconds, at_once)


class _Enough(Exception):
    """The probe has seen enough steps."""


def _seconds_an_event(ground: Ground, recipe: Recipe) -> float | None:
    """Seconds that one event costs in a whole fit on one processor; None where that is unknown."""
    n = len(ground.inside)
    chosen = np.unique(np.linspace(0, n - 1, min(n, PROBE_EVENTS)).astype(np.int64))
    begun = time.monotonic()
    first: float | None = None
    steps: list[tuple[float, float]] = []

    def progress(made: Progress) -> None:
        nonlocal first
        now = time.monotonic()
        first = first or now
        steps.append((made.fraction, now))
        if now - first > PROBE_S or len(steps) >= PROBE_STEPS:
            raise _Enough

    try:
        fit_recipe(
            ground.inside.take(chosen), recipe, ground.gap, FitContext(recipe.seed, 1, progress)
        )
    except _Enough:
        pass
    else:
        return (time.monotonic() - begun) / len(chosen)
    (before, since), (fraction, at) = steps[0], steps[-1]
    if fraction <= before:
        return None
    # what comes before the first step is done once, not once a step
    each = (at - since) / (fraction - before)
    once = max(since - begun - each * before, 0.0)
    return (once + each) / len(chosen)
