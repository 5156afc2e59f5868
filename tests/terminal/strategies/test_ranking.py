"""Long-short ranking: who is in which group, and what the two sides cancel."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest

from terminal.backtest.truncation import truncation_check
from terminal.errors import InputError
from terminal.market.panel import FloatArray
from terminal.strategies.ranking import (
    BETA,
    DOLLAR,
    LONG_SHORT,
    LOW_VOLATILITY,
    MOMENTUM,
    REVERSAL,
    RankingParams,
    sides,
    targets,
)
from tests.terminal.backtest.panels import NAN, panel, random_panel


def params(**more: Any) -> RankingParams:
    short = {"lookback": 8, "skip": 2, "reversal": 3, "volatility": 6, "beta": 12}
    return RankingParams(**{**short, "rebalance": "weekly", **more})


def drifting(count: int = 10, rows: int = 30) -> FloatArray:
    """Closes; instrument k grows by k per mille a bar."""
    return np.asarray(100 * np.cumprod(np.full((rows, count), 1 + np.arange(count) / 1000), axis=0))


def test_quintiles_of_momentum_are_bought_and_sold_on_rebalancing_bars_only() -> None:
    found = targets(panel(drifting()), params(invested=0.8))
    decided = np.flatnonzero(np.isfinite(found).any(axis=1))
    assert decided.tolist() == [10, 15, 20, 25]
    for row in decided:
        assert found[row].tolist() == [-0.2, -0.2, 0, 0, 0, 0, 0, 0, 0.2, 0.2]


def test_reversal_buys_the_losers_and_low_volatility_the_calm() -> None:
    found = targets(panel(drifting()), params(signal=REVERSAL))
    assert np.sign(found[5]).tolist() == [1, 1, 0, 0, 0, 0, 0, 0, -1, -1]
    steps = np.random.default_rng(1).normal(0, 1, (40, 1)) * np.linspace(0.001, 0.02, 10)
    bars = panel(100 * np.exp(steps.cumsum(axis=0)))
    calm = targets(bars, params(signal=LOW_VOLATILITY))
    assert np.sign(calm[10]).tolist() == [1, 1, 0, 0, 0, 0, 0, 0, -1, -1]


def test_momentum_leaves_the_latest_bars_out() -> None:
    close = drifting()
    close[19:, 0] *= 3.0  # the loser jumps two bars before the decision of row 20
    assert targets(panel(close), params())[20, 0] < 0
    assert targets(panel(close), params(skip=0))[20, 0] > 0


@pytest.mark.parametrize(("groups", "each"), [(2, 5), (3, 3), (5, 2), (10, 1), (20, 1)])
def test_the_number_of_groups_says_how_many_each_side_has(groups: int, each: int) -> None:
    found = targets(panel(drifting()), params(groups=groups))[20]
    assert (found > 0).sum() == (found < 0).sum() == each
    np.testing.assert_allclose(found[found > 0], 0.5 / each)
    np.testing.assert_allclose(found[found < 0], -0.5 / each)


@pytest.mark.parametrize("signal", [MOMENTUM, REVERSAL, LOW_VOLATILITY])
def test_dollar_neutral_rows_add_up_to_nothing(signal: str) -> None:
    bars = random_panel(3, 120, 12, events=False)
    found = targets(bars, params(signal=signal, invested=0.9))
    rows = found[np.isfinite(found).any(axis=1)]
    np.testing.assert_allclose(np.nansum(rows, axis=1), 0, atol=1e-12)
    gross = np.nansum(np.abs(rows), axis=1)
    assert np.isclose(gross, 0.9).any() and (np.isclose(gross, 0.9) | (gross == 0)).all()


def market_driven(rows: int = 200, count: int = 10) -> FloatArray:
    """Closes with betas from 0.3 to 2 to one market, and some noise of their own."""
    generator = np.random.default_rng(4)
    market = generator.normal(0, 0.01, (rows, 1))
    own = generator.normal(0, 0.004, (rows, count))
    return np.asarray(100 * np.cumprod(1 + market * np.linspace(0.3, 2.0, count) + own, axis=0))


def test_beta_neutral_rows_have_no_slope_on_the_market() -> None:
    """The portfolio's own past returns, regressed on the market's over the window."""
    close = market_driven()
    given = params(neutral=BETA, beta=60, signal=LOW_VOLATILITY, volatility=60)
    found = targets(panel(close), given)
    decided = np.flatnonzero(np.isfinite(found).any(axis=1))
    assert len(decided) > 20
    returns = close[1:] / close[:-1] - 1
    for row in decided:
        past = returns[row - 60 : row]
        portfolio, market = past @ found[row], past.mean(axis=1)
        assert np.polyfit(market, portfolio, 1)[0] == pytest.approx(0, abs=1e-9)
        assert np.abs(found[row]).sum() == pytest.approx(1)
        # calm instruments have low betas, so that more of them is held than sold
        assert found[row].sum() > 0.2
    equal = targets(panel(close), params(signal=LOW_VOLATILITY, volatility=60))[decided[0]]
    assert abs(np.polyfit(returns[:60].mean(axis=1), returns[:60] @ equal, 1)[0]) > 0.3


def test_sides_whose_exposures_cannot_cancel_are_not_held() -> None:
    assert sides(1.0, 1.0) == (0.5, 0.5)
    assert sides(0.5, 1.5) == (0.75, 0.25)
    assert sides(-0.1, 1.0) == sides(1.0, 0.0) == sides(NAN, 1.0) == (0.0, 0.0)


def test_an_instrument_whose_score_is_lost_is_left_and_one_without_a_bar_is_not_touched() -> None:
    generator = np.random.default_rng(2)
    close = 100 * np.exp(generator.normal(0, 0.01, (60, 6)).cumsum(axis=0))
    close[30:, 0] = close[30, 0]
    close[45, 1] = NAN
    found = targets(panel(close), params(signal=LOW_VOLATILITY))
    assert found[45, 0] == 0.0
    assert np.isnan(found[45, 1]) and np.isfinite(found[50, 1])


def test_one_instrument_alone_is_not_ranked() -> None:
    found = targets(panel(drifting(1)), params())
    assert (found[10::5] == 0).all()


@pytest.mark.parametrize("signal", [MOMENTUM, REVERSAL, LOW_VOLATILITY])
@pytest.mark.parametrize("neutral", [DOLLAR, BETA])
@pytest.mark.parametrize("rebalance", ["monthly", "by bars"])
def test_no_later_bar_has_a_say(signal: str, neutral: str, rebalance: str) -> None:
    given = params(signal=signal, neutral=neutral, rebalance=rebalance, every=4)
    bars = random_panel(6, 90, 8)
    assert truncation_check(LONG_SHORT, given, bars, cuts=range(8, 90, 9)).passed


def test_the_warm_up_is_that_of_what_is_used() -> None:
    given = {"signal": LOW_VOLATILITY, "lookback": 400, "volatility": 30, "beta": 100}
    assert LONG_SHORT.warmup(RankingParams(**given)) == 30
    assert LONG_SHORT.warmup(RankingParams(**given, neutral=BETA)) == 100
    assert LONG_SHORT.warmup(RankingParams(**given | {"signal": MOMENTUM}, neutral=BETA)) == 400


def test_a_skip_longer_than_the_look_back_is_refused() -> None:
    with pytest.raises(InputError, match="skip must be shorter"):
        params(lookback=5, skip=5)


def test_a_decade_of_a_large_universe_takes_a_moment() -> None:
    bars = random_panel(1, 2520, 46, volatility=0.012)
    start = time.perf_counter()
    targets(bars, RankingParams(neutral=BETA, rebalance="weekly"))
    assert time.perf_counter() - start < 3
