"""Pairs: which are chosen, how far apart they are, and what each leg is given."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest
import statsmodels.api as sm

from terminal.backtest.truncation import truncation_check
from terminal.market.panel import FloatArray
from terminal.strategies.pairs import (
    EQUAL_VALUE,
    HEDGE_RATIO,
    PAIRS,
    PairsParams,
    choose_pairs,
    pairs_targets,
    ratio_at_entry,
    rolling_regression,
)
from tests.terminal.backtest.panels import NAN, panel, random_panel


def params(**more: Any) -> PairsParams:
    return PairsParams(**{"formation": 120, "reform": 20, "p_value": 0.01, **more})


def two_pairs(seed: int = 2, rows: int = 400) -> FloatArray:
    """Closes: 0 and 1 return with ratio 2, 2 and 3 with ratio 0.5, 4 is alone."""
    generator = np.random.default_rng(seed)
    walk = generator.normal(0, 0.01, (rows, 3)).cumsum(axis=0)
    noise = np.zeros((rows, 2))
    for t in range(1, rows):
        noise[t] = 0.7 * noise[t - 1] + generator.normal(0, 0.01, 2)
    logs = np.column_stack(
        [
            2 * walk[:, 0] + noise[:, 0],
            walk[:, 0],
            0.5 * walk[:, 1] + noise[:, 1] / 2,
            walk[:, 1],
            walk[:, 2],
        ]
    )
    return np.exp(4 + logs)


def test_the_pairs_that_return_are_chosen_and_share_no_instrument() -> None:
    logs = np.log(two_pairs())
    found = choose_pairs(logs, np.arange(5), (), params())
    assert {frozenset(pair) for pair in found} == {frozenset({0, 1}), frozenset({2, 3})}
    assert len(choose_pairs(logs, np.arange(5), (), params(most=1))) == 1
    assert choose_pairs(logs, np.array([0, 2, 4]), (), params()) == []
    assert choose_pairs(logs, np.array([3]), (), params()) == []


def test_a_pair_with_a_negative_hedge_ratio_is_no_pair() -> None:
    logs = np.log(two_pairs())[:, :2]
    logs[:, 1] = -logs[:, 1]
    assert choose_pairs(logs, np.arange(2), (), params()) == []


def test_a_known_pair_keeps_its_direction() -> None:
    logs = np.log(two_pairs())
    for pair in choose_pairs(logs, np.arange(5), (), params()):
        turned = pair[::-1]
        assert turned in choose_pairs(logs, np.arange(5), {turned: None}, params())


def test_score_and_hedge_ratio_are_those_of_a_regression_at_every_bar() -> None:
    logs = np.log(two_pairs(rows=90))
    score, beta = rolling_regression(logs[:, 0], logs[:, 1], 60)
    assert len(score) == len(beta) == 31
    for t in range(31):
        fitted = sm.OLS(logs[t : t + 60, 0], sm.add_constant(logs[t : t + 60, 1])).fit()
        assert beta[t] == pytest.approx(fitted.params[1], rel=1e-9)
        assert score[t] == pytest.approx(fitted.resid[-1] / np.sqrt(fitted.mse_resid), rel=1e-7)


def test_two_series_that_are_one_have_no_score() -> None:
    logs = np.log(two_pairs(rows=80))[:, 0]
    assert np.isnan(rolling_regression(logs, 3 * logs + 1, 60)[0]).all()
    assert np.isnan(rolling_regression(logs, np.full(80, 2.0), 60)[0]).all()


def test_the_ratio_of_the_entry_is_kept_until_the_next() -> None:
    position = np.array([0, 1, 1, 0, -1, 1, 1.0])
    beta = np.arange(1.0, 8.0)
    found = ratio_at_entry(position, beta, 0, NAN)
    assert found[position != 0].tolist() == [2, 2, 5, 6, 6]
    carried = ratio_at_entry(np.array([1, 1, 0, 1.0]), beta[:4], 1, 9.0)
    assert carried[[0, 1, 3]].tolist() == [9, 9, 4]


def test_legs_are_opposite_by_the_hedge_ratio_and_not_traded_while_held() -> None:
    bars = panel(two_pairs())
    found = pairs_targets(bars, params(most=2, invested=0.8))[119:]
    for y, x, ratio in ((0, 1, 2.0), (2, 3, 0.5)):
        held = found[:, y] != 0
        assert 20 < held.sum() < len(found)
        np.testing.assert_array_equal(held, found[:, x] != 0)
        assert (np.sign(found[held, y]) == -np.sign(found[held, x])).all()
        gross = np.abs(found[held][:, [y, x]]).sum(axis=1)
        np.testing.assert_allclose(gross, 0.8 / 2)
        # of either regression, the implied money ratio is near that of the model
        assert np.median(-found[held, x] / found[held, y]) == pytest.approx(ratio, rel=0.35)
    entries = (np.diff((found != 0).astype(int), axis=0) != 0).sum()
    changes = (np.diff(found, axis=0) != 0).sum()
    assert changes <= entries + 4, "a held pair was traded"
    assert (found[:, 4] == 0).all()


def test_legs_of_equal_value_add_up_to_nothing() -> None:
    bars = panel(two_pairs())
    found = pairs_targets(bars, params(most=3, legs=EQUAL_VALUE))[119:]
    held = found != 0
    assert held.any()
    np.testing.assert_allclose(np.abs(found[held]), 1 / 3 / 2)
    np.testing.assert_allclose(found.sum(axis=1), 0, atol=1e-15)


def test_the_dear_one_is_sold() -> None:
    """A pair pulled apart on one bar: the leg that rose is short from that bar on."""
    close = two_pairs(rows=150)[:, :2]
    close[139:, 0] *= 1.09
    found = pairs_targets(panel(close), params(reform=200, entry=3.0, stop=20.0))
    assert found[138, 0] == found[138, 1] == 0
    assert found[139, 0] < 0 < found[139, 1]


@pytest.mark.parametrize("legs", [HEDGE_RATIO, EQUAL_VALUE])
def test_no_later_bar_has_a_say_in_pairs_that_trade(legs: str) -> None:
    close = two_pairs()
    close[np.random.default_rng(1).random(close.shape) < 0.02] = NAN
    given = params(legs=legs)
    targets = PAIRS.targets(panel(close), given)
    assert (np.nan_to_num(targets) != 0).any()
    assert truncation_check(PAIRS, given, panel(close), targets, cuts=range(120, 400, 11)).passed


def test_ten_years_of_a_large_universe_take_seconds() -> None:
    bars = random_panel(1, 2520, 46, volatility=0.012)
    start = time.perf_counter()
    PAIRS.targets(bars, PairsParams())
    assert time.perf_counter() - start < 5
