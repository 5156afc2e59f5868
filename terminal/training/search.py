"""Search of model parameters: purged walk-forward inside the training period, seeded, resumable.

The study lives in memory and is told of every trial in order; what a trial scored is on the shelf.
A later attempt asks the same seeded sampler the same questions, gets the same answers from the
shelf, and goes on with the first trial that is not there.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from terminal.db.repositories.training import DONE, FAILED, PRUNED
from terminal.errors import InputError
from terminal.features.feature_set import Value
from terminal.models.fit_recipe import fit_recipe
from terminal.models.model import FitContext
from terminal.models.recipe import Recipe
from terminal.params import ParamSpec, describe, validate
from terminal.training.fits import answers_of, expected
from terminal.training.ground import Ground
from terminal.training.request import SearchRange, SearchRequest
from terminal.training.score import measured
from terminal.training.shelf import Shelf
from terminal.training.watch import Step, Watch
from terminal.validation.registry import get_splitter
from terminal.validation.split import Split

FEWEST_BEFORE_PRUNING = 4
FOLDS_AT_ONCE = 2
"""Folds between two looks at whether a trial is behind, however many processors there are."""
FEWEST_FOR_IMPORTANCE = 8


@dataclass(frozen=True)
class Trial:
    """A combination that was tried.

    state : "done", "pruned" or "failed". score : mean over the folds; None unless done.
    """

    number: int
    state: str
    params: Mapping[str, Value]
    score: float | None
    folds: tuple[float, ...]
    seconds: float
    note: str = ""


@dataclass(frozen=True)
class Found:
    """What a search came to.

    best : parameters over those of the request. importance : share of the variation of scores by
    parameter (fANOVA); empty below `FEWEST_FOR_IMPORTANCE` finished trials.
    """

    best: Mapping[str, Value]
    score: float
    trials: Sequence[Trial]
    importance: Mapping[str, float]


def search(
    ground: Ground,
    wanted: SearchRequest,
    shelf: Shelf,
    *,
    threads: int,
    tick: Callable[[float, str], None],
    ended: Callable[[Trial], None],
) -> Found:
    """Try combinations one after another, the folds of each at once.

    Parameters
    ----------
    tick : called with (share done, words); may raise to stop. ended : told of every trial.

    Raises
    ------
    InputError : no combination could be fitted.
    """
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(
        direction="maximize", sampler=optuna.samplers.TPESampler(seed=ground.recipe.seed)
    )
    specs = {spec.name: spec for spec in describe(ground.plan.model.params_type)}
    space = {name: distribution(specs[name], item) for name, item in sorted(wanted.ranges.items())}
    splits = objective_splits(ground, wanted.folds)
    trials: list[Trial] = []
    for number in range(wanted.trials):
        asked = study.ask(space)
        params = {name: _value(specs[name], value) for name, value in asked.params.items()}
        done = number / wanted.trials
        tick(done, f"trial {number + 1} of {wanted.trials}")
        trial = _trial(number, params, ground, splits, wanted, trials, shelf, threads, tick, done)
        trials.append(trial)
        ended(trial)
        if trial.state == DONE:
            study.tell(asked, trial.score)
        else:
            state = optuna.trial.TrialState
            study.tell(asked, state=state.FAIL if trial.state == FAILED else state.PRUNED)
    finished = [trial for trial in trials if trial.score is not None]
    if not finished:
        raise InputError(
            f"None of {len(trials)} combinations could be fitted: {trials[0].note}",
            field="search",
            remedy="Change the ranges.",
        )
    best = max(finished, key=lambda trial: (trial.score, -trial.number))
    return Found(best.params, float(best.score or 0.0), trials, _importance(study, finished))


def objective_splits(ground: Ground, folds: int) -> list[Split]:
    """The purged walk-forward whose mean score is searched for, inside the training period."""
    kind = get_splitter("walk-forward")
    params = validate(kind.params_type, {"windows": folds})
    labels = ground.inside.labels
    return list(kind.make(params, ground.gap).split(labels.bar, labels.end))


def distribution(spec: ParamSpec, wanted: SearchRange) -> Any:
    """Optuna's distribution of a range."""
    from optuna.distributions import (
        CategoricalDistribution,
        FloatDistribution,
        IntDistribution,
    )

    if wanted.values:
        return CategoricalDistribution(list(wanted.values))
    assert wanted.low is not None and wanted.high is not None  # noqa: S101  checked with the request
    if spec.kind == "int":
        return IntDistribution(int(wanted.low), int(wanted.high), log=wanted.log)
    return FloatDistribution(wanted.low, wanted.high, log=wanted.log)


