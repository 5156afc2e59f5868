"""Which bars fill which orders: answers a person can check."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from terminal.backtest.costs import Costs
from terminal.errors import InputError
from terminal.execution.paper.pricing import Rules
from terminal.market.timeframe import Timeframe
from tests.terminal.execution.paper.small import Small

D = Decimal
FLAT = (100.0, 100.0, 100.0, 100.0, 1000.0)
NONE = (float("nan"),) * 5


def bar(o: float, h: float, low: float, c: float, v: float = 1000.0) -> tuple[float, ...]:
    return (o, h, low, c, v)


def after(order: dict[str, Any], *bars: tuple[float, ...], **more: Any) -> list[Any]:
    """Fills of an order that was sent after a flat bar at 100."""
    small = Small({"AAA": [FLAT, *bars]}, **more)
    sent = small.order(**order)
    small.step(len(bars))
    return small.fills(sent)


@pytest.mark.parametrize(
    ("order", "the_bar", "fill"),
    [
        # market: the open, whatever it is
        ({"quantity": 10}, bar(103, 104, 99, 100), (10, 103, "open")),
        ({"quantity": -10}, bar(97, 104, 96, 100), (10, 97, "open")),
        # limit: the open when it is better, its limit when it is touched, nothing else
        ({"quantity": 10, "limit": 99}, bar(98, 104, 97, 100), (10, 98, "open")),
        ({"quantity": 10, "limit": 99}, bar(101, 104, 99, 100), (10, 99, "limit")),
        ({"quantity": 10, "limit": 99}, bar(101, 104, 99.01, 100), None),
        ({"quantity": -10, "limit": 102}, bar(103, 104, 99, 100), (10, 103, "open")),
        ({"quantity": -10, "limit": 102}, bar(101, 102, 99, 100), (10, 102, "limit")),
        # stop: its level within the bar, the open after a gap
        ({"quantity": -10, "stop": 95}, bar(99, 100, 94, 98), (10, 95, "stop")),
        ({"quantity": -10, "stop": 95}, bar(93, 100, 92, 98), (10, 93, "open")),
        ({"quantity": -10, "stop": 95}, bar(99, 100, 95.5, 98), None),
        ({"quantity": 10, "stop": 105}, bar(101, 106, 99, 100), (10, 105, "stop")),
        # stop limit: its stop where the limit allows; after a gap beyond its limit nothing
        ({"quantity": 10, "stop": 105, "limit": 106}, bar(101, 107, 99, 100), (10, 105, "stop")),
        ({"quantity": 10, "stop": 105, "limit": 106}, bar(107, 108, 106.5, 107), None),
        # reached at the open, its limit works in the same bar
        ({"quantity": 10, "stop": 105, "limit": 106}, bar(107, 108, 104, 107), (10, 106, "limit")),
        # trailing: from the last close, 100
        ({"quantity": -10, "trail": 3}, bar(99, 100, 96, 98), (10, 97, "stop")),
        ({"quantity": -10, "percent": 2}, bar(99, 100, 97, 98), (10, 98, "stop")),
        ({"quantity": 10, "trail": 3}, bar(101, 104, 100, 101), (10, 103, "stop")),
        # at once or not at all
        ({"quantity": 10, "limit": 99, "tif": "ioc"}, bar(98, 99, 97, 98), (10, 98, "open")),
        ({"quantity": 10, "limit": 99, "tif": "ioc"}, bar(101, 102, 97, 98), None),
        ({"quantity": 10, "limit": 99, "tif": "fok"}, bar(98, 99, 97, 98), (10, 98, "open")),
        # auctions
        ({"quantity": 10, "tif": "opg"}, bar(98, 99, 97, 98.5), (10, 98, "open")),
        ({"quantity": 10, "tif": "cls"}, bar(98, 99, 97, 98.5), (10, 98.5, "close")),
        ({"quantity": 10, "tif": "cls", "limit": 98}, bar(97, 99, 97, 98.5), None),
    ],
)
def test_a_bar_fills_an_order(order: dict[str, Any], the_bar: Any, fill: Any) -> None:
    wanted = [] if fill is None else [(D(fill[0]), D(str(fill[1])), fill[2])]
    assert after(order, the_bar) == wanted


def test_a_reached_stop_limit_beyond_its_limit_works_on_as_a_limit() -> None:
    # within the bar the stop (105) is reached, but its limit is below it
    order = {"quantity": 10, "stop": 105, "limit": 104, "tif": "gtc"}
    assert after(order, bar(101, 106, 100, 105)) == []
    assert after(order, bar(101, 106, 100, 105), bar(104.5, 105, 103, 104)) == [
        (D(10), D(104), "limit")
    ]


def test_a_trailing_stop_follows_the_bars_before_this_one() -> None:
    rise = bar(100, 110, 100, 109)  # its own high does not raise the stop within the bar
    assert after({"quantity": -10, "trail": 3, "tif": "gtc"}, rise) == []
    fall = bar(109, 109, 100, 101)
    assert after({"quantity": -10, "trail": 3, "tif": "gtc"}, rise, fall) == [
        (D(10), D(107), "stop")
    ]


def test_where_a_bar_touches_stop_and_target_the_stop_is_first() -> None:
    small = Small({"AAA": [FLAT, FLAT, bar(100, 110, 90, 100)]})
    small.order(10)
    small.step()
    stop = small.order(-10, stop=95, tif="gtc")
    target = small.order(-10, limit=105, tif="gtc")
    small.step()
    executed = [fill.order_id for fill in small.exchange.state.executions.values()]
    assert executed.index(stop.id) < executed.index(target.id)


def test_costs_make_taken_prices_worse_and_never_pass_the_limit() -> None:
    rules = Rules(costs=Costs(half_spread_bps=10, slippage_bps=10, commission_bps=1))
    market = after({"quantity": 10}, bar(100, 101, 99, 100), rules=rules)
    assert market == [(D(10), D("100.2"), "open")]
    limited = after({"quantity": 10, "limit": 100.1}, bar(100, 101, 99, 100), rules=rules)
    assert limited == [(D(10), D("100.1"), "open")]
    resting = after({"quantity": 10, "limit": 99}, bar(100, 101, 99, 100), rules=rules)
    assert resting == [(D(10), D(99), "limit")]


def test_fees_are_commission_with_a_minimum_and_the_fee_of_sales() -> None:
    costs = Costs(commission_per_share=0.01, commission_minimum=1.0, sell_fee_bps=10)
    small = Small({"AAA": [FLAT, FLAT, FLAT]}, rules=Rules(costs=costs))
    small.order(50)
    small.step()
    small.order(-200)
    small.step()
    assert [f.fee for f in small.exchange.state.executions.values()] == [D(1), D(2) + D(20)]
    assert small.account.cash == 100_000 - 5_000 - 1 + 20_000 - 22


def test_costs_that_need_the_surroundings_of_a_fill_are_refused() -> None:
    with pytest.raises(InputError, match="fixed costs"):
        Rules(costs=Costs(impact_root=1.0))


def test_a_share_of_the_volume_is_filled_by_all_orders_together() -> None:
    rules = Rules(participation=0.1)
    small = Small({"AAA": [FLAT, *[FLAT] * 3]}, rules=rules)
    first, second = small.order(60, tif="gtc"), small.order(70, tif="gtc")
    small.step()
    assert small.fills(first) == [(D(60), D(100), "open")]
    assert small.fills(second) == [(D(40), D(100), "open")]
    assert second.left == 30
    small.step()
    assert [q for q, _, _ in small.fills(second)] == [40, 30] and not second.is_open


def test_fok_needs_all_of_it_and_ioc_takes_what_there_is() -> None:
    rules = Rules(participation=0.1)
    assert after({"quantity": 101, "tif": "fok"}, FLAT, rules=rules) == []
    assert after({"quantity": 100, "tif": "fok"}, FLAT, rules=rules) == [(D(100), D(100), "open")]
    small = Small({"AAA": [FLAT, FLAT]}, rules=rules)
    order = small.order(101, tif="ioc")
    small.step()
    assert small.fills(order) == [(D(100), D(100), "open")] and order.ended == "canceled"


def test_limits_fill_by_price_then_by_arrival() -> None:
    rules = Rules(participation=0.1)
    small = Small({"AAA": [FLAT, bar(100, 100, 95, 99)]}, rules=rules)
    low, high, later = (small.order(60, limit=price) for price in (97, 98, 98))
    small.step()
    assert small.fills(high) == [(D(60), D(98), "limit")]
    assert small.fills(later) == [(D(40), D(98), "limit")]
    assert small.fills(low) == []


def test_the_rest_of_a_stop_is_a_market_order_at_the_next_bar() -> None:
    rules = Rules(participation=0.1)
    bars = [bar(100, 100, 94, 95), bar(90, 91, 89, 90)]
    got = after({"quantity": -150, "stop": 95, "tif": "gtc"}, *bars, rules=rules)
    assert got == [(D(100), D(95), "stop"), (D(50), D(90), "open")]


def test_a_day_order_ends_with_its_session_and_a_gtc_one_goes_on() -> None:
    small = Small({"AAA": [FLAT] * 4})
    day, gtc = small.order(1, limit=50), small.order(1, limit=50, tif="gtc")
    small.step()
    assert (day.ended, gtc.ended) == ("expired", "")


def test_opg_waits_for_the_next_session_of_intraday_bars() -> None:
    small = Small({"AAA": [FLAT] * 30}, timeframe=Timeframe.MIN_15)
    order = small.order(1, tif="opg")
    small.step(25)
    assert order.is_open  # 26 bars a session: the first one had begun
    small.step()
    assert order.ended == "filled"


def test_an_instrument_without_a_bar_fills_nothing_and_immediate_orders_end() -> None:
    small = Small({"AAA": [FLAT, NONE, FLAT], "BBB": [FLAT] * 3})
    ioc, gtc = small.order(1, tif="ioc"), small.order(1, tif="gtc")
    small.step()
    assert ioc.ended == "canceled" and gtc.is_open
    small.step()
    assert small.fills(gtc) == [(D(1), D(100), "open")]


def test_latency_lets_an_open_pass() -> None:
    from datetime import timedelta

    small = Small(
        {"AAA": [FLAT, bar(101, 101, 101, 101), bar(102, 102, 102, 102)]},
        rules=Rules(latency=timedelta(seconds=1)),
        timeframe=Timeframe.MIN_15,
    )
    order = small.order(1)
    small.step()
    assert small.fills(order) == []
    small.step()
    assert small.fills(order) == [(D(1), D(102), "open")]


def test_an_order_sent_within_a_bar_works_from_the_next() -> None:
    small = Small({"AAA": [FLAT, bar(100, 110, 90, 100), bar(101, 101, 101, 101)]})
    small.exchange.open_bar()
    limit, market = small.order(1, limit=95, tif="gtc"), small.order(1, tif="gtc")
    small.exchange.close_bar()
    assert small.fills(limit) == [] and small.fills(market) == []
    small.step()
    assert small.fills(market) == [(D(1), D(101), "open")]


def test_limits_of_two_accounts_meet_at_the_price_that_stood_first() -> None:
    small = Small({"AAA": [FLAT] * 3}, timeframe=Timeframe.MIN_15)
    other, third = small.open("100000", "k2"), small.open("100000", "k3")
    low = small.order(5, of=third, limit=100, tif="gtc")
    best = small.order(5, limit="100.5", tif="gtc")
    own = small.order(-5, limit="100.5", tif="gtc")  # an account does not trade with itself
    assert best.is_open and own.is_open
    seller = small.order(-8, of=other, limit=100, tif="gtc")
    assert small.fills(best) == [(D(5), D("100.5"), "cross")]
    assert small.fills(low) == [(D(3), D(100), "cross")]
    assert small.fills(seller) == [(D(5), D("100.5"), "cross"), (D(3), D(100), "cross")]
    assert other.positions["AAA"].quantity == -8


def test_accounts_do_not_meet_at_a_price_worse_than_the_market() -> None:
    small = Small({"AAA": [FLAT] * 3}, timeframe=Timeframe.MIN_15)
    other = small.open("100000", "k2")
    bid = small.order(5, limit=99, tif="gtc")
    seller = small.order(-5, of=other, limit=98, tif="gtc")
    assert small.fills(bid) == []
    small.step()
    assert small.fills(seller) == [(D(5), D(100), "open")]
