"""Which combinations to run: all, some at random, or those that what is known already suggests.

Every method gives positions of a `Space`, each once. Grid and random know theirs beforehand. The
tree-structured Parzen estimator (Bergstra, Bardenet, Bengio and Kegl 2011) and NSGA-II (Deb,
Pratap, Agarwal and Meyarivan 2002) are asked in rounds: a round is suggested from the finished
points of the rounds before it and from nothing else, so that it does not matter how many workers
there were or which of them died. The study is made anew in memory each time; nothing is kept.

Objectives are all to be as large as possible; a drawdown is negative.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from terminal.backtest.sweeps.space import Dimension, Space
from terminal.errors import InputError

if TYPE_CHECKING:
    import optuna

GRID, RANDOM, TPE, NSGA2 = "grid", "random", "tpe", "nsga2"
METHODS = (GRID, RANDOM, TPE, NSGA2)
IN_ROUNDS = (TPE, NSGA2)
OBJECTIVES = ("sharpe", "sortino", "calmar", "cagr", "total_return", "max_drawdown")
MOST_POINTS = 50_000
"""Combinations of one sweep."""
STARTUP = 10
"""Points before which nothing is pruned and the estimator draws at random."""
PATIENCE = 50
"""Suggestions that may be refused or known before one is drawn at random."""


@dataclass(frozen=True)
class Seen:
    """A finished point.

    values : of the objectives, or None where one of them is undefined. leading : of the first
    objective on the leading part of the period at which it was given up; None: it was not.
    """

    position: int
    values: tuple[float, ...] | None
    leading: float | None = None


def grid(space: Space) -> list[int]:
    """Every position that can run.

    Raises
    ------
    InputError : there are more than a sweep may have, or none.
    """
    found = list(islice(space.positions(), MOST_POINTS + 1))
    if not found:
        raise _none()
    if len(found) > MOST_POINTS:
        raise InputError(
            f"The grid has more than {MOST_POINTS:,} combinations.",
            field="values",
            remedy="Give fewer values, or choose random or TPE with a number of trials.",
        )
    return found


def random_positions(space: Space, n: int, seed: int, without: Iterable[int] = ()) -> list[int]:
    """Up to n positions that can run, drawn without repetition; fewer where there are no more."""
    taken = set(without)
    generator = np.random.default_rng(seed)
    out: list[int] = []
    if space.size <= 4 * (n + len(taken)) or space.size <= 2**16:
        drawn: Iterable[int] = (int(k) for k in generator.permutation(space.size))
    else:  # in a large space a repetition is rare enough to draw again
        draws = 200 * (n + len(taken))
        drawn = (int(generator.integers(space.size)) for _ in range(draws))
    for position in drawn:
        if len(out) == n:
            break
        if position not in taken and space.params(position) is not None:
            taken.add(position)
            out.append(position)
    return out


def suggest(
    space: Space, method: str, seen: Sequence[Seen], n: int, seed: int, n_objectives: int = 1
) -> list[int]:
    """The next n positions of a method that learns, fewer where the space has no more.

    Parameters
    ----------
    seen : finished points in the order in which they were suggested.
    n : points of this round; NSGA-II takes every round as a generation, so it is the same in all.
    """
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    known = {point.position for point in seen}
    study = optuna.create_study(
        directions=["maximize"] * n_objectives, sampler=_sampler(method, n, seed + len(seen))
    )
    generation = 0 if not seen else math.ceil(len(seen) / n)
    study.add_trials(_remembered(space, seen, method, n))
    out: list[int] = []
    refused = 0
    while len(out) < n and refused < PATIENCE + n:
        trial = study.ask()
        position = space.position([_index(trial, item) for item in space.dimensions])
        if position in known or space.params(position) is None:
            study.tell(trial, state=optuna.trial.TrialState.FAIL)
            refused += 1
            continue
        known.add(position)
        out.append(position)
    if len(out) < n:
        out += random_positions(space, n - len(out), seed + 7 * (generation + 1), known)
    return out


def falls_behind(leading: float | None, others: Sequence[float]) -> bool:
    """Whether a run may be given up after the leading part of its period.

    The median rule of Golovin et al. (2017), "Google Vizier", section 3.2: worse than the median
    of the others at the same point. An undefined value never is: nothing was traded yet.
    """
    if leading is None or len(others) < STARTUP:
        return False
    return leading < float(np.median(others))


def objective_values(
    metrics: dict[str, float | None], objectives: Sequence[str]
) -> tuple[float, ...] | None:
    """The objectives of a finished point; None where one is undefined."""
    found = [metrics.get(name) for name in objectives]
    return None if any(value is None for value in found) else tuple(map(float, found))  # type: ignore[arg-type]


def round_size(method: str, n_trials: int) -> int:
    """Points suggested at a time: enough for several workers, few enough to learn from."""
    if method not in IN_ROUNDS:
        return n_trials
    return min(n_trials, max(2 * STARTUP, math.ceil(n_trials / 8)))


def _sampler(method: str, n: int, seed: int) -> optuna.samplers.BaseSampler:
    import optuna

    if method == NSGA2:
        return optuna.samplers.NSGAIISampler(population_size=n, seed=seed)
    return optuna.samplers.TPESampler(n_startup_trials=STARTUP, seed=seed)


def _index(trial: optuna.Trial, item: Dimension) -> int:
    """Which value of a dimension a trial takes; numbers keep their order."""
    if item.ordered:
        return trial.suggest_int(item.name, 0, len(item.values) - 1)
    return int(trial.suggest_categorical(item.name, list(range(len(item.values)))))


def _distribution(item: Dimension) -> optuna.distributions.BaseDistribution:
    import optuna

    if item.ordered:
        return optuna.distributions.IntDistribution(0, len(item.values) - 1)
    return optuna.distributions.CategoricalDistribution(list(range(len(item.values))))


def _remembered(
    space: Space, seen: Sequence[Seen], method: str, n: int
) -> list[optuna.trial.FrozenTrial]:
    """The finished points as the study would hold them had it seen them all."""
    import optuna

    distributions = {item.name: _distribution(item) for item in space.dimensions}
    state = optuna.trial.TrialState
    out = []
    complete = 0
    for point in seen:
        indices = space.indices(point.position)
        given: dict[str, Any] = {
            "params": {item.name: k for item, k in zip(space.dimensions, indices, strict=True)},
            "distributions": distributions,
        }
        if point.leading is not None:
            given |= {"state": state.PRUNED, "value": point.leading}
            given["intermediate_values"] = {0: point.leading}
        elif point.values is None:
            given["state"] = state.FAIL
        else:
            given |= {"state": state.COMPLETE, "values": list(point.values)}
            if method == NSGA2:
                key = optuna.samplers.NSGAIISampler._get_generation_key()
                given["system_attrs"] = {key: complete // n}
            complete += 1
        out.append(optuna.trial.create_trial(**given))
    return out


def _none() -> InputError:
    return InputError(
        "No combination of these values can run: the strategy refuses all of them, or there are "
        "too few bars.",
        field="values",
        remedy="Look at rules across parameters (fast below slow), or choose a longer period.",
    )
