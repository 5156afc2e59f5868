"""Averages of all columns at once are TA-Lib's of each column without its gaps."""

from __future__ import annotations

import numpy as np
import pytest
import talib
from hypothesis import given
from hypothesis import strategies as st

from terminal.market.panel import FloatArray
from terminal.strategies.averages import FEW, exponential_average, simple_average
from terminal.strategies.indicators import ema, per_column, sma
from tests.terminal.backtest.panels import examples, seeds


def series(seed: int, n_bars: int, n: int, gaps: float) -> FloatArray:
    generator = np.random.default_rng(seed)
    values = 50 * np.exp(np.cumsum(generator.normal(0, 0.02, (n_bars, n)), axis=0))
    values[generator.random(values.shape) < gaps] = np.nan
    whole = generator.random(n) < 0.3  # some columns without a gap, some late, some empty
    values[: n_bars // 3, ~whole & (generator.random(n) < 0.3)] = np.nan
    values[:, ~whole & (generator.random(n) < 0.1)] = np.inf
    return np.asarray(values)


SHAPES = st.tuples(st.integers(1, 60), st.sampled_from([1, 3, FEW, 13]))


@given(seeds, SHAPES, st.sampled_from([0.0, 0.1]), st.integers(2, 20))
@examples(120)
def test_a_simple_average_is_talibs_to_the_last_bit(
    seed: int, shape: tuple[int, int], gaps: float, window: int
) -> None:
    values = series(seed, *shape, gaps)
    right = per_column(values, lambda x: talib.SMA(x, window))
    np.testing.assert_array_equal(simple_average(values, window), right)


@given(seeds, SHAPES, st.sampled_from([0.0, 0.1]), st.integers(2, 20))
@examples(120)
def test_an_exponential_average_is_talibs(
    seed: int, shape: tuple[int, int], gaps: float, window: int
) -> None:
    """But for the last bit: some builds of TA-Lib round once where two operations round twice."""
    values = series(seed, *shape, gaps)
    right = per_column(values, lambda x: talib.EMA(x, window))
    np.testing.assert_allclose(exponential_average(values, window), right, rtol=1e-13)


@pytest.mark.parametrize("average", [sma, ema])
@pytest.mark.parametrize("n", [1, FEW])
def test_a_window_of_one_bar_is_the_bar(average: object, n: int) -> None:
    values = series(1, 30, n, 0.1)
    known = np.where(np.isfinite(values), values, np.nan)
    np.testing.assert_array_equal(average(values, 1), known)  # type: ignore[operator]


def test_a_table_of_another_layout_or_kind_is_taken() -> None:
    values = np.arange(40, dtype=np.int64).reshape(4, 10).T
    np.testing.assert_array_equal(sma(values, 2)[1:], values[1:] - 0.5)  # type: ignore[arg-type]
