"""Ledger events and orders as sentences for a person.

Pure. Numbers are written as the ledger has them, with commas.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from terminal.execution.events import EventKind, LedgerEvent
from terminal.execution.limits.denial import shown

K = EventKind
Payload = Mapping[str, Any]


def event_words(event: LedgerEvent) -> str:
    """One sentence; what the order was stands in the sentence of its intent."""
    return _WORDS[event.kind](event.payload)


def terms_words(payload: Payload) -> str:
    """`Buy 10 AAPL at 101.5 or better (limit, day)`."""
    kind = str(payload.get("type", "market")).replace("_", " ")
    side = str(payload.get("side", "")).capitalize()
    words = f"{side} {_number(payload.get('quantity'))} {payload.get('symbol', '')}"
    if payload.get("limit_price"):
        words += f" at {_number(payload['limit_price'])} or better"
    if payload.get("stop_price"):
        words += f", triggered at {_number(payload['stop_price'])}"
    if payload.get("trail_price"):
        words += f", trailing by {_number(payload['trail_price'])}"
    if payload.get("trail_percent"):
        words += f", trailing by {_number(payload['trail_percent'])}%"
    return f"{words} ({kind}, {payload.get('time_in_force', 'day')})"


def _intent(payload: Payload) -> str:
    source = str(payload.get("source") or "manual")
    by = {"manual": "by hand", "flatten": "to close a position"}.get(source)
    by = by or ("by an algorithm" if source.startswith("algo:") else f"by {source}")
    return f"{terms_words(payload)}, {by}."


def _denied(payload: Payload) -> str:
    reasons = payload.get("reasons") or ()
    return "Refused: " + " ".join(str(one.get("message", "")) for one in reasons)


def _fill(payload: Payload) -> str:
    verb = "Bought" if payload["side"] == "buy" else "Sold"
    fee = Decimal(str(payload.get("fee") or 0))
    tail = f", fee {shown(fee)}" if fee else ""
    return (
        f"{verb} {_number(payload['quantity'])} {payload['symbol']} at "
        f"{_number(payload['price'])}{tail}."
    )


def _cash(payload: Payload) -> str:
    amount = Decimal(str(payload["amount"]))
    symbol = f" of {payload['symbol']}" if payload.get("symbol") else ""
    return f"{str(payload['movement']).capitalize()}{symbol}: {shown(amount)}."


def _adjustment(payload: Payload) -> str:
    what = payload.get("amount") or payload.get("quantity")
    name = payload.get("symbol") or "cash"
    return f"Adjusted {name} by {_number(what)}: {payload['reason']}"


def _killed(payload: Payload) -> str:
    return f"Trading stopped ({payload['cause']}) by {payload['by']}: {payload['reason']}"


def _said(start: str, name: str) -> Callable[[Payload], str]:
    def words(payload: Payload) -> str:
        more = payload.get(name)
        return f"{start}: {more}" if more else f"{start}."

    return words


def _number(value: Any) -> str:
    return "–" if value is None else shown(Decimal(str(value)))


_WORDS: dict[EventKind, Callable[[Payload], str]] = {
    K.INTENT: _intent,
    K.DENIED: _denied,
    K.SEND_BEGUN: lambda payload: f"Sending, attempt {payload['attempt']}.",
    K.UNANSWERED: _said("No answer from the broker", "error"),
    K.NOT_AT_BROKER: lambda _: "The broker has no such order; it may be sent again.",
    K.CANCEL_ASKED: _said("Cancel asked for", "by"),
    K.CANCEL_REFUSED: _said("The broker did not cancel", "message"),
    K.EXTERNAL_ORDER: lambda payload: (
        f"Found at the broker, not sent from here: {terms_words(payload)}."
    ),
    K.ACKNOWLEDGED: lambda _: "Accepted by the broker.",
    K.REJECTED: _said("Rejected by the broker", "message"),
    K.CANCELLED: _said("Cancelled", "message"),
    K.EXPIRED: _said("Expired", "message"),
    K.REPLACED: lambda _: "Replaced by another order.",
    K.FILL: _fill,
    K.BUST: lambda payload: f"The broker took back execution {payload['execution_id']}.",
    K.CASH: _cash,
    K.SPLIT: lambda payload: (
        f"Split of {payload['symbol']}: {_number(payload['ratio'])} for "
        f"{_number(payload.get('per') or 1)}."
    ),
    K.ADJUSTMENT: _adjustment,
    K.KILL: _killed,
    K.REARM: lambda payload: f"Armed again by {payload['by']}: {payload['reason']}",
    K.STATEMENT: lambda payload: f"Statement of {payload['session_date']} issued.",
}
