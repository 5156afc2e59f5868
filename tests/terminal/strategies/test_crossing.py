"""The compiled crossover gives what its plain twin gives, as weights and as sides."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from terminal.strategies.crossing import (
    crossing_sides,
    crossing_weights,
    crossing_weights_python,
    held_sides,
    held_sides_python,
)
from terminal.strategies.sides import FLAT, LONG, SHORT, SILENT, Sides

NUMBERS = st.one_of(
    st.floats(0.5, 2.0), st.sampled_from([1.0, 1.0 + 1e-15, -1.0, float("nan"), float("inf")])
)
TABLE = arrays(np.float64, (6, 3), elements=NUMBERS)
TRUTHS = arrays(np.bool_, (6, 3))


@given(TABLE, TABLE)
@settings(max_examples=100, deadline=None, derandomize=True)
def test_compiled_and_plain_agree(fast: np.ndarray, slow: np.ndarray) -> None:
    right = crossing_weights_python(fast, slow, 0.25)
    np.testing.assert_array_equal(crossing_weights(fast, slow, 0.25), right)
    np.testing.assert_array_equal(Sides(crossing_sides(fast, slow), 0.25).weights(), right)


def test_above_below_equal_and_unknown_by_hand() -> None:
    fast = np.array([[2.0, 1.0, 1.0 + 1e-15, 1.0]])
    slow = np.array([[1.0, 2.0, 1.0, np.nan]])
    np.testing.assert_array_equal(crossing_weights(fast, slow, 0.5), [[0.5, -0.5, 0.0, np.nan]])
    np.testing.assert_array_equal(crossing_sides(fast, slow), [[LONG, SHORT, FLAT, SILENT]])


@given(st.tuples(*[TRUTHS] * 5))
@settings(max_examples=60, deadline=None, derandomize=True)
def test_entries_and_exits_compiled_and_plain_agree(given: tuple[np.ndarray, ...]) -> None:
    np.testing.assert_array_equal(held_sides(*given), held_sides_python(*given))


def test_an_exit_wins_a_tie_and_long_with_short_is_flat() -> None:
    """One instrument: bought, kept, bought and left at once, short, both, unknown."""
    enter_long = np.array([[1, 0, 1, 0, 1, 0]], dtype=bool).T
    leave_long = np.array([[0, 0, 1, 0, 0, 0]], dtype=bool).T
    enter_short = np.array([[0, 0, 0, 1, 0, 0]], dtype=bool).T
    none, known = np.zeros((6, 1), dtype=bool), np.array([[1, 1, 1, 1, 1, 0]], dtype=bool).T
    found = held_sides(enter_long, leave_long, enter_short, none, known)[:, 0]
    assert found.tolist() == [LONG, LONG, FLAT, SHORT, FLAT, SILENT]
