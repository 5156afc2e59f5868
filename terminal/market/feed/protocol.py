"""What a feed is. Every adapter passes the same conformance tests.

A feed never raises into its reader and never invents: what it missed it fetches, and says so; what
it does not know it does not tell.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

GREEN_S, RED_S = 30.0, 300.0


class Staleness(StrEnum):
    """How long ago the last market data came: less than 30 s, less than 5 min, longer or never."""

    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"


@dataclass(frozen=True)
class ClosedBar:
    """A bar that has closed, named by its open `ts` (UTC); `late`: fetched after a gap."""

    symbol: str
    ts: datetime
    open: float
    high: float
    low: float
    close: float
    volume: float
    late: bool = False


@dataclass(frozen=True)
class LastQuote:
    """The last price known; bid and ask are None where the source has none."""

    price: float
    at: datetime
    bid: float | None = None
    ask: float | None = None


class Feed(Protocol):
    """Bars of some instruments from the moment it is opened, or from `since` where one is given."""

    @property
    def name(self) -> str: ...

    @property
    def simulated(self) -> bool:
        """Whether this is another market than the real one, now."""
        ...

    @property
    def connected(self) -> bool: ...

    @property
    def last_message_at(self) -> datetime | None:
        """When market data last came, by this machine's clock. A heartbeat is none."""
        ...

    @property
    def silent_s(self) -> float | None:
        """Seconds since then, by a steady clock; None: nothing has come."""
        ...

    @property
    def gaps(self) -> int:
        """Bars that were missed and fetched afterwards."""
        ...

    def take(self) -> tuple[ClosedBar, ...]:
        """Bars that closed since the last call: each once, those of an instrument in order."""
        ...

    def quotes(self) -> Mapping[str, LastQuote]:
        """The newest price of each instrument that has one."""
        ...

    def staleness(self) -> Staleness: ...

    def close(self) -> None: ...


def staleness_of(
    silent_s: float | None, green_s: float = GREEN_S, red_s: float = RED_S
) -> Staleness:
    """The colour of a silence."""
    if silent_s is None or silent_s >= red_s:
        return Staleness.RED
    return Staleness.GREEN if silent_s < green_s else Staleness.YELLOW
