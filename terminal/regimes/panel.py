"""Everything the regimes page shows, as one value that goes through JSON."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import numpy as np
from threadpoolctl import threadpool_limits

from terminal.errors import InputError
from terminal.market.panel import FloatArray, TimeArray
from terminal.regimes.absorption import absorption
from terminal.regimes.breadth import breadth
from terminal.regimes.hidden import Schedule, StateMeaning, hidden_indicator, hidden_states
from terminal.regimes.indicator import MOST_POINTS, Indicator, Reading, reading
from terminal.regimes.market_state import trend_and_volatility
from terminal.regimes.multipliers import (
    Multiplier,
    MultiplierRules,
    multiplier_path,
    multipliers_now,
)
from terminal.regimes.turbulence import turbulence

MOST_INSTRUMENTS = 60
"""In turbulence and absorption, the first ones of the panel: cost grows with the cube."""


@dataclass(frozen=True)
class RegimePanel:
    """States at the last close.

    Attributes
    ----------
    readings : one an indicator. meanings : of the hidden states, as fitted last.
    multipliers : factor of each; multiplier : their product between floor and cap.
    dates, path : the multiplier through time, at most 500 points.
    notes : what is missing and why.
    """

    last: date
    readings: tuple[Reading, ...]
    meanings: tuple[StateMeaning, ...]
    multipliers: tuple[Multiplier, ...]
    multiplier: float
    dates: tuple[date, ...]
    path: tuple[float, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Indicators:
    """The indicators that could be computed, the hidden states' meanings, and what is missing."""

    items: tuple[Indicator, ...]
    meanings: tuple[StateMeaning, ...]
    notes: tuple[str, ...]


def indicators(
    market: FloatArray,
    returns: FloatArray,
    symbols: tuple[str, ...],
    *,
    states: int = 2,
    schedule: Schedule | None = None,
) -> Indicators:
    """All indicators; row t rests on rows up to t.

    Parameters
    ----------
    market : float64 (T,). returns : float64 (T, n), of a universe, NaN where an instrument did not
        trade; turbulence and absorption use the instruments with all rows.

    Raises
    ------
    InputError : the market's returns are not numbers, or shapes do not match.
    """
    if returns.shape != (len(market), len(symbols)):
        raise InputError(
            f"returns have the shape {returns.shape} for {len(market)} sessions and "
            f"{len(symbols)} instruments.",
            field="returns",
        )
    hidden = hidden_states(market, states, schedule)
    found: list[Indicator] = [hidden_indicator(hidden), *trend_and_volatility(market)]
    found.append(breadth(returns))
    full = np.flatnonzero(np.isfinite(returns).all(axis=0))[:MOST_INSTRUMENTS].tolist()
    whole, names = returns[:, full], tuple(symbols[k] for k in full)
    notes = []
    made: tuple[tuple[str, Callable[[FloatArray, tuple[str, ...]], Indicator]], ...] = (
        ("turbulence", turbulence),
        ("absorption", absorption),
    )
    for title, make in made:
        try:
            found.append(make(whole, names))
        except InputError as error:
            notes.append(f"No {title}: {error.message}")
    notes += [
        f"{item.title} is not known yet: the history is too short."
        for item in found
        if item.states[-1] == ""
    ]
    return Indicators(tuple(found), hidden.meanings, tuple(notes))


def regime_panel(
    dates: TimeArray,
    market: FloatArray,
    returns: FloatArray,
    symbols: tuple[str, ...],
    *,
    states: int = 2,
    schedule: Schedule | None = None,
    rules: MultiplierRules | None = None,
) -> RegimePanel:
    """States, their history and what they do to sizes.

    Raises
    ------
    InputError : as `indicators`.
    """
    used = rules or MultiplierRules()
    # small matrices: on a busy machine more threads wait for each other longer than they compute
    with threadpool_limits(limits=1):
        found = indicators(market, returns, symbols, states=states, schedule=schedule)
    path = multiplier_path(found.items, used)
    days: list[date] = dates.astype("datetime64[D]").tolist()
    step = -(-len(days) // MOST_POINTS)
    shown = range((len(days) - 1) % step, len(days), step)
    return RegimePanel(
        days[-1],
        tuple(reading(item, dates) for item in found.items),
        found.meanings,
        multipliers_now(found.items, used),
        float(path[-1]),
        tuple(days[k] for k in shown),
        tuple(float(path[k]) for k in shown),
        found.notes,
    )
