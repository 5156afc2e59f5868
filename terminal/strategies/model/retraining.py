"""Predictions as they would have been made live: a model is trained again as time passes.

At the close of the first bar of every so-many-th session a model is fitted on the events whose
outcomes were known by then, and answers for the bars from there to the next such bar. Nothing is
fitted on an outcome that ends later, and weights of events are made from the events of that fit
alone (López de Prado 2018, ch. 4: uniqueness knows nothing of events still to come).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from terminal.features.frame import FeatureFrame
from terminal.labels.labels import Labels
from terminal.market.panel import FloatArray
from terminal.models.model import FitContext, Fitted, Task
from terminal.models.recipe import Recipe
from terminal.models.samples import Samples
from terminal.params import validate
from terminal.strategies.model.at_hand import remembered, threads_at_hand
from terminal.strategies.model.scores import score_rows

IntArray = npt.NDArray[np.int64]

FEWEST_EVENTS = 50
"""A fit on fewer known outcomes is not made; the model before, if any, goes on."""


def retraining_bars(sessions: npt.NDArray[np.datetime64], first: int, every: int) -> IntArray:
    """Rows at whose close a model is fitted: the first bar of session number `first`, and of every
    `every`-th after it, counted from 0 at the first session of the panel.

    Parameters
    ----------
    sessions : datetime64[D] (n_bars,), the session of each bar, ascending.
    """
    begins = np.flatnonzero(np.concatenate([[True], sessions[1:] != sessions[:-1]]))
    return begins[first::every].astype(np.int64)


def walk_forward_scores(
    frame: FeatureFrame,
    labels: Labels,
    recipe: Recipe,
    fitted_at: IntArray,
    oldest: Callable[[int], int] = lambda _: 0,
) -> FloatArray:
    """Scores float64 (n_bars, n_instruments) in -1 .. 1; NaN before the first model.

    Parameters
    ----------
    labels : of the whole panel; a fit at row r uses those with end <= r.
    fitted_at : ascending rows at whose close a model is fitted.
    oldest : of a fit at row r, the first row whose events it uses (0: all).
    """
    n_instruments, n_bars, _ = frame.values.shape
    out = np.full((n_bars, n_instruments), np.nan)
    model: Fitted | None = None
    spread = 1.0
    ends = [*fitted_at[1:].tolist(), n_bars]
    for row, until in zip(fitted_at.tolist(), ends, strict=True):
        known = (labels.end <= row) & (labels.bar >= oldest(row))
        if recipe.every > 1:
            known &= labels.bar % recipe.every == 0
        chosen = np.flatnonzero(known)
        if chosen.size >= FEWEST_EVENTS:
            samples = Samples(frame, labels).take(chosen)
            model = fit_recipe(samples, recipe)
            spread = label_spread(samples, recipe.task)
        if model is not None:
            out[row:until] = score_rows(model, frame, row, until, spread)
    return out


def fit_recipe(samples: Samples, recipe: Recipe) -> Fitted:
    """A model of the recipe on given events, all of which it may know."""
    from terminal.models.catalogue import get_model
    from terminal.models.fitting import fit

    weighted = replace(samples, labels=weigh(samples.labels, recipe))

    def make() -> Fitted:
        train, valid = _stopping(weighted, recipe.early_stopping)
        kind = get_model(recipe.model)
        params = validate(kind.params_type, recipe.model_params)
        context = FitContext(seed=recipe.seed, threads=threads_at_hand())
        return fit(recipe.model, train, valid, params, recipe.task, context)

    return remembered(weighted, recipe, make)


def weigh(labels: Labels, recipe: Recipe) -> Labels:
    """The events with weights made from these events alone, mean 1."""
    from terminal.labels.weights import average_uniqueness, time_decay

    weight = np.ones(len(labels))
    if recipe.uniqueness:
        weight = average_uniqueness(labels.bar, labels.end, labels.instrument)
    if recipe.time_decay != 1.0:
        weight = weight * time_decay(weight, recipe.time_decay)
    return replace(labels, weight=weight / weight.mean())


def label_spread(samples: Samples, task: Task) -> float:
    """What a predicted number is measured in: the standard deviation of what was learned from."""
    if task is Task.CLASSES:
        return 1.0
    deviation = float(np.std(samples.y))
    return deviation if deviation > 0.0 else 1.0


def _stopping(samples: Samples, share: float) -> tuple[Samples, Samples | None]:
    """(what is fitted on, what says when to stop): the last events, purged of overlap."""
    if share <= 0.0:
        return samples, None
    labels = samples.labels
    first = int(labels.bar[int((1.0 - share) * (len(labels) - 1))])
    late = np.flatnonzero(labels.bar >= first)
    early = np.flatnonzero(labels.end < first)
    if len(early) < FEWEST_EVENTS or len(late) < FEWEST_EVENTS // 5:
        return samples, None
    return samples.take(early), samples.take(late)
