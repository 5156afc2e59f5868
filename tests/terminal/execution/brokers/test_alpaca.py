"""The adapter on our paper exchange: the acceptance list, and what only it can do wrong."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest

from terminal.execution.brokers import alpaca_values as values
from terminal.execution.brokers.alpaca import LIVE, PAPER, AlpacaBroker, Urls
from terminal.execution.brokers.connections import exchange_urls
from terminal.execution.brokers.protocol import (
    BrokerRejected,
    BrokerUnavailable,
    BrokerUncertain,
)
from terminal.execution.order import OrderIntent, OrderType, Side
from terminal.execution.states import OrderState
from tests.paper_exchange import Served, bars, served, walk
from tests.terminal.execution.brokers.conformance import BrokerConformance, eventually, intent

ROWS = 120


class ServedWorld:
    """The paper exchange as a world of the acceptance list."""

    def __init__(self, exchange: Served) -> None:
        self.exchange = exchange

    def step(self, count: int = 1) -> Any:
        return self.exchange.step(count)

    def fault(self, kind: str, **options: Any) -> None:
        self.exchange.control("POST", "faults", kind=kind, **options)

    def bust(self, execution_id: str) -> None:
        self.exchange.control("POST", "busts", execution_id=execution_id)

    def fill_late(self, broker_order_id: str, quantity: Decimal) -> None:
        self.exchange.control("POST", "fills", order_id=broker_order_id, quantity=str(quantity))


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    rows = bars({"AAA": walk(["AAA"], ROWS)["AAA"]}, actions=[("AAA", 110, "split", 2.0)])
    with served(tmp_path_factory.mktemp("exchange"), rows) as running:
        running.step()
        yield running


def broker_of(exchange: Served, **more: Any) -> AlpacaBroker:
    made = exchange.account()
    return AlpacaBroker(
        "paper", made["key"], made["secret"], exchange_urls(exchange.url), timeout_s=1.5, **more
    )


class TestAlpacaOnThePaperExchange(BrokerConformance):
    @pytest.fixture(autouse=True)
    def _open(self, exchange: Served) -> None:
        exchange.control("DELETE", "faults")
        self.world = ServedWorld(exchange)
        self.broker = broker_of(exchange)

    def test_lists_of_many_pages_are_whole(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("terminal.execution.brokers.alpaca.PAGE_OF_ORDERS", 3)
        monkeypatch.setattr("terminal.execution.brokers.alpaca.PAGE_OF_ACTIVITIES", 3)
        for _ in range(7):
            self.broker.submit(intent(1))
        self.world.fault("duplicate_fill", count=2)
        self.world.step()
        assert len(self.broker.orders_since(self.began())) == 7
        assert len(self.broker.fills_since(self.began())) == 7

    def test_what_the_exchange_pays_and_splits_are_movements(self, exchange: Served) -> None:
        self.broker.submit(intent(4))
        self.world.step(115 - exchange.control("GET", "state")["row"])
        moved = self.broker.movements_since(self.began() - timedelta(days=30))
        assert [m.kind for m in moved] == ["deposit", "split"]
        assert (moved[1].symbol, moved[1].ratio, moved[1].amount) == ("AAA", 2, 0)
        assert self.broker.positions()[0].quantity == 8

    def test_a_fill_after_a_cancel_comes_by_itself(self) -> None:
        order = self.broker.submit(intent(limit_price=50))
        self.world.fault("late_fill")
        self.broker.cancel(order.broker_order_id)
        (fill,) = eventually(lambda: self.broker.fills_since(self.began()))
        assert fill.quantity == 10
        found = self.broker.order(order.client_order_id)
        assert found is not None and found.state is OrderState.FILLED

    def test_a_fill_is_busted_by_itself(self) -> None:
        self.world.fault("bust")
        self.broker.submit(intent(5))
        self.world.step()
        eventually(lambda: len(self.broker.fills_since(self.began())) == 2)
        assert self.broker.positions() == ()

    def test_an_order_is_rejected_after_it_was_taken(self) -> None:
        self.world.fault("reject_later", message="a bad day")
        order = self.broker.submit(intent(limit_price=50))
        found = eventually(
            lambda: (o := self.broker.order(order.client_order_id)) and o.state.is_end and o
        )
        assert (found.state, found.reason) == (OrderState.REJECTED, "a bad day")

    @pytest.mark.parametrize("applied", [False, True])
    def test_an_answer_may_take_its_time(self, applied: bool) -> None:
        self.world.fault("delay", seconds=0.2, applied=applied)
        began = time.monotonic()
        assert self.broker.submit(intent(limit_price=50)).state is OrderState.ACCEPTED
        assert time.monotonic() - began >= 0.2

    def test_a_stream_that_was_muted_tells_nothing_and_the_list_all(self) -> None:
        told: list[Any] = []
        stream = self.broker.stream(told.append)
        eventually(lambda: stream.connected)
        self.world.fault("mute_stream", count=0)
        self.broker.submit(intent(1))
        self.world.step()
        assert len(self.broker.fills_since(self.began())) == 1
        assert told == [] and stream.connected
        stream.close()


@contextmanager
def answering(*answers: tuple[int, str]) -> Iterator[tuple[str, list[str]]]:
    """A server that gives these answers in turn, the last one for ever; what it was asked."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            asked.append(f"{self.command} {self.path} {self.rfile.read(length).decode()}")
            status, body = answers[min(len(asked), len(answers)) - 1]
            self.send_response(status)
            if 300 <= status < 400:
                self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body.encode())

        do_GET = do_POST = do_DELETE = do_PATCH = _answer

        def log_message(self, *_: Any) -> None:
            return

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def broker_at(url: str, timeout_s: float = 2.0) -> AlpacaBroker:
    return AlpacaBroker("alpaca", "k", "s", Urls(url, url, url, url), timeout_s=timeout_s)


