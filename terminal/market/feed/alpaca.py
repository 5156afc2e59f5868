"""Alpaca's market data, and that of whatever speaks its protocol: our paper exchange does.

Bars and quotes come by WebSocket; what a dropped connection or a missed message left out is fetched
by REST, as is everything where the stream's bars are shorter than those wanted. The connection is
watched: a silence is answered with a ping, a ping without a pong ends it, and the client connects
again with growing waits.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Thread
from typing import Any

import msgpack
import numpy as np
import websockets
from alpaca.data.live import StockDataStream

from terminal.errors import TerminalError
from terminal.market.calendars import TradingCalendar
from terminal.market.feed.inbox import Inbox
from terminal.market.feed.protocol import GREEN_S, RED_S, ClosedBar, LastQuote, Staleness
from terminal.market.panel import TimeArray
from terminal.market.resample import bar_open
from terminal.market.timeframe import Timeframe

log = logging.getLogger(__name__)
QUIET_S, PONG_S, JOIN_S = 5.0, 5.0, 5.0
OVERLAP = timedelta(microseconds=1)

FetchBars = Callable[
    [Sequence[str], Timeframe, datetime], Mapping[str, Sequence[Mapping[str, Any]]]
]
"""(symbols, timeframe, start) -> Alpaca's closed bars by symbol, oldest first; may raise."""


@dataclass(frozen=True)
class Source:
    """Where the feed is from.

    Attributes
    ----------
    url : of the stream. key, secret : sign in there. fetch : asks for bars.
    timeframe : of the bars the stream sends.
    simulated : whether it is another market than the real one, now.
    local : on this machine: reconnect at once.
    """

    name: str
    url: str
    key: str
    secret: str
    fetch: FetchBars
    timeframe: Timeframe
    simulated: bool
    local: bool = False


class AlpacaFeed:
    """See `terminal.market.feed.protocol.Feed`; `since` : bars up to it are known."""

    def __init__(
        self, source: Source, symbols: Sequence[str], timeframe: Timeframe,
        calendar: TradingCalendar, since: datetime | None = None,
        green_s: float = GREEN_S, red_s: float = RED_S,
    ) -> None:  # fmt: skip
        self._source = source
        self._timeframe = timeframe
        self._calendar = calendar
        self._inbox = Inbox(symbols, since, green_s, red_s)
        self._since = since
        self._stream = _Watched(self)
        self._thread = Thread(target=self._run, name="alpaca-market-data", daemon=True)
        self._thread.start()

    @property
    def name(self) -> str:
        return self._source.name

    @property
    def simulated(self) -> bool:
        return self._source.simulated

    @property
    def connected(self) -> bool:
        return self._stream.connected

    @property
    def last_message_at(self) -> datetime | None:
        return self._inbox.last_message_at

    @property
    def silent_s(self) -> float | None:
        return self._inbox.silent_s

    @property
    def gaps(self) -> int:
        return self._inbox.gaps

    def take(self) -> tuple[ClosedBar, ...]:
        return self._inbox.take()

    def quotes(self) -> Mapping[str, LastQuote]:
        return self._inbox.quotes()

    def staleness(self) -> Staleness:
        return self._inbox.staleness()

    def close(self) -> None:
        """Stop, and wait shortly for the thread."""
        until = time.monotonic() + JOIN_S
        # a stream that is about to start forgets that it was told to stop: it is told again
        while self._thread.is_alive() and time.monotonic() < until:
            self._stream._stop_stream_queue.put_nowait({"should_stop": True})
            loop = self._stream._loop
            if loop is not None and loop.is_running():
                with contextlib.suppress(RuntimeError):  # it ended by itself just now
                    asyncio.run_coroutine_threadsafe(self._stream.end(), loop)
            self._thread.join(0.2)

    def _run(self) -> None:
        try:
            asyncio.run(self._stream._run_forever())
        except Exception:
            log.exception("the stream of market data ended")
        finally:
            self._stream.connected = False

    # --- in the stream's thread

    async def on_bar(self, message: Mapping[str, Any]) -> None:
        """A bar of the stream: the one that was due, one after a gap, or a part of a longer one."""
        bar = _bar(str(message["S"]), message)
        if bar is None:
            return
        closed = self._close_of(bar.ts, self._source.timeframe)
        self._inbox.heard()
        self._inbox.price(bar.symbol, LastQuote(bar.close, closed))
        if self._source.timeframe is not self._timeframe:
            if self._inbox.last.get(bar.symbol) is None:
                self._inbox.last[bar.symbol] = self._begin_of(bar.ts) - OVERLAP
            if closed >= self._close_of(self._begin_of(bar.ts), self._timeframe):
                await self.catch_up([bar.symbol], late=False)
            return
        last = self._inbox.last.get(bar.symbol)
        if last is not None and self._missing_between(last, bar.ts):
            await self.catch_up([bar.symbol], late=True, before=bar.ts)
        self._inbox.put(bar)

    async def on_quote(self, message: Mapping[str, Any]) -> None:
        bid, ask, at = float(message["bp"]), float(message["ap"]), _time(message["t"])
        if bid > 0 and ask > 0 and np.isfinite(bid + ask):
            self._inbox.heard()
            price = (bid + ask) / 2
            self._inbox.price(str(message["S"]), LastQuote(price, at, bid, ask))

    async def catch_up(
        self, symbols: Sequence[str] = (), *, late: bool, before: datetime | None = None
    ) -> bool:
        """Fetch what is newer than the last bar of each; False: it could not be fetched."""
        wanted: dict[datetime, list[str]] = {}
        for symbol in symbols or list(self._inbox.last):
            last = self._inbox.last.get(symbol)
            if last is not None:
                wanted.setdefault(last, []).append(symbol)
        fetch = self._source.fetch
        for last, group in wanted.items():
            try:
                found = await asyncio.to_thread(fetch, group, self._timeframe, last + OVERLAP)
            except (TerminalError, ValueError, KeyError, TypeError) as error:
                log.warning("bars since %s could not be fetched: %s", last, error)
                return False
            for symbol, rows in found.items():
                for row in rows:
                    bar = _bar(symbol, row, late=late)
                    if bar is not None and (before is None or bar.ts < before):
                        self._inbox.put(bar)
        return True

    def _close_of(self, ts: datetime, timeframe: Timeframe) -> datetime:
        return _datetime(self._calendar.bar_close(_stamp(ts), timeframe))

    def _begin_of(self, ts: datetime) -> datetime:
        return _datetime(bar_open(_stamp(ts), self._timeframe, self._calendar))

    def _missing_between(self, last: datetime, ts: datetime) -> bool:
        """Whether the calendar expects a bar between two."""
        grid = self._calendar.grid(last.date(), ts.date(), self._timeframe)
        low, high = _stamp(last)[0], _stamp(ts)[0]
        return bool(((grid > low) & (grid < high)).any())


