"""What holds for any account: getting out is free, more is never easier, the worst counts."""

from __future__ import annotations

import itertools
import os
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from terminal.errors import InputError
from terminal.execution.limits import (
    AccountView,
    Limits,
    OpenOrder,
    Price,
    RecentIntent,
    check,
    differences,
    reduces,
)
from terminal.execution.order import FLATTEN, OrderIntent, Side
from terminal.params import describe, validate
from tests.terminal.execution.limits.test_boundaries import NOW, OFF, VIEW, WORKS, buy, sell

D = Decimal
MANY = settings(
    derandomize=True, deadline=None, max_examples=int(os.environ.get("HYPOTHESIS_EXAMPLES", "60"))
)
SYMBOLS = ("AAA", "BBB", "CCC")
CONDUCT = {"price_collar_percent", "duplicate_window_s", "max_orders_per_second",
           "max_orders_per_minute", "only_when_open"}  # fmt: skip
STRICT = Limits(
    max_order_quantity=1, max_order_notional=1, max_position_quantity=1, max_position_notional=1,
    max_adv_percent=0.01, max_sector_percent=0.01, max_gross_notional=1, max_net_notional=1,
    max_leverage=0.01, price_collar_percent=0.01, fat_finger_percent=0.01, fat_finger_multiple=0.01,
    duplicate_window_s=60, max_orders_per_second=1, max_orders_per_minute=1, max_open_orders=1,
    max_daily_notional=1, buying_power_multiple=0.01, max_price_age_s=1, max_market_price_age_s=1,
    only_when_open=True, restricted="AAA,BBB,CCC", hard_to_borrow="AAA,BBB,CCC",
)  # fmt: skip

units = st.integers(0, 60).map(D)
sizes = st.fixed_dictionaries(
    {
        "max_order_quantity": st.integers(0, 60),
        "max_order_notional": st.integers(0, 3_000),
        "max_position_quantity": st.integers(0, 90),
        "max_position_notional": st.integers(0, 4_000),
        "max_adv_percent": st.integers(0, 40),
        "max_sector_percent": st.integers(0, 60),
        "max_gross_notional": st.integers(0, 9_000),
        "max_net_notional": st.integers(0, 9_000),
        "max_leverage": st.sampled_from([0, 0.25, 0.5, 1]),
        "fat_finger_percent": st.integers(0, 30),
        "fat_finger_multiple": st.integers(0, 5),
        "max_daily_notional": st.integers(0, 9_000),
        "buying_power_multiple": st.sampled_from([0, 0.25, 0.5, 1]),
        "allow_short": st.booleans(),
        "restricted": st.sampled_from(["", "BBB"]),
    }
)


@st.composite
def accounts(draw: st.DrawFn) -> AccountView:
    orders = draw(
        st.lists(
            st.tuples(st.sampled_from(SYMBOLS), st.sampled_from(Side), st.integers(1, 40)),
            max_size=4,
        )
    )
    return replace(
        VIEW,
        equity=D(10_000),
        positions={name: D(draw(st.integers(-60, 60))) for name in SYMBOLS},
        open_orders=tuple(
            OpenOrder(f"w{k}", symbol, side, D(left), D(30) if k % 2 else None)
            for k, (symbol, side, left) in enumerate(orders)
        ),
        adv={name: D(100) for name in SYMBOLS},
        traded_today=D(draw(st.integers(0, 5_000))),
        usual_order=D(1_000),
    )


def order(symbol: str, side: Side, quantity: Decimal, source: str = "manual") -> OrderIntent:
    return OrderIntent("att-x", "acct", symbol, side, quantity, source=source)


@MANY
@given(
    accounts(), sizes, st.sampled_from(SYMBOLS), st.sampled_from(Side), st.integers(1, 80),
    st.integers(1, 80),
)  # fmt: skip
def test_more_is_never_allowed_where_less_was_refused(
    view: AccountView, chosen: dict[str, float], symbol: str, side: Side, a: int, b: int
) -> None:
    limits = replace(OFF, **chosen)
    few, many = (check(order(symbol, side, D(q)), view, limits) for q in sorted((a, b)))
    assert {d.limit for d in few} <= {d.limit for d in many}


