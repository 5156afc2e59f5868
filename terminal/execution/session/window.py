"""The bars a session has seen: stored history, then what the feed has brought, as one panel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np

from terminal.errors import InputError
from terminal.market.calendars import TradingCalendar
from terminal.market.panel import Panel
from terminal.market.timeframe import Timeframe

PRICES = ("open", "high", "low", "close")


@dataclass(frozen=True)
class Bar:
    """A closed bar of one instrument: prices as traded, volume in units."""

    open: float
    high: float
    low: float
    close: float
    volume: float


@dataclass(frozen=True)
class Action:
    """A corporate action that takes effect at the open of a bar."""

    ratio: float = 1.0  # new units for one
    dividend: float = 0.0  # cash a unit


NONE = Action()


class BarWindow:
    """Rows of closed bars in the order of time; a row is added once and never changed."""

    def __init__(
        self,
        history: Panel | None,
        symbols: Sequence[str],
        timeframe: Timeframe,
        calendar: TradingCalendar,
        mic: str,
        *,
        simulated: bool,
    ) -> None:
        """`history`: closed bars of exactly these symbols, as traded; None: none."""
        if history is not None and history.symbols != tuple(symbols):
            raise InputError("The history has other instruments than the session.", field="symbols")
        self.symbols = tuple(symbols)
        self.calendar = calendar
        self.panel = history if history is not None else _empty(symbols, timeframe, mic, simulated)

    @property
    def last_ts(self) -> np.datetime64 | None:
        """Open time of the last row."""
        return self.panel.ts[-1] if self.panel.n_bars else None

    def known_until(self, now: datetime) -> datetime:
        """Open time of the last row, from which a feed goes on; without one, `now`."""
        if self.last_ts is None:
            return now
        at: datetime = self.last_ts.astype("datetime64[us]").item()
        return at.replace(tzinfo=UTC)

    def add(
        self, ts: datetime, bars: Mapping[str, Bar], actions: Mapping[str, Action] | None = None
    ) -> bool:
        """Append the bars that opened at `ts` (UTC-aware); False when that row is there already.

        A symbol without a bar has NaN. Rows out of order are dropped: what a strategy has decided
        on does not change afterwards.
        """
        at = np.array([np.datetime64(ts.replace(tzinfo=None), "ns")])
        if self.last_ts is not None and at[0] <= self.last_ts:
            return False
        taken = actions or {}
        rows: dict[str, Any] = {
            name: [[getattr(bars[s], name) if s in bars else np.nan for s in self.symbols]]
            for name in (*PRICES, "volume")
        }
        rows["split"] = [[taken.get(symbol, NONE).ratio for symbol in self.symbols]]
        rows["dividend"] = [[taken.get(symbol, NONE).dividend for symbol in self.symbols]]
        own = self.panel
        closes = self.calendar.bar_close(at, own.timeframe)
        grown: dict[str, Any] = {
            name: np.concatenate([getattr(own, name), np.array(row, dtype=np.float64)])
            for name, row in rows.items()
        }
        self.panel = replace(
            own,
            ts=np.concatenate([own.ts, at]),
            close_ts=np.concatenate([own.close_ts, closes]),
            **grown,
        )
        return True

    def close_of(self, ts: datetime) -> datetime:
        """When a bar that opened at `ts` closes (UTC)."""
        at = np.array([np.datetime64(ts.replace(tzinfo=None), "ns")])
        closed: datetime = (
            self.calendar.bar_close(at, self.panel.timeframe)[0].astype("datetime64[us]").item()
        )
        return closed.replace(tzinfo=ts.tzinfo)


def _empty(symbols: Sequence[str], timeframe: Timeframe, mic: str, simulated: bool) -> Panel:
    none = np.zeros((0, len(symbols)))
    times = np.zeros(0, dtype="datetime64[ns]")
    return Panel(
        timeframe=timeframe,
        calendar=mic,
        symbols=tuple(symbols),
        ts=times,
        close_ts=times,
        open=none,
        high=none,
        low=none,
        close=none,
        volume=none,
        split=none,
        dividend=none,
        simulated=simulated,
    )
