"""Stored bars as a feed, in the process of whoever reads it: at a chosen speed, or step by step."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

import numpy as np

from terminal.errors import InputError
from terminal.market.feed.inbox import Inbox
from terminal.market.feed.protocol import ClosedBar, LastQuote, Staleness
from terminal.market.panel import Panel


class ReplayFeed:
    """Bars of a panel that close after `since`.

    Parameters
    ----------
    since : simulated time it begins at; None: before the first bar.
    speed : simulated seconds in a second, hours without trading left out; 0: by `step` alone.
    steady : seconds of a clock that never goes back.
    """

    def __init__(
        self,
        panel: Panel,
        symbols: Sequence[str],
        since: datetime | None = None,
        speed: float = 0.0,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        unknown = [symbol for symbol in symbols if symbol not in panel.symbols]
        if unknown:
            raise InputError(f"The data has no {', '.join(unknown)}.", field="symbols")
        self.panel = panel
        self._columns = {symbol: panel.symbols.index(symbol) for symbol in symbols}
        self._inbox = Inbox(symbols, None)
        self._speed = speed
        self._steady = steady
        self._began = steady()
        stamp = None if since is None else np.datetime64(since.astimezone(UTC).replace(tzinfo=None))
        first = 0 if stamp is None else int(np.searchsorted(panel.close_ts, stamp, side="right"))
        self._first = self._row = first
        self._closed = False
        self._due = self._due_after(first)

    def _due_after(self, first: int) -> np.ndarray:
        """Trading time, s, after which each row from `first` on has closed."""
        length = (self.panel.close_ts[first:] - self.panel.ts[first:]).astype("timedelta64[ms]")
        due: np.ndarray = np.cumsum(length.astype(np.int64)) / 1000.0
        return due

    @property
    def name(self) -> str:
        return f"replay of {self.panel.dataset}" if self.panel.dataset else "replay"

    @property
    def simulated(self) -> bool:
        return True

    @property
    def connected(self) -> bool:
        return not self._closed and self._row < self.panel.n_bars

    @property
    def last_message_at(self) -> datetime | None:
        return self._inbox.last_message_at

    @property
    def silent_s(self) -> float | None:
        return self._inbox.silent_s

    @property
    def gaps(self) -> int:
        return self._inbox.gaps

    def step(self, rows: int = 1) -> int:
        """Let the next rows close; how many did."""
        last = min(self._row + rows, self.panel.n_bars)
        moved = last - self._row
        for row in range(self._row, last):
            self._close_row(row)
        self._row = last
        return moved

    def take(self) -> tuple[ClosedBar, ...]:
        if self._speed > 0 and not self._closed:
            passed = (self._steady() - self._began) * self._speed
            due = self._first + int(np.searchsorted(self._due, passed, side="right"))
            self.step(due - self._row)
        return self._inbox.take()

    def quotes(self) -> Mapping[str, LastQuote]:
        return self._inbox.quotes()

    def staleness(self) -> Staleness:
        return self._inbox.staleness()

    def close(self) -> None:
        self._closed = True

    def _close_row(self, row: int) -> None:
        panel = self.panel
        ts, known = _time(panel.ts[row]), _time(panel.close_ts[row])
        for symbol, column in self._columns.items():
            opened, high, low, close, volume = (
                float(part[row, column])
                for part in (panel.open, panel.high, panel.low, panel.close, panel.volume)
            )
            if not close > 0:
                continue
            self._inbox.heard()
            self._inbox.put(ClosedBar(symbol, ts, opened, high, low, close, volume))
            self._inbox.price(symbol, LastQuote(close, known))


def _time(moment: np.datetime64) -> datetime:
    micros = int(moment.astype("datetime64[us]").astype(np.int64))
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)
