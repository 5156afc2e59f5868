"""What every algorithm keeps to: never too much, nothing left after a cancel, an end."""

from __future__ import annotations

import os
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from terminal.errors import InputError
from terminal.execution.algorithms import (
    ALGORITHMS,
    AlgorithmState,
    ChildOrder,
    Market,
    ParentOrder,
    Progress,
    params_of,
    plan_of,
)
from terminal.execution.order import OrderType, Side, client_order_id
from terminal.execution.states import OrderState
from terminal.params import describe
from tests.terminal.execution.algorithms.exchange import (
    CURVE,
    END,
    START,
    D,
    Exchange,
    parent,
)

S = AlgorithmState
MINUTE = timedelta(minutes=1)
MANY = settings(
    derandomize=True, deadline=None, max_examples=int(os.environ.get("HYPOTHESIS_EXAMPLES", "20"))
)


@st.composite
def parents(draw: st.DrawFn) -> ParentOrder:
    name = draw(st.sampled_from(sorted(ALGORITHMS)))
    given = {
        "lot": draw(st.sampled_from([1, 10, 0.5])),
        "catch_up": draw(st.sampled_from(["spread", "at once"])),
        "at_end": draw(st.sampled_from(["finish", "leave"])),
        "worst_price": draw(st.sampled_from([0, 50.5])),
    }
    if name != "iceberg":
        given["child_type"] = draw(st.sampled_from(["market", "limit"]))
    if name in ("twap", "vwap", "implementation_shortfall"):
        given |= {"slices": draw(st.integers(1, 20)), "jitter": draw(st.sampled_from([0, 0.5, 1]))}
    if name == "implementation_shortfall":
        given["risk_aversion"] = draw(st.sampled_from([0, 1e-6, 1e-2]))
    if name == "pov":
        given["interval_s"] = draw(st.sampled_from([30, 300]))
    return parent(name, draw(st.sampled_from(["1", "7", "105", "1200", "33.25"])), **given)


@MANY
@given(parents(), st.data())
def test_never_more_than_the_parent_whatever_happens(
    order: ParentOrder, data: st.DataObject
) -> None:
    """Partial fills, refusals, lost answers, late cancels, pauses, halts, in any order; then a
    market that fills. `Exchange.look` checks every step."""
    exchange = Exchange(order)
    now = START - MINUTE
    volume = 0.0
    while now < END + 5 * MINUTE:
        happens = data.draw(st.sampled_from(["nothing", "fill", "fill", "refuse", "lose", "confirm",
                                             "pause", "expire"]))  # fmt: skip
        for child in exchange.progress.open:
            name = child.client_order_id
            if happens == "fill":
                part = data.draw(st.integers(1, 4))
                exchange.fill(name, (child.quantity - child.filled) * part / 4)
            elif happens == "refuse" and not child.filled:
                exchange.change(name, state=OrderState.REJECTED)
            elif happens == "lose":
                exchange.change(name, state=OrderState.UNKNOWN)
            elif happens == "expire":
                exchange.change(name, state=OrderState.EXPIRED)
        if happens == "confirm":
            exchange.confirm_cancels()
        exchange.paused = happens == "pause"
        volume += data.draw(st.integers(0, 500))
        open_ = data.draw(st.sampled_from([True, True, True, False]))
        last = data.draw(st.sampled_from([D("49.99"), D("50.01"), None]))
        exchange.look(now, Market(open_, last, volume, 100.0))
        now += timedelta(seconds=data.draw(st.sampled_from([20, 400, 900])))
    exchange.paused = False
    for _ in range(8):
        exchange.fill_all()
        step = exchange.look(now, Market(True, D(50), 1e9, 1e9))
        now += MINUTE
    assert step.state in (S.DONE, S.FAILED) and exchange.progress.open == ()
    if step.state is S.DONE and order.params.at_end == "finish" and not order.params.worst_price:
        assert exchange.filled == order.quantity or "closed" in step.note


@MANY
@given(parents())
def test_it_completes_when_the_market_fills(order: ParentOrder) -> None:
    if order.algorithm == "iceberg":
        order = parent("iceberg", order.quantity, at_end="finish", display=7)
    exchange = Exchange(order)
    step = exchange.run(
        END + 3 * MINUTE,
        market=lambda now: Market(True, D(50), 100.0 * (now - START).total_seconds(), 3_000.0),
    )
    assert (step.state, exchange.filled) == (S.DONE, order.quantity)


