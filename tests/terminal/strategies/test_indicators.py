"""Indicators against reference numbers, by hand, and on series with gaps."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import talib

from terminal.market.panel import FloatArray
from terminal.strategies import indicators as ind
from tests.terminal.market.reference import cases

NAN = float("nan")


def _column(values: Any) -> FloatArray:
    return np.array(values, dtype=np.float64)[:, None]


def _maximum(close: FloatArray, window: int) -> FloatArray:
    """The highest of the window that ends with a bar: of the window before the next one."""
    return ind.highest_before(np.vstack([close, close[-1:]]), window)[1:]


def _stochastic_rsi(close: FloatArray, window: int, span: int | None = None) -> FloatArray:
    strength = pd.Series(ind.rsi(close, window)[:, 0]).rolling(span or window)
    low, high = strength.min(), strength.max()
    return _column((ind.rsi(close, window)[:, 0] - low) / (high - low))


def _band(close: FloatArray, window: int, deviations: float, side: int) -> FloatArray:
    """Bollinger's bands from our score: the price at which the score would be reached (ddof 0)."""
    middle = ind.sma(close, window)
    unit = (close - middle) / ind.z_score(close, window) * np.sqrt((window - 1) / window)
    return middle + side * deviations * unit


Ours = Callable[[FloatArray, dict[str, Any]], list[FloatArray]]
OURS: dict[str, Ours] = {
    "SMA": lambda x, p: [ind.sma(x, p["timeperiod"])],
    "EMA": lambda x, p: [ind.ema(x, p["timeperiod"])],
    "ROC": lambda x, p: [100 * ind.rate_of_change(x, p["timeperiod"])],
    "STOCHRSI": lambda x, p: [
        100 * _stochastic_rsi(x, p["timeperiod"], p["fastk_period"]),
        # its signal line of one bar is the line itself
        100 * _stochastic_rsi(x, p["timeperiod"], p["fastk_period"]),
    ],
    "BBANDS": lambda x, p: [_band(x, p["timeperiod"], 2.0, side) for side in (1, 0, -1)],
    "sma": lambda x, p: [ind.sma(x, p["window"])],
    "roc": lambda x, p: [ind.rate_of_change(x, p["window"])],
    "max": lambda x, p: [_maximum(x, p["window"])],
    "stochrsi": lambda x, p: [_stochastic_rsi(x, p["window"])],
}
APPLY = [
    case
    for case in cases("indicators")
    if case.values[0] is None or case.values[0]["inputs"].get("function") in OURS
]


@pytest.mark.parametrize("case", APPLY)
def test_reference(case: dict[str, Any], shared_dir: Path) -> None:
    inputs, expected, tolerance = case["inputs"], case["expected"], case["tolerance"]
    params = inputs["params"]
    if isinstance(params, list):
        params = {"window": int(params[0])}
    if "close" in inputs:
        close = _column(inputs["close"])
    else:
        with (shared_dir / "reference" / inputs["data"]).open(encoding="utf-8") as file:
            close = _column([row["close"] for row in csv.DictReader(file)])
    found = OURS[inputs["function"]](close, params)
    if "outputs_tail_aligned" in expected:
        (answer,) = expected["outputs_tail_aligned"]
        tail = found[0][-len(answer) :, 0]
        np.testing.assert_allclose(tail, answer, rtol=tolerance["rel"], atol=tolerance["abs"])
        assert np.isnan(found[0][: -len(answer)]).all()
        return
    assert np.isnan(found[0][: inputs["first_valid_index"]]).all()
    for point in expected["points"]:
        value = found[point["out"]][point["index"], 0]
        assert value == pytest.approx(point["value"], abs=10.0 ** -point["decimals"])
        assert value == pytest.approx(point["talib_0_8_2"], rel=1e-9, abs=1e-9)


