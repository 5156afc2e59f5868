"""Alpaca's stream of order updates, in a thread of its own.

The official client reconnects by itself; it does not notice a connection that is open and dead, so
every silence is answered with a ping, and a ping without a pong ends the connection.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import time
from collections.abc import Callable
from datetime import datetime
from threading import Thread
from typing import Any

import websockets
from alpaca.trading.stream import TradingStream

from terminal import clock
from terminal.execution.brokers import alpaca_values as values
from terminal.execution.brokers.protocol import OrderUpdate
from terminal.execution.brokers.timed_session import is_local

log = logging.getLogger(__name__)
QUIET_S = 5.0
PONG_S = 5.0
JOIN_S = 5.0


class _Watched(TradingStream):
    """The client's stream, saying whether it is connected and when it last heard anything."""

    connected = False
    heard_at: datetime | None = None

    async def _start_ws(self) -> None:
        await super()._start_ws()  # type: ignore[no-untyped-call]
        self.connected, self.heard_at = True, clock.now()

    async def _consume(self) -> None:
        try:
            while self._stop_stream_queue.empty():
                await self._hear()
            self._stop_stream_queue.get_nowait()
        finally:
            self.connected = False
        await self.close()

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
            self.heard_at = clock.now()
            return
        self.heard_at = clock.now()
        self._data_received = True
        await self._dispatch(_decoded(raw))


def _decoded(raw: str | bytes) -> dict[str, Any]:
    try:
        message = json.loads(raw)
    except ValueError:
        return {}
    return message if isinstance(message, dict) else {}


class AlpacaSubscription:
    """A running stream. `on_update` is called in its thread; what it raises is logged."""

    def __init__(
        self, key: str, secret: str, url: str, on_update: Callable[[OrderUpdate], None]
    ) -> None:
        self._on_update = on_update
        parameters: dict[str, Any] = {
            "ping_interval": 10, "ping_timeout": 20, "open_timeout": 10, "close_timeout": 2,
            "max_queue": 1024,
        }  # fmt: skip
        self._stream = _Watched(
            key, secret, raw_data=True, url_override=url, websocket_params=parameters
        )
        if is_local(url):  # waits between attempts are for servers that others use, too
            self._stream._reconnect_min_backoff, self._stream._reconnect_max_backoff = 0.2, 2.0
        self._stream.subscribe_trade_updates(self._receive)
        self._thread = Thread(target=self._run, name="alpaca-trade-updates", daemon=True)
        self._thread.start()

    @property
    def connected(self) -> bool:
        return self._stream.connected

    @property
    def last_message_at(self) -> datetime | None:
        return self._stream.heard_at

    def close(self) -> None:
        """Stop, and wait shortly for the thread."""
        until = time.monotonic() + JOIN_S
        # a stream that is about to start forgets that it was told to stop: it is told again
        while self._thread.is_alive() and time.monotonic() < until:
            self._stream._stop_stream_queue.put_nowait({"should_stop": True})
            loop = self._stream._loop
            if loop is not None and loop.is_running():
                with contextlib.suppress(RuntimeError):  # it ended by itself just now
                    asyncio.run_coroutine_threadsafe(self._end(), loop)
            self._thread.join(0.2)

    async def _end(self) -> None:
        await self._stream.stop_ws()
        await self._stream.close()

    def _run(self) -> None:
        try:
            asyncio.run(self._stream._run_forever())  # type: ignore[no-untyped-call]
        except Exception:
            log.exception("the stream of order updates ended")
        finally:
            self._stream.connected = False

    async def _receive(self, message: dict[str, Any]) -> None:
        try:
            data = values.one(message.get("data"))
            order = values.order(data.get("order"))
            fill = values.update_fill(data, order)
            self._on_update(OrderUpdate(str(data.get("event")), order, fill))
        except Exception:
            log.exception("an order update was not understood; the next comparison will tell")
