"""What is written in the ledger: the kinds of event, their contents, and the chain of hashes.

A payload is a flat object in canonical JSON: keys sorted, nothing absent written down, decimals and
times as text (`decimal_text`; ISO 8601 in UTC with microseconds). The hash covers those bytes and
the hash of the event before, per account. An event that tells of something outside (an execution, a
movement of money, an order's name) has an external id, under which it counts once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from enum import Enum, StrEnum
from typing import Any

import orjson

from terminal.decimals import decimal_text, fits
from terminal.errors import InputError
from terminal.execution.order import OrderIntent, Side

GENESIS = "0" * 64
NAME_LENGTH = 128
"""Most characters of a client_order_id or an execution_id."""


class EventKind(StrEnum):
    """What happened. Kinds in `BROKER_SAYS` are facts of the broker's and always apply."""

    INTENT = "intent"
    DENIED = "denied"
    SEND_BEGUN = "send_begun"
    UNANSWERED = "unanswered"
    NOT_AT_BROKER = "not_at_broker"
    CANCEL_ASKED = "cancel_asked"
    CANCEL_REFUSED = "cancel_refused"
    EXTERNAL_ORDER = "external_order"
    ACKNOWLEDGED = "acknowledged"
    REJECTED = "rejected"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    REPLACED = "replaced"
    FILL = "fill"
    BUST = "bust"
    CASH = "cash"
    SPLIT = "split"
    ADJUSTMENT = "adjustment"
    KILL = "kill"
    REARM = "rearm"
    STATEMENT = "statement"


K = EventKind
OF_ORDERS = frozenset(
    {
        K.INTENT, K.DENIED, K.SEND_BEGUN, K.UNANSWERED, K.NOT_AT_BROKER, K.CANCEL_ASKED,
        K.CANCEL_REFUSED, K.EXTERNAL_ORDER, K.ACKNOWLEDGED, K.REJECTED, K.CANCELLED, K.EXPIRED,
        K.REPLACED, K.FILL,
    }
)  # fmt: skip
"""Kinds that name an order."""
CLOSINGS = frozenset({K.REJECTED, K.CANCELLED, K.EXPIRED, K.REPLACED})
BROKER_SAYS = frozenset({K.EXTERNAL_ORDER, K.ACKNOWLEDGED, *CLOSINGS, K.FILL, K.BUST})
MOVEMENTS = ("deposit", "withdrawal", "dividend", "fee", "interest")

_TERMS = {
    "symbol": "text", "side": "side", "quantity": "positive", "type": "text",
    "time_in_force": "text", "limit_price": "decimal?", "stop_price": "decimal?",
    "trail_price": "decimal?", "trail_percent": "decimal?", "source": "text?", "bar_ts": "time?",
    "leg": "text?", "session_id": "text?", "parent_id": "text?", "replaces": "text?",
    "reference_price": "decimal?", "expected_cost": "json?",
}  # fmt: skip
FIELDS: dict[EventKind, dict[str, str]] = {
    K.INTENT: _TERMS,
    K.EXTERNAL_ORDER: {**_TERMS, "broker_order_id": "text", "at": "time?"},
    K.DENIED: {"reasons": "json"},
    K.SEND_BEGUN: {"attempt": "integer"},
    K.UNANSWERED: {"error": "text"},
    K.NOT_AT_BROKER: {},
    K.ACKNOWLEDGED: {"broker_order_id": "text", "at": "time"},
    K.REJECTED: {"code": "text", "message": "text", "at": "time?"},
    K.CANCEL_ASKED: {"by": "text"},
    K.CANCEL_REFUSED: {"message": "text"},
    K.CANCELLED: {"at": "time", "message": "text?"},
    K.EXPIRED: {"at": "time", "message": "text?"},
    K.REPLACED: {"at": "time", "by": "text?"},
    K.FILL: {
        "execution_id": "text", "symbol": "text", "side": "side", "quantity": "positive",
        "price": "decimal", "fee": "decimal", "at": "time",
    },
    K.BUST: {"execution_id": "text", "at": "time"},
    K.CASH: {"movement": "text", "amount": "decimal", "at": "time", "symbol": "text?"},
    K.SPLIT: {
        "symbol": "text", "ratio": "positive", "per": "positive?", "at": "time",
        "fraction": "decimal?", "cash": "decimal?",
    },
    K.ADJUSTMENT: {
        "what": "text", "symbol": "text?", "quantity": "decimal?", "price": "decimal?",
        "amount": "decimal?", "reason": "text", "at": "time?",
    },
    K.KILL: {"scope": "text", "cause": "text", "reason": "text", "by": "text"},
    K.REARM: {"scope": "text", "reason": "text", "by": "text"},
    K.STATEMENT: {"session_date": "date", "content_hash": "text"},
}  # fmt: skip
"""Fields of each kind and what they hold; "?": may be absent."""


@dataclass(frozen=True, slots=True)
class LedgerEvent:
    """One event. `at`: when it was recorded, UTC; `payload`: as parsed from its canonical text."""

    account_id: str
    seq: int
    at: datetime
    kind: EventKind
    client_order_id: str | None
    external_id: str | None
    fencing_token: int | None
    payload: Mapping[str, Any]
    previous_hash: str = GENESIS
    hash: str = ""

    def decimal(self, field: str) -> Decimal:
        """A decimal field; 0 when it is absent."""
        return Decimal(self.payload.get(field, 0))

    @property
    def happened(self) -> str:
        """When it happened as text that sorts by time: the payload's `at`, else the record's."""
        return self.payload.get("at") or time_text(self.at)


