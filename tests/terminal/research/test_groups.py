"""Groups by quantile: who is in which, what each earns, how fast they change."""

from __future__ import annotations

import numpy as np
import pytest

from terminal.research.groups import FIRST_VALUES, group_returns, groups_of, turnover
from terminal.research.information import Mode


def test_across_instruments_a_group_is_the_place_among_the_others_at_the_bar() -> None:
    feature = np.array([[5.0, 1.0, 3.0, 2.0, 4.0], [1.0, 2.0, 3.0, np.nan, np.nan]])
    found = groups_of(feature, 5, Mode.ACROSS)
    np.testing.assert_array_equal(found[0], [4, 0, 2, 1, 3])
    assert np.isnan(found[1]).all(), "three instruments make no five groups"


def test_through_time_no_later_value_says_what_is_high() -> None:
    feature = np.random.default_rng(3).normal(size=(400, 2))
    whole = groups_of(feature, 4, Mode.THROUGH)
    assert np.isnan(whole[: FIRST_VALUES - 1]).all() and np.isfinite(whole[FIRST_VALUES:]).all()
    part = groups_of(feature[:250], 4, Mode.THROUGH)
    np.testing.assert_array_equal(part, whole[:250])
    at = 300
    place = ((feature[: at + 1] < feature[at]).sum(axis=0) + 0.5) / (at + 1)
    np.testing.assert_array_equal(whole[at], np.floor(place * 4))
    shares = np.bincount(whole[np.isfinite(whole)].astype(int)) / np.isfinite(whole).sum()
    np.testing.assert_allclose(shares, 0.25, atol=0.08)


def test_means_of_groups_and_their_spread_are_those_made_by_hand() -> None:
    group = np.array([[0.0, 1.0, 2.0], [0.0, 1.0, 2.0], [np.nan, 1.0, 2.0]] * 40)
    returns = np.array([[0.01, 0.02, 0.06], [0.03, 0.02, np.nan], [9.0, 0.02, 0.04]] * 40)
    found = group_returns(group, returns, 3, 1)
    assert [one.mean for one in found.groups] == pytest.approx([0.02, 0.02, 0.05])
    assert [one.n for one in found.groups] == [80, 120, 80]
    assert found.spread.mean == pytest.approx(0.03) and found.spread.sure


def test_each_group_that_earns_more_than_the_last_is_monotone() -> None:
    group = np.tile(np.arange(5.0), (200, 1))
    noise = np.random.default_rng(0).normal(scale=0.001, size=(200, 5))
    up = group_returns(group, 0.01 * group + noise, 5, 1)
    assert up.monotone == pytest.approx(1.0)
    down = group_returns(group, -0.01 * group + noise, 5, 1)
    assert down.monotone == pytest.approx(-1.0) and down.spread.high < 0


def test_no_return_at_all_is_no_number() -> None:
    found = group_returns(np.full((10, 2), np.nan), np.ones((10, 2)), 3, 1)
    assert np.isnan(found.spread.mean) and len(found.groups) == 3


def test_turnover_is_the_share_that_is_new() -> None:
    group = np.array([[1.0, 0.0], [1.0, 1.0], [0.0, 1.0], [np.nan, 1.0], [1.0, 1.0]])
    # members of group 1 with a bar before: (1,0) old, (1,1) new, (2,1) old, (3,1) old,
    # (4,0) new (its bar before was in group 0), (4,1) old
    assert turnover(group, 1) == pytest.approx(2 / 6)
    assert np.isnan(turnover(group, 3))
