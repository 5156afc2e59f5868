"""Cross-sectional momentum: who is bought, when, and with how much."""

from __future__ import annotations

import numpy as np
import pytest

from terminal.backtest.account import Account
from terminal.backtest.costs import FREE
from terminal.backtest.engine import simulate
from terminal.errors import InputError
from terminal.params import validate
from terminal.strategies.cross_section import MomentumParams, targets
from tests.terminal.backtest.panels import NAN, panel

GROWTH = np.array([1.03, 1.01, 1.0, 0.98])
RISING = 100 * GROWTH ** np.arange(30)[:, None]


def params(**more: float) -> MomentumParams:
    return MomentumParams(**{"lookback": 7, "skip": 2, "share": 0.25, **more})  # type: ignore[arg-type]


def test_the_winner_is_bought_and_the_loser_sold_on_the_first_bar_of_a_week() -> None:
    found = targets(panel(RISING), params())
    decided = np.flatnonzero(np.isfinite(found).any(axis=1))
    assert decided.tolist() == [10, 15, 20, 25]  # Monday of week 2 lacks seven bars before it
    for row in decided:
        assert found[row].tolist() == [1, 0, 0, -1]


def test_the_skipped_bars_do_not_count() -> None:
    """The winner of the last two bars is not the winner of the five before them."""
    prices = RISING[:16].copy()
    prices[14:, 3] *= 10
    found = targets(panel(prices), params())
    assert found[15].tolist() == [1, 0, 0, -1]
    assert targets(panel(prices), params(skip=0))[15].tolist() == [0, 0, -1, 1]


def test_weights_are_equal_within_a_side_and_add_up_to_the_invested_share() -> None:
    found = targets(panel(RISING), params(share=0.5, invested=0.6))
    assert found[10].tolist() == pytest.approx([0.3, 0.3, -0.3, -0.3])


def test_an_instrument_without_the_history_is_not_ranked() -> None:
    prices = RISING.copy()
    prices[:12, 0] = np.nan  # the winner starts late
    found = targets(panel(prices), params())
    assert found[15].tolist() == [0, 1, 0, -1]
    assert found[20].tolist() == [1, 0, 0, -1]


def test_one_instrument_alone_cannot_be_ranked() -> None:
    assert np.isnan(targets(panel(RISING[:, 0]), params())).all()


def test_the_same_winners_are_brought_back_to_equal_weights_every_week() -> None:
    """Weekly rebalancing means trading although the decision is the same."""
    bars = panel(RISING, RISING)
    found = simulate(bars, targets(bars, params(share=0.5)), Account(capital=1e6, lot=0.0), FREE)
    assert sorted(set(found.fills["bar"])) == [11, 16, 21, 26]
    values = found.positions.iloc[26].to_numpy()[:2] * RISING[26, :2]
    assert values[0] / values.sum() == pytest.approx(0.5, abs=0.02)


def test_a_missing_monday_bar_moves_nothing_of_that_instrument() -> None:
    prices = RISING.copy()
    prices[15, 0] = NAN
    found = targets(panel(prices), params())
    assert found[15].tolist() == [0, 1, 0, -1]  # not ranked: the engine ignores a row without bar


def test_the_skip_must_be_shorter_than_the_look_back() -> None:
    with pytest.raises(InputError, match="Skip is 21 and look-back 21") as caught:
        validate(MomentumParams, {"lookback": 21, "skip": 21})
    assert caught.value.field == "skip"
