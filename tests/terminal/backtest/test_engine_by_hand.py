"""A run that a person can follow with pencil and paper, and one test for every rule."""

from __future__ import annotations

import numpy as np
import pytest

from terminal.backtest.account import Account
from terminal.backtest.costs import FREE, Costs
from terminal.backtest.engine import CLOSE_ONLY_NOTE, Simulation, simulate
from terminal.errors import InputError
from terminal.market.panel import FloatArray, Panel
from tests.terminal.backtest.panels import NAN, panel


def run(
    bars: Panel,
    targets: list[object] | FloatArray,
    *,
    capital: float = 1_000.0,
    costs: Costs = FREE,
    fractional: bool = False,
    long_only: bool = True,
) -> Simulation:
    table = np.array(targets, dtype=np.float64)
    table = table[:, None] if table.ndim == 1 else table
    return simulate(
        bars,
        table,
        Account(capital=capital, lot=0.0 if fractional else 1.0, long_only=long_only),
        costs,
    )


def fills(found: Simulation) -> list[tuple[int, str, str, float, float]]:
    frame = found.fills[["bar", "symbol", "side", "quantity", "price"]]
    return [tuple(row) for row in frame.itertuples(index=False)]  # type: ignore[misc]


def test_a_run_of_five_days_worked_by_hand() -> None:
    """1,000 in cash; half in A from the first close on, everything out at the fourth.

    Day 1 close 10: half of 1,000 is 500, at 10 that is 50 units.
    Day 2 opens at 11: 50 bought at 11 + 1 % = 11.11, costing 555.50 and 2 commission: cash 442.50.
        Close 12: equity 442.50 + 50 x 12 = 1,042.50.
    Day 3 pays 0.50 a unit: 25 in cash, 467.50; close 13: 467.50 + 650 = 1,117.50.
    Day 4 splits two for one: 100 units; close 6: 467.50 + 600 = 1,067.50. Sell at this close.
    Day 5 opens at 5: 100 sold at 5 - 1 % = 4.95, 495 less 2: cash 467.50 + 493 = 960.50.
    """
    bars = panel(
        close=[10, 12, 13, 6, 5.5],
        open=[10, 11, 12.5, 6.5, 5],
        dividend={(2, 0): 0.5},
        split={(3, 0): 2.0},
    )
    costs = Costs(commission_minimum=2.0, slippage_bps=100.0)
    found = run(bars, [0.5, 0.5, 0.5, 0, 0], costs=costs)
    curve = found.curve
    np.testing.assert_allclose(curve["equity"], [1000, 1042.5, 1117.5, 1067.5, 960.5])
    np.testing.assert_allclose(curve["cash"], [1000, 442.5, 467.5, 467.5, 960.5])
    assert curve["dividends"].tolist() == [0, 0, 25, 0, 0]
    assert curve["commission"].tolist() == [0, 2, 0, 0, 2]
    np.testing.assert_allclose(curve["slippage"], [0, 5.5, 0, 0, 5])
    np.testing.assert_allclose(curve["turnover"], [0, 555.5 / 1000, 0, 0, 495 / 1067.5])
    np.testing.assert_allclose(curve["gross_exposure"].iloc[1], 600 / 1042.5)
    assert found.positions["A"].tolist() == [0, 50, 50, 100, 0]
    assert fills(found) == [
        (1, "A", "buy", 50, pytest.approx(11.11)),
        (4, "A", "sell", 100, pytest.approx(4.95)),
    ]
    assert found.fills["reference_price"].tolist() == [11, 5]
    assert found.notes == ()


def test_close_only_data_fills_at_the_next_close_and_says_so() -> None:
    found = run(panel([10, 11, 12]), [1, 1, 1], fractional=True)
    assert fills(found) == [(1, "A", "buy", pytest.approx(1000 / 11), 11)]
    assert found.notes == (CLOSE_ONLY_NOTE,)


def test_the_last_decision_is_never_filled_because_no_bar_follows() -> None:
    assert fills(run(panel([10, 11, 12], [10, 11, 12]), [0, 0, 1])) == []


def test_whole_units_are_rounded_down_and_fractions_are_not() -> None:
    bars = panel([30, 30], [30, 30])
    assert fills(run(bars, [1, 1]))[0][3] == 33
    assert fills(run(bars, [1, 1], fractional=True))[0][3] == pytest.approx(100 / 3)


def test_short_units_are_rounded_toward_zero() -> None:
    found = run(panel([30, 30], [30, 30]), [-1, -1], long_only=False)
    assert fills(found) == [(1, "A", "sell", 33, 30)]


def test_a_gap_up_at_the_open_never_makes_cash_negative() -> None:
    found = run(panel([10, 20], [10, 20]), [1, 1])  # 100 units were meant, 50 can be paid
    assert fills(found) == [(1, "A", "buy", 50, 20)]
    assert found.curve["cash"].iloc[-1] == 0


