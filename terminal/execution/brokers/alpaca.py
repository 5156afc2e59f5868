"""Alpaca, and everything that speaks its protocol: our paper exchange does.

One account. Calls are made once, through the guarded official client; their answers are read by
`alpaca_values`. `urls` says where: paper and live trading differ in nothing else.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any, TypeVar

from terminal.execution.brokers import alpaca_client as client
from terminal.execution.brokers import alpaca_values as values
from terminal.execution.brokers.alpaca_stream import AlpacaSubscription
from terminal.execution.brokers.protocol import (
    BrokerAccount,
    BrokerClock,
    BrokerFill,
    BrokerOrder,
    BrokerPosition,
    BrokerRejected,
    BrokerUnavailable,
    BrokerUncertain,
    CashMovement,
    OrderUpdate,
)
from terminal.execution.order import OrderIntent

PAGE_OF_ORDERS, PAGE_OF_ACTIVITIES = 500, 100
MOST_PAGES = 10_000
BEFORE = timedelta(microseconds=1)
T = TypeVar("T")


@dataclass(frozen=True)
class Urls:
    """Where a broker is: REST, its stream of orders, market data, its stream."""

    trading: str
    stream: str
    data: str
    data_stream: str


PAPER = Urls(
    "https://paper-api.alpaca.markets",
    "wss://paper-api.alpaca.markets/stream",
    "https://data.alpaca.markets",
    "wss://stream.data.alpaca.markets/v2",
)
LIVE = Urls(
    "https://api.alpaca.markets",
    "wss://api.alpaca.markets/stream",
    PAPER.data,
    PAPER.data_stream,
)


class AlpacaBroker:
    """See `terminal.execution.brokers.protocol.Broker`.

    Parameters
    ----------
    name : of the broker in the registry. is_live : whether real money moves.
    timeout_s : longest wait for one answer.
    """

    def __init__(
        self, name: str, key: str, secret: str, urls: Urls, *,
        is_live: bool = False, timeout_s: float = 10.0,
    ) -> None:  # fmt: skip
        self._name = name
        self._is_live = is_live
        self._key, self._secret = key, secret
        self.urls = urls
        self._client = client.trading_client(key, secret, urls.trading, timeout_s)
        self._client_ids: dict[str, str] = {}

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._name} at {self.urls.trading}>"

    @property
    def name(self) -> str:
        return self._name

    @property
    def is_live(self) -> bool:
        return self._is_live

    def account(self) -> BrokerAccount:
        return self._get("/account", values.account)

    def clock(self) -> BrokerClock:
        return self._get("/clock", values.clock)

    def positions(self) -> tuple[BrokerPosition, ...]:
        return self._get(
            "/positions",
            lambda answer: tuple(values.position(row) for row in values.rows(answer)),
        )

    def submit(self, intent: OrderIntent) -> BrokerOrder:
        body = values.order_fields(intent)
        return self._written(client.write(lambda: self._client.post("/orders", body)))

    def replace(self, broker_order_id: str, intent: OrderIntent) -> BrokerOrder:
        path, body = f"/orders/{_id(broker_order_id)}", values.replacement_fields(intent)
        return self._written(client.write(lambda: self._client.patch(path, body)))

    def cancel(self, broker_order_id: str) -> None:
        path = f"/orders/{_id(broker_order_id)}"
        client.write(lambda: self._client.delete(path))

    def cancel_all(self) -> int:
        answer = client.write(lambda: self._client.delete("/orders"))
        try:
            return len(values.rows(answer if answer is not None else []))
        except values.Unreadable as error:
            raise BrokerUncertain(f"The answer cannot be read: {error}.") from error

    def order(self, client_order_id: str) -> BrokerOrder | None:
        found = client.find(
            lambda: self._client.get(
                "/orders:by_client_order_id", {"client_order_id": client_order_id}
            )
        )
        if found is None:
            return None
        order = _understood(values.order, found)
        if order.client_order_id != client_order_id:
            raise BrokerUnavailable("The broker answered with another order.")
        return self._known(order)

    def open_orders(self) -> tuple[BrokerOrder, ...]:
        return tuple(self._orders("open", None))

    def orders_since(self, at: datetime) -> tuple[BrokerOrder, ...]:
        return tuple(self._orders("all", at))

    def fills_since(self, at: datetime) -> tuple[BrokerFill, ...]:
        rows = list(self._activities("FILL", at))
        # what the list tells twice happened once
        fills = {row["id"]: row for row in rows}
        return tuple(
            _understood(lambda row: values.fill(row, self._client_id(row)), row)
            for row in fills.values()
        )

    def movements_since(self, at: datetime) -> tuple[CashMovement, ...]:
        out = []
        for row in self._activities(",".join(values.MOVEMENTS), at):
            ratio = self._ratio(row) if row.get("activity_type") == "SPLIT" else None
            moved = _understood(partial(values.movement, ratio=ratio), row)
            if moved is not None:
                out.append(moved)
        return tuple(out)

    def stream(self, on_update: Callable[[OrderUpdate], None]) -> AlpacaSubscription:
        return AlpacaSubscription(self._key, self._secret, self.urls.stream, on_update)

    # --- reading

    def _get(self, path: str, made: Callable[[Any], T], query: Any = None) -> T:
        return _understood(made, client.read(lambda: self._client.get(path, query)))

    def _written(self, answer: Any) -> BrokerOrder:
        """The order in an answer to a send; an unreadable answer tells nothing."""
        try:
            return self._known(values.order(answer))
        except (values.Unreadable, KeyError) as error:
            raise BrokerUncertain(f"The answer cannot be read: {error}.") from error

    def _known(self, order: BrokerOrder) -> BrokerOrder:
        self._client_ids[order.broker_order_id] = order.client_order_id
        return order

    def _orders(self, status: str, since: datetime | None) -> Iterator[BrokerOrder]:
        """All pages, oldest first. Orders of one moment may share a page's edge: each page begins
        just before the last one seen, and what was seen is left out."""
        seen: set[str] = set()
        after = None if since is None else since - BEFORE
        for _ in range(MOST_PAGES):
            query: dict[str, Any] = {
                "status": status, "direction": "asc", "limit": PAGE_OF_ORDERS, "nested": "false",
            }  # fmt: skip
            if after is not None:
                query["after"] = after.isoformat()
            page = self._get(
                "/orders", lambda answer: [values.order(row) for row in values.rows(answer)], query
            )
            new = [order for order in page if order.broker_order_id not in seen]
            seen.update(order.broker_order_id for order in new)
            yield from map(self._known, new)
            if len(page) < PAGE_OF_ORDERS or not new:
                return
            after = page[-1].submitted_at - BEFORE
        raise BrokerUnavailable("The broker's list of orders does not end.")

    def _activities(self, kinds: str, since: datetime) -> Iterator[values.Json]:
        token = ""
        for _ in range(MOST_PAGES):
            query = {
                "activity_types": kinds, "direction": "asc", "page_size": PAGE_OF_ACTIVITIES,
                "after": (since - BEFORE).isoformat(),
            }  # fmt: skip
            if token:
                query["page_token"] = token
            page = self._get("/account/activities", values.rows, query)
            yield from page
            if not page or len({row.get("id") for row in page}) < PAGE_OF_ACTIVITIES:
                return
            token = str(page[-1]["id"])
        raise BrokerUnavailable("The broker's list of activities does not end.")

    def _client_id(self, row: values.Json) -> str:
        """The client's id of a fill's order: Alpaca's list of fills does not tell it."""
        if row.get("client_order_id"):
            return str(row["client_order_id"])
        id_ = str(row["order_id"])
        if id_ not in self._client_ids:
            self._get(f"/orders/{_id(id_)}", lambda answer: self._known(values.order(answer)))
        return self._client_ids[id_]

    def _ratio(self, row: values.Json) -> Decimal:
        """New units for one: told by our exchange, looked up among Alpaca's announcements."""
        told = _understood(lambda row: values.maybe(row, "ratio"), row)
        if told is not None:
            return Decimal(told)
        day, symbol = values.activity_time(row).date(), str(row.get("symbol"))
        found = self._get(
            "/corporate_actions/announcements",
            values.rows,
            {
                "ca_types": "split", "symbol": symbol,
                "since": (day - timedelta(days=7)).isoformat(),
                "until": (day + timedelta(days=7)).isoformat(),
            },
        )  # fmt: skip
        ratios = {
            values.number(item, "new_rate") / values.number(item, "old_rate")
            for item in found
            if symbol in (item.get("target_symbol"), item.get("initiating_symbol"))
        }
        if len(ratios) != 1:
            raise BrokerUnavailable(
                f"The ratio of the split of {symbol} on {day} is not known.",
                remedy="Enter it as an adjustment.",
            )
        return ratios.pop()


def _understood(made: Callable[[Any], T], answer: Any) -> T:
    """A read's answer as a value; an unreadable one is none."""
    try:
        return made(answer)
    except (values.Unreadable, KeyError, TypeError) as error:
        raise BrokerUnavailable(f"The broker's answer cannot be read: {error}.") from error


def _id(text: str) -> str:
    """A broker's order id for a path: nothing else may be in it."""
    try:
        return str(uuid.UUID(text))
    except ValueError:
        raise BrokerRejected(f"{text!r} is not the id of an order.", code="id") from None
