"""Factor portfolios: the sum of z-scores, who is held by it, and with what weight."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from terminal.backtest.truncation import truncation_check
from terminal.errors import InputError
from terminal.strategies import scores
from terminal.strategies.factors import FACTOR_PORTFOLIO, FactorParams, combined, targets
from tests.terminal.backtest.panels import panel, random_panel

ONLY = {"of_momentum": 0.0, "of_low_volatility": 0.0, "of_reversal": 0.0, "of_trend": 0.0}
WINDOWS = {"lookback": 10, "skip": 2, "volatility": 6, "reversal": 3, "trend": 8}


def params(**more: Any) -> FactorParams:
    return FactorParams(**{**WINDOWS, "rebalance": "weekly", **more})


def test_the_sum_is_that_of_weighted_z_scores() -> None:
    close = random_panel(1, 60, 8).close
    given = params(of_momentum=0.5, of_low_volatility=-1.0, of_reversal=2.0, of_trend=1.5)
    expected = (
        0.5 * scores.cross_z(scores.momentum(close, 10, 2))
        - 1.0 * scores.cross_z(scores.low_volatility(close, 6))
        + 2.0 * scores.cross_z(scores.reversal(close, 3))
        + 1.5 * scores.cross_z(scores.trend(close, 8))
    )
    np.testing.assert_allclose(combined(close, given), expected, atol=1e-12)
    assert np.isfinite(expected).any()


@pytest.mark.parametrize(
    ("factor", "score", "first"),
    [
        ("of_momentum", lambda x: scores.momentum(x, 10, 2), 10),
        ("of_low_volatility", lambda x: scores.low_volatility(x, 6), 6),
        ("of_reversal", lambda x: scores.reversal(x, 3), 3),
        ("of_trend", lambda x: scores.trend(x, 8), 7),
    ],
)
def test_one_factor_alone_ranks_by_its_score_as_soon_as_it_is_known(
    factor: str, score: Any, first: int
) -> None:
    bars = random_panel(2, 60, 8, ragged=False, events=False)
    given = params(**ONLY | {factor: 1.0}, rebalance="by bars", every=1)
    assert FACTOR_PORTFOLIO.warmup(given) == first
    found = targets(bars, given)
    assert np.isnan(found[:first]).all()
    for row in range(first, 60):
        best = np.argsort(score(bars.close)[row])[-2:]
        assert np.flatnonzero(found[row]).tolist() == sorted(best)
        assert found[row].sum() == pytest.approx(1)


def test_long_and_short_halves_cancel_and_a_negative_weight_turns_them_round() -> None:
    bars = random_panel(3, 60, 8, ragged=False, events=False)
    only = ONLY | {"of_momentum": 1.0, "sides": "long and short", "invested": 0.8}
    found = targets(bars, params(**only))
    decided = np.isfinite(found).all(axis=1)
    assert decided.sum() == 10
    np.testing.assert_allclose(found[decided].sum(axis=1), 0, atol=1e-12)
    np.testing.assert_allclose(np.abs(found[decided]).sum(axis=1), 0.8)
    turned = targets(bars, params(**only | {"of_momentum": -1.0}))
    np.testing.assert_allclose(turned, -found)


def test_calmer_instruments_weigh_more_by_the_inverse_of_their_volatility() -> None:
    steps = np.random.default_rng(1).normal(0, 1, (60, 8)) * np.linspace(0.005, 0.04, 8)
    bars = panel(100 * np.exp(steps.cumsum(axis=0)))
    found = targets(bars, params(weighting="inverse volatility", share=0.5))
    rows = np.flatnonzero(np.isfinite(found).all(axis=1))
    for row in rows:
        held = found[row] > 0
        deviation = -scores.low_volatility(bars.close, 6)[row, held]
        np.testing.assert_allclose(found[row, held], (1 / deviation) / (1 / deviation).sum())
        assert held.sum() == 4
    assert len(rows) == 10


def test_without_any_factor_there_is_nothing_to_rank_by() -> None:
    with pytest.raises(InputError, match="nothing to rank by") as caught:
        FactorParams(**ONLY)
    assert caught.value.field == "of_momentum" and caught.value.remedy


@pytest.mark.parametrize("weighting", ["equal", "inverse volatility"])
@pytest.mark.parametrize("sides", ["long only", "long and short"])
def test_no_later_bar_has_a_say(weighting: str, sides: str) -> None:
    given = params(weighting=weighting, sides=sides, of_reversal=0.5, rebalance="by bars", every=3)
    bars = random_panel(4, 90, 7)
    assert truncation_check(FACTOR_PORTFOLIO, given, bars, cuts=range(8, 90, 7)).passed