@pytest.mark.parametrize("name", sorted(ALGORITHMS))
def test_a_cancel_leaves_nothing(name: str) -> None:
    given = {} if name == "iceberg" else {"child_type": "limit"}
    exchange = Exchange(parent(name, **given))
    market = Market(True, D(50), 1e4, 1e4)
    exchange.look(START + 20 * MINUTE, market)
    (child,) = exchange.progress.open
    exchange.fill(child.client_order_id, D(1))
    exchange.cancelled = True
    step = exchange.look(START + 21 * MINUTE, market)
    assert step.cancel == (child.client_order_id,) and step.state is S.WORKING
    step = exchange.look(START + 22 * MINUTE, market)
    assert step.cancel == (), "asked for once"
    exchange.fill(child.client_order_id, D(1))  # a fill overtakes the cancel
    exchange.confirm_cancels()
    step = exchange.look(START + 23 * MINUTE, market)
    assert step.state is S.CANCELLED and step.place == ()
    assert exchange.filled == 2 and exchange.progress.open == ()


def test_a_pause_sends_nothing_and_cancels_what_works() -> None:
    exchange = Exchange(parent(child_type="limit", jitter=0))
    exchange.look(START)
    exchange.paused = True
    step = exchange.look(START + MINUTE)
    assert step.state is S.PAUSED and len(step.cancel) == 1
    exchange.confirm_cancels()
    assert exchange.look(START + 30 * MINUTE).place == ()
    exchange.paused = False
    assert exchange.look(START + 30 * MINUTE).state is S.WORKING
    assert len(exchange.children) == 2


def test_what_a_pause_missed_comes_at_once_or_is_spread() -> None:
    sent = {}
    for rule in ("at once", "spread"):
        exchange = Exchange(parent(quantity=1200, slices=12, jitter=0, catch_up=rule, finish_s=0))
        exchange.run(START + 12 * MINUTE)  # slices 1 to 3
        exchange.paused = True
        exchange.look(START + 15 * MINUTE)
        exchange.paused = False
        exchange.run(END - MINUTE, begin=START + 41 * MINUTE)  # slices 9 to 12
        sent[rule] = [int(intent.quantity) for intent in exchange.intents]
    assert sent == {
        "at once": [100, 100, 100, 600, 100, 100, 100],
        "spread": [100, 100, 100, 225, 225, 225, 225],
    }


def test_a_late_fill_of_a_lost_child_is_never_sent_again() -> None:
    exchange = Exchange(parent(slices=2, jitter=0, at_end="leave"))
    exchange.look(START)
    (lost,) = exchange.progress.open
    exchange.change(lost.client_order_id, state=OrderState.UNKNOWN)
    exchange.look(START + 30 * MINUTE)
    assert [int(i.quantity) for i in exchange.intents] == [600, 600]
    assert exchange.look(START + 59 * MINUTE).place == ()
    exchange.fill_all()
    step = exchange.look(START + 59 * MINUTE)
    assert (step.state, exchange.filled) == (S.DONE, 1200)


def test_a_resting_child_is_replaced_only_once_its_cancel_is_confirmed() -> None:
    exchange = Exchange(parent(quantity=100, slices=2, jitter=0, child_type="limit", offset_bps=10))
    exchange.look(START)
    assert exchange.intents[0].limit_price == D("49.95")
    (first,) = exchange.progress.open
    exchange.fill(first.client_order_id, D(20))
    second = START + (exchange.parent.closing_at - START) / 2
    step = exchange.look(second)
    assert (step.place, step.cancel) == ((), (first.client_order_id,))
    exchange.fill(first.client_order_id, D(5))
    assert exchange.look(second + MINUTE).place == ()
    exchange.confirm_cancels()
    (child,) = exchange.look(second + 2 * MINUTE).place
    assert child.quantity == 75 and child.leg == "2"


def test_the_end_of_the_window_finishes_or_leaves() -> None:
    for policy, end, filled in (("finish", S.DONE, 1200), ("leave", S.DONE, 0)):
        exchange = Exchange(parent(slices=3, child_type="limit", at_end=policy))

        def only_market(exchange: Exchange, now: object) -> None:
            for child in exchange.progress.open:
                if child.limit_price is None:
                    exchange.fill(child.client_order_id, child.quantity)

        step = exchange.run(END + 2 * MINUTE, each=only_market)
        assert (step.state, exchange.filled) == (end, filled), policy
        assert exchange.progress.open == ()
        if policy == "finish":
            last = exchange.intents[-1]
            assert (last.type, last.quantity) == (OrderType.MARKET, 1200)
            assert exchange.intents[-2].type is OrderType.LIMIT
        else:
            assert step.note == "The window has ended; the rest was left."


