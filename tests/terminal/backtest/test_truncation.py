"""The look-ahead check finds planted leaks of every common kind, and none where there is none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from terminal.backtest.truncation import cut_places, decide, truncation_check
from terminal.market.adjust import backward_adjusted
from terminal.market.panel import FloatArray, Panel
from terminal.strategies.registry import get_strategy
from terminal.strategies.strategy import Strategy
from tests.terminal.backtest.panels import random_panel

Targets = Callable[[Panel, Any], FloatArray]


def strategy_of(targets: Targets) -> Strategy:
    return Strategy("t", "Test", "test", "Only here.", type("P", (), {}), lambda params: 5, targets)


def honest(panel: Panel, params: Any) -> FloatArray:
    return (panel.close > pd.DataFrame(panel.close).shift(1).to_numpy()) / panel.n_instruments


def sees_the_next_close(panel: Panel, params: Any) -> FloatArray:
    ahead = pd.DataFrame(panel.close).shift(-1).to_numpy()
    return (ahead > panel.close) / panel.n_instruments


def averages_around_the_bar(panel: Panel, params: Any) -> FloatArray:
    middle = pd.DataFrame(panel.close).rolling(5, center=True).mean().to_numpy()
    return (panel.close < middle) / panel.n_instruments


def scales_by_the_whole_history(panel: Panel, params: Any) -> FloatArray:
    prices = pd.DataFrame(panel.close)
    return ((prices - prices.mean()) / prices.std()).clip(0, 1).to_numpy() / panel.n_instruments


def fills_gaps_backwards(panel: Panel, params: Any) -> FloatArray:
    prices = pd.DataFrame(panel.close)
    return (prices.bfill() > prices.ffill()).to_numpy() / panel.n_instruments


def ranks_by_the_final_return(panel: Panel, params: Any) -> FloatArray:
    total = panel.close[-1] / panel.close[0]
    best = total >= np.nanmedian(total)
    return np.tile(best / panel.n_instruments, (panel.n_bars, 1))


LEAKS = [
    sees_the_next_close,
    averages_around_the_bar,
    scales_by_the_whole_history,
    fills_gaps_backwards,
    ranks_by_the_final_return,
]


@pytest.mark.parametrize("leak", LEAKS, ids=lambda leak: leak.__name__)
def test_a_planted_leak_is_caught_and_placed(leak: Targets) -> None:
    bars = random_panel(7, 120, 6)
    found = truncation_check(strategy_of(leak), None, bars, cuts=range(6, 120))
    assert not found.passed
    assert found.bar is not None and 0 <= found.bar < 120 and found.symbol in bars.symbols
    assert "hindsight" in found.sentence and found.symbol in found.sentence


@pytest.mark.parametrize(
    "leak", [leak for leak in LEAKS if leak is not fills_gaps_backwards], ids=lambda f: f.__name__
)
def test_the_six_cuts_of_every_run_catch_what_leaks_everywhere(leak: Targets) -> None:
    """A leak that shows only around a missing bar needs a cut just there: see above."""
    assert not truncation_check(strategy_of(leak), None, random_panel(7, 120, 6)).passed


def test_a_leak_of_one_bar_is_placed_on_the_bar_before_the_cut() -> None:
    bars = random_panel(8, 60, 1, ragged=False, events=False)
    found = truncation_check(strategy_of(sees_the_next_close), None, bars, cuts=(30,))
    rises = bool(bars.close[30, 0] > bars.close[29, 0])
    assert found.passed is not rises  # the hidden bar 30 matters only if it would have risen
    always = truncation_check(strategy_of(sees_the_next_close), None, bars, cuts=range(10, 60))
    assert not always.passed and always.bar is not None
    assert bars.close[always.bar + 1, 0] > bars.close[always.bar, 0]


def test_an_honest_strategy_passes_and_says_at_how_many_places() -> None:
    found = truncation_check(strategy_of(honest), None, random_panel(7, 120, 6))
    assert found.passed and len(found.cuts) == 6
    assert found.sentence == (
        "Look-ahead check passed: with the bars after 6 sampled moments hidden, every decision up "
        "to there was the same."
    )


def test_adjusting_backwards_is_a_leak_and_the_check_covers_the_adjustment() -> None:
    """Prices divided by later splits would tell a price-level rule that a split is coming."""
    split = np.ones((60, 1))
    split[40] = 10.0
    plain = random_panel(9, 60, 1, ragged=False, events=False)
    bars = replace(plain, split=split, close=plain.close / np.cumprod(split, axis=0))

    def level(panel: Panel, params: Any) -> FloatArray:
        return (panel.close > 20.0).astype(float)

    def level_of_backward(panel: Panel, params: Any) -> FloatArray:
        return level(backward_adjusted(bars.truncated(panel.n_bars)), params)

    assert truncation_check(strategy_of(level), None, bars, cuts=(30, 50)).passed
    assert not truncation_check(strategy_of(level_of_backward), None, bars, cuts=(30, 50)).passed


def test_targets_already_made_are_not_made_again() -> None:
    calls = []

    def counted(panel: Panel, params: Any) -> FloatArray:
        calls.append(panel.n_bars)
        return honest(panel, params)

    bars = random_panel(1, 40, 2)
    strategy = strategy_of(counted)
    targets = decide(strategy, None, bars)
    truncation_check(strategy, None, bars, targets, cuts=(10, 20))
    assert calls == [40, 10, 20]


def test_too_few_bars_to_cut_is_said_and_not_called_a_pass_of_anything() -> None:
    strategy = get_strategy("buy-and-hold")
    found = truncation_check(strategy, strategy.params_type(), random_panel(1, 2, 1).truncated(1))
    assert found.cuts == () and "too few bars" in found.sentence


@pytest.mark.parametrize(
    ("n_bars", "warmup", "expected"),
    [
        (100, 50, (51, 60, 70, 79, 89, 99)),
        (4, 0, (1, 2, 3)),
        (10, 50, (9,)),
        (1, 0, ()),
    ],
)
def test_cuts_are_spread_between_warm_up_and_end(
    n_bars: int, warmup: int, expected: tuple[int, ...]
) -> None:
    assert cut_places(n_bars, warmup, 6) == expected
