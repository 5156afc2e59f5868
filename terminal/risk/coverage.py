"""Whether a value at risk held: exceptions counted and tested.

An exception is a loss beyond the forecast made before it. Too many mean that risk is understated,
too few that it is overstated, and exceptions in a row that the forecast is slow.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt
from scipy.special import bdtr, chdtrc, xlogy

from terminal.errors import InputError
from terminal.risk.value_at_risk import cutoff_of

BASEL_PERIODS, BASEL_LEVEL = 250, 0.99
PLUS: tuple[float, ...] = (0.0, 0.0, 0.0, 0.0, 0.0, 0.4, 0.5, 0.65, 0.75, 0.85, 1.0)
"""Addition to the multiplier of 3 by the number of exceptions in 250 (Basel Committee 1996)."""
REJECTED = 0.05


class Zone(StrEnum):
    """Of the Basel Committee's traffic light."""

    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"


@dataclass(frozen=True)
class Ratio:
    """A likelihood ratio and its chance where the forecast is right."""

    statistic: float
    p_value: float


@dataclass(frozen=True)
class Coverage:
    """Exceptions of a series of forecasts, and what the tests say.

    Attributes
    ----------
    n, exceptions, expected : forecasts, losses beyond them, and how many there should have been.
    unconditional : the share is the promised one (Kupiec 1995).
    independence : one exception says nothing about the next (Christoffersen 1998).
    conditional : both.
    zone : of the Basel Committee's traffic light, from the last 250 at 99 %; None for other levels
        or fewer forecasts.
    """

    n: int
    exceptions: int
    expected: float
    unconditional: Ratio
    independence: Ratio
    conditional: Ratio
    zone: Zone | None
    plus: float | None

    @property
    def sentence(self) -> str:
        """The result in words."""
        found = f"{self.exceptions} exceptions where {self.expected:.1f} were expected"
        if self.unconditional.p_value < REJECTED:
            side = "understates" if self.exceptions > self.expected else "overstates"
            return f"{found}: the model {side} risk (Kupiec, p {self.unconditional.p_value:.3f})."
        if self.independence.p_value < REJECTED:
            return (
                f"{found}, but they come in clusters: the model is slow (Christoffersen, p "
                f"{self.independence.p_value:.3f})."
            )
        return f"{found}: nothing speaks against the model."


def kupiec(n: int, exceptions: int, cutoff: float) -> Ratio:
    """Proportion of failures: LR_uc, chi-squared with 1 degree of freedom (Kupiec 1995).

    Raises
    ------
    InputError : no forecasts, or more exceptions than forecasts.
    """
    if not 0 <= exceptions <= n or n == 0:
        raise InputError(f"{exceptions} exceptions of {n} forecasts make no test.", field="returns")
    hits, misses = float(exceptions), float(n - exceptions)
    share = hits / n
    null = xlogy(misses, 1.0 - cutoff) + xlogy(hits, cutoff)
    free = xlogy(misses, 1.0 - share) + xlogy(hits, share)
    return _ratio(2.0 * float(free - null), 1)


def independence(n00: int, n01: int, n10: int, n11: int) -> Ratio:
    """LR_ind of transitions between no exception (0) and exception (1) (Christoffersen 1998)."""
    total = n00 + n01 + n10 + n11
    if total == 0:
        raise InputError("a single forecast has no successor.", field="returns")
    share = (n01 + n11) / total
    calm = n01 / (n00 + n01) if n00 + n01 else 0.0
    after = n11 / (n10 + n11) if n10 + n11 else 0.0
    null = xlogy(n00 + n10, 1.0 - share) + xlogy(n01 + n11, share)
    free = xlogy(n00, 1.0 - calm) + xlogy(n01, calm)
    free += xlogy(n10, 1.0 - after) + xlogy(n11, after)
    return _ratio(2.0 * float(free - null), 1)


def coverage(exceptions: npt.NDArray[np.bool_], level: float) -> Coverage:
    """All tests of a series of exceptions, bool (n,), in order of time.

    Raises
    ------
    InputError : fewer than two forecasts.
    """
    if len(exceptions) < 2:
        raise InputError("a backtest of value at risk needs two forecasts.", field="returns")
    cutoff, n, hits = cutoff_of(level), len(exceptions), int(exceptions.sum())
    before, after = exceptions[:-1], exceptions[1:]
    n11, n10 = int((before & after).sum()), int((before & ~after).sum())
    n01, n00 = int((~before & after).sum()), int((~before & ~after).sum())
    unconditional, apart = kupiec(n, hits, cutoff), independence(n00, n01, n10, n11)
    zone = plus = None
    if level == BASEL_LEVEL and n >= BASEL_PERIODS:
        zone, plus = traffic_light(int(exceptions[-BASEL_PERIODS:].sum()))
    return Coverage(
        n,
        hits,
        n * cutoff,
        unconditional,
        apart,
        _ratio(unconditional.statistic + apart.statistic, 2),
        zone,
        plus,
    )


def traffic_light(exceptions: int) -> tuple[Zone, float]:
    """Zone and addition to the multiplier of 250 forecasts at 99 % (Basel Committee 1996)."""
    zone = Zone.GREEN if exceptions < 5 else Zone.YELLOW if exceptions < 10 else Zone.RED
    return zone, PLUS[min(exceptions, len(PLUS) - 1)]


def chance_of_at_most(exceptions: int, n: int, cutoff: float) -> float:
    """Probability of this many exceptions or fewer where the forecast is right."""
    return float(bdtr(exceptions, n, cutoff))


def _ratio(statistic: float, freedom: int) -> Ratio:
    statistic = max(statistic, 0.0)  # rounding
    return Ratio(statistic, float(chdtrc(freedom, statistic)))
