"""Predictions as they would have been made live: a model is trained again as time passes.

At the close of the first bar of every so-many-th session a model is fitted on the events whose
outcomes were known by then, and answers for the bars from there to the next such bar. Nothing is
fitted on an outcome that ends later, and weights are made from the events of that fit alone. Where
fewer outcomes are known than a fit needs, none is made; the model before, if any, goes on.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from terminal.features.frame import FeatureFrame
from terminal.labels.labels import Labels
from terminal.market.panel import FloatArray
from terminal.models.fit_recipe import FEWEST_TO_FIT, fit_recipe, label_spread, usable, weigh
from terminal.models.model import FitContext, Fitted
from terminal.models.recipe import Recipe
from terminal.models.samples import Samples
from terminal.strategies.model.at_hand import remembered, threads_at_hand
from terminal.strategies.model.scores import EXPECTED, score_rows

IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Schedule:
    """When models are fitted, and on what.

    fitted_at : int64, ascending rows at whose close a model is fitted. since : int64, the first row
    whose events each of them uses. gap : bars between what a fit learns from and what says when to
    stop.
    """

    fitted_at: IntArray
    since: IntArray
    gap: int


def schedule(
    sessions: npt.NDArray[np.datetime64], first: int, every: int, gap: int, *, rolling: bool
) -> Schedule:
    """Fits at the first bar of session number `first`, and of every `every`-th after it, counted
    from 0 at the first session of the panel.

    Parameters
    ----------
    sessions : datetime64[D] (n_bars,), the session of each bar, ascending.
    rolling : each fit uses the last `first` sessions, otherwise all that is past.
    """
    begins = np.flatnonzero(np.concatenate([[True], sessions[1:] != sessions[:-1]]))
    numbers = np.arange(first, len(begins), every)
    since = begins[numbers - first] if rolling else np.zeros(len(numbers), dtype=np.int64)
    return Schedule(begins[numbers].astype(np.int64), since.astype(np.int64), gap)


def learned_by(samples: Samples, row: int, since: int) -> Samples | None:
    """Of usable events, those a fit at the close of `row` may know; None where they are too few."""
    labels = samples.labels
    chosen = np.flatnonzero((labels.end <= row) & (labels.bar >= since))
    if len(chosen) < FEWEST_TO_FIT or len(np.unique(labels.label[chosen])) < 2:
        return None
    return samples.take(chosen)


def walk_forward_scores(
    frame: FeatureFrame,
    labels: Labels,
    recipe: Recipe,
    plan: Schedule,
    measure: str = EXPECTED,
) -> FloatArray:
    """Scores float64 (n_bars, n_instruments) in -1 .. 1; NaN before the first model.

    Parameters
    ----------
    labels : of the whole panel; a fit at row r uses those with end <= r.
    measure : what a score is, as in `scores`.
    """
    n_instruments, n_bars, _ = frame.values.shape
    out = np.full((n_bars, n_instruments), np.nan)
    every = Samples(frame, labels)
    samples = every.take(usable(every, recipe))
    model: Fitted | None = None
    spread = 1.0
    rows = plan.fitted_at.tolist()
    for row, since, until in zip(rows, plan.since.tolist(), [*rows, n_bars][1:], strict=True):
        known = learned_by(samples, row, since)
        if known is not None:
            model = _fitted(known, recipe, plan.gap)
            spread = label_spread(known, recipe.task)
        if model is not None:
            out[row:until] = score_rows(model, frame, row, until, spread, measure)
    return out


def _fitted(samples: Samples, recipe: Recipe, gap: int) -> Fitted:
    """A model of the recipe on given events, or what an equal call gave before."""
    weighted = replace(samples, labels=weigh(samples.labels, recipe))

    def make() -> Fitted:
        context = FitContext(seed=recipe.seed, threads=threads_at_hand())
        return fit_recipe(weighted, recipe, gap, context).fitted

    return remembered(weighted, recipe, make)
