"""All that the ledger says of one order, and the state that follows.

Each flag keeps the number of the last event that set it, each end of the broker's its time, so that
the record does not depend on the order in which events are applied.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, localcontext
from typing import Any

from terminal.decimals import EXACT, decimal_text
from terminal.execution.events import BROKER_SAYS, CLOSINGS, EventKind, LedgerEvent
from terminal.execution.lots import COST_DECIMALS, ZERO
from terminal.execution.order import OrderIntent, OrderType, Side, TimeInForce
from terminal.execution.states import Facts, OrderState, state_of

OVERFILLED = "overfilled"
DENIED_AT_BROKER = "denied but at the broker"
EXTERNAL = "not sent from here"
_MARKS = {
    EventKind.DENIED: "denied",
    EventKind.SEND_BEGUN: "sent",
    EventKind.UNANSWERED: "unanswered",
    EventKind.NOT_AT_BROKER: "absent",
    EventKind.CANCEL_ASKED: "cancel_asked",
    EventKind.CANCEL_REFUSED: "cancel_refused",
}
_PROOF = frozenset(
    {EventKind.ACKNOWLEDGED, EventKind.EXTERNAL_ORDER, EventKind.FILL, EventKind.CANCEL_REFUSED}
)


@dataclass(slots=True)
class OrderRecord:
    """One order.

    terms : payload of its intent or external_order; None while only others spoke of it.
    marks : number of the last event by flag (denied, sent, unanswered, absent, cancel_asked,
        cancel_refused, accepted, external).
    closing : (time, state, message, by) of the last end the broker gave.
    named : (time, the broker's id).
    filled, notional, fees : of fills that were not busted.
    """

    client_order_id: str
    terms: dict[str, Any] | None = None
    quantity: Decimal | None = None
    marks: dict[str, int] = field(default_factory=dict)
    denial: str = ""
    closing: tuple[str, str, str] | None = None
    named: tuple[str, str] | None = None
    filled: Decimal = ZERO
    notional: Decimal = ZERO
    fees: Decimal = ZERO
    attempts: int = 0
    created_at: datetime | None = None
    sent_at: datetime | None = None
    updated_at: datetime | None = None
    last_seq: int = 0

    def note(self, event: LedgerEvent) -> None:
        """Apply an event of this order; of a fill only that the broker knows it (see `count`)."""
        kind, payload, seq = event.kind, event.payload, event.seq
        if seq > self.last_seq:
            self.last_seq, self.updated_at = seq, event.at
        mark = _MARKS.get(kind)
        if mark is not None:
            self._mark(mark, seq)
        if kind in _PROOF:
            self._mark("accepted", seq)
        if kind in (EventKind.INTENT, EventKind.EXTERNAL_ORDER):
            self.terms, self.created_at = dict(payload), event.at
            self.quantity = Decimal(payload["quantity"])
            if kind is EventKind.EXTERNAL_ORDER:
                self._mark("external", seq)
        if "broker_order_id" in payload:
            told = (event.happened, payload["broker_order_id"])
            self.named = told if self.named is None else max(self.named, told)
        if kind is EventKind.DENIED and seq == self.marks["denied"]:
            self.denial = " ".join(str(one.get("message", one)) if isinstance(one, dict) else
                                   str(one) for one in payload["reasons"])  # fmt: skip
        elif kind is EventKind.SEND_BEGUN:
            self.attempts += 1
            if self.sent_at is None or event.at < self.sent_at:
                self.sent_at = event.at
        elif kind in CLOSINGS:
            told_end = (event.happened, kind.value, payload.get("message", ""))
            self.closing = told_end if self.closing is None else max(self.closing, told_end)

    def count(self, quantity: Decimal, price: Decimal, fee: Decimal, sign: int) -> None:
        """Add a fill (`sign` 1) or take a busted one back (-1)."""
        with localcontext(EXACT):
            self.filled += sign * quantity
            self.notional += sign * quantity * price
            self.fees += sign * fee

    @property
    def facts(self) -> Facts:
        """What the state follows from. The order must be known."""
        if self.quantity is None:
            raise ValueError(f"order {self.client_order_id} has no intent")
        mark = self.marks.get
        return Facts(
            quantity=self.quantity,
            filled=self.filled,
            denied="denied" in self.marks,
            sent="sent" in self.marks,
            unanswered=mark("unanswered", 0) > mark("sent", 0),
            accepted="accepted" in self.marks,
            cancel_asked=mark("cancel_asked", 0) > mark("cancel_refused", 0),
            closed=OrderState(self.closing[1]) if self.closing else None,
        )

    @property
    def state(self) -> OrderState:
        return state_of(self.facts)

    @property
    def may_send(self) -> bool:
        """Never sent, or the broker said after the last send that it has none."""
        return "sent" not in self.marks or self.marks.get("absent", 0) > self.marks["sent"]

    @property
    def average_price(self) -> Decimal | None:
        """Of its fills, rounded to 12 decimals."""
        if not self.filled:
            return None
        with localcontext(EXACT):
            return (self.notional / self.filled).quantize(COST_DECIMALS)

    @property
    def broker_order_id(self) -> str | None:
        return self.named[1] if self.named else None

    @property
    def reason(self) -> str:
        """Why it was denied or how it ended; "" without one."""
        return self.closing[2] if self.closing else self.denial

    @property
    def flag(self) -> str:
        """What a person must look at; "" mostly."""
        if self.quantity is not None and self.filled > self.quantity:
            return OVERFILLED
        at_broker = "accepted" in self.marks or self.filled > 0 or self.closing is not None
        if "denied" in self.marks and at_broker:
            return DENIED_AT_BROKER
        return EXTERNAL if "external" in self.marks else ""

    def _mark(self, name: str, seq: int) -> None:
        self.marks[name] = max(seq, self.marks.get(name, 0))


def refusal(record: OrderRecord | None, kind: EventKind) -> str:
    """Why one of our own steps may not be taken now; "" when it may. The broker's always apply, and
    an intent is kept from being written twice by its name."""
    if kind in (EventKind.INTENT, EventKind.CANCEL_REFUSED) or kind in BROKER_SAYS:
        return ""
    if record is None or record.quantity is None:
        return "no intent was written for it"
    state = record.state
    if kind is EventKind.SEND_BEGUN:
        if state not in (OrderState.INTENT, OrderState.SENDING, OrderState.UNKNOWN):
            return f"it is {_words(state)}"
        return "" if record.may_send else "the broker has not been asked about the last send"
    if kind is EventKind.DENIED and state not in (
        OrderState.INTENT,
        OrderState.SENDING,
        OrderState.DENIED,
    ):
        return f"it is {_words(state)}"
    if kind is EventKind.CANCEL_ASKED and state.is_end:
        return f"it is {_words(state)} already"
    if kind in (EventKind.UNANSWERED, EventKind.NOT_AT_BROKER) and "sent" not in record.marks:
        return "it was never sent"
    return ""


def intent_of(account_id: str, client_order_id: str, terms: dict[str, Any]) -> OrderIntent:
    """The intent that a payload describes; InputError when an order found at the broker is none."""
    decimals = ("limit_price", "stop_price", "trail_price", "trail_percent", "reference_price")
    return OrderIntent(
        client_order_id=client_order_id,
        account_id=account_id,
        symbol=terms["symbol"],
        side=Side(terms["side"]),
        quantity=Decimal(terms["quantity"]),
        type=OrderType(terms["type"]),
        time_in_force=TimeInForce(terms["time_in_force"]),
        source=terms.get("source", ""),
        bar_ts=datetime.fromisoformat(terms["bar_ts"]) if "bar_ts" in terms else None,
        leg=terms.get("leg", ""),
        session_id=terms.get("session_id"),
        parent_id=terms.get("parent_id"),
        replaces=terms.get("replaces"),
        **{name: Decimal(terms[name]) if name in terms else None for name in decimals},
    )


def facts_json(record: OrderRecord) -> dict[str, Any]:
    """What the table keeps of a record besides its columns, to go on from there."""
    return {
        "marks": record.marks,
        "denial": record.denial,
        "closing": record.closing,
        "named": record.named,
        "notional": decimal_text(record.notional),
        "attempts": record.attempts,
    }


def _words(state: OrderState) -> str:
    return state.value.replace("_", " ")
