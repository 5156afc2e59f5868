"""The bars on which a strategy decides again."""

from __future__ import annotations

import numpy as np
import pytest

from terminal.strategies.schedule import (
    BY_BARS,
    MONTHLY,
    WEEKLY,
    first_of_month,
    first_of_week,
    rebalance_rows,
)
from tests.terminal.backtest.panels import weekdays


def test_weeks_begin_with_their_first_bar_whatever_day_it_is() -> None:
    days = np.array(["2024-01-03", "2024-01-05", "2024-01-09", "2024-01-10", "2024-01-15"])
    ts = days.astype("datetime64[ns]")
    assert first_of_week(ts).tolist() == [True, False, True, False, True]
    assert first_of_week(ts[:0]).tolist() == []
    assert np.flatnonzero(first_of_week(weekdays(30))).tolist() == [0, 5, 10, 15, 20, 25]


def test_months_begin_with_their_first_bar() -> None:
    ts = weekdays(70)  # January 2024 has 23 weekdays, February 21, March 21
    assert np.flatnonzero(first_of_month(ts)).tolist() == [0, 23, 44, 65]
    assert first_of_month(ts[:0]).tolist() == []


def test_bars_are_counted_from_the_first() -> None:
    assert np.flatnonzero(rebalance_rows(weekdays(20), BY_BARS, 6)).tolist() == [0, 6, 12, 18]
    assert rebalance_rows(weekdays(3), BY_BARS, 1).all()


@pytest.mark.parametrize("rebalance", [WEEKLY, MONTHLY, BY_BARS])
def test_a_bar_is_judged_without_those_after_it(rebalance: str) -> None:
    ts = weekdays(60)
    whole = rebalance_rows(ts, rebalance, 7)
    for n in range(1, 60):
        np.testing.assert_array_equal(rebalance_rows(ts[:n], rebalance, 7), whole[:n])
