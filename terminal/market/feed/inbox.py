"""What has come and was not read yet; what came twice is kept once. Safe between two threads."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from datetime import datetime
from threading import Lock

from terminal import clock
from terminal.market.feed.protocol import (
    GREEN_S,
    RED_S,
    ClosedBar,
    LastQuote,
    Staleness,
    staleness_of,
)


class Inbox:
    """Bars and prices of a feed between its thread and its reader.

    Parameters
    ----------
    since : bars that open at or before it are known to the reader.
    """

    def __init__(
        self,
        symbols: Iterable[str],
        since: datetime | None,
        green_s: float = GREEN_S,
        red_s: float = RED_S,
    ) -> None:
        self.last: dict[str, datetime | None] = dict.fromkeys(symbols, since)
        self.last_message_at: datetime | None = None
        self.gaps = 0
        self._green_s, self._red_s = green_s, red_s
        self._heard: float | None = None
        self._bars: list[ClosedBar] = []
        self._quotes: dict[str, LastQuote] = {}
        self._lock = Lock()

    def heard(self) -> None:
        """Market data came."""
        self._heard, self.last_message_at = time.monotonic(), clock.now()

    def put(self, bar: ClosedBar) -> bool:
        """Keep a bar that is newer than the instrument's last one; False: it was known."""
        with self._lock:
            last = self.last.get(bar.symbol)
            if bar.symbol not in self.last or (last is not None and bar.ts <= last):
                return False
            self.last[bar.symbol] = bar.ts
            self._bars.append(bar)
            self.gaps += int(bar.late)
            return True

    def price(self, symbol: str, quote: LastQuote) -> None:
        """Keep a price, unless a newer one is there; a quote without bid and ask keeps those of
        the same moment."""
        with self._lock:
            before = self._quotes.get(symbol)
            if symbol not in self.last or (before is not None and before.at > quote.at):
                return
            if before is not None and quote.bid is None and before.at == quote.at:
                quote = LastQuote(quote.price, quote.at, before.bid, before.ask)
            self._quotes[symbol] = quote

    def take(self) -> tuple[ClosedBar, ...]:
        with self._lock:
            bars, self._bars = self._bars, []
        return tuple(sorted(bars, key=lambda bar: bar.ts))

    def quotes(self) -> Mapping[str, LastQuote]:
        with self._lock:
            return dict(self._quotes)

    @property
    def silent_s(self) -> float | None:
        return None if self._heard is None else time.monotonic() - self._heard

    def staleness(self) -> Staleness:
        return staleness_of(self.silent_s, self._green_s, self._red_s)