def test_rsi_by_hand() -> None:
    """Window 2 on 10 11 10 12: gains 1 0 2, losses 0 1 0; Wilder's averages, seeded by the mean."""
    found = ind.rsi(_column([10, 11, 10, 12]), 2)[:, 0]
    # row 2: gain (1 + 0) / 2, loss (0 + 1) / 2; row 3: gain (0.5 + 2) / 2, loss (0.5 + 0) / 2
    assert np.isnan(found[:2]).all()
    np.testing.assert_allclose(found[2:], [50.0, 100 * 1.25 / 1.5])


def test_rsi_of_a_price_that_never_moved_is_unknown_not_oversold() -> None:
    found = ind.rsi(_column([10.0] * 8 + [11.0, 11.0]), 3)[:, 0]
    assert np.isnan(found[:8]).all()
    assert found[8:].tolist() == [100.0, 100.0]


def test_z_score_is_the_textbooks() -> None:
    values = np.random.default_rng(0).normal(100, 1, 50)
    found = ind.z_score(_column(values), 10)[:, 0]
    for row in range(9, 50):
        part = values[row - 9 : row + 1]
        assert found[row] == pytest.approx((values[row] - part.mean()) / part.std(ddof=1))
    assert np.isnan(found[:9]).all()


def test_z_score_of_a_constant_window_is_unknown_whatever_the_price() -> None:
    for level in (0.1, 100.1, 1e7 + 0.1):
        values = [level * 1.5] * 3 + [level] * 20 + [level * 2]
        found = ind.z_score(_column(values), 5)[:, 0]
        assert np.isnan(found[7:23]).all(), level
        assert np.isfinite(found[23])


def test_z_score_keeps_its_precision_on_a_high_price_that_hardly_moves() -> None:
    """Sums of squares would lose these digits: 1e8 squared leaves none for 1e-4 squared."""
    steps = np.random.default_rng(1).normal(0, 1e-4, 200)
    values = 1e6 + steps
    found = ind.z_score(_column(values), 20)[:, 0]
    for row in (19, 100, 199):
        part = values[row - 19 : row + 1]
        exact = (values[row] - part.mean()) / part.std(ddof=1)
        assert found[row] == pytest.approx(exact, rel=1e-3)


@pytest.mark.parametrize(
    "indicator",
    [
        *(ind.sma, ind.ema, ind.rsi, ind.z_score),
        *(ind.highest_before, ind.lowest_before, ind.rate_of_change, ind.lag),
    ],
    ids=lambda f: f.__name__,
)
def test_missing_bars_are_left_out_of_the_window(indicator: Any) -> None:
    """The same values without gaps give the same numbers, in the rows that have bars."""
    generator = np.random.default_rng(2)
    dense = generator.normal(100, 5, (40, 3))
    sparse = np.full((80, 3), NAN)
    for column in range(3):
        rows = np.sort(generator.choice(80, 40, replace=False))
        sparse[rows, column] = dense[:, column]
    found = indicator(sparse, 5)
    expected = indicator(dense, 5)
    for column in range(3):
        has_bar = np.isfinite(sparse[:, column])
        np.testing.assert_array_equal(found[has_bar, column], expected[:, column])
        assert np.isnan(found[~has_bar, column]).all()


@pytest.mark.parametrize("n_bars", [0, 1, 4])
def test_fewer_bars_than_the_window_are_all_unknown(n_bars: int) -> None:
    values = np.arange(1.0, n_bars + 1)[:, None]
    for indicator in (ind.sma, ind.ema, ind.rsi, ind.highest_before, ind.z_score, ind.lag):
        found = indicator(values, 5)
        assert found.shape == (n_bars, 1) and np.isnan(found).all()


def test_the_channel_does_not_contain_the_current_bar() -> None:
    values = _column([1, 5, 3, 9, 2])
    np.testing.assert_array_equal(ind.highest_before(values, 2)[:, 0], [NAN, NAN, 5, 5, 9])
    np.testing.assert_array_equal(ind.lowest_before(values, 2)[:, 0], [NAN, NAN, 1, 3, 3])


def test_the_library_itself_would_lose_everything_after_one_gap() -> None:
    """Why columns are handed over without their gaps."""
    assert np.isnan(talib.SMA(np.array([1.0, 2, NAN, 4, 5, 6, 7]), 2)[-1])
