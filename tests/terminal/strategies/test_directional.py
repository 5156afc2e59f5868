"""MACD and directional movement: against references, by hand, and what they decide."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from terminal.errors import InputError
from terminal.market.panel import FloatArray
from terminal.params import validate
from terminal.strategies import indicators as ind
from terminal.strategies.directional import (
    ZERO_LINE,
    AdxParams,
    MacdParams,
    adx_targets,
    macd_targets,
)
from tests.terminal.backtest.panels import panel, random_panel
from tests.terminal.market.reference import cases

NAN = float("nan")
Bars = tuple[FloatArray, FloatArray, FloatArray]


def _rating(bars: Bars, window: int) -> FloatArray:
    """ADXR, the mean of the ADX now and `window - 1` bars ago (Wilder 1978)."""
    index = ind.directional_movement(*bars, window)[0]
    return (index + ind.lag(index, window - 1)) / 2


OURS: dict[str, Callable[[Bars, int], FloatArray]] = {
    "ADXR": _rating,
    "PLUS_DI": lambda bars, window: ind.directional_movement(*bars, window)[1],
    "MINUS_DI": lambda bars, window: ind.directional_movement(*bars, window)[2],
    "NATR": lambda bars, window: 100 * ind.average_true_range(*bars, window) / bars[2],
}
APPLY = [
    case
    for case in cases("indicators")
    if case.values[0] is None or case.values[0]["inputs"].get("function") in OURS
]


@pytest.mark.parametrize("case", APPLY)
def test_reference(case: dict[str, Any], shared_dir: Path) -> None:
    inputs = case["inputs"]
    with (shared_dir / "reference" / inputs["data"]).open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    high, low, close = (
        np.array([[float(row[name])] for row in rows]) for name in ("high", "low", "close")
    )
    found = OURS[inputs["function"]]((high, low, close), inputs["params"]["timeperiod"])[:, 0]
    assert np.isnan(found[: inputs["first_valid_index"]]).all()
    for point in case["expected"]["points"]:
        value = found[point["index"]]
        if not point.get("printed_is_loose"):
            assert value == pytest.approx(point["value"], abs=1.01 * 10.0 ** -point["decimals"])
        assert value == pytest.approx(point["talib_0_8_2"], rel=1e-9)


def test_macd_is_the_difference_of_two_averages_and_its_average() -> None:
    values = 50 + np.cumsum(np.random.default_rng(2).normal(0, 1, 60))
    line, signal = (x[:, 0] for x in ind.macd(values[:, None], 3, 7, 4))

    def average(x: FloatArray, window: int, first: int) -> FloatArray:
        out = np.full(x.shape, NAN)
        out[first] = x[first - window + 1 : first + 1].mean()
        for t in range(first + 1, len(x)):
            out[t] = out[t - 1] + 2 / (window + 1) * (x[t] - out[t - 1])
        return out

    # both averages are seeded so that they have their first value on the same bar
    expected = average(values, 3, 6) - average(values, 7, 6)
    np.testing.assert_allclose(line[9:], expected[9:])
    np.testing.assert_allclose(signal[9:], average(expected, 4, 9)[9:])
    assert np.isnan(line[:9]).all() and np.isnan(signal[:9]).all()


def test_a_gap_moves_the_averages_by_no_bar() -> None:
    """The indicators of a column with holes are those of its bars without them."""
    bars = random_panel(7, 80, 1, ragged=False, events=False)
    holes = np.ones(80, dtype=bool)
    holes[[3, 20, 21, 50]] = False
    for values in (bars.high, bars.low, bars.close):
        values[~holes] = NAN
    whole = (*ind.directional_movement(*ind.price_range(bars), 5), *ind.macd(bars.close, 3, 6, 3))
    short = tuple(x[holes] for x in ind.price_range(bars))
    again = (*ind.directional_movement(*short, 5), *ind.macd(short[2], 3, 6, 3))
    for one, other in zip(whole, again, strict=True):
        np.testing.assert_array_equal(one[holes], other)
        assert np.isnan(one[~holes]).all()


def test_macd_is_long_in_a_rise_and_short_in_a_fall() -> None:
    rise, fall = [100 * 1.01**k for k in range(30)], [135 * 0.98**k for k in range(30)]
    for against in ("signal line", ZERO_LINE):
        params = MacdParams(fast=3, slow=6, signal=3, against=against)
        found = macd_targets(panel(rise + fall), params)[:, 0]
        assert np.isnan(found[:7]).all()
        assert found[29] == 1 and found[40] == -1


def test_macd_has_no_side_on_a_price_that_does_not_move() -> None:
    found = macd_targets(panel([100.1] * 60), MacdParams())[:, 0]
    assert (found[33:] == 0).all()


def test_adx_follows_a_trend_and_leaves_when_it_turns() -> None:
    up, down = [10.0 + k for k in range(12)], [21.0 - k for k in range(1, 12)]
    found = adx_targets(panel(up + down), AdxParams(window=3))[:, 0]
    assert np.isnan(found[:5]).all()
    assert (found[5:12] == 1).all()  # nothing but rises: ADX is 100
    assert found[12] in (0, 1) and found[-1] == -1
    assert not (np.diff(found[5:]) > 0).any()  # long, flat, short: never back


def test_adx_stays_out_where_there_is_no_trend() -> None:
    found = adx_targets(panel([10, 11] * 30), AdxParams(window=5))[:, 0]
    assert (found[20:] == 0).all()


@pytest.mark.parametrize(
    ("params_type", "given", "field"),
    [(MacdParams, {"fast": 26}, "fast"), (AdxParams, {"leave": 30.0}, "leave")],
)
def test_levels_that_contradict_each_other_are_refused(
    params_type: type, given: dict[str, Any], field: str
) -> None:
    with pytest.raises(InputError) as caught:
        validate(params_type, given)
    assert caught.value.field == field and caught.value.remedy
