"""The exchange in a process of its own, spoken to by Alpaca's official client as it is."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from alpaca.common.exceptions import APIError
from alpaca.data.historical import StockHistoricalDataClient
from alpaca.data.live import StockDataStream
from alpaca.data.requests import (
    StockBarsRequest,
    StockLatestBarRequest,
    StockLatestQuoteRequest,
    StockLatestTradeRequest,
    StockSnapshotRequest,
)
from alpaca.data.timeframe import TimeFrame, TimeFrameUnit
from alpaca.trading.client import TradingClient
from alpaca.trading.enums import OrderSide, OrderStatus, QueryOrderStatus, TimeInForce
from alpaca.trading.models import TradeUpdate
from alpaca.trading.requests import (
    ClosePositionRequest,
    GetCalendarRequest,
    GetOrdersRequest,
    LimitOrderRequest,
    MarketOrderRequest,
    ReplaceOrderRequest,
    StopLimitOrderRequest,
    StopOrderRequest,
    TrailingStopOrderRequest,
)
from alpaca.trading.stream import TradingStream

from terminal.execution.paper.journal import read
from tests.paper_exchange import Running, bars, running, walk
from tests.terminal.execution.brokers.conformance import eventually

ROWS = 60
BUY, DAY, GTC = OrderSide.BUY, TimeInForce.DAY, TimeInForce.GTC


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    prices = {"AAA": walk(["AAA"], ROWS)["AAA"], "BBB": walk(["BBB"], ROWS, 3)["BBB"]}
    with running(tmp_path_factory.mktemp("process"), bars(prices)) as started:
        started.step()
        yield started


@pytest.fixture
def keys(exchange: Running) -> dict[str, str]:
    return exchange.account()


@pytest.fixture
def client(exchange: Running, keys: dict[str, str]) -> TradingClient:
    return TradingClient(keys["key"], keys["secret"], url_override=exchange.url)


def at_market(quantity: float) -> MarketOrderRequest:
    return MarketOrderRequest(symbol="AAA", qty=quantity, side=BUY, time_in_force=DAY)


def test_orders_of_every_type_are_placed_replaced_cancelled_and_listed(
    exchange: Running, client: TradingClient
) -> None:
    market = client.submit_order(
        MarketOrderRequest(symbol="AAA", qty=10, side=BUY, time_in_force=DAY)
    )
    common: dict[str, Any] = {"symbol": "AAA", "qty": 1, "side": BUY, "time_in_force": GTC}
    limit = client.submit_order(LimitOrderRequest(limit_price=50, client_order_id="mine", **common))
    client.submit_order(StopOrderRequest(stop_price=200, **common))
    client.submit_order(StopLimitOrderRequest(stop_price=200, limit_price=201, **common))
    client.submit_order(TrailingStopOrderRequest(trail_percent=50, **common))
    assert limit.status is OrderStatus.NEW and limit.client_order_id == "mine"
    assert len(client.get_orders()) == 5
    replaced = client.replace_order_by_id(limit.id, ReplaceOrderRequest(qty=3, limit_price=51))
    assert (replaced.qty, replaced.limit_price, replaced.replaces) == ("3", "51", limit.id)
    assert client.get_order_by_client_id("mine").replaced_by == replaced.id
    exchange.step()
    done = client.get_order_by_id(market.id)
    assert done.status is OrderStatus.FILLED and done.filled_qty == "10"
    client.cancel_order_by_id(replaced.id)
    assert client.get_order_by_id(replaced.id).status is OrderStatus.CANCELED
    assert len(client.cancel_orders()) == 3
    closed = client.get_orders(GetOrdersRequest(status=QueryOrderStatus.CLOSED, limit=500))
    assert len(closed) == 6
    with pytest.raises(APIError) as caught:
        client.submit_order(LimitOrderRequest(limit_price=50, client_order_id="mine", **common))
    assert caught.value.code == 40010001
    with pytest.raises(APIError, match="not found"):
        client.get_order_by_client_id("never")


def test_account_positions_clock_calendar_and_assets(
    exchange: Running, client: TradingClient
) -> None:
    client.submit_order(at_market(10))
    exchange.step()
    account = client.get_account()
    assert float(account.equity) == pytest.approx(100_000, rel=0.01)
    assert account.multiplier == "2"
    position = client.get_open_position("AAA")
    assert position.qty == "10" and position.side.value == "long"
    half = client.close_position("AAA", ClosePositionRequest(percentage="50"))
    exchange.step()
    assert client.get_order_by_id(half.id).filled_qty == "5"
    assert client.close_all_positions(cancel_orders=True)[0].symbol == "AAA"
    exchange.step()
    assert client.get_all_positions() == []
    clock = client.get_clock()
    assert clock.is_open and clock.next_close.isoformat().startswith("2024-03-04T21:00:00")
    days = client.get_calendar(GetCalendarRequest(start=clock.timestamp.date()))
    assert str(days[0].open).endswith("09:30:00") and str(days[0].close).endswith("16:00:00")
    assert {asset.symbol for asset in client.get_all_assets()} == {"AAA", "BBB"}
    assert client.get_asset("BBB").tradable


def test_bars_quotes_and_trades_never_show_what_is_to_come(
    exchange: Running, keys: dict[str, str]
) -> None:
    data = StockHistoricalDataClient(keys["key"], keys["secret"], url_override=exchange.url)
    step = exchange.step()
    begin = exchange.now() - timedelta(days=1)
    frame = TimeFrame(15, TimeFrameUnit.Minute)
    both = ["AAA", "BBB"]
    found = data.get_stock_bars(
        StockBarsRequest(symbol_or_symbols=both, timeframe=frame, start=begin, limit=10_000)
    )
    assert [len(found[symbol]) for symbol in both] == [step["row"] + 1] * 2
    paged = data.get_stock_bars(
        StockBarsRequest(symbol_or_symbols=both, timeframe=frame, start=begin, limit=3)
    )
    assert [len(paged.data.get(symbol, [])) for symbol in both] == [3, 0]
    bar = data.get_stock_latest_bar(StockLatestBarRequest(symbol_or_symbols="AAA"))["AAA"]
    assert bar == found["AAA"][-1]
    quote = data.get_stock_latest_quote(StockLatestQuoteRequest(symbol_or_symbols="AAA"))["AAA"]
    assert quote.bid_price < bar.close < quote.ask_price
    trade = data.get_stock_latest_trade(StockLatestTradeRequest(symbol_or_symbols="AAA"))["AAA"]
    assert trade.price == bar.close
    shot = data.get_stock_snapshot(StockSnapshotRequest(symbol_or_symbols="AAA"))["AAA"]
    assert shot.minute_bar == bar
    hour = StockBarsRequest(symbol_or_symbols="AAA", timeframe=TimeFrame.Hour, start=begin)
    whole = (step["row"] + 1) // 4
    assert len(data.get_stock_bars(hour).data.get("AAA", [])) == whole
    with pytest.raises(APIError, match="cannot be made"):
        minute = StockBarsRequest(symbol_or_symbols="AAA", timeframe=TimeFrame.Minute, start=begin)
        data.get_stock_bars(minute)


def in_thread(stream: Any) -> Callable[[], None]:
    """Run a stream of the client; returns what stops it."""
    thread = threading.Thread(target=lambda: asyncio.run(stream._run_forever()), daemon=True)
    thread.start()
    eventually(lambda: stream._running)

    def stop() -> None:
        stream.stop()
        asyncio.run_coroutine_threadsafe(stream.close(), stream._loop)  # it looks every 5 s only
        thread.join(10)
        assert not thread.is_alive()

    return stop


def test_both_streams_of_the_client_are_served(
    exchange: Running, client: TradingClient, keys: dict[str, str]
) -> None:
    updates: list[TradeUpdate] = []
    seen: list[Any] = []

    async def on_update(update: TradeUpdate) -> None:
        updates.append(update)

    async def on_data(item: Any) -> None:
        seen.append(item)

    sockets = exchange.url.replace("http", "ws")
    orders = TradingStream(keys["key"], keys["secret"], url_override=f"{sockets}/stream")
    orders.subscribe_trade_updates(on_update)
    market = StockDataStream(keys["key"], keys["secret"], url_override=f"{sockets}/v2/iex")
    market.subscribe_bars(on_data, "AAA")
    market.subscribe_quotes(on_data, "AAA")
    market.subscribe_trades(on_data, "*")
    stops = [in_thread(orders), in_thread(market)]
    client.submit_order(at_market(2))
    exchange.step()
    eventually(lambda: [u.event for u in updates] == ["new", "fill"])
    assert updates[1].qty == 2 and updates[1].position_qty == 2 and updates[1].execution_id
    kinds = eventually(lambda: k if len(k := {type(item).__name__ for item in seen}) == 3 else None)
    assert kinds == {"Bar", "Quote", "Trade"}
    for stop in stops:
        stop()


def test_keys_are_needed_and_one_account_does_not_see_another(
    exchange: Running, client: TradingClient, keys: dict[str, str]
) -> None:
    order = client.submit_order(
        MarketOrderRequest(symbol="AAA", qty=1, side=BUY, time_in_force=DAY)
    )
    other = exchange.account()
    with pytest.raises(APIError, match="not found"):
        TradingClient(other["key"], other["secret"], url_override=exchange.url).get_order_by_id(
            order.id
        )
    for key, secret in ((keys["key"], other["secret"]), (keys["key"], "x"), ("x", keys["secret"])):
        with pytest.raises(APIError, match="not authorized"):
            TradingClient(key, secret, url_override=exchange.url).get_account()
    for token in ("", "wrong", keys["secret"]):
        answer = exchange.session.post(
            f"{exchange.url}/admin/step", headers={"Authorization": f"Bearer {token}"}
        )
        assert answer.status_code == 401
    answer = exchange.session.options(
        f"{exchange.url}/v2/account", headers={"Origin": "https://evil.example"}
    )
    assert "access-control-allow-origin" not in {name.lower() for name in answer.headers}
    assert keys["secret"] not in exchange.log.read_text()


@pytest.mark.chaos
def test_killed_it_comes_back_with_everything_it_had_said(
    exchange: Running, client: TradingClient
) -> None:
    client.submit_order(at_market(3))
    exchange.step()
    client.submit_order(
        LimitOrderRequest(symbol="AAA", qty=1, side=BUY, time_in_force=GTC, limit_price=50)
    )
    before = (
        client.get("/account"), client.get("/orders", {"status": "all"}), client.get("/positions"),
        client.get("/account/activities"), exchange.control("GET", "state"),
    )  # fmt: skip
    exchange.kill()
    with exchange.log.open("ab") as log:
        log.write(b'{"n":99999,"records":[{"k":"fill"')  # as a power cut would leave it
    exchange.start()
    after = (
        client.get("/account"), client.get("/orders", {"status": "all"}), client.get("/positions"),
        client.get("/account/activities"), exchange.control("GET", "state"),
    )  # fmt: skip
    assert after == before
    fills = [record for record in read(exchange.log) if record["k"] == "fill"]
    assert len({fill["execution"] for fill in fills}) == len(fills)
    exchange.step()
