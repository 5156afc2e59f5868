"""Numbers that mlfinlab's public tests hold, on its 1000 dollar bars."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from terminal.labels.barriers import Prices, touch
from terminal.labels.bootstrap import draw_probabilities
from terminal.labels.cusum import cusum_events
from terminal.labels.own_bars import OwnBars, own_bars
from terminal.labels.volatility import daily_volatility
from terminal.labels.weights import average_uniqueness, return_attribution, time_decay
from tests.terminal.labels.dollar_bars import dollar_bars
from tests.terminal.market.reference import cases


@pytest.fixture
def bars(shared_dir: Path) -> OwnBars:
    return own_bars(dollar_bars(shared_dir / "reference"))


def at_times(bars: OwnBars, at: np.ndarray) -> list[str]:
    return [str(pd.Timestamp(ts)) for ts in bars.panel.ts[at]]


def spans(
    bars: OwnBars, h: float, days: float | None, multiples: float, minimum: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Events of the mlfinlab recipe: at, end, return, touched, unit; its vertical is in days."""
    unit = daily_volatility(bars, 100)
    at = np.flatnonzero(cusum_events(bars.close, h) & (np.nan_to_num(unit) > minimum))
    empty = np.empty(0, dtype=np.int64)
    prices = Prices(
        bars.start, bars.row, bars.open, bars.high, bars.low, bars.close, bars.close, 0, 1, empty,
        empty,
    )  # fmt: skip
    found = []
    for k in at:
        horizon = len(bars.close)
        if days is not None:
            until = bars.panel.ts[k] + np.timedelta64(int(days * 24), "h")
            horizon = int(np.searchsorted(bars.panel.ts, until)) - k
        end, price, touched = touch(
            prices, np.array([k]), np.ones(1, dtype=np.int8), unit, target=multiples,
            loss=multiples, horizon=horizon, by_close=True,
        )  # fmt: skip
        found.append((end[0], price[0] / bars.close[k] - 1.0, touched[0]))
    end, returns, touched = (np.array(part) for part in zip(*found, strict=True))
    return at, end, returns, touched, unit[at]


@pytest.mark.parametrize("case", cases("afml", "cusum-"))
def test_cusum_events_are_those_of_mlfinlab(case: dict[str, Any], bars: OwnBars) -> None:
    events = np.flatnonzero(cusum_events(bars.close, case["inputs"]["h"]))
    assert at_times(bars, events) == case["expected"]["events"]


@pytest.mark.parametrize("case", cases("afml", "daily-vol"))
def test_daily_volatility_is_that_of_mlfinlab(case: dict[str, Any], bars: OwnBars) -> None:
    found = daily_volatility(bars, case["inputs"]["lookback_span"])
    first = int(np.argmax(np.isfinite(found)))
    expected = case["expected"]
    assert at_times(bars, np.array([first])) == [expected["first_valid"]]
    assert found[first] == pytest.approx(expected["first"], rel=1e-9)
    assert found[-1] == pytest.approx(expected["last"], rel=1e-9)
    assert np.nanmean(found) == pytest.approx(expected["mean"], rel=1e-9)
    # the book's series has one more row: the first return, whose deviation is not known yet
    assert np.isfinite(found).sum() == expected["n"] - 1


@pytest.mark.parametrize("case", cases("afml", "triple-barrier-"))
def test_triple_barrier_is_that_of_mlfinlab(case: dict[str, Any], bars: OwnBars) -> None:
    asked, expected = case["inputs"], case["expected"]
    at, end, returns, touched, unit = spans(
        bars, asked["cusum_h"], asked["vertical_days"], asked["pt_sl"][0], asked["min_ret"]
    )
    assert at_times(bars, at) == expected["events"]
    assert at_times(bars, end) == expected["t1"]
    assert unit.tolist() == pytest.approx(expected["trgt"], rel=1e-9)
    assert returns.tolist() == pytest.approx(expected["ret"], rel=1e-9)
    labels = touched == 1 if asked["side"] else touched
    assert labels.astype(int).tolist() == expected["bin"]


@pytest.mark.parametrize("case", cases("afml", "weights-"))
def test_sample_weights_are_those_of_mlfinlab(case: dict[str, Any], bars: OwnBars) -> None:
    at, end, _, touched, _ = spans(bars, 0.02, 2, 4.0, 0.005)
    complete = touched != 2
    at, end = at[complete], end[complete]
    one = np.zeros(len(at), dtype=np.int64)
    if case["id"] == "weights-by-return":
        found = return_attribution(bars.close[:, None], at, end, one)
    else:
        found = time_decay(average_uniqueness(at, end, one), case["inputs"]["last_weight"])
    assert found.tolist() == pytest.approx(case["expected"], rel=1e-9)


@pytest.mark.parametrize("case", cases("afml", "seqboot-"))
def test_first_draw_of_the_sequential_bootstrap(case: dict[str, Any]) -> None:
    alive = np.array(case["inputs"]["ind_matrix"])
    bar = alive.argmax(axis=0)
    end = len(alive) - 1 - alive[::-1].argmax(axis=0)
    drawn = np.array(case["inputs"]["already_drawn"], dtype=np.int64)
    found = draw_probabilities(bar, end, np.zeros(3, dtype=np.int64), drawn)
    assert found.tolist() == pytest.approx(case["expected"]["probabilities"], abs=1e-12)