def test_costs_are_part_of_what_can_be_paid() -> None:
    found = run(
        panel([10, 10], [10, 10]),
        [1, 1],
        fractional=True,
        costs=Costs(commission_bps=100.0, slippage_bps=100.0),
    )
    price = 10.1
    assert fills(found)[0][3] == pytest.approx(1000 / (price * 1.01))
    assert found.curve["cash"].iloc[-1] == pytest.approx(0, abs=1e-9)


def test_buyers_share_scarce_cash_in_proportion() -> None:
    bars = panel([[10, 10], [20, 20]], [[10, 10], [20, 20]])
    found = run(bars, [[0.75, 0.25], [0.75, 0.25]], fractional=True)
    assert [fill[3] for fill in fills(found)] == [pytest.approx(37.5), pytest.approx(12.5)]


def test_sales_come_before_purchases_whatever_the_order_of_columns() -> None:
    bars = panel([[10, 10]] * 4, [[10, 10]] * 4)
    found = run(bars, [[0, 1], [1, 0], [1, 0], [1, 0]])
    assert fills(found) == [
        (1, "B", "buy", 100, 10),
        (2, "B", "sell", 100, 10),
        (2, "A", "buy", 100, 10),
    ]


def test_a_change_of_sides_closes_first_and_then_opens() -> None:
    found = run(panel([10] * 4, [10] * 4), [1, -1, -1, -1], long_only=False)
    assert fills(found) == [
        (1, "A", "buy", 100, 10),
        (2, "A", "sell", 100, 10),
        (2, "A", "sell", 100, 10),
    ]
    assert found.positions["A"].iloc[-1] == -100
    assert found.curve["cash"].iloc[-1] == 2000


def test_long_only_turns_shorts_into_cash() -> None:
    assert fills(run(panel([10] * 3, [10] * 3), [-1, -1, -1])) == []


def test_weights_above_one_are_scaled_because_there_is_no_leverage() -> None:
    bars = panel([[10, 10]] * 2, [[10, 10]] * 2)
    found = run(bars, [[1, -1], [1, -1]], long_only=False)
    assert [fill[2:4] for fill in fills(found)] == [("buy", 50), ("sell", 50)]


def test_commission_is_the_larger_of_the_minimum_and_the_rates() -> None:
    bars = panel([10] * 2, [10] * 2)
    for costs, expected in (
        (Costs(commission_per_share=0.01), 0.5),
        (Costs(commission_bps=20.0), 1.0),
        (Costs(commission_per_share=0.01, commission_bps=20.0), 1.5),
        (Costs(commission_per_share=0.01, commission_minimum=1.0), 1.0),
    ):
        found = run(bars, [0.5, 0.5], costs=costs)
        assert found.curve["commission"].iloc[-1] == pytest.approx(expected)


def test_an_order_waits_for_the_next_bar_that_has_a_price() -> None:
    bars = panel([10, NAN, NAN, 12], [10, NAN, NAN, 11])
    found = run(bars, [1, 1, 1, 1])
    assert fills(found) == [(3, "A", "buy", 90, 11)]


def test_a_bar_without_a_close_is_no_bar_even_with_an_open() -> None:
    found = run(panel([10, NAN, 12], [10, 11, 12]), [1, 1, 1])
    assert [fill[0] for fill in fills(found)] == [2]


def test_missing_bars_are_marked_at_the_last_known_close() -> None:
    found = run(panel([10, 20, NAN, 30], [10, 10, NAN, 30]), [1, 1, 1, 1])
    assert found.curve["equity"].tolist() == [1000, 2000, 2000, 3000]


def test_a_target_that_stands_lets_its_position_drift() -> None:
    found = run(panel([10, 10, 20, 30, 40], [10, 10, 20, 30, 40]), [0.5] * 5)
    assert len(fills(found)) == 1


def test_a_target_that_differs_by_rounding_only_is_the_same_decision() -> None:
    found = run(panel([10, 10, 20, 30, 40], [10, 10, 20, 30, 40]), [0.5, 0.5 + 1e-15] * 2 + [0.5])
    assert len(fills(found)) == 1


def test_a_target_stated_again_after_silence_is_traded_again() -> None:
    """The rule that lets a weekly strategy rebalance to unchanged weights."""
    bars = panel([10, 10, 20, 20, 20], [10, 10, 20, 20, 20])
    found = run(bars, [0.5, NAN, 0.5, NAN, NAN])
    # 500 + 50 x 20 = 1,500 at the third close: half of it is 37 units
    assert fills(found) == [(1, "A", "buy", 50, 10), (3, "A", "sell", 13, 20)]


def test_a_missing_bar_is_not_silence() -> None:
    bars = panel([10, 10, NAN, 20, 20], [10, 10, NAN, 20, 20])
    assert len(fills(run(bars, [0.5, 0.5, NAN, 0.5, 0.5]))) == 1


def test_silence_keeps_a_position() -> None:
    found = run(panel([10] * 4, [10] * 4), [1, NAN, NAN, NAN])
    assert found.positions["A"].tolist() == [0, 100, 100, 100]