@MANY
@given(accounts(), sizes, st.sampled_from(SYMBOLS), st.sampled_from(Side), st.integers(1, 80))
def test_no_filling_of_what_works_can_break_a_limit_that_let_the_order_pass(
    view: AccountView, chosen: dict[str, float], symbol: str, side: Side, quantity: int
) -> None:
    """Every subset of the working orders filled, at the last price; the order itself too."""
    limits = replace(OFF, **chosen)
    if check(order(symbol, side, D(quantity)), view, limits) or reduces(
        order(symbol, side, D(quantity)), view
    ):
        return
    price = {name: view.prices[name].price for name in SYMBOLS}
    for filled in itertools.product((0, 1), repeat=len(view.open_orders)):
        after = dict(view.positions)
        after[symbol] += side.sign * quantity
        for share, working in zip(filled, view.open_orders, strict=True):
            after[working.symbol] += share * working.side.sign * working.remaining
        value = {name: after[name] * price[name] for name in SYMBOLS}
        gross = sum(abs(v) for v in value.values())
        if limits.max_gross_notional:
            assert gross <= limits.max_gross_notional
        if limits.max_leverage:
            assert gross <= D(str(limits.max_leverage)) * view.equity
        toward = side.sign * sum(value.values())
        if limits.max_net_notional:
            assert toward <= limits.max_net_notional
        if limits.max_position_quantity:
            assert side.sign * after[symbol] <= limits.max_position_quantity
        if limits.max_position_notional:
            assert side.sign * value[symbol] <= limits.max_position_notional


@MANY
@given(accounts(), st.sampled_from(SYMBOLS), st.integers(1, 80))
def test_an_order_that_only_reduces_passes_every_exposure_limit(
    view: AccountView, symbol: str, quantity: int
) -> None:
    held = view.positions[symbol]
    side = Side.SELL if held > 0 else Side.BUY
    works = sum(o.remaining for o in view.open_orders if (o.symbol, o.side) == (symbol, side))
    view = replace(
        view,
        market_open=False,
        prices={},
        recent=(RecentIntent(NOW - timedelta(milliseconds=1), symbol, side, D(quantity)),),
    )
    one = order(symbol, side, D(quantity))
    only_reduces = quantity + works <= abs(held)
    assert reduces(one, view) is only_reduces
    broken = {denial.limit for denial in check(one, view, STRICT)}
    if only_reduces:
        assert broken == {"duplicate_window_s", "max_orders_per_second", "max_orders_per_minute",
                          "only_when_open"}  # fmt: skip
        assert check(order(symbol, side, D(quantity), FLATTEN), view, STRICT) == ()
    else:
        assert broken - CONDUCT
        assert check(order(symbol, side, D(quantity), FLATTEN), view, STRICT), "no way around"


def test_every_position_can_be_flattened_under_the_strictest_limits() -> None:
    blind = replace(VIEW, prices={}, market_open=False, equity=D(-5), adv={}, sectors={})
    for symbol, held in VIEW.positions.items():
        side = Side.SELL if held > 0 else Side.BUY
        assert check(order(symbol, side, abs(held), FLATTEN), blind, STRICT) == ()


def test_all_limits_that_an_order_breaks_are_named_at_once() -> None:
    view = replace(
        WORKS, market_open=False, usual_order=D(1), adv={"AAA": D(1)},
        prices=dict(VIEW.prices) | {"AAA": Price(D(50), NOW - timedelta(seconds=2))},
        recent=(RecentIntent(NOW, "AAA", Side.SELL, D(500)),),
    )  # fmt: skip
    broken = [denial.limit for denial in check(sell(500), view, STRICT)]
    every = {spec.name for spec in describe(Limits)}
    assert every - set(broken) == {
        "price_collar_percent", "hard_to_borrow", "market_reserve_percent"
    }  # fmt: skip
    assert len(broken) == len(set(broken))
    assert all(denial.message.endswith(".") for denial in check(buy(9), view, STRICT))


def test_an_edit_says_what_was_and_what_is() -> None:
    before = Limits()
    after = replace(before, max_leverage=1.5, restricted="GME")
    assert differences(before, after) == {
        "max_leverage": {"before": 2.0, "after": 1.5},
        "restricted": {"before": "", "after": "GME"},
    }
    assert differences(before, before) == {}


def test_the_form_accepts_what_it_shows_and_names_what_it_refuses() -> None:
    shown = {spec.name: spec.default for spec in describe(Limits)}
    assert validate(Limits, shown) == Limits()
    for field, value in (("max_leverage", -1), ("max_open_orders", 1.5), ("restricted", "A B,C"),
                         ("gone", 1)):  # fmt: skip
        with pytest.raises(InputError) as refused:
            validate(Limits, {field: value})
        assert refused.value.field == field