def with_params(recipe: Recipe, params: Mapping[str, Value]) -> Recipe:
    """The recipe with other model parameters."""
    return replace(recipe, model_params={**recipe.model_params, **params})


def _trial(
    number: int,
    params: Mapping[str, Value],
    ground: Ground,
    splits: Sequence[Split],
    wanted: SearchRequest,
    earlier: Sequence[Trial],
    shelf: Shelf,
    threads: int,
    tick: Callable[[float, str], None],
    done: float,
) -> Trial:
    """One combination; pruned where it is behind the median of the others after as many folds."""
    part = f"trial {number}"
    kept = shelf.get(part)
    if kept is not None and kept[0]["params"] == dict(params):
        return Trial(**{**kept[0], "folds": tuple(kept[0]["folds"])})
    begun = time.monotonic()
    recipe = with_params(ground.recipe, params)
    scores: list[float] = []
    state, note = DONE, ""
    alone = ground.plan.model.sequence
    try:
        validate(ground.plan.model.params_type, recipe.model_params)
        for first in range(0, len(splits), FOLDS_AT_ONCE):
            chosen = splits[first : first + FOLDS_AT_ONCE]
            tasks = [_fold(ground, split, recipe, threads if alone else 1) for split in chosen]
            watch = Watch(
                tasks,
                1 if alone else threads,
                lambda _: tick(done, f"trial {number + 1} of {wanted.trials}"),
            )
            scores.extend(value for _, value in sorted(watch.results()))
            if wanted.prune and len(scores) < len(splits) and behind(scores, earlier):
                state = PRUNED
                break
    except InputError as error:
        state, note = FAILED, error.message
    if state == DONE and not np.isfinite(scores).all():
        state, note = FAILED, "A fold has too few different outcomes to be scored."
    trial = Trial(
        number=number,
        state=state,
        params=dict(params),
        score=float(np.mean(scores)) if state == DONE else None,
        folds=tuple(value for value in scores if np.isfinite(value)),
        seconds=time.monotonic() - begun,
        note=note,
    )
    shelf.put(part, {**vars(trial), "folds": list(trial.folds), "params": dict(params)})
    return trial


def behind(scores: Sequence[float], earlier: Sequence[Trial]) -> bool:
    """Whether the mean so far is below the median of others after as many folds."""
    others = [
        float(np.mean(trial.folds[: len(scores)]))
        for trial in earlier
        if len(trial.folds) >= len(scores)
    ]
    if len(others) < FEWEST_BEFORE_PRUNING:
        return False
    return bool(np.mean(scores) < np.median(others))


def _fold(ground: Ground, split: Split, recipe: Recipe, threads: int) -> Callable[[Step], float]:
    def run(step: Step) -> float:
        context = FitContext(recipe.seed, threads, step)
        made = fit_recipe(ground.inside.take(split.train), recipe, ground.gap, context)
        test = ground.inside.take(split.test)
        answers = answers_of(made.fitted, test, ground.classes)
        return measured(ground.task, test.y, expected(answers, ground.classes))[0]

    return run


def _value(spec: ParamSpec, value: Any) -> Value:
    return int(value) if spec.kind == "int" else value


def _importance(study: Any, finished: Sequence[Trial]) -> dict[str, float]:
    from optuna.importance import FanovaImportanceEvaluator, get_param_importances

    if len(finished) < FEWEST_FOR_IMPORTANCE:
        return {}
    if len({trial.score for trial in finished}) < 2:
        return {}
    found = get_param_importances(study, evaluator=FanovaImportanceEvaluator(seed=0))
    return {name: float(share) for name, share in found.items()}
