"""The compiled crossover gives what its plain twin gives."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from terminal.strategies.crossing import crossing_weights, crossing_weights_python

NUMBERS = st.one_of(st.floats(0.5, 2.0), st.just(1.0), st.just(float("nan")))
TABLE = arrays(np.float64, (6, 3), elements=NUMBERS)


@given(TABLE, TABLE)
@settings(max_examples=60, deadline=None, derandomize=True)
def test_compiled_and_plain_agree(fast: np.ndarray, slow: np.ndarray) -> None:
    np.testing.assert_array_equal(
        crossing_weights(fast, slow, 0.25), crossing_weights_python(fast, slow, 0.25)
    )


def test_above_below_equal_and_unknown_by_hand() -> None:
    fast = np.array([[2.0, 1.0, 1.0 + 1e-15, 1.0]])
    slow = np.array([[1.0, 2.0, 1.0, np.nan]])
    np.testing.assert_array_equal(crossing_weights(fast, slow, 0.5), [[0.5, -0.5, 0.0, np.nan]])