class _Watched(StockDataStream):
    """The client's stream, watched. Bars and quotes go to the feed."""

    connected = False

    def __init__(self, feed: AlpacaFeed) -> None:
        source = feed._source
        parameters: dict[str, Any] = {
            "ping_interval": 10, "ping_timeout": 20, "open_timeout": 10, "close_timeout": 2,
            "max_queue": 4096,
        }  # fmt: skip
        super().__init__(
            source.key, source.secret, raw_data=True, url_override=source.url,
            websocket_params=parameters,
        )  # fmt: skip
        self._feed = feed
        self._behind = False
        self._connections = 0
        if source.local:  # waits between attempts are for servers that others use, too
            self._reconnect_min_backoff, self._reconnect_max_backoff = 0.2, 2.0
        symbols = list(feed._inbox.last)
        on_bar: Any = feed.on_bar
        on_quote: Any = feed.on_quote
        self.subscribe_bars(on_bar, *symbols)
        self.subscribe_quotes(on_quote, *symbols)

    async def _send_subscribe_msg(self) -> None:
        """Subscribe first, then fetch what was missed: nothing falls between the two."""
        await super()._send_subscribe_msg()
        self.connected = True
        self._behind = not await self._feed.catch_up(late=self._connections > 0)
        self._connections += 1

    async def _consume(self) -> bool:
        try:
            while self._stop_stream_queue.empty():
                await self._hear()
            self._stop_stream_queue.get_nowait()
        finally:
            self.connected = False
        await self.close()
        return False

    async def _hear(self) -> None:
        socket: Any = self._ws
        try:
            raw = await asyncio.wait_for(socket.recv(), QUIET_S)
        except TimeoutError:
            pong = await socket.ping()
            try:
                await asyncio.wait_for(pong, PONG_S)
            except TimeoutError:
                raise websockets.WebSocketException("no pong") from None
            raw = None
        if self._behind:
            self._behind = not await self._feed.catch_up(late=True)
        for message in msgpack.unpackb(raw) if raw else ():
            self._data_received = True
            try:
                await self._dispatch(message)
            except Exception:
                log.exception("market data that was not understood: %r", message)

    async def end(self) -> None:
        """Stop from the feed's own thread."""
        await self.stop_ws()
        await self.close()


def _bar(symbol: str, row: Mapping[str, Any], *, late: bool = False) -> ClosedBar | None:
    """A bar; None where a price is none."""
    opened, high, low, close, volume = (float(row[name]) for name in "ohlcv")
    if not all(np.isfinite(value) and value > 0 for value in (opened, high, low, close)):
        return None
    return ClosedBar(symbol, _time(row["t"]), opened, high, low, close, volume, late)


def _stamp(at: datetime) -> TimeArray:
    return np.array([at.astimezone(UTC).replace(tzinfo=None)], dtype="datetime64[ns]")


def _datetime(stamps: TimeArray) -> datetime:
    found: datetime = stamps[0].astype("datetime64[us]").item()
    return found.replace(tzinfo=UTC)


def _time(given: Any) -> datetime:
    """A MessagePack timestamp or RFC 3339 text, UTC-aware."""
    if isinstance(given, str):
        return datetime.fromisoformat(given)
    found: datetime = given.to_datetime() if isinstance(given, msgpack.Timestamp) else given
    return found
