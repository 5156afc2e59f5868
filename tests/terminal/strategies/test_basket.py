"""Baskets by Johansen's test: which instruments, which weights, when held."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from terminal.backtest.truncation import truncation_check
from terminal.errors import InputError
from terminal.market.panel import FloatArray
from terminal.strategies.basket import (
    FIRST,
    PAIRS_JOHANSEN,
    BasketParams,
    basket_score,
    basket_targets,
    choose_instruments,
)
from terminal.strategies.spread import formations
from tests.terminal.backtest.panels import NAN, panel, random_panel


def params(**more: Any) -> BasketParams:
    return BasketParams(**{"formation": 120, "reform": 40, "choose": FIRST, **more})


def basket(seed: int = 5, rows: int = 500, pull: float = 0.3) -> FloatArray:
    """Closes of three instruments: the first returns to 0.5 of the second and 1.5 of the third."""
    generator = np.random.default_rng(seed)
    walk = generator.normal(0, 0.01, (rows, 2)).cumsum(axis=0)
    apart = np.zeros(rows)
    for t in range(1, rows):
        apart[t] = (1 - pull) * apart[t - 1] + generator.normal(0, 0.01)
    logs = np.column_stack([0.5 * walk[:, 0] + 1.5 * walk[:, 1] + apart, walk])
    return np.exp(4 + logs)


def test_weights_follow_the_relation_and_stand_still_between_formations() -> None:
    found = basket_targets(panel(basket()), params(invested=0.6, entry=1.0))[119:]
    held = found[:, 0] != 0
    assert 20 < held.sum() < len(found)
    np.testing.assert_allclose(np.abs(found[held]).sum(axis=1), 0.6)
    shape = found[held] / found[held, :1]
    np.testing.assert_allclose(np.median(shape, axis=0), [1, -0.5, -1.5], atol=0.15)
    for start in range(0, len(found), 40):
        rows = found[start : start + 40]
        sizes = {round(float(abs(w)), 12) for w in rows[rows[:, 0] != 0, 0]}
        assert len(sizes) <= 1, "the hedge vector changed between formations"


def test_the_basket_is_bought_below_its_mean() -> None:
    close = basket(rows=130)
    close[124:, 0] *= 0.93
    found = basket_targets(panel(close), params(stop=20.0))
    assert found[124, 0] > 0 > found[124, 2]


def test_walks_without_a_relation_are_rarely_held() -> None:
    """At 99 % about one formation in a hundred of unrelated walks has a relation."""
    tried = held = 0
    for seed in range(30):
        bars = random_panel(seed, 400, 3, ragged=False, events=False)
        found = basket_targets(bars, params(level="99 %", entry=0.5, leave=0.0, stop=20.0))
        for formed in formations(bars, params()):
            tried += 1
            held += bool((found[formed.traded] != 0).any())
    assert tried == 240
    assert held <= 12


def test_the_most_traded_are_chosen_where_volume_is_known() -> None:
    bars = random_panel(1, 200, 5, ragged=False, events=False)
    volume = np.tile([1e3, 5e6, 2e6, 1e3, 3e6], (200, 1))
    formed = next(formations(bars, params()))
    by_volume = params(choose="most traded")
    assert choose_instruments(replace(bars, volume=volume), formed, by_volume) == (1, 2, 4)
    assert choose_instruments(replace(bars, volume=volume), formed, params()) == (0, 1, 2)
    silent = replace(bars, volume=np.full(bars.close.shape, NAN))
    assert choose_instruments(silent, formed, by_volume) == (0, 1, 2)


def test_score_is_the_distance_in_standard_deviations() -> None:
    spread = np.random.default_rng(1).normal(size=50).cumsum()
    found = basket_score(spread, 20)
    for t in range(31):
        part = spread[t : t + 20]
        assert found[t] == pytest.approx((part[-1] - part.mean()) / part.std(ddof=1))
    assert np.isnan(basket_score(np.ones(25), 20)).all()


def test_no_later_bar_has_a_say_in_a_basket_that_trades() -> None:
    close = basket()
    close[np.random.default_rng(1).random(close.shape) < 0.01] = NAN
    targets = PAIRS_JOHANSEN.targets(panel(close), params())
    assert (np.nan_to_num(targets) != 0).any()
    cuts = range(120, 500, 17)
    assert truncation_check(PAIRS_JOHANSEN, params(), panel(close), targets, cuts=cuts).passed


def test_a_window_too_short_for_the_basket_is_refused() -> None:
    with pytest.raises(InputError, match="five bars an instrument") as caught:
        params(formation=30, count=7)
    assert caught.value.field == "formation" and caught.value.remedy
