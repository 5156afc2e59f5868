"""Every limit at exactly its value, one step below and one step above."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from terminal.execution.limits import (
    AccountView,
    Limits,
    OpenOrder,
    Price,
    RecentIntent,
    check,
)
from terminal.execution.order import OrderIntent, OrderType, Side, TimeInForce

D = Decimal
NOW = datetime(2026, 3, 2, 15, 30, tzinfo=UTC)
OFF = Limits(
    max_leverage=0, price_collar_percent=0, duplicate_window_s=0, max_orders_per_second=0,
    max_orders_per_minute=0, max_open_orders=0, buying_power_multiple=0, market_reserve_percent=0,
    max_price_age_s=0, max_market_price_age_s=0, allow_short=True,
)  # fmt: skip
"""Everything off, so that one limit is looked at at a time."""
PRICES = {name: Price(D(price), NOW) for name, price in (("AAA", 50), ("BBB", 20), ("CCC", 10))}
VIEW = AccountView(
    now=NOW,
    cash=D(93_000),
    equity=D(100_000),
    positions={"AAA": D(100), "BBB": D(-50), "CCC": D(300)},  # 5,000, -1,000 and 3,000
    prices=PRICES,
    sectors={"AAA": "Energy", "BBB": "Energy"},
    adv={"AAA": D(10_000)},
)


def order(side: Side, quantity: Any, symbol: str = "AAA", **more: Any) -> OrderIntent:
    return OrderIntent("att-x", "acct", symbol, side, D(str(quantity)), **more)


def buy(quantity: Any, symbol: str = "AAA", **more: Any) -> OrderIntent:
    return order(Side.BUY, quantity, symbol, **more)


def sell(quantity: Any, symbol: str = "AAA", **more: Any) -> OrderIntent:
    return order(Side.SELL, quantity, symbol, **more)


def limit_buy(price: str) -> OrderIntent:
    return buy(1, type=OrderType.LIMIT, limit_price=D(price))


def limit_sell(price: str) -> OrderIntent:
    return sell(1, type=OrderType.LIMIT, limit_price=D(price))


def stop_limit(side: Side, stop: str, limit: str) -> OrderIntent:
    return order(side, 1, type=OrderType.STOP_LIMIT, stop_price=D(stop), limit_price=D(limit))


WORKS = replace(
    VIEW,
    open_orders=(
        OpenOrder("w1", "AAA", Side.BUY, D(40)),
        OpenOrder("w2", "AAA", Side.SELL, D(30)),
        OpenOrder("w3", "CCC", Side.SELL, D(10)),
    ),
)
"""AAA can be anything from 70 to 140 units: at worst 7,000; CCC from 290 to 300."""

# limit, its value, the account, and an order a step below, at, and a step above it
SIZES: list[tuple[str, float, AccountView, Callable[[Any], OrderIntent], Any, Any, Any]] = [
    ("max_order_quantity", 500, VIEW, buy, 499, 500, 501),
    ("max_order_quantity", 500, VIEW, sell, 499, 500, 501),
    ("max_order_quantity", 0.5, VIEW, buy, "0.499999999", "0.5", "0.500000001"),
    ("max_order_notional", 500.01, VIEW, limit_buy, "500.00", "500.01", "500.02"),
    ("max_order_notional", 5_000, VIEW, buy, 99, 100, 101),
    ("max_position_quantity", 250, VIEW, buy, 149, 150, 151),
    ("max_position_quantity", 250, WORKS, buy, 109, 110, 111),
    ("max_position_quantity", 250, VIEW, sell, 349, 350, 351),
    ("max_position_quantity", 250, WORKS, sell, 319, 320, 321),
    ("max_position_notional", 12_500, VIEW, buy, 149, 150, 151),
    ("max_position_notional", 12_500, WORKS, buy, 109, 110, 111),
    ("max_position_notional", 12_500, WORKS, sell, 319, 320, 321),
    ("max_adv_percent", 5, VIEW, buy, 499, 500, 501),
    ("max_adv_percent", 5, WORKS, buy, 459, 460, 461),
    ("max_adv_percent", 5, WORKS, sell, 469, 470, 471),
    ("max_sector_percent", 10, VIEW, buy, 79, 80, 81),  # 5,000 + 1,000 + 4,000
    ("max_sector_percent", 10, WORKS, buy, 39, 40, 41),
    ("max_gross_notional", 20_000, VIEW, buy, 219, 220, 221),  # 5,000 + 1,000 + 3,000 + 11,000
    ("max_gross_notional", 20_000, WORKS, buy, 179, 180, 181),
    ("max_gross_notional", 20_000, VIEW, sell, 419, 420, 421),  # short 320 of AAA: 16,000
    ("max_net_notional", 20_000, VIEW, buy, 259, 260, 261),  # 7,000 + 13,000
    ("max_net_notional", 20_000, WORKS, buy, 219, 220, 221),
    ("max_net_notional", 20_000, VIEW, sell, 539, 540, 541),  # 7,000 - 27,000
    ("max_net_notional", 20_000, WORKS, sell, 507, 508, 509),  # 7,000 - 1,500 - 100 - 25,400
    ("max_leverage", 0.2, VIEW, buy, 219, 220, 221),
    ("max_leverage", 0.2, WORKS, buy, 179, 180, 181),
    ("fat_finger_percent", 5, VIEW, buy, 99, 100, 101),
    ("fat_finger_multiple", 10, replace(VIEW, usual_order=D(500)), buy, 99, 100, 101),
    ("max_daily_notional", 9_000, replace(VIEW, traded_today=D(4_000)), buy, 99, 100, 101),
    ("max_daily_notional", 12_600, replace(WORKS, traded_today=D(4_000)), buy, 99, 100, 101),
    ("buying_power_multiple", 0.2, VIEW, buy, 219, 220, 221),
    ("buying_power_multiple", 0.2, WORKS, buy, 179, 180, 181),
    ("price_collar_percent", 5, VIEW, limit_buy, "52.49", "52.50", "52.51"),
    ("price_collar_percent", 5, VIEW, limit_sell, "47.51", "47.50", "47.49"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "value", "view", "make", "below", "at", "above"), SIZES,
    ids=[f"{row[0]}-{row[3].__name__}-{k}" for k, row in enumerate(SIZES)],
)  # fmt: skip
def test_a_limit_allows_its_value_and_refuses_a_step_more(
    name: str, value: float, view: AccountView, make: Callable[[Any], OrderIntent],
    below: Any, at: Any, above: Any,
) -> None:  # fmt: skip
    limits = replace(OFF, **{name: value})
    if name == "price_collar_percent":
        view = replace(view, positions={})
    assert check(make(below), view, limits) == ()
    assert check(make(at), view, limits) == ()
    (denial,) = check(make(above), view, limits)
    assert denial.limit == name
    assert denial.value is not None and denial.allowed is not None
    assert denial.value > denial.allowed and "allowed: " in denial.message
    assert check(make(above), view, OFF) == (), "0 switches it off"


def test_the_numbers_of_a_denial_are_exact_and_travel_as_text() -> None:
    (denial,) = check(buy("0.3"), VIEW, replace(OFF, max_order_quantity=0.2))
    assert denial.as_dict() == {
        "limit": "max_order_quantity",
        "message": "The order is for 0.3 units; allowed: 0.2.",
        "value": "0.3",
        "allowed": "0.2",
    }


@pytest.mark.parametrize(
    ("intent", "refused"),
    [
        (stop_limit(Side.BUY, "60", "63.00"), False),  # its stop is where it starts
        (stop_limit(Side.BUY, "60", "63.01"), True),
        (stop_limit(Side.BUY, "40", "52.50"), False),  # passed already: trades at the last price
        (stop_limit(Side.BUY, "40", "52.51"), True),
        (stop_limit(Side.SELL, "40", "38.00"), False),
        (stop_limit(Side.SELL, "40", "37.99"), True),
        (stop_limit(Side.SELL, "60", "47.49"), True),
        (limit_buy("1"), False),  # far on the patient side: it can only be cheap
        (limit_sell("500"), False),
    ],
)
def test_the_collar_is_measured_from_where_an_order_starts_to_trade(
    intent: OrderIntent, refused: bool
) -> None:
    found = check(intent, VIEW, replace(OFF, price_collar_percent=5))
    assert [denial.limit for denial in found] == ["price_collar_percent"] * refused


def test_a_collar_without_any_price_refuses() -> None:
    view = replace(VIEW, positions={}, prices={})
    (denial,) = check(limit_buy("50"), view, replace(OFF, price_collar_percent=5))
    assert denial.message == "There is no price of AAA that the limit could be compared with."


def aged(seconds: float) -> AccountView:
    return replace(VIEW, prices=PRICES | {"AAA": Price(D(50), NOW - timedelta(seconds=seconds))})


@pytest.mark.parametrize(("name", "intent", "binds"), [
    ("max_price_age_s", buy(1), True),
    ("max_price_age_s", limit_buy("50"), True),
    ("max_market_price_age_s", buy(1), True),
    ("max_market_price_age_s", buy(1, type=OrderType.STOP, stop_price=D(60)), True),
    ("max_market_price_age_s", limit_buy("50"), False),
])  # fmt: skip
def test_old_data_stops_what_adds(name: str, intent: OrderIntent, binds: bool) -> None:
    limits = replace(OFF, **{name: 30})
    for age, refused in ((29, False), (30, False), (31, True), (30.001, True)):
        found = check(intent, aged(age), limits)
        assert [d.limit for d in found] == [name] * (refused and binds), age
    assert check(sell(100), aged(1e6), limits) == (), "getting out needs no fresh price"
    assert len(check(intent, replace(VIEW, prices={}), limits)) == binds


def test_the_same_order_is_refused_within_the_window_only() -> None:
    limits = replace(OFF, duplicate_window_s=10)
    for age, refused in ((9, True), (9.999, True), (10, False), (11, False)):
        recent = RecentIntent(NOW - timedelta(seconds=age), "AAA", Side.BUY, D(7))
        view = replace(VIEW, recent=(recent,))
        assert bool(check(buy(7), view, limits)) is refused, age
        assert check(buy(8), view, limits) == check(sell(7), view, limits) == ()
        assert check(buy(7, "BBB"), view, limits) == ()
        assert check(buy(7, parent_id="p"), view, limits) == (), "an algorithm numbers its children"


@pytest.mark.parametrize(
    ("name", "seconds"), [("max_orders_per_second", 1), ("max_orders_per_minute", 60)]
)
def test_the_order_rate_counts_this_order(name: str, seconds: int) -> None:
    limits = replace(OFF, **{name: 3})

    def after(*ages: float) -> bool:
        recent = tuple(
            RecentIntent(NOW - timedelta(seconds=age), "AAA", Side.BUY, D(1)) for age in ages
        )
        return bool(check(buy(7), replace(VIEW, recent=recent), limits))

    inside = seconds - 0.001
    assert not after(inside)
    assert not after(inside, 0)
    assert after(inside, 0, 0)
    assert not after(seconds, 0, 0), "exactly that old is outside"
    assert not after(seconds + 1, seconds, 0, 0)


def test_open_orders_count_this_one_but_not_the_one_it_replaces() -> None:
    for most, refused in ((3, True), (4, False), (5, False)):
        limits = replace(OFF, max_open_orders=most)
        assert bool(check(buy(1), WORKS, limits)) is refused
        assert check(buy(1, replaces="w1"), WORKS, limits) == ()


def test_a_replaced_order_counts_nowhere() -> None:
    for name, value in (
        ("max_position_quantity", 250), ("max_position_notional", 12_500), ("max_adv_percent", 1.5),
        ("max_gross_notional", 16_500), ("max_net_notional", 14_500), ("max_daily_notional", 9_100),
    ):  # fmt: skip
        limits = replace(OFF, **{name: value})
        assert check(buy(150, replaces="w1"), WORKS, limits) == (), name
        assert check(buy(150), WORKS, limits), name
        assert check(buy(151, replaces="w1"), WORKS, limits), name
    # one of the other side ends nothing on this one
    assert check(buy(150, replaces="w2"), WORKS, replace(OFF, max_position_quantity=250))


def test_shorting_is_allowed_up_to_what_is_held() -> None:
    limits = replace(OFF, allow_short=False)
    assert check(sell(100), VIEW, limits) == ()
    (denial,) = check(sell(101), VIEW, limits)
    assert (denial.limit, denial.value) == ("allow_short", D(1))
    assert check(sell(70), WORKS, limits) == ()  # 30 of the 100 are being sold already
    assert check(sell(71), WORKS, limits)
    assert check(buy(50, "BBB"), VIEW, limits) == (), "closing a short position is no short sale"


def test_lists_of_symbols() -> None:
    limits = replace(OFF, restricted="aaa, BBB", hard_to_borrow="CCC")
    assert [d.limit for d in check(buy(1), VIEW, limits)] == ["restricted"]
    assert check(sell(100), VIEW, limits) == () and check(buy(50, "BBB"), VIEW, limits) == ()
    assert [d.limit for d in check(sell(101), VIEW, limits)] == ["restricted"]
    assert check(buy(1, "CCC"), VIEW, limits) == ()
    assert [d.limit for d in check(sell(301, "CCC"), VIEW, limits)] == ["hard_to_borrow"]


def test_market_hours() -> None:
    limits, closed = replace(OFF, only_when_open=True), replace(VIEW, market_open=False)
    assert check(buy(1), VIEW, limits) == ()
    assert [d.limit for d in check(buy(1), closed, limits)] == ["only_when_open"]
    assert check(buy(1, time_in_force=TimeInForce.OPG), closed, limits) == ()


def test_orders_without_a_limit_need_a_reserve_of_buying_power() -> None:
    limits = replace(OFF, buying_power_multiple=0.2, market_reserve_percent=10)
    assert check(buy(200), VIEW, limits) == ()  # 9,000 + 10,000 + 1,000
    assert check(buy(201), VIEW, limits)
    at_limit = buy(220, type=OrderType.LIMIT, limit_price=D(50))
    assert check(at_limit, VIEW, limits) == ()


def test_an_order_counts_at_the_higher_of_its_price_and_the_last() -> None:
    limits = replace(OFF, max_order_notional=600)
    assert check(buy(10, type=OrderType.LIMIT, limit_price=D(60)), VIEW, limits) == ()
    assert check(buy(10, type=OrderType.LIMIT, limit_price=D("60.01")), VIEW, limits)
    assert check(buy(13, type=OrderType.LIMIT, limit_price=D(10)), VIEW, limits), "last is 50"
    stop = buy(10, type=OrderType.STOP_LIMIT, stop_price=D("60.01"), limit_price=D(60))
    assert check(stop, VIEW, limits)
    working = replace(VIEW, open_orders=(OpenOrder("w", "BBB", Side.SELL, D(10), D(100)),))
    # BBB is short 2,000 at worst: its 50 at 20, and 10 more at 100
    assert check(buy(200), working, replace(OFF, max_gross_notional=20_000)) == ()
    assert check(buy(201), working, replace(OFF, max_gross_notional=20_000))


def test_what_has_no_price_has_no_exposure_to_compare() -> None:
    gone = {name: price for name, price in PRICES.items() if name != "BBB"}
    limits = replace(OFF, max_leverage=1)
    (denial,) = check(buy(1), replace(VIEW, prices=gone), limits)
    assert denial.message.startswith("There is no price of BBB")
    (denial,) = check(buy(1, "DDD"), VIEW, limits)
    assert denial.message.startswith("There is no price of DDD")
    assert check(buy(1, "DDD"), VIEW, OFF) == ()
    assert check(buy(50, "BBB"), VIEW, replace(OFF, max_adv_percent=1)) == (), "only reduces"
    (denial,) = check(buy(51, "BBB"), VIEW, replace(OFF, max_adv_percent=1))
    assert denial.message == "The average volume of BBB is not known."


def test_without_equity_nothing_may_be_added() -> None:
    view = replace(VIEW, equity=D(-1))
    limits = replace(OFF, max_leverage=2, max_sector_percent=50, buying_power_multiple=2)
    assert {d.limit for d in check(buy(1), view, limits)} == {
        "max_leverage", "max_sector_percent", "buying_power_multiple",
    }  # fmt: skip
    assert check(sell(100), view, limits) == ()
