"""The strategy that follows a registered model.

*Walk-forward* trains the model's recipe again as time passes, on what was known by then: what a
desk that retrains on a schedule would have held. *As registered* uses the trained weights and has
no opinion on any bar before they existed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from terminal.errors import InputError
from terminal.market.panel import FloatArray, Panel
from terminal.models.recipe import Recipe
from terminal.params import param, validate
from terminal.strategies.model.reference import ModelReference, parse_reference
from terminal.strategies.model.scores import BET, EXPECTED
from terminal.strategies.signals import hold
from terminal.strategies.sizing import invested_param, sizing_param, weights
from terminal.strategies.strategy import Strategy

if TYPE_CHECKING:
    from terminal.strategies.model.retraining import Schedule

WALK_FORWARD, AS_REGISTERED = "walk-forward", "as registered"
EXPANDING, ROLLING = "expanding", "rolling"


@dataclass(frozen=True)
class ModelParams:
    """A model, when it is trained again, and when its score makes a position."""

    model: str = param("", title="Model", help="A version from the registry of models.")
    training: str = param(
        WALK_FORWARD,
        title="Training",
        choices=(WALK_FORWARD, AS_REGISTERED),
        help="Walk-forward trains the same recipe again as time passes, on past bars only. As "
        "registered uses the trained weights and trades only bars after their training.",
    )
    first: int = param(
        120,
        title="First training",
        low=20,
        high=5000,
        step=10,
        unit="sessions",
        help="Sessions before the first model of a walk-forward.",
    )
    every: int = param(
        20,
        title="Train again every",
        low=1,
        high=1000,
        step=1,
        unit="sessions",
        help="From one training of a walk-forward to the next.",
    )
    window: str = param(
        EXPANDING,
        title="Training window",
        choices=(EXPANDING, ROLLING),
        help="Expanding learns from all that is past, rolling from as many sessions as the first.",
    )
    score: str = param(
        EXPECTED,
        title="Score",
        choices=(EXPECTED, BET),
        help="From -1 to 1. The expected class between the lowest and the highest, or the size of "
        "a bet on the likeliest by its probability (calibrate the model for it). A predicted "
        "number is measured in standard deviations either way.",
    )
    enter: float = param(
        0.1,
        title="Enter at a score of",
        low=0.0,
        high=1.0,
        step=0.05,
        help="Long above it, short below its negative.",
    )
    leave: float = param(
        0.0,
        title="Leave at a score of",
        low=-1.0,
        high=1.0,
        step=0.05,
        help="A long position is held until its score falls to this, a short one until its "
        "negative rises to it; below the entry's.",
    )
    by_score: bool = param(
        False,
        title="Size by score",
        help="Positions in proportion to the score at each bar; otherwise all alike.",
    )
    sizing: str = sizing_param()
    invested: float = invested_param()

    def __post_init__(self) -> None:
        if self.leave > self.enter:
            raise InputError(
                f"Positions are entered at a score of {self.enter:g} and left at {self.leave:g}, "
                "which is higher: they would be left at once.",
                field="leave",
                remedy="Lower the score to leave at, or raise the one to enter at.",
            )

    @property
    def reference(self) -> ModelReference:
        """The model; InputError when there is none."""
        return parse_reference(self.model)


def targets(panel: Panel, params: ModelParams) -> FloatArray:
    """Target weights of the model's scores.

    Raises
    ------
    InputError : its weights are not at hand.
    """
    score = model_scores(panel, params)
    ready = np.isfinite(score)
    known = np.nan_to_num(score)
    long = hold(known > params.enter, known <= params.leave)
    short = hold(known < -params.enter, known >= -params.leave)
    side = long - short
    signal = side * np.abs(known) if params.by_score else side
    return weights(signal, ready, params.sizing, params.invested)


def model_scores(panel: Panel, params: ModelParams) -> FloatArray:
    """The model's score of every bar, float64 (n_bars, n_instruments), -1 .. 1; NaN where it has
    none."""
    from terminal.features.pipeline import compute
    from terminal.labels.registry import get_label
    from terminal.strategies.model.at_hand import packaged, threads_at_hand
    from terminal.strategies.model.retraining import walk_forward_scores
    from terminal.strategies.model.scores import score_rows

    reference = params.reference
    recipe = reference.recipe
    frame = compute(panel, recipe.features, threads=threads_at_hand())
    if params.training == AS_REGISTERED:
        fitted = packaged(reference.package, reference.words)
        out = np.full(panel.close.shape, np.nan)
        trained = np.datetime64(reference.trained_until.removesuffix("+00:00"), "ns")
        first = int(np.searchsorted(panel.close_ts, trained, side="right"))
        if first < panel.n_bars:
            out[first:] = score_rows(
                fitted, frame, first, panel.n_bars, reference.spread, params.score
            )
        return _sided(out, panel, recipe)
    kind = get_label(recipe.label)
    labels = kind.make(panel, validate(kind.params_type, recipe.label_params))
    found = walk_forward_scores(frame, labels, recipe, schedule_of(panel, params), params.score)
    return _sided(found, panel, recipe)


def schedule_of(panel: Panel, params: ModelParams) -> Schedule:
    """When a walk-forward fits on these bars, and on what."""
    from terminal.market.calendars import get_calendar
    from terminal.strategies.model.retraining import schedule

    reference = params.reference
    return schedule(
        get_calendar(panel.calendar).session_of(panel.ts),
        params.first,
        params.every,
        reference.look_back + reference.horizon,
        rolling=params.window == ROLLING,
    )


def _sided(score: FloatArray, panel: Panel, recipe: Recipe) -> FloatArray:
    """A meta-label's score says whether to take the side its rule takes, never to reverse it."""
    from terminal.labels.registry import get_label

    kind = get_label(recipe.label)
    if not kind.needs_side:
        return score
    from terminal.labels.meta import rule_side

    side = rule_side(panel, validate(kind.params_type, recipe.label_params))
    return np.where(np.isnan(score), np.nan, side * np.maximum(score, 0.0))


def warmup(params: ModelParams) -> int:
    """Bars before the first decision: those of the features, and of a first training."""
    reference = params.reference
    if params.training == AS_REGISTERED:
        return reference.look_back
    return max(reference.look_back, params.first * reference.bars_per_session)


def words(params: ModelParams) -> str:
    """The model, how it is trained, and when its score makes a position."""
    reference = params.reference
    trained = (
        f"trained again every {params.every} sessions on an {params.window} window"
        if params.training == WALK_FORWARD and params.window == EXPANDING
        else f"trained again every {params.every} sessions on the last {params.first}"
        if params.training == WALK_FORWARD
        else f"as registered, trained until {reference.trained_until[:10]}"
    )
    return (
        f"{reference.words}, {trained}; enters at a score of {params.enter:g}, leaves at "
        f"{params.leave:g}"
    )


MODEL = Strategy(
    slug="model",
    title="Model",
    family="model",
    description="Follows a registered model's score: trained again as time passes, or as it is.",
    params_type=ModelParams,
    warmup=warmup,
    targets=targets,
    words=words,
    costly=True,
    timeframe=lambda params: params.reference.timeframe,
)
