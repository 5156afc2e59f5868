"""WebSockets: Alpaca's `trade_updates` (JSON) and its market data (MessagePack or JSON).

A listener that does not keep up is cut off rather than waited for; it comes back and asks.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgpack
from starlette.websockets import WebSocket, WebSocketDisconnect

from terminal.execution.paper.exchange import Exchange
from workers.paper_exchange import quotes

MOST_WAITING = 20_000
CHANNELS = ("trades", "quotes", "bars", "updatedBars", "dailyBars", "statuses")
Json = dict[str, Any]


class Listener:
    """One connection; `send` never waits."""

    def __init__(self, socket: WebSocket, *, packed: bool) -> None:
        self.socket = socket
        self.packed = packed
        self.waiting: asyncio.Queue[Any] = asyncio.Queue(MOST_WAITING)
        self.channels: dict[str, set[str]] = {name: set() for name in CHANNELS}
        self.cut = asyncio.Event()

    def send(self, message: Any) -> None:
        """Queue a message."""
        try:
            self.waiting.put_nowait(message)
        except asyncio.QueueFull:
            self.cut.set()

    def wants(self, channel: str, symbol: str) -> bool:
        return bool(self.channels[channel] & {symbol, "*"})

    async def deliver(self) -> None:
        """Send what waits until the connection ends or is cut."""
        while True:
            message = await self.waiting.get()
            if self.packed:
                await self.socket.send_bytes(msgpack.packb(message, default=_packed_time))
            else:
                await self.socket.send_text(json.dumps(message, default=_plain_time))

    async def receive(self) -> Any:
        """The next message of the client; None: not understood."""
        message = await self.socket.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code", 1000))
        try:
            if message.get("bytes") is not None and self.packed:
                return msgpack.unpackb(message["bytes"])
            return json.loads(message.get("text") or message.get("bytes") or "null")
        except (ValueError, msgpack.UnpackException):
            return None

    async def run(self, on_message: Callable[[Any], None]) -> None:
        """Talk until either side ends it."""

        async def listen() -> None:
            while True:
                on_message(await self.receive())

        jobs = [asyncio.ensure_future(job) for job in (listen(), self.deliver(), self.cut.wait())]
        try:
            await asyncio.wait(jobs, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for job in jobs:
                job.cancel()
            await asyncio.gather(*jobs, return_exceptions=True)


class TradeStreams:
    """Who listens to an account's orders."""

    def __init__(self) -> None:
        self.listeners: dict[Listener, str] = {}
        self.refuse_until = 0.0

    def send(self, account: str, message: Json) -> None:
        for listener, of in self.listeners.items():
            if of == account:
                listener.send({"stream": "trade_updates", "data": message})

    def drop(self, seconds: float) -> None:
        """Cut everybody off, and refuse them for a while."""
        self.refuse_until = asyncio.get_running_loop().time() + seconds
        for listener in self.listeners:
            listener.cut.set()


class MarketStreams:
    """Who listens to the market."""

    def __init__(self) -> None:
        self.listeners: set[Listener] = set()
        self.muted = False
        self.refuse_until = 0.0

    def drop(self, seconds: float) -> None:
        self.refuse_until = asyncio.get_running_loop().time() + seconds
        for listener in self.listeners:
            listener.cut.set()

    def phase(self, exchange: Exchange) -> None:
        """Tell what the phase that just happened did to prices."""
        if not self.listeners or self.muted:
            return
        messages = quotes.of_phase(exchange)
        for listener in self.listeners:
            own = [m for channel, m in messages if listener.wants(channel, m["S"])]
            if own:
                listener.send(own)

    def status(self, symbol: str, at: datetime, *, halted: bool) -> None:
        """Tell of a halt or its end."""
        message = {
            "T": "s", "S": symbol, "t": at, "z": "A",
            "sc": "H" if halted else "T",
            "sm": "Trading Halt" if halted else "Trading Resumption",
            "rc": "", "rm": "",
        }  # fmt: skip
        for listener in self.listeners:
            if listener.wants("statuses", symbol):
                listener.send([message])


def _packed_time(value: Any) -> Any:
    if isinstance(value, datetime):
        return msgpack.Timestamp.from_datetime(value)
    raise TypeError(f"{type(value)} cannot be packed")


def _plain_time(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    raise TypeError(f"{type(value)} cannot be sent")
