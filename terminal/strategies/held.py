"""Strategies that enter on one condition and leave on another, long and short.

From the same conditions come the target weights and, for sweeps, the sides.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from terminal.market.panel import FloatArray, Panel
from terminal.strategies.sides import Sides
from terminal.strategies.signals import BoolArray, hold
from terminal.strategies.sizing import EQUAL_SLOTS, weights


@dataclass(frozen=True)
class Held:
    """When positions begin and end; arrays of bool (n_bars, n_instruments).

    Attributes
    ----------
    known : where the strategy has an opinion.
    """

    enter_long: BoolArray
    leave_long: BoolArray
    enter_short: BoolArray
    leave_short: BoolArray
    known: BoolArray

    def weights(self, sizing: str, invested: float) -> FloatArray:
        """Target weights."""
        long = hold(self.enter_long, self.leave_long)
        short = hold(self.enter_short, self.leave_short)
        return weights(long - short, self.known, sizing, invested)

    def sides(self, sizing: str, invested: float) -> Sides | None:
        """The same as sides; None where instruments share the equity and weights differ in size."""
        if sizing != EQUAL_SLOTS:
            return None
        from terminal.strategies.crossing import held_sides

        arrays = (self.enter_long, self.leave_long, self.enter_short, self.leave_short, self.known)
        at = held_sides(*(np.ascontiguousarray(array) for array in arrays))
        return Sides(at, invested / self.known.shape[1])


Conditions = Callable[[Panel, Any], Held]
"""`conditions(panel, params)`; the parameters name their `sizing` and the `invested` share."""


def sides_of(conditions: Conditions) -> Callable[[Panel, Any], Sides | None]:
    """`Strategy.sides` of these conditions."""
    return lambda panel, params: conditions(panel, params).sides(params.sizing, params.invested)