def canonical(kind: EventKind, payload: Mapping[str, Any]) -> str:
    """The text of a payload that is stored and hashed.

    Raises
    ------
    InputError : naming the field that is unknown, missing, not of its type or out of range.
    """
    fields = FIELDS[kind]
    unknown = payload.keys() - fields.keys()
    if unknown:
        raise InputError(f"An event {kind} has no field {min(unknown)!r}.", field=min(unknown))
    texts: dict[str, Any] = {}
    for name, form in fields.items():
        value = payload.get(name)
        if value is not None:
            texts[name] = _text(name, form.rstrip("?"), value)
        elif not form.endswith("?"):
            raise InputError(f"An event {kind} needs a {name}.", field=name)
    _require_sense(kind, texts)
    return orjson.dumps(texts, option=orjson.OPT_SORT_KEYS).decode()


def intent_payload(intent: OrderIntent) -> dict[str, Any]:
    """The payload of an intent; `expected_cost` may be added to it."""
    return {name: getattr(intent, name) for name in _TERMS if name != "expected_cost"}


def external_name(
    kind: EventKind, client_order_id: str | None, payload: Mapping[str, Any], given: str | None
) -> str | None:
    """Under which name the event counts once; None: it may be told again without harm.

    Executions, busts and orders have one by themselves, whatever the caller gives.

    Raises
    ------
    InputError : money or a split without one, which a second telling would count twice.
    """
    if kind is K.FILL:
        return f"fill:{payload['execution_id']}"
    if kind is K.BUST:
        return f"bust:{payload['execution_id']}"
    if kind in (K.INTENT, K.EXTERNAL_ORDER):
        return f"order:{client_order_id}"
    if given is None and kind in (K.CASH, K.SPLIT):
        raise InputError(f"An event {kind} needs an external_id of its own.", field="external_id")
    return None if given is None else f"{kind}:{given}"


def event_hash(
    account_id: str,
    seq: int,
    at: datetime,
    kind: str,
    client_order_id: str | None,
    external_id: str | None,
    fencing_token: int | None,
    payload: str,
    previous_hash: str,
) -> str:
    """SHA-256 over every field of an event, the hash before it included; `payload`: canonical."""
    fields = [
        account_id, seq, time_text(at), str(kind), client_order_id, external_id, fencing_token,
        payload, previous_hash,
    ]  # fmt: skip
    return hashlib.sha256(orjson.dumps(fields)).hexdigest()


def time_text(moment: datetime) -> str:
    """ISO 8601 in UTC with microseconds; as text it sorts by time. A naive time is refused."""
    if moment.tzinfo is None:
        raise InputError(f"The time {moment} has no time zone.", field="at")
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def _text(field: str, form: str, value: Any) -> Any:
    match form:
        case "decimal" | "positive":
            number = _decimal(field, value)
            if form == "positive" and number <= 0:
                raise InputError(f"{value} is not above 0.", field=field)
            return decimal_text(number)
        case "time":
            moment = datetime.fromisoformat(value) if isinstance(value, str) else value
            return time_text(moment)
        case "date":
            return value.isoformat() if isinstance(value, date) else str(value)
        case "side":
            return Side(value).value
        case "integer":
            return int(value)
        case "json":
            return orjson.loads(orjson.dumps(value, default=_plain))
    return value.value if isinstance(value, Enum) else str(value)


def _decimal(field: str, value: Any) -> Decimal:
    if isinstance(value, float):
        raise InputError(f"{value} is a float; money is Decimal.", field=field)
    try:
        number = Decimal(value)
    except (InvalidOperation, TypeError, ValueError) as error:
        raise InputError(f"{value!r} is not a number.", field=field) from error
    if not fits(number):
        raise InputError(
            f"{value} is not a finite number of at most 18 digits on each side of the point.",
            field=field,
        )
    return number


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return decimal_text(value)
    raise TypeError(f"{value!r} cannot be written down")


def _require_sense(kind: EventKind, texts: Mapping[str, Any]) -> None:
    if kind is K.CASH:
        movement, amount = texts["movement"], Decimal(texts["amount"])
        if movement not in MOVEMENTS:
            raise InputError(f"{movement!r} is none of {', '.join(MOVEMENTS)}.", field="movement")
        wrong = {"deposit": amount <= 0, "withdrawal": amount >= 0}
        if wrong.get(movement, False):
            raise InputError(
                f"A {movement} of {amount}: what comes in is above 0, what goes out below.",
                field="amount",
            )
    if kind is K.SPLIT and ("fraction" in texts) != ("cash" in texts):
        raise InputError("A fraction is paid out in cash: give both or neither.", field="fraction")
    if kind is K.ADJUSTMENT:
        needs = {"position": ("symbol", "quantity", "price"), "cash": ("amount",)}
        if texts["what"] not in needs:
            raise InputError(f"{texts['what']!r} is none of position, cash.", field="what")
        for name in needs[texts["what"]]:
            if name not in texts:
                raise InputError(f"This adjustment needs a {name}.", field=name)
