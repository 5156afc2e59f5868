"""How long the book takes to leave, and what leaving costs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from terminal.errors import InputError
from terminal.market.panel import FloatArray
from terminal.risk.book import check_weights

PARTICIPATION = 0.1
STEPS = (1, 3, 5, 10, 20)
MOST = 0.95


@dataclass(frozen=True)
class Leaving:
    """A position: trading days to leave it, and half the spread, of equity; None: not known."""

    symbol: str
    days: float | None
    cost: float | None


@dataclass(frozen=True)
class Liquidity:
    """The book.

    Attributes
    ----------
    positions : longest first, those not known before all others.
    participation : share of the average day's volume that may be taken.
    left : (days, share of gross value left within them); unknown volume counts as never.
    days_to_most : days until 95 % of gross value is left; None where it never is.
    days_weighted : mean days, weighted by value, of the positions that are known.
    cost : half spreads, of equity, of the positions with a spread; unknown : symbols without a
        volume; unpriced : symbols without a spread.
    """

    positions: tuple[Leaving, ...]
    participation: float
    left: tuple[tuple[int, float], ...]
    days_to_most: float | None
    days_weighted: float | None
    cost: float
    unknown: tuple[str, ...]
    unpriced: tuple[str, ...]


def liquidity(
    symbols: tuple[str, ...],
    weights: FloatArray,
    equity: float,
    traded: Mapping[str, float],
    spread: Mapping[str, float],
    participation: float = PARTICIPATION,
) -> Liquidity:
    """Days and cost of leaving every position at once.

    Parameters
    ----------
    equity : account currency. traded : currency an average day trades, by symbol.
    spread : full spread as a fraction of the price, by symbol.

    Raises
    ------
    InputError : a participation outside 0 to 1, or a negative volume or spread.
    """
    check_weights(weights, symbols)
    if not 0.0 < participation <= 1.0:
        raise InputError(
            f"a participation of {participation} is outside 0 to 1.", field="participation"
        )
    for field, values in (("traded", traded), ("spread", spread)):
        for symbol, given in values.items():
            if not (np.isfinite(given) and given >= 0):
                raise InputError(f"{field} of {symbol} is {given}.", field=field)
    held = [k for k in range(len(symbols)) if weights[k] != 0.0]
    value = {symbols[k]: abs(float(weights[k])) for k in held}
    days = {
        s: v * equity / (participation * traded[s])
        for s, v in value.items()
        if traded.get(s, 0.0) > 0
    }
    cost = {s: 0.5 * spread[s] * v for s, v in value.items() if s in spread}
    gross = sum(value.values())

    def left(within: float) -> float:
        done = (value[s] * min(1.0, within / max(need, 1e-300)) for s, need in days.items())
        return sum(done) / gross

    rows = sorted(
        (Leaving(s, days.get(s), cost.get(s)) for s in value),
        key=lambda row: (row.days is not None, -(row.days or 0.0), row.symbol),
    )
    known = sum(value[s] for s in days)
    return Liquidity(
        tuple(rows),
        participation,
        tuple((step, left(step)) for step in STEPS),
        _until(MOST, left, list(days.values())) if known / gross >= MOST else None,
        sum(value[s] * d for s, d in days.items()) / known if known else None,
        sum(cost.values()),
        tuple(sorted(s for s in value if s not in days)),
        tuple(sorted(s for s in value if s not in cost)),
    )


def _until(share: float, left: Callable[[float], float], days: list[float]) -> float:
    """Fewest days within which `share` is left: `left` is linear between the positions' days."""
    before, done = 0.0, 0.0
    for after in sorted(days):
        reached = left(after)
        if reached >= share - 1e-12:
            slope = (reached - done) / (after - before) if after > before else np.inf
            return before + max(share - done, 0.0) / slope
        before, done = after, reached
    return before
