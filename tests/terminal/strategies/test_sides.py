"""What a strategy says as sides is what it says as weights, to the last bit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given

from terminal.market.adjust import forward_adjusted
from terminal.market.panel import Panel
from terminal.strategies.overlays import overlaid
from terminal.strategies.registry import STRATEGIES, get_strategy
from terminal.strategies.shared import sharing
from terminal.strategies.sizing import ACTIVE_NAMES
from terminal.strategies.volatility_target import VolatilityTarget
from tests.terminal.backtest.panels import examples, panels, random_panel
from tests.terminal.strategies.test_every_strategy import SHORT as SHORT_WINDOWS

TOLD = [slug for slug in STRATEGIES if get_strategy(slug).sides is not None]


def params_of(slug: str, **more: Any) -> Any:
    return get_strategy(slug).params_type(**{**SHORT_WINDOWS[slug], **more})


def test_the_one_size_strategies_say_sides() -> None:
    assert set(TOLD) == {
        "sma-crossover", "ema-crossover", "donchian-breakout", "adx-trend", "bollinger-breakout",
        "keltner-breakout", "rsi-reversion", "zscore-reversion", "bollinger-reversion",
    }  # fmt: skip


@pytest.mark.parametrize("slug", TOLD)
@given(panels())
@examples(25)
def test_sides_are_the_targets(slug: str, bars: Panel) -> None:
    strategy, params = get_strategy(slug), params_of(slug, invested=0.7)
    seen = forward_adjusted(bars)
    assert strategy.sides is not None
    found = strategy.sides(seen, params)
    assert found is not None
    np.testing.assert_array_equal(found.weights(), strategy.targets(seen, params))


@pytest.mark.parametrize("slug", TOLD)
def test_the_comparison_above_sees_positions(slug: str) -> None:
    """And indicators that are kept between runs change nothing."""
    strategy, params = get_strategy(slug), params_of(slug)
    bars = random_panel(4, 200, 4)
    right = strategy.targets(bars, params)
    assert (right > 0).any() and (right < 0).any() and np.isnan(right).any()
    assert strategy.sides is not None
    with sharing(bars):
        for _ in range(2):
            found = strategy.sides(bars, params)
            assert found is not None
            np.testing.assert_array_equal(found.weights(), right)


@pytest.mark.parametrize("slug", TOLD)
def test_where_weights_differ_in_size_there_are_no_sides(slug: str) -> None:
    strategy = get_strategy(slug)
    assert strategy.sides is not None
    assert strategy.sides(random_panel(4, 60), params_of(slug, sizing=ACTIVE_NAMES)) is None


def test_a_strategy_under_an_overlay_has_no_sides_of_its_own() -> None:
    strategy = get_strategy("sma-crossover")
    assert overlaid(strategy, [VolatilityTarget(target=0.15)]).sides is None
    assert overlaid(strategy, []).sides is strategy.sides
