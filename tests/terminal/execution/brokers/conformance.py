"""What every broker must do. A subclass gives `broker` and a `world` that can be moved.

The rules are those of `terminal.execution.brokers.protocol`.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Protocol

import pytest

from terminal.execution.brokers.protocol import (
    Broker,
    BrokerRejected,
    BrokerUnavailable,
    BrokerUncertain,
    OrderUpdate,
)
from terminal.execution.order import OrderIntent, OrderType, Side, TimeInForce
from terminal.execution.states import OrderState

D = Decimal
_NUMBERS = itertools.count(1)


class World(Protocol):
    """The market behind a broker under test: prices near 100, nothing trades by itself."""

    def step(self, count: int = 1) -> Any: ...

    def fault(self, kind: str, **options: Any) -> None: ...

    def bust(self, execution_id: str) -> None: ...

    def fill_late(self, broker_order_id: str, quantity: Decimal) -> None: ...


def intent(quantity: int | str = 10, **more: Any) -> OrderIntent:
    """A market order in AAA under a name of its own; negative: a sale."""
    amount = D(quantity)
    fields: dict[str, Any] = {
        "client_order_id": f"conformance-{next(_NUMBERS)}",
        "account_id": "a",
        "symbol": "AAA",
        "side": Side.BUY if amount > 0 else Side.SELL,
        "quantity": abs(amount),
    }
    if "limit_price" in more:
        more.setdefault("type", OrderType.LIMIT)
        more["limit_price"] = D(str(more["limit_price"]))
    return OrderIntent(**{**fields, **more})


def eventually(what: Callable[[], Any], seconds: float = 10.0) -> Any:
    """What it returns once that is true."""
    until = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < until, "it did not come"
        time.sleep(0.01)
    return found


class BrokerConformance:
    """The acceptance list of an adapter."""

    broker: Broker
    world: World

    def began(self) -> datetime:
        return self.broker.clock().at - timedelta(days=1)

    # --- orders

    def test_an_order_is_found_by_its_name_as_it_was_sent(self) -> None:
        sent = intent(
            "3.25", type=OrderType.STOP_LIMIT, limit_price="90.1234", stop_price=D("91.5"),
            side=Side.SELL, time_in_force=TimeInForce.GTC,
        )  # fmt: skip
        answer = self.broker.submit(sent)
        found = self.broker.order(sent.client_order_id)
        assert found is not None and found.broker_order_id == answer.broker_order_id
        assert (found.quantity, found.limit_price, found.stop_price) == (
            sent.quantity, sent.limit_price, sent.stop_price,
        )  # fmt: skip
        assert (found.side, found.type, found.time_in_force) == (
            sent.side, sent.type, sent.time_in_force,
        )  # fmt: skip
        assert found.state is OrderState.ACCEPTED and found.submitted_at.tzinfo is not None

    def test_an_unknown_name_is_none(self) -> None:
        assert self.broker.order("never-sent") is None

    def test_the_same_name_again_is_refused_as_a_duplicate(self) -> None:
        sent = intent()
        self.broker.submit(sent)
        with pytest.raises(BrokerRejected) as caught:
            self.broker.submit(sent)
        assert caught.value.code == "duplicate"
        assert len(self.broker.open_orders()) == 1

    def test_an_order_beyond_the_accounts_means_is_refused(self) -> None:
        with pytest.raises(BrokerRejected):
            self.broker.submit(intent(1_000_000))
        assert self.broker.open_orders() == ()

    def test_a_fill_changes_position_cash_and_order(self) -> None:
        before = self.broker.account().cash
        sent = intent(10)
        self.broker.submit(sent)
        self.world.step()
        (fill,) = self.broker.fills_since(self.began())
        assert (fill.client_order_id, fill.quantity, fill.side) == (sent.client_order_id, 10, "buy")
        order = self.broker.order(sent.client_order_id)
        assert order is not None and order.state is OrderState.FILLED
        assert (order.filled_quantity, order.average_price) == (10, fill.price)
        (held,) = self.broker.positions()
        assert (held.symbol, held.quantity, held.average_cost) == ("AAA", 10, fill.price)
        assert self.broker.account().cash == before - 10 * fill.price - fill.fee

    def test_a_short_position_is_negative(self) -> None:
        self.broker.submit(intent(-7))
        self.world.step()
        (held,) = self.broker.positions()
        assert held.quantity == -7

    def test_a_cancelled_order_ends_and_cannot_be_cancelled_again(self) -> None:
        order = self.broker.submit(intent(limit_price=50))
        self.broker.cancel(order.broker_order_id)
        found = eventually(
            lambda: (o := self.broker.order(order.client_order_id)) and o.state.is_end and o
        )
        assert found.state is OrderState.CANCELLED
        with pytest.raises(BrokerRejected):
            self.broker.cancel(order.broker_order_id)

    def test_cancel_all_ends_everything_and_may_be_repeated(self) -> None:
        for _ in range(3):
            self.broker.submit(intent(limit_price=50))
        assert self.broker.cancel_all() == 3
        eventually(lambda: self.broker.open_orders() == ())
        assert self.broker.cancel_all() == 0

    def test_a_replacement_has_its_own_name_and_the_old_one_points_at_it(self) -> None:
        old = self.broker.submit(intent(limit_price=50, time_in_force=TimeInForce.GTC))
        new = intent(4, limit_price=51, time_in_force=TimeInForce.GTC)
        answer = self.broker.replace(old.broker_order_id, new)
        assert (answer.client_order_id, answer.quantity, answer.limit_price) == (
            new.client_order_id, 4, 51,
        )  # fmt: skip
        before = self.broker.order(old.client_order_id)
        assert before is not None and before.state is OrderState.REPLACED
        assert before.replaced_by == answer.broker_order_id
        assert [o.client_order_id for o in self.broker.open_orders()] == [new.client_order_id]

    def test_an_expired_order_says_so(self) -> None:
        order = self.broker.submit(intent(limit_price=50))
        self.world.step(26)
        found = self.broker.order(order.client_order_id)
        assert found is not None and found.state is OrderState.EXPIRED

    # --- lists

    def test_orders_since_a_time_are_all_of_them_oldest_first(self) -> None:
        sent = [intent(1, limit_price=50) for _ in range(4)]
        for each in sent[:2]:
            self.broker.submit(each)
        self.world.step()
        later = self.broker.submit(sent[2]).submitted_at
        self.broker.submit(sent[3])
        names = [each.client_order_id for each in sent]
        assert [o.client_order_id for o in self.broker.orders_since(self.began())] == names
        assert [o.client_order_id for o in self.broker.orders_since(later)] == names[2:]

    def test_fills_since_a_time_begin_with_that_moment(self) -> None:
        for _ in range(3):
            self.broker.submit(intent(1))
            self.world.step()
        fills = self.broker.fills_since(self.began())
        assert len(fills) == 3 and len({fill.execution_id for fill in fills}) == 3
        assert [fill.at for fill in fills] == sorted(fill.at for fill in fills)
        assert self.broker.fills_since(fills[1].at) == fills[1:]

    def test_the_first_deposit_is_a_movement(self) -> None:
        (moved,) = self.broker.movements_since(self.began())
        assert (moved.kind, moved.amount) == ("deposit", self.broker.account().cash)

    # --- what goes wrong

    @pytest.mark.parametrize(
        ("kind", "options", "raises", "is_there"),
        [
            ("accept_then_timeout", {"seconds": 5}, BrokerUncertain, True),
            ("504", {"applied": True}, BrokerUncertain, True),
            ("504", {}, BrokerUncertain, False),
            ("reset", {"applied": True}, BrokerUncertain, True),
            ("reset", {}, BrokerUncertain, False),
            ("429", {}, BrokerUnavailable, False),
            ("reject", {}, BrokerRejected, False),
        ],
    )
    def test_a_failed_send_says_whether_it_may_have_been_done(
        self, kind: str, options: dict[str, Any], raises: type[Exception], is_there: bool
    ) -> None:
        self.world.fault(kind, **options)
        sent = intent(limit_price=50)
        with pytest.raises(raises):
            self.broker.submit(sent)
        assert (self.broker.order(sent.client_order_id) is not None) is is_there
        # once: whatever happened, it was not sent again
        if not is_there:
            self.broker.submit(sent)
        assert len(self.broker.open_orders()) == 1

    def test_a_cancel_without_an_answer_is_uncertain(self) -> None:
        order = self.broker.submit(intent(limit_price=50))
        self.world.fault("504", methods="DELETE", applied=True)
        with pytest.raises(BrokerUncertain):
            self.broker.cancel(order.broker_order_id)

    @pytest.mark.parametrize("kind", ["504", "reset", "429"])
    def test_a_read_that_fails_is_unavailable(self, kind: str) -> None:
        self.world.fault(kind, methods="GET")
        with pytest.raises(BrokerUnavailable):
            self.broker.account()
        self.world.fault(kind, methods="GET")
        with pytest.raises(BrokerUnavailable):  # not None: the broker did not say there is none
            self.broker.order("any")

    def test_a_fill_told_twice_is_one(self) -> None:
        self.world.fault("duplicate_fill")
        self.broker.submit(intent(5))
        self.world.step()
        assert [fill.quantity for fill in self.broker.fills_since(self.began())] == [5]

    def test_a_bust_names_what_it_takes_back(self) -> None:
        self.broker.submit(intent(5))
        self.world.step()
        (fill,) = self.broker.fills_since(self.began())
        self.world.bust(fill.execution_id)
        told = self.broker.fills_since(self.began())
        assert [one.busts for one in told] == [None, fill.execution_id]
        assert (told[1].quantity, told[1].price) == (fill.quantity, fill.price)
        assert self.broker.positions() == ()

    def test_a_fill_after_a_cancel_is_told(self) -> None:
        order = self.broker.submit(intent(limit_price=50))
        self.broker.cancel(order.broker_order_id)
        self.world.fill_late(order.broker_order_id, D(4))
        (fill,) = self.broker.fills_since(self.began())
        assert fill.quantity == 4
        found = self.broker.order(order.client_order_id)
        assert found is not None and found.filled_quantity == 4

    # --- the stream

    def test_the_stream_tells_each_change_and_the_same_executions_as_the_list(self) -> None:
        told: list[OrderUpdate] = []
        stream = self.broker.stream(told.append)
        try:
            eventually(lambda: stream.connected)
            market, resting = intent(5), intent(limit_price=50)
            self.broker.submit(market)
            order = self.broker.submit(resting)
            self.world.step()
            self.broker.cancel(order.broker_order_id)
            eventually(lambda: len(told) >= 4)
            assert [(u.order.client_order_id, u.order.state.value) for u in told] == [
                (market.client_order_id, "accepted"), (resting.client_order_id, "accepted"),
                (market.client_order_id, "filled"), (resting.client_order_id, "cancelled"),
            ]  # fmt: skip
            fills = [update.fill for update in told if update.fill]
            assert tuple(fills) == self.broker.fills_since(self.began())
            assert stream.last_message_at is not None
        finally:
            stream.close()
        assert not stream.connected

    def test_a_cut_stream_comes_back_by_itself(self) -> None:
        told: list[OrderUpdate] = []
        stream = self.broker.stream(told.append)
        try:
            eventually(lambda: stream.connected)
            self.world.fault("drop_stream", seconds=0.2)
            eventually(lambda: not stream.connected)
            eventually(lambda: stream.connected)
            self.broker.submit(intent(limit_price=50))
            eventually(lambda: told)
        finally:
            stream.close()

    def test_what_a_listener_raises_does_not_end_the_stream(self) -> None:
        told: list[OrderUpdate] = []

        def listen(update: OrderUpdate) -> None:
            told.append(update)
            raise RuntimeError("a fault of the listener")

        stream = self.broker.stream(listen)
        try:
            eventually(lambda: stream.connected)
            for _ in range(2):
                self.broker.submit(intent(limit_price=50))
            eventually(lambda: len(told) == 2)
        finally:
            stream.close()
