"""Scores by which instruments are ranked."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from terminal.errors import InputError
from terminal.strategies import scores
from tests.terminal.backtest.panels import NAN, random_panel


def test_each_score_has_the_sign_of_what_is_bought() -> None:
    close = np.array([[10.0, 11, 13.2, 12, 15]]).T
    np.testing.assert_allclose(
        scores.momentum(close, 3, 1)[:, 0], [NAN, NAN, NAN, 0.32, 12 / 11 - 1]
    )
    np.testing.assert_allclose(
        scores.reversal(close, 2)[:, 0], [NAN, NAN, -0.32, -1 / 11, -15 / 13.2 + 1]
    )
    np.testing.assert_allclose(
        scores.trend(close, 2)[:, 0], [NAN, 1 / 21, 1.1 / 12.1, -0.6 / 12.6, 1.5 / 13.5]
    )
    returns = np.array([0.1, 0.2, 12 / 13.2 - 1, 0.25])
    expected = [NAN, NAN] + [-returns[k : k + 2].std(ddof=1) for k in range(3)]
    np.testing.assert_allclose(scores.low_volatility(close, 2)[:, 0], expected)


def test_a_price_that_stands_still_has_no_volatility_to_rank_by() -> None:
    assert np.isnan(scores.low_volatility(np.full((20, 1), 10.1), 5)).all()


def test_a_missing_bar_has_no_score_and_leaves_the_others_alone() -> None:
    close = random_panel(1, 60, 1, ragged=False, events=False).close
    holes = np.insert(close, [20, 40], NAN, axis=0)
    rows = np.isfinite(holes[:, 0])
    for score in (
        lambda x: scores.momentum(x, 10, 2),
        lambda x: scores.momentum(x, 10, 0),
        lambda x: scores.reversal(x, 5),
        lambda x: scores.low_volatility(x, 5),
        lambda x: scores.trend(x, 5),
    ):
        found = score(holes)
        assert np.isnan(found[~rows]).all()
        np.testing.assert_allclose(found[rows], score(close))


def test_z_scores_are_those_of_each_bar() -> None:
    values = np.random.default_rng(1).normal(size=(20, 6))
    values[3, 2] = values[7, :5] = NAN
    found = scores.cross_z(values)
    frame = pd.DataFrame(values)
    expected = frame.sub(frame.mean(axis=1), axis=0).div(frame.std(axis=1, ddof=0), axis=0)
    expected.loc[7, 5] = 0.0  # alone: neither above nor below the others
    np.testing.assert_allclose(found, expected.to_numpy(), atol=1e-12)


def test_one_wild_score_is_held_and_equal_ones_are_nothing() -> None:
    wild = np.zeros((1, 30))
    wild[0, 0] = 1e6
    assert scores.cross_z(wild)[0, 0] == scores.LARGEST_Z
    assert (scores.cross_z(np.full((1, 7), 0.1)) == 0).all()
    assert (scores.cross_z(np.zeros((1, 7))) == 0).all()


def test_the_order_leaves_out_what_is_unknown_and_keeps_equals() -> None:
    score = np.array([3.0, 1.0, NAN, 1.0, 2.0])
    assert scores.order(score, np.isfinite(score)).tolist() == [1, 3, 4, 0]


def test_momentum_must_begin_before_it_ends() -> None:
    scores.require_skip(10, 9)
    with pytest.raises(InputError, match="Skip is 10 and look-back 10") as caught:
        scores.require_skip(10, 10)
    assert caught.value.field == "skip" and caught.value.remedy
