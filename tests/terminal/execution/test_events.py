from __future__ import annotations

from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from terminal.errors import InputError
from terminal.execution.events import (
    FIELDS,
    GENESIS,
    EventKind,
    canonical,
    event_hash,
    external_name,
    intent_payload,
)
from terminal.execution.order import OrderIntent, Side
from terminal.execution.order_record import intent_of
from tests.terminal.execution.ledgers import NOW, MemoryLedger, cash_payload, fill_payload

D = Decimal


def test_the_same_contents_have_one_spelling() -> None:
    tokyo = NOW.astimezone(timezone(timedelta(hours=9)))
    one = {**fill_payload("e", "AAPL", "buy", "1.50", "10.00"), "at": tokyo}
    two = dict(
        reversed({**fill_payload("e", "AAPL", "buy", "1.5", "10"), "side": Side.BUY}.items())
    )
    assert canonical(EventKind.FILL, one) == canonical(EventKind.FILL, two)
    assert canonical(EventKind.FILL, two) == (
        '{"at":"2026-01-05T15:00:00.000000+00:00","execution_id":"e","fee":"0","price":"10",'
        '"quantity":"1.5","side":"buy","symbol":"AAPL"}'
    )


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"price": 10.5}, "price"),
        ({"price": D("NaN")}, "price"),
        ({"price": D("Infinity")}, "price"),
        ({"price": "ten"}, "price"),
        ({"price": D("1E18")}, "price"),
        ({"price": D("1E-19")}, "price"),
        ({"quantity": D(0)}, "quantity"),
        ({"quantity": D(-1)}, "quantity"),
        ({"quantity": None}, "quantity"),
        ({"at": datetime(2026, 1, 5)}, "at"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_what_is_no_fill_is_refused_by_field(change: dict[str, Any], field: str) -> None:
    with pytest.raises(InputError) as caught:
        canonical(EventKind.FILL, {**fill_payload("e", "AAPL", "buy", 1, 10), **change})
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("kind", "payload", "field"),
    [
        (EventKind.CASH, cash_payload("gift", 5), "movement"),
        (EventKind.CASH, cash_payload("deposit", -5), "amount"),
        (EventKind.CASH, cash_payload("withdrawal", 5), "amount"),
        (EventKind.SPLIT, {"symbol": "A", "ratio": D(0), "at": NOW}, "ratio"),
        (EventKind.SPLIT, {"symbol": "A", "ratio": D(2), "at": NOW, "cash": D(1)}, "fraction"),
        (EventKind.ADJUSTMENT, {"what": "mood", "reason": "r"}, "what"),
        (EventKind.ADJUSTMENT, {"what": "cash", "reason": "r"}, "amount"),
        (EventKind.ADJUSTMENT, {"what": "position", "symbol": "A", "reason": "r"}, "quantity"),
    ],
)
def test_money_and_units_must_make_sense(
    kind: EventKind, payload: dict[str, Any], field: str
) -> None:
    with pytest.raises(InputError) as caught:
        canonical(kind, payload)
    assert caught.value.field == field


def test_what_would_count_twice_has_a_name_of_its_own() -> None:
    fill = fill_payload("e1", "AAPL", "buy", 1, 10)
    assert external_name(EventKind.FILL, "o", fill, "whatever") == "fill:e1"
    assert external_name(EventKind.BUST, None, {"execution_id": "e1"}, None) == "bust:e1"
    assert external_name(EventKind.INTENT, "o", {}, None) == "order:o"
    assert external_name(EventKind.EXTERNAL_ORDER, "o", {}, None) == "order:o"
    assert external_name(EventKind.CASH, None, {}, "m1") == "cash:m1"
    for kind in (EventKind.CASH, EventKind.SPLIT):
        with pytest.raises(InputError, match="external_id"):
            external_name(kind, None, {}, None)


def test_an_intent_comes_back_as_it_was() -> None:
    intent = OrderIntent("o", "acc", "AAPL", Side.SELL, D("2.5"), source="momentum", bar_ts=NOW,
                         leg="a", session_id="s", reference_price=D("10.10"))  # fmt: skip
    ledger = MemoryLedger()
    event = ledger.append(EventKind.INTENT, intent_payload(intent), "o")
    assert event is not None
    assert intent_of("acc", "o", dict(event.payload)) == intent


def test_every_field_of_an_event_is_under_the_hash() -> None:
    given = ("acc", 1, NOW, "fill", "o", "fill:e", 7, "{}", GENESIS)
    changed = ("acd", 2, NOW + timedelta(microseconds=1), "bust", "p", None, 8, "{ }", "1" * 64)
    whole = event_hash(*given)
    for place, other in enumerate(changed):
        assert event_hash(*given[:place], other, *given[place + 1 :]) != whole


def test_every_kind_says_what_it_holds() -> None:
    assert FIELDS.keys() == set(EventKind)
