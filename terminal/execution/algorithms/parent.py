"""A large order that is worked in small ones: what was asked, what became of it so far, what next.

Nothing is remembered between two looks but what the ledger holds: a child is known by its number,
which is the leg of its client_order_id, so that a slice decided on twice is sent once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from functools import cached_property

from terminal.errors import InputError
from terminal.execution.algorithms.params import Slicing
from terminal.execution.algorithms.volume_curve import VolumeCurve
from terminal.execution.order import OrderIntent, Side
from terminal.execution.states import OrderState

ZERO = Decimal(0)
MOST_REFUSALS = 3
"""Children refused one after another before the algorithm gives up."""


class AlgorithmState(StrEnum):
    """Where a parent stands; DONE, CANCELLED and FAILED are ends, and nothing works any more."""

    WAITING = "waiting"
    WORKING = "working"
    PAUSED = "paused"
    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"


@dataclass(frozen=True)
class ParentOrder:
    """What is asked of an algorithm.

    Attributes
    ----------
    algorithm : a key of `registry.ALGORITHMS`; params : its dataclass.
    quantity : units, > 0. start_at, end_at : UTC, the window it may trade in.
    seed : of its jitter. arrival_price : the last price known when it was given.
    curve : of VWAP: when a session's volume trades.
    """

    id: str
    account_id: str
    symbol: str
    side: Side
    quantity: Decimal
    start_at: datetime
    end_at: datetime
    algorithm: str
    params: Slicing
    seed: int = 0
    arrival_price: Decimal | None = None
    session_id: str | None = None
    curve: VolumeCurve | None = None

    def __post_init__(self) -> None:
        if not self.quantity.is_finite() or self.quantity <= 0:
            raise InputError(f"{self.quantity} is not a quantity above 0.", field="quantity")
        for field in ("start_at", "end_at"):
            if getattr(self, field).tzinfo is None:
                raise InputError("The time has no time zone.", field=field, remedy="Give UTC.")
        if self.end_at <= self.start_at:
            raise InputError(
                f"The window ends at {self.end_at:%H:%M:%S}, not after its start.",
                field="end_at",
                remedy="Choose a later end.",
            )

    @property
    def source(self) -> str:
        """Source of its children: "algo:" and its id."""
        return f"algo:{self.id}"

    @cached_property
    def closing_at(self) -> datetime:
        """When slicing ends and the rest is dealt with: `finish_s` before the end, at most a tenth
        of the window; the end itself where the rest is left."""
        if self.params.at_end == "leave":
            return self.end_at
        window = self.end_at - self.start_at
        return self.end_at - min(self.params.finish, window / 10)


@dataclass(frozen=True, slots=True)
class ChildOrder:
    """A child as the ledger knows it; `number` is its leg."""

    number: int
    client_order_id: str
    quantity: Decimal
    filled: Decimal
    state: OrderState
    limit_price: Decimal | None = None

    @property
    def committed(self) -> Decimal:
        """Units it has taken of the parent, or still may."""
        return self.filled if self.state.is_end else max(self.quantity, self.filled)


@dataclass(frozen=True)
class Progress:
    """What became of a parent so far.

    children : all of them, in the order of their numbers. paused, cancelled : what was asked for.
    """

    children: tuple[ChildOrder, ...] = ()
    paused: bool = False
    cancelled: bool = False

    @cached_property
    def filled(self) -> Decimal:
        return sum((child.filled for child in self.children), ZERO)

    @cached_property
    def committed(self) -> Decimal:
        """Units filled, or working."""
        return sum((child.committed for child in self.children), ZERO)

    @cached_property
    def open(self) -> tuple[ChildOrder, ...]:
        return tuple(child for child in self.children if not child.state.is_end)

    @cached_property
    def last_number(self) -> int:
        """Number of the newest child; 0: there is none."""
        return max((child.number for child in self.children), default=0)

    @cached_property
    def refusals(self) -> int:
        """How many children, counted from the newest, were refused without any fill."""
        count = 0
        for child in sorted(self.children, key=lambda child: -child.number):
            if child.filled or child.state not in (OrderState.DENIED, OrderState.REJECTED):
                break
            count += 1
        return count


@dataclass(frozen=True)
class Market:
    """The instrument now.

    Attributes
    ----------
    is_open : whether it trades continuously.
    last : the last price; None: not known, and nothing is sent.
    volume : units traded by everybody, ourselves included, since the parent's start.
    recent_volume : the same within the last `interval_s` of the parameters (POV only).
    """

    is_open: bool
    last: Decimal | None
    volume: float = 0.0
    recent_volume: float = 0.0


@dataclass(frozen=True)
class Step:
    """What is to be done now.

    Attributes
    ----------
    state : the parent's, from now on.
    place : children to submit, at most one.
    cancel : client_order_ids to cancel.
    next_at : when to look again, unless something fills or ends before; None: nothing is planned.
    note : why nothing more happens, for a person; "" otherwise.
    """

    state: AlgorithmState
    place: tuple[OrderIntent, ...] = ()
    cancel: tuple[str, ...] = ()
    next_at: datetime | None = None
    note: str = ""
