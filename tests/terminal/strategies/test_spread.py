"""Formation windows, and a spread's way from its entry to its exit or its stop."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from terminal.errors import InputError
from terminal.strategies.spread import (
    FLAT,
    LONG,
    STOPPED_LONG,
    SpreadParams,
    carried_logs,
    formations,
    opinions,
    positions,
)
from tests.terminal.backtest.panels import NAN, panel


def params(**more: Any) -> SpreadParams:
    return SpreadParams(**{"formation": 30, "reform": 10, **more})


def held(score: list[float], state: int = FLAT, fresh: list[bool] | None = None) -> Any:
    known = np.ones(len(score), dtype=bool) if fresh is None else np.array(fresh)
    found, after = positions(np.array(score), known, state, params())
    return found.tolist(), after


def test_a_spread_is_sold_above_and_bought_below_and_left_near_the_mean() -> None:
    assert held([1.9, 2.1, 1.0, 0.6, 0.5, 0.4]) == ([0, -1, -1, -1, 0, 0], FLAT)
    assert held([-2.1, -0.6, -0.4]) == ([1, 1, 0], FLAT)
    assert held([-2.1, 2.1]) == ([1, -1], -LONG)


def test_beyond_the_stop_a_spread_is_given_up_until_it_has_been_back() -> None:
    assert held([-2.5, -4.1, -3.0, -1.0, -0.5, -2.5]) == ([1, 0, 0, 0, 0, 1], LONG)
    assert held([-3.0], STOPPED_LONG) == ([0], STOPPED_LONG)


def test_a_spread_already_beyond_the_stop_is_not_entered() -> None:
    assert held([4.5, -4.5]) == ([0, 0], FLAT)


def test_a_position_stands_while_a_leg_has_no_bar_but_not_for_ever() -> None:
    score = [-2.5] + [0.0] * 14
    assert held(score, fresh=[True] + [False] * 3 + [True] * 11)[0] == [1] * 4 + [0] * 11
    assert held(score, fresh=[True] + [False] * 14) == ([1] * 11 + [0] * 4, FLAT)
    assert held([NAN, NAN], LONG) == ([1, 1], LONG)


def test_formations_follow_each_other_and_end_where_they_are_made() -> None:
    found = list(formations(panel(np.full((55, 2), 10.0)), params()))
    windows = [(f.window.start, f.window.stop) for f in found]
    assert windows == [(0, 30), (10, 40), (20, 50)]
    assert [(f.traded.start, f.traded.stop) for f in found] == [(29, 39), (39, 49), (49, 55)]


def test_only_instruments_with_nearly_all_bars_of_the_window_take_part() -> None:
    close = np.full((45, 4), 10.0)
    close[:5, 1] = NAN  # listed late: has its own 30 bars by the second formation
    close[[12, 14, 16, 18], 2] = NAN  # a window of 30 with four bars missing is below 90 %
    close[25:, 3] = NAN  # gone
    found = [f.usable.tolist() for f in formations(panel(close), params())]
    assert found == [[0], [0, 1]]


def test_an_opinion_needs_a_bar_and_a_formation_window() -> None:
    close = np.full((40, 2), 10.0)
    close[:4, 1] = close[35, 1] = NAN
    found = opinions(panel(close), params())
    assert np.isnan(found[:29, 0]).all() and (found[29:, 0] == 0).all()
    assert np.flatnonzero(np.isfinite(found[:, 1])).tolist() == [33, 34, 36, 37, 38, 39]


def test_a_missing_bar_is_taken_as_unchanged() -> None:
    found = carried_logs(np.array([[NAN, 1.0, NAN, NAN, np.e]]).T)[:, 0]
    np.testing.assert_allclose(found, [NAN, 0, 0, 0, 1])


@pytest.mark.parametrize(
    ("given", "field"),
    [({"leave": 2.0}, "leave"), ({"entry": 4.0}, "stop"), ({"stop": 1.5}, "stop")],
)
def test_distances_must_follow_each_other(given: dict[str, float], field: str) -> None:
    with pytest.raises(InputError, match="each distance must be larger") as caught:
        params(**given)
    assert caught.value.field == field and caught.value.remedy