ORDER: dict[str, Any] = {
    "id": "61e69015-8549-4bfd-b9c3-01e75843f47d", "client_order_id": "c", "symbol": "AAA",
    "side": "buy", "type": "market", "time_in_force": "day", "qty": "10", "filled_qty": "0",
    "filled_avg_price": None, "limit_price": None, "stop_price": None, "status": "new",
    "submitted_at": "2021-03-16T18:38:01.937734123Z", "created_at": "2021-03-16T18:38:01Z",
    "updated_at": "2021-03-16T18:38:01.937734Z",
}  # fmt: skip


@pytest.mark.parametrize("status", [429, 504, 500, 502])
def test_one_submit_is_one_request(status: int) -> None:
    """The official client by itself would send it four times."""
    wanted = BrokerUnavailable if status == 429 else BrokerUncertain
    with answering((status, "")) as (url, asked), pytest.raises(wanted):
        broker_at(url).submit(intent())
    assert len(asked) == 1


def test_the_official_client_unguarded_does_send_a_post_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The seeded fault: without the guard the test above would fail."""
    monkeypatch.setattr("time.sleep", lambda _: None)
    from alpaca.common.exceptions import APIError
    from alpaca.trading.client import TradingClient

    with answering((504, "")) as (url, asked):
        client = TradingClient("k", "s", url_override=url)
        with pytest.raises(APIError):
            client.post("/orders", {})
    assert len(asked) == 4


@pytest.mark.parametrize(
    ("status", "body", "raises"),
    [
        (403, '{"code":40310000,"message":"insufficient buying power"}', BrokerRejected),
        (422, '{"code":42210000,"message":"no"}', BrokerRejected),
        (403, "<html>a proxy's page</html>", BrokerUncertain),
        (404, "not found", BrokerUncertain),
        (302, "", BrokerUncertain),
        (200, "<html>not JSON</html>", BrokerUncertain),
        (200, '{"id": "x"}', BrokerUncertain),
        (200, json.dumps({**ORDER, "qty": "NaN"}), BrokerUncertain),
        (200, json.dumps({**ORDER, "filled_qty": "1e999"}).replace("1e999", "Infinity"),
         BrokerUncertain),
        (200, json.dumps({**ORDER, "status": "unheard_of"}), BrokerUncertain),
    ],
)  # fmt: skip
def test_only_the_brokers_own_answer_refuses(
    status: int, body: str, raises: type[Exception]
) -> None:
    with answering((status, body)) as (url, _), pytest.raises(raises):
        broker_at(url).submit(intent())


def test_a_page_that_is_not_the_brokers_does_not_say_that_there_is_no_order() -> None:
    with answering((404, "no such page")) as (url, _), pytest.raises(BrokerUnavailable):
        broker_at(url).order("c")
    with answering((404, '{"code":40410000,"message":"order not found"}')) as (url, _):
        assert broker_at(url).order("c") is None
    other = (200, json.dumps({**ORDER, "client_order_id": "other"}))
    with answering(other) as (url, _), pytest.raises(BrokerUnavailable, match="another order"):
        broker_at(url).order("c")


def test_where_nobody_listens_nothing_was_sent() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(BrokerUnavailable):
        broker_at(url).submit(intent())


def test_a_broker_that_does_not_answer_is_waited_for_no_longer_than_the_timeout() -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        url = f"http://127.0.0.1:{mute.getsockname()[1]}"
        began = time.monotonic()
        with pytest.raises(BrokerUncertain):
            broker_at(url, timeout_s=0.3).submit(intent())
        assert time.monotonic() - began < 3


def test_an_order_goes_out_with_every_digit() -> None:
    wide = OrderIntent(
        "c", "a", "AAA", Side.BUY, Decimal("123456789.123456789"), OrderType.LIMIT,
        limit_price=Decimal("0.100000000000000001"),
    )  # fmt: skip
    with answering((200, json.dumps(ORDER))) as (url, asked):
        broker_at(url).submit(wide)
    sent = json.loads(asked[0].split(" ", 2)[2])
    assert sent["qty"] == "123456789.123456789"
    assert sent["limit_price"] == "0.100000000000000001"


def test_an_id_cannot_lead_to_another_path() -> None:
    with answering((200, "{}")) as (url, asked), pytest.raises(BrokerRejected):
        broker_at(url).cancel("../positions")
    assert asked == []


@pytest.mark.parametrize("status", sorted(values.STATES))
def test_every_status_of_alpaca_is_a_state_at_the_broker(status: str) -> None:
    assert values.order({**ORDER, "status": status}).state not in (
        OrderState.INTENT, OrderState.DENIED, OrderState.SENDING, OrderState.UNKNOWN,
    )  # fmt: skip


def test_every_status_the_official_client_knows_is_known() -> None:
    from alpaca.trading.enums import OrderStatus

    assert {status.value for status in OrderStatus} <= set(values.STATES)


def test_an_activity_of_alpacas_own_shape_is_read() -> None:
    row = {
        "id": "20190801011955195::5f596936-6f23-4cef-bdf1-3806aae57dbf", "activity_type": "DIV",
        "date": "2019-08-01", "net_amount": "1.02", "symbol": "T", "qty": "2",
        "per_share_amount": "0.51",
    }  # fmt: skip
    moved = values.movement(row, None)
    assert moved is not None and (moved.kind, moved.amount) == ("dividend", Decimal("1.02"))
    assert moved.at == datetime(2019, 8, 1, 1, 19, 55, 195000, UTC)
    fee = {**row, "activity_type": "JNLC", "net_amount": "-5"}
    withdrawn = values.movement(fee, None)
    assert withdrawn is not None and withdrawn.kind == "withdrawal"
    assert values.movement({**row, "activity_type": "MEM"}, None) is None


def test_the_ratio_of_a_split_is_looked_up_where_alpaca_does_not_tell_it() -> None:
    split = {
        "id": "20220606000000000::a", "activity_type": "SPLIT", "date": "2022-06-06",
        "symbol": "AMZN", "qty": "95",
    }  # fmt: skip
    announced = [{"initiating_symbol": "AMZN", "old_rate": 1, "new_rate": 20}]
    with answering((200, json.dumps([split])), (200, json.dumps(announced))) as (url, asked):
        (moved,) = broker_at(url).movements_since(datetime(2022, 6, 1, tzinfo=UTC))
    assert moved.ratio == 20 and "corporate_actions" in asked[1]
    answers = ((200, json.dumps([split])), (200, "[]"))
    with answering(*answers) as (url, _), pytest.raises(BrokerUnavailable, match="ratio"):
        broker_at(url).movements_since(datetime(2022, 6, 1, tzinfo=UTC))


def test_keys_are_not_shown() -> None:
    shown = repr(AlpacaBroker("alpaca", "PKEY", "SECRET", PAPER))
    assert "PKEY" not in shown and "SECRET" not in shown
    assert LIVE.trading != PAPER.trading
