"""What a session asks of its feed, whichever adapter of `terminal.market.feed` brings it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from terminal.execution.session.window import Bar

Quotes = Mapping[str, tuple[float, datetime]]
"""By symbol: the last price and the feed's own time of it."""


@dataclass(frozen=True)
class FeedBar:
    """A bar that has closed; `ts` is its open time (UTC-aware)."""

    symbol: str
    ts: datetime
    bar: Bar


class SessionFeed(Protocol):
    """Closed bars in the order of their times, and last prices. Never raises: it says how it is."""

    @property
    def name(self) -> str: ...

    @property
    def simulated(self) -> bool: ...

    @property
    def last_message_at(self) -> datetime | None: ...

    @property
    def silent_s(self) -> float | None:
        """Seconds since anything arrived, by this machine's steady clock; None: nothing ever."""
        ...

    @property
    def gaps(self) -> int:
        """Bars that were missed and fetched afterwards."""
        ...

    def take(self) -> Sequence[FeedBar]:
        """Bars that closed since the last call."""
        ...

    def quotes(self) -> Quotes: ...

    def is_late(self, closed_at: datetime) -> bool:
        """Whether a bar that closed then is too old to act on: it was fetched after a gap."""
        ...

    def close(self) -> None: ...
