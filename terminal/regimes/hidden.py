"""Hidden states of the market's returns: filtered probabilities, models fitted on the past only.

The states, their fit and their filter are those of the features `turbulence` and `crisis`. Smoothed
probabilities, which know the future, never leave the fit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from terminal.errors import InputError
from terminal.market.panel import FloatArray
from terminal.regimes.indicator import Indicator, named
from terminal.risk.book import check_series

NAMES = {2: ("calm", "turbulent"), 3: ("calm", "usual", "crisis")}


@dataclass(frozen=True)
class Schedule:
    """When a model is fitted: the first time on `first` returns, then every `refit`, counted from
    the first return, on the last `longest` at most."""

    first: int = 500
    refit: int = 250
    longest: int = 5000


@dataclass(frozen=True)
class StateMeaning:
    """A state of the model fitted last: mean and volatility of a session's log return, and the
    chance to stay in it."""

    name: str
    mean: float
    volatility: float
    stays: float


@dataclass(frozen=True)
class HiddenStates:
    """float64 (T, m) filtered probabilities, NaN before the first fit; by rising variance."""

    probabilities: FloatArray
    meanings: tuple[StateMeaning, ...]


def hidden_states(
    returns: FloatArray, states: int = 2, schedule: Schedule | None = None
) -> HiddenStates:
    """Row t rests on returns up to t; a fit is used from its last return on (Hamilton 1989).

    Parameters
    ----------
    returns : float64 (T,), simple, of the market.

    Raises
    ------
    InputError : states other than 2 or 3, or a return that is not a number or loses everything.
    """
    if states not in NAMES:
        raise InputError(f"{states} hidden states are not offered; choose 2 or 3.", field="states")
    check_series(returns, "the market's return")
    if len(returns) and returns.min() <= -1.0:
        raise InputError("the market loses everything.", field="returns")
    from terminal.features.regime import filtered, first_guess, fit_states

    when, x = schedule or Schedule(), np.ascontiguousarray(np.log1p(returns))
    out, fitted = np.full((len(x), states), np.nan), None
    for stop in range(when.first, len(x) + 1, when.refit):
        begin, until = max(0, stop - when.longest), min(stop + when.refit, len(x))
        past = np.ascontiguousarray(x[begin:stop])
        fitted = fit_states(past, fitted if fitted is not None else first_guess(past, states))
        used = filtered(np.ascontiguousarray(x[begin:until]), fitted)
        out[stop - 1 : until] = used[stop - 1 - begin :]
    if fitted is None:
        return HiddenStates(out, ())
    return HiddenStates(
        out,
        tuple(
            StateMeaning(
                name,
                float(fitted.mean[k]),
                float(np.sqrt(fitted.variance[k])),
                float(fitted.move[k, k]),
            )
            for k, name in enumerate(NAMES[states])
        ),
    )


def hidden_indicator(found: HiddenStates) -> Indicator:
    """The likeliest state, and the probability of the wildest."""
    names = NAMES[found.probabilities.shape[1]]
    wildest = found.probabilities[:, -1]
    likeliest = np.where(np.isfinite(wildest), np.nan_to_num(found.probabilities).argmax(axis=1), 0)
    states = named([likeliest == k for k in range(len(names))], list(names), names[0], wildest)
    return Indicator(
        "hidden",
        "Hidden state",
        "percent",
        states,
        wildest,
        f"Likeliest of {len(names)} normal states of returns; the value is the probability of "
        f"{names[-1]}",
        wildest,
        names[-1],
    )
