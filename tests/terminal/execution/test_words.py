"""The ledger in words."""

from __future__ import annotations

from decimal import Decimal

import pytest

from terminal.execution.events import EventKind
from terminal.execution.words import _WORDS, event_words, terms_words
from tests.terminal.execution.ledgers import MemoryLedger, cash_payload, fill_payload


def test_every_kind_of_event_has_words() -> None:
    assert set(_WORDS) == set(EventKind)


def test_what_happened_is_told_with_its_numbers() -> None:
    book = MemoryLedger()
    told = [
        book.append(EventKind.CASH, cash_payload("deposit", "100000.50"), external_id="c"),
        book.append(
            EventKind.INTENT,
            {"symbol": "AAA", "side": "buy", "quantity": Decimal(1500), "type": "limit",
             "time_in_force": "gtc", "limit_price": Decimal("10.25"), "source": "manual"},
            "one",
        ),
        book.append(EventKind.SEND_BEGUN, {"attempt": 1}, "one"),
        book.append(EventKind.FILL, fill_payload("e", "AAA", "buy", 1500, "10.2", "1.5"), "one"),
        book.append(
            EventKind.KILL,
            {"scope": "acc", "cause": "daily_loss", "reason": "Lost 5.", "by": "system"},
        ),
    ]  # fmt: skip
    assert [event_words(event) for event in told if event] == [
        "Deposit: 100,000.5.",
        "Buy 1,500 AAA at 10.25 or better (limit, gtc), by hand.",
        "Sending, attempt 1.",
        "Bought 1,500 AAA at 10.2, fee 1.5.",
        "Trading stopped (daily_loss) by system: Lost 5.",
    ]


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"type": "stop", "stop_price": "9"}, "Sell 5 AAA, triggered at 9 (stop, day)"),
        ({"type": "trailing_stop", "trail_percent": "2.5"},
         "Sell 5 AAA, trailing by 2.5% (trailing stop, day)"),
        ({"type": "trailing_stop", "trail_price": "1"},
         "Sell 5 AAA, trailing by 1 (trailing stop, day)"),
        ({}, "Sell 5 AAA (market, day)"),
    ],
)  # fmt: skip
def test_terms_name_every_price(more: dict[str, str], words: str) -> None:
    assert terms_words({"side": "sell", "quantity": "5", "symbol": "AAA", **more}) == words


def test_a_denial_repeats_the_reasons() -> None:
    book = MemoryLedger()
    terms = {"symbol": "AAA", "side": "buy", "quantity": Decimal(1), "type": "market",
             "time_in_force": "day"}  # fmt: skip
    book.append(EventKind.INTENT, terms, "one")
    event = book.append(EventKind.DENIED, {"reasons": [{"message": "Too large."}]}, "one")
    assert event is not None
    assert event_words(event) == "Refused: Too large."
