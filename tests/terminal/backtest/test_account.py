"""Leverage, margin, borrowing, interest and volume caps, each worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from terminal.backtest.account import Account
from terminal.backtest.costs import FREE, Costs
from terminal.backtest.engine import Simulation, simulate
from terminal.errors import InputError
from terminal.market.panel import Panel
from tests.terminal.backtest.panels import panel

YEAR_OF_BARS = np.timedelta64(365, "D")


def run(bars: Panel, targets: Any, costs: Costs = FREE, **terms: Any) -> Simulation:
    rows = np.array(targets, dtype=float).reshape(bars.n_bars, bars.n_instruments)
    return simulate(bars, rows, Account(**{"capital": 1_000.0, "lot": 0.0, **terms}), costs)


def yearly(bars: Panel) -> Panel:
    """The same bars a year of 365 days apart."""
    ts = bars.ts[0] + np.arange(bars.n_bars) * YEAR_OF_BARS
    return replace(bars, ts=ts, close_ts=ts + np.timedelta64(390, "m"))


def test_leverage_buys_twice_and_debt_costs_interest() -> None:
    found = run(yearly(panel([10, 10, 10], [10, 10, 10])), [2, 2, 2], leverage=2.0, debit_rate=0.05)
    assert found.positions["A"].tolist() == [0, 200, 200]
    assert found.curve["cash"].tolist() == [1_000, -1_000, -1_050]
    assert found.curve["interest"].tolist() == [0, 0, -50]


def test_targets_beyond_the_leverage_are_scaled_to_it() -> None:
    bars = panel([[10, 10]] * 2, [[10, 10]] * 2)
    assert run(bars, [[3, -1]] * 2, leverage=2.0, long_only=False).positions.iloc[-1].tolist() == [
        150,
        -50,
    ]


def test_cash_earns_interest_but_not_on_the_proceeds_of_shorts() -> None:
    bars = yearly(panel([10, 10, 10], [10, 10, 10]))
    found = run(bars, [-0.5] * 3, long_only=False, cash_rate=0.04)
    assert found.curve["interest"].tolist() == [0, 40, pytest.approx(41.6)]


def test_borrowed_shares_cost_their_fee() -> None:
    bars = yearly(panel([10, 10, 12], [10, 10, 10]))
    found = run(bars, [-0.5] * 3, Costs(borrow_bps=200.0), long_only=False)
    assert found.curve["borrow"].tolist() == [0, 0, pytest.approx(10)]


def test_buying_power_is_leverage_times_equity_less_exposure() -> None:
    """At the gap up, 2 x 1,000 buys 2,000 / 12.5; nothing is bought with money there is not."""
    found = run(panel([10, 12.5], [10, 12.5]), [2, 2], leverage=2.0)
    assert found.positions["A"].tolist() == [0, 160]


def test_below_maintenance_positions_are_cut_at_the_next_open() -> None:
    """Bought 200 at 10 with 1,000; at 6 equity 200 of 1,200 is below 25 %: cut to 2 x 200 / 6."""
    found = run(
        panel([10, 10, 6, 6, 6], [10, 10, 10, 6, 6]), [2] * 5, leverage=2.0, maintenance=0.25
    )
    assert found.positions["A"].tolist() == [
        0,
        200,
        200,
        pytest.approx(400 / 6),
        pytest.approx(400 / 6),
    ]
    assert found.fills["reason"].tolist() == ["order", "margin call"]
    assert any("1 closes" in note for note in found.notes)


def test_without_maintenance_nothing_is_cut() -> None:
    assert len(run(panel([10, 10, 6, 6], [10, 10, 10, 6]), [2] * 4, leverage=2.0).fills) == 1


def test_an_order_takes_no_more_than_its_share_of_the_volume_and_goes_on() -> None:
    bars = panel([10] * 5, [10] * 5)
    bars = replace(bars, volume=np.array([[0], [400], [300], [2_000], [2_000]], dtype=float))
    found = run(bars, [1] * 5, participation=0.1)
    assert found.positions["A"].tolist() == [0, 40, 70, 100, 100]


def test_a_new_decision_replaces_what_was_still_waiting() -> None:
    bars = panel([10] * 4, [10] * 4)
    bars = replace(bars, volume=np.array([[0], [400], [2_000], [2_000]], dtype=float))
    found = run(bars, [1, 0.2, 0.2, 0.2], participation=0.1)
    assert found.positions["A"].tolist() == [0, 40, 20, 20]


def test_unknown_volume_is_no_limit_and_no_volume_at_all_is_refused() -> None:
    bars = panel([10] * 2, [10] * 2)
    volume = np.array([[100.0], [np.nan]])
    assert (
        run(replace(bars, volume=volume), [1, 1], participation=0.1).positions["A"].iloc[-1] == 100
    )
    with pytest.raises(InputError, match="no volumes") as caught:
        run(replace(bars, volume=volume * np.nan), [1, 1], participation=0.1)
    assert caught.value.field == "participation"


def test_lots_are_rounded_down() -> None:
    assert run(panel([7, 7], [7, 7]), [1, 1], lot=50.0).positions["A"].iloc[-1] == 100


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        ({"capital": 0.0}, "capital"),
        ({"capital": float("inf")}, "capital"),
        ({"lot": -1.0}, "lot"),
        ({"leverage": 0.5}, "leverage"),
        ({"leverage": 4.0, "maintenance": 0.3}, "maintenance"),
        ({"participation": 1.5}, "participation"),
        ({"cash_rate": float("nan")}, "cash_rate"),
        ({"debit_rate": -0.1}, "debit_rate"),
    ],
)
def test_terms_that_cannot_be_are_refused_by_name(terms: dict[str, float], field: str) -> None:
    with pytest.raises(InputError) as caught:
        Account(**terms)
    assert caught.value.field == field and caught.value.remedy
