"""A ledger in memory for tests: the rules of `repositories/ledger.append` without a database."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import orjson

from terminal.errors import Conflict
from terminal.execution.book import Book
from terminal.execution.events import (
    GENESIS,
    OF_ORDERS,
    EventKind,
    LedgerEvent,
    canonical,
    event_hash,
    external_name,
    intent_payload,
)
from terminal.execution.lots import LotMethod
from terminal.execution.order import OrderIntent, Side
from terminal.execution.order_record import refusal

NOW = datetime(2026, 1, 5, 15, tzinfo=UTC)


class MemoryLedger:
    """Events of one account, chained, and the book they have been applied to."""

    def __init__(self, method: LotMethod = LotMethod.AVERAGE, account_id: str = "acc") -> None:
        self.account_id = account_id
        self.events: list[LedgerEvent] = []
        self.book = Book(method)

    def append(
        self,
        kind: EventKind,
        payload: Mapping[str, Any],
        order: str | None = None,
        external_id: str | None = None,
    ) -> LedgerEvent | None:
        """As the repository's; recorded a second after the event before."""
        text = canonical(kind, payload)
        name = external_name(kind, order, payload, external_id)
        if order is not None and kind in OF_ORDERS:
            why = refusal(self.book.records.get(order), kind)
            if why:
                raise Conflict(why)
        seq = len(self.events) + 1
        at = NOW + timedelta(seconds=seq)
        previous = self.events[-1].hash if self.events else GENESIS
        fields = (self.account_id, seq, at, kind, order, name, None)
        event = LedgerEvent(
            *fields, orjson.loads(text), previous, event_hash(*fields, text, previous)
        )
        if not self.book.apply(event):
            return None
        self.events.append(event)
        return event

    def intend(self, name: str, symbol: str, side: str, quantity: object) -> None:
        """An intent of a market order."""
        intent = OrderIntent(name, self.account_id, symbol, Side(side), Decimal(str(quantity)))
        self.append(EventKind.INTENT, intent_payload(intent), name)

    def send(self, name: str, *, acknowledge: bool = True) -> None:
        """A send, and the broker's answer unless there is none."""
        self.append(EventKind.SEND_BEGUN, {"attempt": 1}, name)
        if acknowledge:
            self.append(EventKind.ACKNOWLEDGED, {"broker_order_id": f"b-{name}", "at": NOW}, name)

    def fill(self, name: str, execution: str, *what: object, **more: object) -> bool:
        """A fill, as `fill_payload`; whether it was new."""
        payload = fill_payload(execution, *what, **more)
        return self.append(EventKind.FILL, payload, name) is not None

    def bust(self, execution: str) -> bool:
        payload = {"execution_id": execution, "at": NOW}
        return self.append(EventKind.BUST, payload) is not None


def fill_payload(
    execution: str,
    symbol: str,
    side: str,
    quantity: object,
    price: object,
    fee: object = "0",
    at: int = 0,
) -> dict[str, Any]:
    """A fill `at` so many seconds after `NOW`, by the broker's clock."""
    return {
        "execution_id": execution,
        "symbol": symbol,
        "side": side,
        "quantity": Decimal(str(quantity)),
        "price": Decimal(str(price)),
        "fee": Decimal(str(fee)),
        "at": NOW + timedelta(seconds=at),
    }


def cash_payload(
    movement: str, amount: object, at: int = 0, symbol: str | None = None
) -> dict[str, Any]:
    """A movement of money."""
    return {
        "movement": movement,
        "amount": Decimal(str(amount)),
        "at": NOW + timedelta(seconds=at),
        "symbol": symbol,
    }
