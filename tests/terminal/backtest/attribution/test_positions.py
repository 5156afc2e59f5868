"""Bets in positions: reference cases, and by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from terminal.backtest.attribution.positions import (
    average_holding,
    flattenings,
    flips,
    hhi,
    position_statistics,
)
from tests.terminal.market.reference import cases


@pytest.mark.parametrize("case", cases("afml", "stats-flattening-flips"))
def test_reference_of_flattenings_and_flips(case: dict[str, Any]) -> None:
    positions = np.array(case["inputs"]["positions"], dtype=float)
    assert flips(positions).tolist() == case["expected"]["flips_at"]
    assert flattenings(positions).tolist() == case["expected"]["flattenings_at"]


@pytest.mark.parametrize("case", cases("afml", "stats-holding-period"))
def test_reference_of_the_holding_period(case: dict[str, Any]) -> None:
    positions = np.array(case["inputs"]["positions"], dtype=float)
    found = average_holding(positions, np.arange(positions.size, dtype=float))
    assert found == pytest.approx(case["expected"], abs=case["tolerance"]["abs"])


@pytest.mark.parametrize("case", cases("afml", "stats-hhi"))
def test_reference_of_the_concentration(case: dict[str, Any]) -> None:
    found = hhi(np.array(case["inputs"]["returns"], dtype=float))
    assert found == pytest.approx(case["expected"], abs=case["tolerance"]["abs"])


def test_a_position_built_in_steps_is_as_old_as_their_mean() -> None:
    # 1 unit from day 0 and 3 from day 4: mean entry 3; half sold on day 5, the rest on day 7
    positions = np.array([1.0, 1, 1, 1, 4, 2, 2, 0])
    assert average_holding(positions, np.arange(8.0)) == pytest.approx((2 * 2 + 2 * 4) / 4)
    assert average_holding(np.ones(5), np.arange(5.0)) is None


def test_concentration_by_hand() -> None:
    assert hhi(np.array([1.0, 1.0, 1.0])) == pytest.approx(0.0)
    assert hhi(np.array([5.0, 0.0, 0.0])) == pytest.approx(1.0)
    assert hhi(np.array([1.0, 2.0])) is None and hhi(np.array([1.0, -1.0, 0.0])) is None


def test_instruments_are_weighted_by_their_bets() -> None:
    one = np.array([1.0, 0, 1, 0, 1, 0])  # three bets of a day
    other = np.array([1.0, 1, 1, 1, 0, 0])  # one of four days
    found = position_statistics(np.column_stack([one, other, np.zeros(6)]), np.arange(6.0))
    assert (found.flattenings, found.flips) == (4, 0)
    assert found.holding_days == pytest.approx((3 * 1 + 4) / 4)