def test_the_rest_is_finished_even_if_nobody_looked_in_time() -> None:
    exchange = Exchange(parent(slices=3))
    exchange.look(END + MINUTE)
    assert [i.quantity for i in exchange.intents] == [1200]
    exchange.fill_all()
    assert exchange.look(END + MINUTE).state is S.DONE
    closed = Exchange(parent(slices=3)).look(END + MINUTE, Market(False, D(50)))
    assert (closed.state, closed.note) == (S.DONE, "The market closed before the rest was sent.")


def test_no_child_is_worse_than_the_worst_price() -> None:
    for side, worst, last, price in (
        (Side.BUY, 50.009, "51", "50.00"), (Side.SELL, 50.001, "49", "50.01"),
    ):  # fmt: skip
        order = parent(worst_price=worst, slices=2, jitter=0)
        order = ParentOrder("p", "acct", "AAA", side, D(10), START, END, "twap", order.params)
        exchange = Exchange(order)
        step = exchange.run(END, market=lambda now, last=last: Market(True, D(last)),
                            each=lambda exchange, now: None)  # fmt: skip
        assert {i.limit_price for i in exchange.intents} == {D(price)}
        assert {i.type for i in exchange.intents} == {OrderType.LIMIT}
        assert step.cancel and step.state is S.WORKING, "at the end nothing is left resting"
        exchange.confirm_cancels()
        step = exchange.look(END + MINUTE)
        assert (step.state, step.note) == (
            S.DONE, "The window has ended; the rest found no price.",
        )  # fmt: skip
        assert exchange.progress.committed == 0


def test_three_refusals_in_a_row_are_the_end() -> None:
    exchange = Exchange(parent(slices=12, jitter=0, finish_s=0))

    def refuse(exchange: Exchange, now: object) -> None:
        for child in exchange.progress.open:
            exchange.change(child.client_order_id, state=OrderState.DENIED)

    step = exchange.run(END, each=refuse)
    assert step.state is S.FAILED and len(exchange.children) == 3
    assert step.note == "3 children in a row were refused."


def test_a_refusal_after_a_fill_or_before_one_does_not_count() -> None:
    def child(number: int, state: OrderState, filled: int) -> ChildOrder:
        return ChildOrder(number, f"c{number}", D(10), D(filled), state)

    refused = [child(k, OrderState.REJECTED, 0) for k in (1, 2, 4)]
    assert Progress((*refused[:2], child(3, OrderState.CANCELLED, 0), refused[2])).refusals == 1
    assert Progress((*refused[:2], child(3, OrderState.REJECTED, 4), refused[2])).refusals == 1
    assert Progress((*refused[:2], refused[2])).refusals == 3


def test_a_child_says_whose_it_is() -> None:
    exchange = Exchange(parent(jitter=0))
    (child,) = exchange.look(START).place
    assert child.client_order_id == client_order_id("acct", "algo:p1", None, "AAA", "1")
    assert (child.parent_id, child.source, child.leg) == ("p1", "algo:p1", "1")
    assert child.reference_price == D(50)


def test_before_the_start_without_a_price_and_on_a_closed_market_nothing_is_sent() -> None:
    order = parent(jitter=0)
    step = Exchange(order).look(START - MINUTE)
    assert (step.state, step.next_at) == (S.WAITING, START)
    assert Exchange(order).look(START, Market(True, None)).note == "There is no price yet."
    assert Exchange(order).look(START, Market(False, D(50))).note == "The market is closed."


def test_every_form_can_be_drawn_and_its_defaults_make_a_plan() -> None:
    for name, algorithm in ALGORITHMS.items():
        shown = {spec.name: spec.default for spec in describe(algorithm.params)}
        assert params_of(name, shown) == algorithm.params()
        assert plan_of(parent(name)) is plan_of(parent(name)), "made once"


def test_what_makes_no_parent_is_refused() -> None:
    with pytest.raises(InputError, match="no algorithm 'sniper'"):
        params_of("sniper", {})
    params = params_of("twap", {})
    for changed, field in (
        ({"quantity": D(0)}, "quantity"),
        ({"end_at": START}, "end_at"),
        ({"start_at": START.replace(tzinfo=None)}, "start_at"),
    ):
        values = {"quantity": D(1), "start_at": START, "end_at": END} | changed
        with pytest.raises(InputError) as refused:
            ParentOrder("p", "a", "AAA", Side.BUY, algorithm="twap", params=params, **values)
        assert refused.value.field == field
    for name in ("vwap", "implementation_shortfall"):
        bare = ParentOrder("p", "a", "AAA", Side.BUY, D(1), START, END, name, params_of(name, {}))
        with pytest.raises(InputError):
            plan_of(bare)
    mixed = ParentOrder("p", "a", "AAA", Side.BUY, D(1), START, END, "vwap", params, curve=CURVE)
    with pytest.raises(InputError, match="not the parameters of vwap"):
        plan_of(mixed)
