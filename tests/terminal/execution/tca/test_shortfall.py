"""Implementation shortfall by hand, and parts that add up to the last digit."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from terminal.errors import InputError
from terminal.execution.order import Side
from terminal.execution.tca import (
    PARTS,
    Execution,
    Worked,
    cost_of,
    grouped,
    in_words,
    merged,
)

D = Decimal
AT = datetime(2026, 3, 2, 15, tzinfo=UTC)
MANY = settings(
    derandomize=True, deadline=None, max_examples=int(os.environ.get("HYPOTHESIS_EXAMPLES", "30"))
)
BUY = Worked(
    "o1", "AAA", Side.BUY, D(1000), date(2026, 3, 2), D("50.00"), D("50.10"), D("50.60"),
    (
        Execution(AT, D(400), D("50.23"), D("2.00"), D("50.20"), D("0.02")),
        Execution(AT + timedelta(minutes=1), D(400), D("50.30"), D("2.00"), D("50.32"), D("0.02")),
    ),
    vwap=D("50.25"), twap=D("50.20"), predicted=D("30"),
)  # fmt: skip


def test_a_buy_by_hand() -> None:
    """Decided at 50.00, sent at 50.10, 800 of 1000 filled, 50.60 when it ended."""
    cost = cost_of(BUY)
    # the market had moved by 0.20 and 0.32 at the fills
    assert cost.timing == 400 * D("0.20") + 400 * D("0.32")
    # the first paid the half spread, the second earned it
    assert cost.spread == 400 * D("0.02") - 400 * D("0.02")
    assert cost.impact == 400 * D("0.01")
    assert cost.opportunity == 200 * D("0.60")
    assert cost.fees == 4
    assert cost.total == D("80") + D("128") + D("4") + D("120") + D("4")
    assert cost.delay == 800 * D("0.10")
    assert cost.average_price == D("50.265")
    assert cost.against_vwap == 800 * D("0.015") and cost.against_twap == 800 * D("0.065")
    assert cost.bps == cost.total / 50_000 * 10_000
    assert (cost.paid, cost.surprise) == (8, 8 - 24), "of 30 predicted, 24 for what was filled"


def test_a_sale_is_the_mirror_image() -> None:
    mirror = replace(
        BUY, side=Side.SELL, decision_price=D(100) - BUY.decision_price,
        arrival_price=D(100) - BUY.arrival_price, end_price=D(100) - BUY.end_price,
        executions=tuple(
            replace(one, price=D(100) - one.price, mid=D(100) - (one.mid or D(0)))
            for one in BUY.executions
        ),
        vwap=D("49.75"), twap=D("49.80"),
    )  # fmt: skip
    a, b = cost_of(BUY), cost_of(mirror)
    assert a.parts() == b.parts()
    assert (a.total, a.against_vwap, a.against_twap, a.delay) == (
        b.total, b.against_vwap, b.against_twap, b.delay,
    )  # fmt: skip


def test_an_order_without_fills_costs_its_opportunity() -> None:
    cost = cost_of(replace(BUY, executions=()))
    assert cost.parts() == dict.fromkeys(PARTS, 0) | {"opportunity": D(600)}
    assert cost.total == 600 and cost.average_price is None and cost.against_vwap is None


def test_without_the_market_at_a_fill_the_difference_to_arrival_is_impact() -> None:
    unseen = tuple(replace(one, mid=None) for one in BUY.executions)
    cost = cost_of(replace(BUY, executions=unseen))
    assert (cost.timing, cost.spread, cost.unquoted) == (80, 0, 2)
    assert cost.impact == 400 * D("0.13") + 400 * D("0.20")
    assert cost.total == cost_of(BUY).total


money = st.integers(1, 10**8).map(lambda n: D(n) / 10_000)
fills = st.lists(
    st.builds(
        Execution, st.just(AT), st.integers(1, 10**9).map(lambda n: D(n) / 10**6), money,
        st.integers(-100, 10_000).map(lambda n: D(n) / 1000), st.none() | money,
        st.none() | money.map(lambda m: m / 1000),
    ),
    max_size=6,
)  # fmt: skip
orders = st.builds(
    Worked, st.sampled_from(["a", "b", "c"]), st.sampled_from(["AAA", "BBB"]),
    st.sampled_from(Side), st.integers(1, 10**10).map(lambda n: D(n) / 10**6),
    st.dates(date(2026, 1, 5), date(2026, 1, 7)), money, money, money, fills.map(tuple),
    st.none() | st.sampled_from(["p", "q"]), st.none() | money, st.none() | money,
    st.none() | money,
)  # fmt: skip


@MANY
@given(orders)
def test_the_parts_are_the_whole_exactly(order: Worked) -> None:
    cost = cost_of(order)
    assert sum(cost.parts().values()) == cost.total
    # against the definition: what paper and account would hold at the end
    sign = order.side.sign
    cash = -sum((sign * f.quantity * f.price + f.fee for f in order.executions), D(0))
    held = sign * sum((f.quantity for f in order.executions), D(0))
    paper = sign * order.quantity * (order.end_price - order.decision_price)
    assert cost.total == paper - (cash + held * order.end_price)


@MANY
@given(st.lists(orders, min_size=1, max_size=6))
def test_groups_add_up_to_all(orders: list[Worked]) -> None:
    costs = [cost_of(order) for order in orders]
    (whole,) = grouped(costs, "all")
    assert sum(whole.parts.values()) == whole.total
    for by in ("order", "parent", "symbol", "day", "side"):
        groups = grouped(costs, by)
        assert sum(group.total for group in groups) == whole.total
        assert sum(group.orders for group in groups) == len(costs)
        for name in PARTS:
            assert sum(group.parts[name] for group in groups) == whole.parts[name]


def test_groups_come_dearest_first_and_days_in_their_order() -> None:
    cheap = cost_of(replace(BUY, id="o2", symbol="BBB", day=date(2026, 3, 3), end_price=D(50),
                            executions=(), predicted=None))  # fmt: skip
    dear = cost_of(BUY)
    assert [g.key for g in grouped([cheap, dear], "symbol")] == ["AAA", "BBB"]
    assert [g.key for g in grouped([cheap, dear], "day")] == ["2026-03-02", "2026-03-03"]
    (group,) = grouped([cheap, dear], "all")
    assert (group.predicted, group.paid) == (24, 8), "of orders that had a preview"
    assert grouped([cheap], "all")[0].predicted is None
    with pytest.raises(InputError, match="not grouped by 'moon'"):
        grouped([dear], "moon")


def test_a_parent_has_the_fills_of_its_children_in_time() -> None:
    one, two = (
        replace(BUY, id=str(k), executions=(fill,)) for k, fill in enumerate(BUY.executions)
    )
    assert merged(replace(BUY, executions=()), [two, one]) == BUY


def test_words_name_the_largest_part() -> None:
    assert in_words(cost_of(BUY)) == "It cost 336.00 (67.2 bp); most of it timing: 208.00."
    gained = cost_of(replace(BUY, end_price=D(45)))
    assert in_words(gained) == "It gained 784.00 (156.8 bp); most of it opportunity: 1,000.00."
    nothing = cost_of(replace(BUY, end_price=D(50), executions=()))
    assert in_words(nothing) == "It cost nothing."


def test_prices_that_are_none_are_refused() -> None:
    for name in ("quantity", "decision_price", "arrival_price", "end_price"):
        with pytest.raises(InputError) as refused:
            cost_of(replace(BUY, **{name: D(0)}))
        assert refused.value.field == name
    with pytest.raises(InputError) as refused:
        cost_of(replace(BUY, executions=(replace(BUY.executions[0], quantity=D(-1)),)))
    assert refused.value.row == 1
