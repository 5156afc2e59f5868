"""Forward returns: outcomes that begin after the bar a feature is known at."""

from __future__ import annotations

import numpy as np
import pytest

from terminal.errors import InputError
from terminal.research.outcomes import forward_returns, over_the_universe


def test_the_return_begins_a_bar_after_the_feature_is_known() -> None:
    close = np.array([[100.0], [110.0], [121.0], [133.1], [133.1]])
    one = forward_returns(close, 1)[:, 0]
    np.testing.assert_allclose(one[:3], [0.1, 0.1, 0.0])
    assert np.isnan(one[3:]).all(), "the last rows have no outcome yet"
    two = forward_returns(close, 2)[:, 0]
    np.testing.assert_allclose(two[:2], [0.21, 0.1])
    assert np.isnan(two[2:]).all()


def test_a_missing_price_on_either_side_is_no_return() -> None:
    close = np.array([[1.0], [np.nan], [2.0], [4.0], [8.0], [np.nan]])
    found = forward_returns(close, 1)[:, 0]
    assert np.isnan(found[0])  # entry missing
    np.testing.assert_allclose(found[1:3], [1.0, 1.0])
    assert np.isnan(found[3:]).all()  # exit missing, then the end


def test_prices_up_to_the_feature_do_not_matter() -> None:
    close = np.exp(np.cumsum(np.random.default_rng(1).normal(size=(60, 2)), axis=0))
    changed = close.copy()
    changed[:31] *= 7.0
    np.testing.assert_array_equal(forward_returns(close, 5)[30:], forward_returns(changed, 5)[30:])


def test_a_horizon_of_nothing_is_refused() -> None:
    with pytest.raises(InputError, match="0 bars"):
        forward_returns(np.ones((5, 1)), 0)


def test_over_the_universe_takes_off_the_mean_of_those_that_are_there() -> None:
    found = over_the_universe(np.array([[0.1, 0.3, np.nan], [np.nan] * 3]))
    np.testing.assert_allclose(found[0], [-0.1, 0.1, np.nan])
    assert np.isnan(found[1]).all()
