"""The protocol between the state machine and an algorithm: what should be at work by now."""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Protocol

from terminal.execution.algorithms.params import AT_ONCE

if TYPE_CHECKING:
    from terminal.execution.algorithms.parent import Market, ParentOrder, Progress


@dataclass(frozen=True)
class Due:
    """A slice that is due.

    number : of its child. quantity : units to send now, before lots. number and quantity are None
    and 0 between slices. next_at : when the next one is due, where that is known.
    """

    number: int | None
    quantity: Decimal
    next_at: datetime | None


class Plan(Protocol):
    """An algorithm, told its parent."""

    def due(self, progress: Progress, market: Market, now: datetime) -> Due:
        """What to send now; called within the window, and kept within the parent."""
        ...


@dataclass(frozen=True)
class TimePlan:
    """Slices at fixed times up to given fractions of the parent.

    times : ascending, UTC. fractions : of the parent, not falling, the last is 1.
    """

    parent: ParentOrder
    times: tuple[datetime, ...]
    fractions: tuple[float, ...]

    def due(self, progress: Progress, market: Market, now: datetime) -> Due:
        """The newest slice that has come, unless it was sent; those that were missed count in it.

        "At once": all that should be at work by now. "Spread": the same unless a lot or more was
        missed; then, of what is left, the share that the schedule gives this slice of what it gives
        to this one and all that follow.
        """
        slices = bisect_right(self.times, now)
        next_at = self.times[slices] if slices < len(self.times) else self.parent.closing_at
        if slices == 0 or slices <= progress.last_number:
            return Due(None, Decimal(0), next_at)
        upto = self.fractions[slices - 1]
        whole = self.parent.quantity
        before = self.fractions[slices - 2] if slices > 1 else 0.0
        missed = whole * Decimal(repr(before)) - progress.committed
        params = self.parent.params
        if params.catch_up == AT_ONCE or missed < params.lots or upto >= 1.0:
            wanted = whole if upto >= 1.0 else whole * Decimal(repr(upto))
            return Due(slices, wanted - progress.committed, next_at)
        share = (upto - before) / (1.0 - before)
        return Due(slices, (whole - progress.committed) * Decimal(repr(share)), next_at)


def slice_times(parent: ParentOrder, slices: int, jitter: float) -> tuple[datetime, ...]:
    """One moment in each of equal parts of the window, at random within `jitter` of the part."""
    part = (parent.closing_at - parent.start_at) / slices
    return tuple(
        parent.start_at + part * (k + jitter * uniform(parent.seed, k)) for k in range(slices)
    )


def uniform(seed: int, k: int) -> float:
    """The k-th number in [0, 1) of a seed: the same on every machine and in every version."""
    digest = hashlib.sha256(f"{seed}|{k}".encode()).digest()
    return int.from_bytes(digest[:7], "big") / 2**56


def nearest_lots(quantity: Decimal, lot: Decimal) -> Decimal:
    """To the nearest multiple of the lot, half up: small parents are spread evenly, not late."""
    return (quantity / lot).to_integral_value(ROUND_HALF_UP) * lot


def whole_lots(quantity: Decimal, lot: Decimal) -> Decimal:
    """Down to a multiple of the lot."""
    return (quantity / lot).to_integral_value(ROUND_FLOOR) * lot
