"""The states of an order and the one table of legal transitions.

The state follows from facts that may arrive in any order: what was sent, what the broker last said,
and how much is filled (`state_of`). A fill always counts, also after a cancel, a reject or an
expiry: the broker's books say what happened, ours only repeat it.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class OrderState(StrEnum):
    """Where an order stands.

    INTENT: committed, not sent. DENIED: a limit or a kill refused it, it was never sent. SENDING: a
    send has begun. UNKNOWN: no answer; the broker must be asked by id. ACCEPTED: works at the
    broker. CANCELLING: a cancel or a replacement was asked for. The rest are ends.
    """

    INTENT = "intent"
    DENIED = "denied"
    SENDING = "sending"
    UNKNOWN = "unknown"
    ACCEPTED = "accepted"
    PARTIALLY_FILLED = "partially_filled"
    CANCELLING = "cancelling"
    FILLED = "filled"
    CANCELLED = "cancelled"
    REPLACED = "replaced"
    REJECTED = "rejected"
    EXPIRED = "expired"

    @property
    def is_end(self) -> bool:
        """Nothing more is expected; a late fill or a bust still applies."""
        return self in ENDS

    @property
    def is_working(self) -> bool:
        """May fill: it was, or may have been, sent and has not ended."""
        return self in WORKING


S = OrderState
ENDS = frozenset({S.DENIED, S.FILLED, S.CANCELLED, S.REPLACED, S.REJECTED, S.EXPIRED})
WORKING = frozenset({S.SENDING, S.UNKNOWN, S.ACCEPTED, S.PARTIALLY_FILLED, S.CANCELLING})
_AT_BROKER = (
    S.ACCEPTED, S.PARTIALLY_FILLED, S.CANCELLING, S.FILLED,
    S.CANCELLED, S.REPLACED, S.REJECTED, S.EXPIRED,
)  # fmt: skip
_CLOSED = (S.CANCELLED, S.REPLACED, S.REJECTED, S.EXPIRED)

TRANSITIONS: frozenset[tuple[OrderState, OrderState]] = frozenset(
    [(S.INTENT, to) for to in (S.DENIED, S.SENDING, S.CANCELLED, S.EXPIRED)]
    # SENDING may be told to cancel; nothing known at the broker makes it REJECTED or CANCELLED
    + [(S.SENDING, to) for to in (S.UNKNOWN, S.DENIED, *_AT_BROKER)]
    # should the broker show an order that we denied, its books win; it is flagged
    + [(S.DENIED, to) for to in _AT_BROKER]
    + [(S.UNKNOWN, to) for to in (S.SENDING, *_AT_BROKER)]
    + [(S.ACCEPTED, to) for to in _AT_BROKER if to is not S.ACCEPTED]
    # a bust takes a fill back: what was partly filled may be merely accepted again
    + [(S.PARTIALLY_FILLED, to) for to in _AT_BROKER if to is not S.PARTIALLY_FILLED]
    + [(S.CANCELLING, to) for to in _AT_BROKER if to is not S.CANCELLING]
    # late fills complete, busts reopen what the broker still works
    + [(end, S.FILLED) for end in _CLOSED]
    + [(S.FILLED, to) for to in (S.ACCEPTED, S.PARTIALLY_FILLED, S.CANCELLING, *_CLOSED)]
    # the broker corrects itself: a cancel it had confirmed turns out an expiry, a replacement ...
    + [(a, b) for a in _CLOSED for b in _CLOSED if a is not b]
)
"""(from, to); everything else is refused, in code and by the database."""


@dataclass(frozen=True)
class Facts:
    """What is known of an order.

    Attributes
    ----------
    quantity, filled : units; `filled` counts every fill that was not busted.
    denied, sent, unanswered : a check refused it; a send was begun; the last send has no answer.
    accepted : the broker has shown it in any way (an answer, an event, a fill).
    cancel_asked : a cancel or replacement was asked for and not refused.
    closed : how the broker ended it (CANCELLED, REPLACED, REJECTED, EXPIRED); None: it has not.
    """

    quantity: Decimal
    filled: Decimal = Decimal(0)
    denied: bool = False
    sent: bool = False
    unanswered: bool = False
    accepted: bool = False
    cancel_asked: bool = False
    closed: OrderState | None = None


def state_of(facts: Facts) -> OrderState:
    """The state that follows from the facts, whatever the order in which they came."""
    if facts.filled >= facts.quantity:
        return S.FILLED
    if facts.closed is not None:
        return facts.closed
    if facts.denied and not facts.accepted and not facts.filled:
        return S.DENIED
    if facts.cancel_asked and (facts.accepted or facts.filled > 0):
        return S.CANCELLING
    if facts.filled > 0:
        return S.PARTIALLY_FILLED
    if facts.accepted:
        return S.ACCEPTED
    if facts.sent:
        return S.UNKNOWN if facts.unanswered else S.SENDING
    return S.INTENT


def is_legal(before: OrderState, after: OrderState) -> bool:
    """Whether an order may go from `before` to `after`; staying is always legal."""
    return before is after or (before, after) in TRANSITIONS
