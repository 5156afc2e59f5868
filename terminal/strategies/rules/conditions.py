"""Where conditions hold: bool (n_bars, n_instruments), row t from rows <= t.

"The bar before" is the instrument's own bar before. What is not known (NaN) is not true: no rule
enters or leaves on it. Values that differ by rounding only are equal.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from terminal.market.mixed import on_own_bars
from terminal.market.panel import FloatArray, Panel
from terminal.strategies.indicators import ROUNDING, per_column
from terminal.strategies.rules.rule_set import (
    Condition,
    Feature,
    Group,
    Join,
    Operand,
    Operator,
)
from terminal.strategies.signals import BoolArray

Values = Mapping[Feature, FloatArray]


def feature_values(panel: Panel, features: Iterable[Feature]) -> dict[Feature, FloatArray]:
    """Each feature on the panel, once; of several calendars, on each instrument's own bars."""
    return {feature: on_own_bars(panel, feature.values) for feature in dict.fromkeys(features)}


def group_holds(group: Group, values: Values) -> BoolArray:
    """All of its items, or any of them."""
    found = [
        group_holds(item, values) if isinstance(item, Group) else condition_holds(item, values)
        for item in group.items
    ]
    join = np.logical_and if group.join is Join.ALL else np.logical_or
    return np.asarray(join.reduce(found), dtype=bool)


def condition_holds(condition: Condition, values: Values) -> BoolArray:
    """One comparison."""
    left = values[condition.left]
    if condition.operator.runs:
        return _run(left, condition.bars, 1.0 if condition.operator is Operator.RISING else -1.0)
    side = _side(left, _operand(condition.right, values))
    if condition.operator is Operator.BETWEEN:
        return np.asarray((side >= 0) & (_side(left, _operand(condition.high, values)) <= 0))
    wanted = 1.0 if condition.operator in (Operator.ABOVE, Operator.CROSSES_ABOVE) else -1.0
    if condition.operator.crosses:
        return np.asarray(per_column(side * wanted, _crossed) == 1.0)
    return np.asarray(side == wanted)


def _operand(operand: Operand | None, values: Values) -> FloatArray:
    return values[operand] if isinstance(operand, Feature) else np.asarray(operand, dtype=float)


def _side(left: FloatArray, right: FloatArray) -> FloatArray:
    """1 above, -1 below, 0 where equal up to rounding, NaN where one is not known."""
    difference = left - right
    apart = np.abs(difference) > ROUNDING * np.maximum(np.abs(left), np.abs(right))
    return np.where(np.isfinite(difference), np.sign(difference) * apart, np.nan)


def _crossed(side: FloatArray) -> FloatArray:
    """1 on the bars of a column that are above while the one before was not."""
    out = np.zeros(side.shape)
    out[1:] = (side[1:] > 0) & (side[:-1] <= 0)
    return out


def _run(values: FloatArray, bars: int, wanted: float) -> BoolArray:
    """True where each of the last `bars` changes went the wanted way."""

    def ran(x: FloatArray) -> FloatArray:
        moved = np.zeros(x.shape)
        moved[1:] = _side(x[1:], x[:-1]) == wanted
        so_far = np.concatenate([[0.0], np.cumsum(moved)])
        out = np.zeros(x.shape)
        out[bars:] = so_far[bars + 1 :] - so_far[1:-bars] == bars
        return out

    return np.asarray(per_column(values, ran) == 1.0)
