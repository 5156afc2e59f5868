"""Stops, targets, trailing stops and time limits, each worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from terminal.backtest.account import Account, ExitRules
from terminal.backtest.costs import FREE, Costs
from terminal.backtest.engine import simulate
from terminal.errors import InputError
from terminal.market.panel import Panel
from tests.terminal.backtest.panels import panel

LONG, SHORT = [1.0] * 6, [-1.0] * 6


def exits_of(
    bars: Panel, targets: list[float], rules: ExitRules, costs: Costs = FREE, **account: Any
) -> list[tuple[int, float, str]]:
    """(bar, reference price, reason) of every fill but plain orders."""
    rows = np.array(targets[: bars.n_bars], dtype=float)[:, None]
    terms = Account(capital=1_000.0, lot=0.0, long_only=False, **account)
    found = simulate(bars, rows, terms, costs, rules).fills
    found = found[found["reason"] != "order"]
    return list(zip(found["bar"], found["reference_price"], found["reason"], strict=True))


def test_a_stop_fills_at_its_level_inside_the_bar() -> None:
    bars = panel([10, 10, 10], [10, 10, 10], high=[10, 10, 10.5], low=[10, 9.6, 9.4])
    assert exits_of(bars, LONG, ExitRules(stop_loss=0.05)) == [(2, 9.5, "stop loss")]


def test_a_gap_through_the_stop_fills_at_the_open() -> None:
    bars = panel([10, 10, 9], [10, 10, 9.2], low=[10, 9.9, 8.9])
    assert exits_of(bars, LONG, ExitRules(stop_loss=0.05)) == [(2, 9.2, "stop loss")]


def test_a_target_is_reached_within_the_bar_and_pays_no_spread() -> None:
    bars = panel([10, 10, 10.8], [10, 10, 10.2], high=[10, 10.1, 11.2])
    costs = Costs(slippage_bps=100.0)
    targets = np_row(bars)
    found = simulate(
        bars, targets, Account(1_000.0, lot=0.0), costs, ExitRules(take_profit=0.05)
    ).fills
    sold = found.iloc[-1]
    assert sold["reason"] == "take profit" and sold["slippage"] == 0.0
    assert sold["price"] == pytest.approx(10.0 * 1.01 * 1.05)  # of the price paid


def np_row(bars: Panel) -> Any:
    return np.ones((bars.n_bars, 1))


def test_a_gap_above_the_target_sells_at_the_open() -> None:
    bars = panel([10, 10, 12], [10, 10, 11.5], high=[10, 10.1, 12.1])
    assert exits_of(bars, LONG, ExitRules(take_profit=0.05)) == [(2, 11.5, "take profit")]


def test_where_a_bar_touches_stop_and_target_the_stop_is_taken() -> None:
    bars = panel([10, 10, 10], [10, 10, 10], high=[10, 10, 11], low=[10, 10, 9])
    rules = ExitRules(stop_loss=0.05, take_profit=0.05)
    assert exits_of(bars, LONG, rules) == [(2, 9.5, "stop loss")]
    assert exits_of(bars, SHORT, rules) == [(2, 10.5, "stop loss")]


def test_a_position_can_be_stopped_in_the_bar_it_was_opened_in() -> None:
    bars = panel([10, 9], [10, 10], low=[10, 8.5])
    assert exits_of(bars, LONG, ExitRules(stop_loss=0.1)) == [(1, 9.0, "stop loss")]


def test_a_trailing_stop_follows_the_highs_of_the_bars_before() -> None:
    """The high of 12 in bar 2 counts from bar 3 on, not against its own low."""
    bars = panel(
        [10, 10, 11.5, 11.9], [10, 10, 10, 11.5], high=[10, 10, 12, 12], low=[10, 10, 9.5, 10.7]
    )
    assert exits_of(bars, LONG, ExitRules(trailing_stop=0.1)) == [
        (3, pytest.approx(10.8), "trailing stop")
    ]


def test_the_nearest_of_several_stops_is_met_first() -> None:
    bars = panel([10, 12, 12, 9], [10, 10, 12, 12], high=[10, 12, 12, 12], low=[10, 10, 12, 9])
    rules = ExitRules(stop_loss=0.05, trailing_stop=0.1)
    assert exits_of(bars, LONG, rules) == [(3, pytest.approx(10.8), "trailing stop")]


def test_a_time_limit_sells_at_the_next_open() -> None:
    bars = panel([10, 10, 10, 11, 12], [10, 10, 10, 10.5, 11])
    assert exits_of(bars, LONG, ExitRules(longest=2)) == [(3, 10.5, "time exit")]


def test_what_an_exit_closed_stays_closed_until_the_strategy_lets_go() -> None:
    bars = panel([10, 10, 10, 10, 10, 10], [10] * 6, low=[10, 10, 9, 10, 10, 10])
    held = simulate(
        bars, np_row(bars), Account(1_000.0, lot=0.0), FREE, ExitRules(stop_loss=0.05)
    ).positions["A"]
    assert held.tolist() == [0, 100, 0, 0, 0, 0]
    targets = np_row(bars)
    targets[3] = 0.0
    held = simulate(
        bars, targets, Account(1_000.0, lot=0.0), FREE, ExitRules(stop_loss=0.05)
    ).positions["A"]
    assert held.tolist() == [0, 100, 0, 0, 0, pytest.approx(95)]


def test_levels_follow_a_split() -> None:
    bars = panel([10, 10, 5, 5], [10, 10, 5, 5], low=[10, 10, 4.8, 4.7], split={(2, 0): 2.0})
    assert exits_of(bars, LONG, ExitRules(stop_loss=0.05)) == [(3, 4.75, "stop loss")]


def test_a_stop_that_volume_cuts_goes_on_at_the_next_opens() -> None:
    """100 bought over two bars of 60; the stop sells 50, the next opens the rest."""

    bars = panel([10] * 5, [10, 10, 10, 9, 9], low=[10, 10, 9, 9, 9])
    bars = replace(bars, volume=np.array([[0.0], [1_000], [50], [30], [500]]))
    found = exits_of(bars, LONG, ExitRules(stop_loss=0.05), participation=1.0)
    assert found == [(2, 9.5, "stop loss"), (3, 9.0, "stop loss"), (4, 9.0, "stop loss")]


@pytest.mark.parametrize(
    ("rules", "field"),
    [
        ({"stop_loss": 1.0}, "stop_loss"),
        ({"take_profit": -0.1}, "take_profit"),
        ({"trailing_atr": float("nan")}, "trailing_atr"),
        ({"longest": -1}, "longest"),
        ({"atr_bars": 1}, "atr_bars"),
    ],
)
def test_rules_that_cannot_be_are_refused_by_name(rules: dict[str, float], field: str) -> None:
    with pytest.raises(InputError, match="allowed:") as caught:
        ExitRules(**rules)  # type: ignore[arg-type]
    assert caught.value.field == field
