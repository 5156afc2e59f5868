"""The two WebSockets: /stream (an account's orders) and /v2/{feed} (the market)."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from terminal.errors import TerminalError
from terminal.execution.paper.values import Account
from workers.paper_exchange.service import Service
from workers.paper_exchange.streams import CHANNELS, Listener

AUTH_S = 10.0
Talk = Callable[[WebSocket], Awaitable[None]]


def until_it_ends(talk: Talk) -> Talk:
    """A client that goes away in the middle of a sentence is no fault of ours."""

    async def endpoint(socket: WebSocket) -> None:
        with contextlib.suppress(WebSocketDisconnect):
            await talk(socket)

    return endpoint


async def trade_updates(socket: WebSocket) -> None:
    """Sign in with `authenticate`, then `listen` to trade_updates."""
    service: Service = socket.app.state.service
    if not await _admit(service, socket, service.trades.refuse_until):
        return
    listener = Listener(socket, packed=False)
    account = await _sign_in(service, listener, _trading_keys)
    status = "authorized" if account else "unauthorized"
    await socket.send_json(
        {"stream": "authorization", "data": {"status": status, "action": "authenticate"}}
    )
    if account is None:
        await socket.close()
        return

    def on_message(message: Any) -> None:
        if not isinstance(message, dict) or message.get("action") != "listen":
            return
        data = message.get("data")
        streams = data.get("streams") if isinstance(data, dict) else None
        listens = isinstance(streams, list) and "trade_updates" in streams
        if listens:
            service.trades.listeners[listener] = account.id
        else:
            service.trades.listeners.pop(listener, None)
        told = ["trade_updates"] if listens else []
        listener.send({"stream": "listening", "data": {"streams": told}})

    try:
        await listener.run(on_message)
    finally:
        service.trades.listeners.pop(listener, None)
        await _close(socket)


async def market_data(socket: WebSocket) -> None:
    """Sign in with `auth`, then subscribe to trades, quotes, bars and statuses."""
    service: Service = socket.app.state.service
    if not await _admit(service, socket, service.market.refuse_until):
        return
    packed = "msgpack" in socket.headers.get("content-type", "")
    listener = Listener(socket, packed=packed)
    await _now(listener, [{"T": "success", "msg": "connected"}])
    account = await _sign_in(service, listener, _market_keys)
    if account is None:
        await _now(listener, [{"T": "error", "code": 402, "msg": "auth failed"}])
        await socket.close()
        return
    await _now(listener, [{"T": "success", "msg": "authenticated"}])

    def on_message(message: Any) -> None:
        action = message.get("action") if isinstance(message, dict) else None
        if action not in ("subscribe", "unsubscribe"):
            listener.send([{"T": "error", "code": 400, "msg": "invalid syntax"}])
            return
        for channel in CHANNELS:
            symbols = message.get(channel) or []
            if isinstance(symbols, list):
                change = {str(symbol) for symbol in symbols}
                own = listener.channels[channel]
                (own.update if action == "subscribe" else own.difference_update)(change)
        told = {channel: sorted(own) for channel, own in listener.channels.items()}
        listener.send([{"T": "subscription", **told}])

    service.market.listeners.add(listener)
    try:
        await listener.run(on_message)
    finally:
        service.market.listeners.discard(listener)
        await _close(socket)


async def _admit(service: Service, socket: WebSocket, refuse_until: float) -> bool:
    """Accept the connection, unless streams are refused or there is no market."""
    if asyncio.get_running_loop().time() < refuse_until:
        await socket.close()
        return False
    try:
        await service.ready()
    except TerminalError:
        await socket.close()
        return False
    await socket.accept()
    return True


async def _sign_in(service: Service, listener: Listener, keys: Any) -> Account | None:
    try:
        message = await asyncio.wait_for(listener.receive(), AUTH_S)
    except (TimeoutError, WebSocketDisconnect):
        return None
    key, secret = keys(message) if isinstance(message, dict) else ("", "")
    return service.account_of(str(key), str(secret))


def _trading_keys(message: dict[str, Any]) -> tuple[Any, Any]:
    data = message.get("data")
    if isinstance(data, dict):
        return data.get("key_id", ""), data.get("secret_key", "")
    return message.get("key", ""), message.get("secret", "")


def _market_keys(message: dict[str, Any]) -> tuple[Any, Any]:
    return message.get("key", ""), message.get("secret", "")


async def _now(listener: Listener, message: Any) -> None:
    """Send before the listener runs."""
    import json

    import msgpack

    if listener.packed:
        await listener.socket.send_bytes(msgpack.packb(message))
    else:
        await listener.socket.send_text(json.dumps(message))


async def _close(socket: WebSocket) -> None:
    """Say goodbye, if the other side is still there."""
    try:
        await socket.close()
    except (RuntimeError, WebSocketDisconnect):
        return  # it was closed already


ROUTES = [
    WebSocketRoute("/stream", until_it_ends(trade_updates)),
    WebSocketRoute("/v2/{feed}", until_it_ends(market_data)),
]
