from __future__ import annotations

import numpy as np
import pytest

from terminal.strategies.rules.conditions import condition_holds, group_holds
from terminal.strategies.rules.rule_set import Condition, Feature, Group, Join, Operator

NAN = np.nan
A, B = Feature("close"), Feature("open")


def rows(left: list[float], operator: Operator, right: list[float] | float, **more: float) -> str:
    """`..x.`: where the condition holds on one instrument."""
    values = {A: np.array(left)[:, None]}
    operand: Feature | float = right if isinstance(right, float) else B
    if not isinstance(right, float):
        values[B] = np.array(right)[:, None]
    found = condition_holds(Condition(A, operator, operand, **more), values)  # type: ignore[arg-type]
    return "".join("x" if held else "." for held in found[:, 0])


@pytest.mark.parametrize(
    ("left", "operator", "right", "expected"),
    [
        ([1, 2, 3, NAN], Operator.ABOVE, 2.0, "..x."),
        ([1, 2, 3, NAN], Operator.BELOW, 2.0, "x..."),
        ([1, 2, 3, 1, 3], Operator.CROSSES_ABOVE, 2.0, "..x.x"),
        ([1, 3, 4, NAN, 2, NAN, 3], Operator.CROSSES_ABOVE, 2.0, ".x....x"),  # own bar before
        ([3, 3, 2, 1, 1], Operator.CROSSES_BELOW, 2.0, "...x."),
        ([1, 5, 1], Operator.CROSSES_ABOVE, [2, 6, 0], "..x"),
        ([1, 2, NAN], Operator.ABOVE, [NAN, 1, 1], ".x."),
        ([0.1 + 0.2, 0.3], Operator.ABOVE, [0.3, 0.1 + 0.2], ".."),  # apart by rounding only
        ([3], Operator.CROSSES_ABOVE, 2.0, "."),  # nothing before: no crossing
    ],
)
def test_comparisons_by_hand(
    left: list[float], operator: Operator, right: list[float] | float, expected: str
) -> None:
    assert rows(left, operator, right) == expected


def test_a_span_holds_its_ends() -> None:
    assert rows([0, 1, 2, 3, 4, NAN], Operator.BETWEEN, 1.0, high=3.0) == ".xxx.."


def test_runs_count_changes_in_a_row_over_own_bars() -> None:
    values = [1, 2, 3, 3, 4, NAN, 5, 6, 1]
    assert rows(values, Operator.RISING, 0.0, bars=1) == ".xx.x.xx."
    assert rows(values, Operator.RISING, 0.0, bars=2) == "..x...xx."
    assert rows(values, Operator.FALLING, 0.0, bars=1) == "........x"
    assert rows([1, 2], Operator.RISING, 0.0, bars=5) == ".."


def test_groups_ask_for_all_or_any_and_nest() -> None:
    above = Condition(A, Operator.ABOVE, 1.0)
    below = Condition(A, Operator.BELOW, 3.0)
    values = {A: np.array([[1.0], [2.0], [3.0], [NAN]])}

    def held(group: Group) -> list[bool]:
        return [bool(value) for value in group_holds(group, values)[:, 0]]

    both = Group(Join.ALL, (above, below))
    assert held(both) == [False, True, False, False]
    assert held(Group(Join.ANY, (above, below))) == [True, True, True, False]
    high = Condition(A, Operator.ABOVE, 2.5)
    assert held(Group(Join.ANY, (high, both))) == [False, True, True, False]
