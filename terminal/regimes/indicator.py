"""A state through time, and what of it a page shows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from terminal.errors import InputError
from terminal.market.panel import FloatArray, TimeArray

UNKNOWN = ""
LEAST_SEEN = 20
"""Sessions in a state before the chance that it stays is said."""
MOST_POINTS = 500


@dataclass(frozen=True)
class Indicator:
    """An indicator through time.

    Attributes
    ----------
    key, title, unit : how it is called and what `values` are measured in ("ratio", "percent").
    states : object (T,) of words, "" where not known yet.
    values : float64 (T,), NaN where not known yet.
    probability : float64 (T,), of the state named by `of`, from a model; None for a rule.
    rule : how the state follows from the value.
    """

    key: str
    title: str
    unit: str
    states: npt.NDArray[np.object_]
    values: FloatArray
    rule: str
    probability: FloatArray | None = None
    of: str = ""


@dataclass(frozen=True)
class Spell:
    """A state from its first session to its last."""

    state: str
    first: date
    last: date
    sessions: int


@dataclass(frozen=True)
class Reading:
    """An indicator now.

    Attributes
    ----------
    state : "" where not known. value : of the indicator, None where not known.
    probability : of the state `of`, by the model; None for a rule.
    stays : chance that the state is the same next session, counted over its past; None: too few.
    since : first session of the spell that lasts. shares : (state, share of known sessions).
    spells : newest last. dates, values : at most 500 points, the last of each stretch.
    """

    key: str
    title: str
    unit: str
    state: str
    value: float | None
    probability: float | None
    of: str
    stays: float | None
    since: date | None
    shares: tuple[tuple[str, float], ...]
    spells: tuple[Spell, ...]
    dates: tuple[date, ...]
    values: tuple[float | None, ...]
    rule: str


def reading(indicator: Indicator, dates: TimeArray, spells: int = 500) -> Reading:
    """What stands at the last row, and how it came there.

    Raises
    ------
    InputError : another number of dates than rows.
    """
    states, values = indicator.states, indicator.values
    if len(dates) != len(states) or not len(dates):
        raise InputError(
            f"{indicator.title} has {len(states)} rows for {len(dates)} dates.", field="dates"
        )
    days: list[date] = dates.astype("datetime64[D]").tolist()
    runs = _runs(states, days)
    known = states[states != UNKNOWN]
    now = str(states[-1])
    step = -(-len(days) // MOST_POINTS)
    shown = list(range((len(days) - 1) % step, len(days), step))
    chance = None if indicator.probability is None else _number(indicator.probability[-1])
    return Reading(
        indicator.key,
        indicator.title,
        indicator.unit,
        now,
        _number(values[-1]),
        chance,
        indicator.of,
        chance_to_stay(states),
        runs[-1].first if now != UNKNOWN else None,
        tuple((s, float((known == s).mean())) for s in sorted(set(known.tolist()))),
        tuple(run for run in runs if run.state != UNKNOWN)[-spells:],
        tuple(days[k] for k in shown),
        tuple(_number(values[k]) for k in shown),
        indicator.rule,
    )


def chance_to_stay(states: npt.NDArray[np.object_]) -> float | None:
    """Share of past sessions in the last state that it outlived; None: fewer than 20."""
    now = states[-1]
    before = states[:-1] == now
    if now == UNKNOWN or int(before.sum()) < LEAST_SEEN:
        return None
    return float((states[1:][before] == now).mean())


def _runs(states: npt.NDArray[np.object_], days: list[date]) -> list[Spell]:
    edges = [0, *(np.flatnonzero(states[1:] != states[:-1]) + 1).tolist(), len(states)]
    return [Spell(str(states[a]), days[a], days[b - 1], b - a) for a, b in pairwise(edges)]


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def named(
    conditions: list[npt.NDArray[np.bool_]], names: list[str], default: str, known: FloatArray
) -> npt.NDArray[np.object_]:
    """The name of the first condition that holds; "" where `known` is NaN."""
    out = np.full(len(known), default, dtype=object)
    for condition, name in zip(reversed(conditions), reversed(names), strict=True):
        out[condition] = name
    out[~np.isfinite(known)] = UNKNOWN
    return out
