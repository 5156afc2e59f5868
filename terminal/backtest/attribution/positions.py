"""What the positions themselves say: bets, how long they last, how concentrated their returns are.

Lopez de Prado, *Advances in Financial Machine Learning* (2018), section 14.3 and 14.5. A bet ends
where a position goes flat or changes sides.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from terminal.market.panel import FloatArray


def flattenings(positions: FloatArray) -> npt.NDArray[np.int64]:
    """Rows of (n,) at which a position ends in nothing."""
    return np.flatnonzero((positions[1:] == 0) & (positions[:-1] != 0)) + 1


def flips(positions: FloatArray) -> npt.NDArray[np.int64]:
    """Rows of (n,) at which a position changes sides."""
    return np.flatnonzero(positions[1:] * positions[:-1] < 0) + 1


def average_holding(positions: FloatArray, times: FloatArray) -> float | None:
    """Mean time from entry to exit, weighted by what was closed (snippet 14.2); None without one.

    The time of entry of a position that was built in steps is their mean, by size.

    Parameters
    ----------
    positions : float64 (n,), units after a split counted as before it. times : float64 (n,).
    """
    total, weight = _closed(positions, times)
    return total / weight if weight > 0 else None


def _closed(positions: FloatArray, times: FloatArray) -> tuple[float, float]:
    """Sum of time times units closed, and of units closed."""
    changes = np.flatnonzero(np.diff(positions, prepend=0.0))
    entry = held = total = weight = 0.0
    for row in changes:
        now, at = float(positions[row]), float(times[row])
        change = now - held
        if change * held >= 0:
            entry = (entry * held + at * change) / now
        elif now * held < 0:
            total += (at - entry) * abs(held)
            weight += abs(held)
            entry = at
        else:
            total += (at - entry) * abs(change)
            weight += abs(change)
        held = now
    return total, weight


def hhi(values: FloatArray) -> float | None:
    """Normalised Herfindahl-Hirschman index of shares in a sum (section 14.5.1).

    0 where all are equal, 1 where one is everything; None of fewer than three, or of a sum of 0.
    """
    whole = float(values.sum())
    if values.size < 3 or whole == 0.0:
        return None
    shares = values / whole
    even = 1.0 / values.size
    return float(((shares**2).sum() - even) / (1.0 - even))


@dataclass(frozen=True)
class PositionStatistics:
    """Of all instruments together.

    Attributes
    ----------
    flattenings, flips : bets that ended flat, and on the other side.
    holding_days : mean of closed positions in calendar days, weighted by units within an
        instrument and by closed bets between them; None where none was closed.
    """

    flattenings: int
    flips: int
    holding_days: float | None


def position_statistics(positions: FloatArray, days: FloatArray) -> PositionStatistics:
    """Bets and holding of positions (n_bars, n_instruments).

    Parameters
    ----------
    positions : units, a split counted as if it had not been. days : float64 (n_bars,), times.
    """
    flat = turned = 0
    spent = bets = 0.0
    for column in positions.T:
        ends, sides = flattenings(column).size, flips(column).size
        flat, turned = flat + ends, turned + sides
        mean = average_holding(column, days)
        if mean is not None:
            spent += mean * max(1, ends + sides)
            bets += max(1, ends + sides)
    return PositionStatistics(flat, turned, spent / bets if bets else None)