def test_a_reverse_split_pays_the_fraction_in_cash() -> None:
    """1,005 shares at 1.20, one for ten: 100 shares at 12 and half a share in cash, 6."""
    bars = panel([1.2, 1.2, 12, 12], [1.2, 1.2, 12, 12], split={(2, 0): 0.1})
    found = run(bars, [1, 1, 1, 1], capital=1_206.0)
    assert found.positions["A"].tolist() == [0, 1005, 100, 100]
    assert found.curve["cash"].iloc[-1] == pytest.approx(6.0)
    assert found.fills["reason"].tolist() == ["order", "cash in lieu"]
    np.testing.assert_allclose(found.curve["equity"], 1206.0)


def test_a_split_while_an_order_waits_splits_the_order() -> None:
    bars = panel([10, NAN, 5], [10, NAN, 5], split={(1, 0): 2.0})
    assert fills(run(bars, [1, 1, 1])) == [(2, "A", "buy", 200, 5)]


def test_dividends_go_to_those_who_held_overnight_and_shorts_owe_them() -> None:
    bars = panel([10] * 4, [10] * 4, dividend={(1, 0): 1.0, (2, 0): 0.5})
    long = run(bars, [1, 1, 1, 1])
    assert long.curve["dividends"].tolist() == [
        0,
        0,
        50,
        0,
    ]  # bought at the open of day 2: too late
    short = run(bars, [-1, -1, -1, -1], long_only=False)
    assert short.curve["dividends"].tolist() == [0, 0, -50, 0]
    assert short.curve["equity"].iloc[-1] == 950


def test_what_is_held_when_data_ends_is_closed_at_the_last_price_with_a_note() -> None:
    bars = panel(
        [[10, 10], [10, 12], [10, NAN], [10, NAN]], [[10, 10], [10, 10], [10, NAN], [10, NAN]]
    )
    found = run(bars, [[0, 1]] * 4)
    assert found.fills["reason"].tolist() == ["order", "delisted"]
    assert found.fills["price"].tolist() == [10, 12]
    assert found.curve["cash"].tolist() == [1000, 0, 1200, 1200]
    assert found.notes == (
        "Data of B ends before the range does; what was held is closed at the last known price.",
    )


def test_an_order_in_an_instrument_whose_data_has_ended_is_dropped() -> None:
    bars = panel([[10, 10], [10, NAN], [10, NAN]], [[10, 10], [10, NAN], [10, NAN]])
    assert fills(run(bars, [[0, 1]] * 3)) == []


def test_a_short_that_loses_everything_ends_the_run_with_a_note() -> None:
    found = run(panel([10, 10, 25, 5, 5], [10, 10, 25, 5, 5]), [-1, -1, -1, 1, 1], long_only=False)
    # 100 short at 10: 2,000 in cash; at 25 the debt is 2,500
    assert found.curve["equity"].tolist() == [1000, 1000, -500, -500, -500]
    assert found.fills["reason"].tolist() == ["order", "bankrupt"]
    assert found.positions["A"].tolist() == [0, -100, 0, 0, 0]
    assert found.notes == ("All equity was lost on 2024-01-03; trading ended there.",)
    assert np.isnan(found.curve["gross_exposure"].iloc[-1])


def test_a_short_covered_at_a_ruinous_open_also_ends_the_run() -> None:
    """Nothing is held at the close, and yet everything is lost: no more orders, no debt to grow."""
    found = run(panel([10, 10, 26, 5], [10, 10, 25, 5]), [-1, 0, 1, 1], long_only=False)
    assert found.curve["equity"].tolist() == [1000, 1000, -500, -500]
    assert found.notes == ("All equity was lost on 2024-01-03; trading ended there.",)


@pytest.mark.parametrize("capital", [0.0, -1.0, NAN, float("inf")])
def test_capital_must_be_a_number_above_zero(capital: float) -> None:
    with pytest.raises(InputError, match="capital above 0") as caught:
        run(panel([10, 10]), [1, 1], capital=capital)
    assert caught.value.field == "capital"


def test_targets_must_fit_the_panel_and_be_finite_or_nan() -> None:
    with pytest.raises(InputError, match="shape"):
        run(panel([10, 10]), [1, 1, 1])
    with pytest.raises(InputError, match="infinite"):
        run(panel([10, 10]), [1, float("inf")])


@pytest.mark.parametrize(
    ("bars", "field"),
    [
        (panel([10, 0.0], [10, 10]), "close"),
        (panel([10, 10], [10, -1.0]), "open"),
        (panel([10, float("inf")]), "close"),
        (panel([10, 10], split={(1, 0): 0.0}), "split"),
        (panel([10, 10], split={(1, 0): NAN}), "split"),
        (panel([10, 10], dividend={(1, 0): -1.0}), "dividend"),
    ],
)
def test_prices_nothing_can_be_traded_at_are_refused_by_name_and_day(
    bars: Panel, field: str
) -> None:
    with pytest.raises(InputError, match=f"The {field} of A on 2024-01-02") as caught:
        run(bars, [1, 1])
    assert caught.value.field == field and caught.value.remedy
