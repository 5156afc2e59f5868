"""Predictions as they would have been made live: a model is trained again as time passes.

At the close of the first bar of every so-many-th session a model is fitted on the events whose
outcomes were known by then, and answers for the bars from there to the next such bar. Nothing is
fitted on an outcome that ends later, and weights are made from the events of that fit alone. Where
fewer outcomes are known than a fit needs, none is made; the model before, if any, goes on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

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
from terminal.strategies.model.scores import score_rows

IntArray = npt.NDArray[np.int64]


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
    gap: int,
    oldest: Callable[[int], int] = lambda _: 0,
) -> FloatArray:
    """Scores float64 (n_bars, n_instruments) in -1 .. 1; NaN before the first model.

    Parameters
    ----------
    labels : of the whole panel; a fit at row r uses those with end <= r.
    fitted_at : ascending rows at whose close a model is fitted.
    gap : bars between what a fit learns from and what says when to stop.
    oldest : of a fit at row r, the first row whose events it uses (0: all).
    """
    n_instruments, n_bars, _ = frame.values.shape
    out = np.full((n_bars, n_instruments), np.nan)
    model: Fitted | None = None
    spread = 1.0
    every = Samples(frame, labels)
    taken = usable(every, recipe)
    ends = [*fitted_at[1:].tolist(), n_bars][: len(fitted_at)]
    for row, until in zip(fitted_at.tolist(), ends, strict=True):
        chosen = taken[(labels.end[taken] <= row) & (labels.bar[taken] >= oldest(row))]
        if len(chosen) >= FEWEST_TO_FIT and len(np.unique(labels.label[chosen])) > 1:
            samples = every.take(chosen)
            model = _fitted(samples, recipe, gap)
            spread = label_spread(samples, recipe.task)
        if model is not None:
            out[row:until] = score_rows(model, frame, row, until, spread)
    return out


def _fitted(samples: Samples, recipe: Recipe, gap: int) -> Fitted:
    """A model of the recipe on given events, or what an equal call gave before."""
    weighted = replace(samples, labels=weigh(samples.labels, recipe))

    def make() -> Fitted:
        context = FitContext(seed=recipe.seed, threads=threads_at_hand())
        return fit_recipe(weighted, recipe, gap, context).fitted

    return remembered(weighted, recipe, make)
