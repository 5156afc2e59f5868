"""What a training stands on: features and labels of its bars, cut into what is learned from and
what nothing sees before the end."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from terminal.errors import InputError
from terminal.features.frame import FeatureFrame
from terminal.labels.labels import IntArray, Labels
from terminal.market.panel import FloatArray, TimeArray
from terminal.models.model import Task
from terminal.models.recipe import Recipe
from terminal.models.samples import Samples
from terminal.training.request import TrainingRequest
from terminal.training.validate import Plan
from terminal.validation.split import Split
from terminal.validation.verify import verify

FEWEST_EVENTS = 100


@dataclass(frozen=True)
class Ground:
    """The events of a training.

    Attributes
    ----------
    inside : events to learn from, in the order of (bar, instrument). outside : the last ones, of
        the out-of-sample period, more than `gap` bars later.
    cut : first row of the out-of-sample period. cut_ts : its open time.
    classes : all classes there can be; empty for a number. horizon, look_back, gap : bars.
    """

    inside: Samples
    outside: Samples
    recipe: Recipe
    plan: Plan
    classes: FloatArray
    cut: int
    cut_ts: np.datetime64
    horizon: int
    look_back: int
    gap: int

    @property
    def task(self) -> Task:
        return self.recipe.task


def recipe_of(request: TrainingRequest, plan: Plan, frame: FeatureFrame | None = None) -> Recipe:
    """How the model is made; `frame` names the columns that are left where some were dropped."""
    features = request.features
    if frame is not None and frame.columns != features.columns:
        kept = set(frame.columns)
        features = replace(features, choices=tuple(c for c in features.choices if c.column in kept))
    return Recipe(
        features=features,
        label=request.label,
        label_params=dict(vars(plan.label_params)),
        model=request.model,
        model_params=dict(vars(plan.model_params)),
        task=plan.task,
        uniqueness=request.weights.uniqueness,
        time_decay=request.weights.time_decay,
        early_stopping=request.early_stopping,
        calibration=request.calibration,
        every=request.every,
        seed=request.seed,
    )


def take(labels: Labels, positions: IntArray) -> Labels:
    """The events at given positions."""
    return Labels(
        **{name: getattr(labels, name)[positions] for name in labels.__dataclass_fields__}
    )


def lay(
    request: TrainingRequest,
    plan: Plan,
    frame: FeatureFrame,
    labels: Labels,
    *,
    look_back: int,
    horizon: int,
    gap: int,
) -> Ground:
    """Cut the last share of the bars off.

    Raises
    ------
    InputError : too few events are left on one side.
    """
    n_bars = len(frame.ts)
    cut = round((1.0 - request.out_of_sample) * n_bars)
    early = np.flatnonzero((labels.bar < cut - gap) & (labels.end < cut))
    late = np.flatnonzero(labels.bar >= cut)
    for name, chosen in (("to learn from", early), ("out of sample", late)):
        if len(chosen) < FEWEST_EVENTS:
            raise InputError(
                f"There are {len(chosen)} events {name}, of {len(labels)} in {n_bars:,} bars with "
                f"a gap of {gap} bars; at least {FEWEST_EVENTS} are needed.",
                field="out_of_sample" if name == "out of sample" else "gap",
                remedy="Use more bars or instruments, features that look back less far, or "
                "another share.",
            )
    samples = Samples(frame, labels)
    return Ground(
        inside=samples.take(early),
        outside=samples.take(late),
        recipe=recipe_of(request, plan, frame),
        plan=plan,
        classes=np.array(plan.label.classes_of(plan.label_params), dtype=np.float64),
        cut=cut,
        cut_ts=frame.ts[min(cut, n_bars - 1)],
        horizon=horizon,
        look_back=look_back,
        gap=gap,
    )


def splits_of(ground: Ground, regime: IntArray | None = None) -> list[Split]:
    """Every split of the events to learn from, verified anew from the spans alone.

    Raises
    ------
    InputError : a split is not honest, or leaves nothing to train on.
    """
    kind, labels = ground.plan.splitter, ground.inside.labels
    params = ground.plan.splitter_params
    splitter = (
        kind.make(params, ground.gap, regime)
        if kind.needs_regime
        else kind.make(params, ground.gap)
    )
    found = list(splitter.split(labels.bar, labels.end))
    for split in found:
        verify(split, labels.bar, labels.end, ground.gap, past_only=kind.past_only)
    return found


def counts(y: FloatArray, classes: FloatArray) -> dict[str, int]:
    """Events by class, as text for JSON; empty for a number."""
    return {f"{value:g}": int((y == value).sum()) for value in classes}


def spans(ts: TimeArray, bar: IntArray) -> tuple[str, str]:
    """First and last open time of bars, ISO 8601."""
    if not len(bar):
        return "", ""
    first, last = ts[int(bar.min())], ts[int(bar.max())]
    return str(first.astype("datetime64[s]")), str(last.astype("datetime64[s]"))
