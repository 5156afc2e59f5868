"""How requests are answered: who asks, what goes wrong, and the faults that are switched on."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import struct
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from uvicorn.protocols.http.h11_impl import H11Protocol

from terminal.errors import TerminalError
from terminal.execution.paper import faults as fault
from terminal.execution.paper.exchange import Exchange
from terminal.execution.paper.faults import Fault
from terminal.execution.paper.values import FORBIDDEN, UNAUTHORIZED, Account, Refused
from workers.paper_exchange.service import Service

log = logging.getLogger("paper_exchange")
Answer = tuple[int, Any]
Handler = Callable[["Call"], Answer]
_TRANSPORTS: dict[tuple[str, int], asyncio.Transport] = {}


class Connection(H11Protocol):
    """Remembers its transport, so that a fault can cut it."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if self.client:
            _TRANSPORTS[self.client] = transport

    def connection_lost(self, exc: Exception | None) -> None:
        if self.client:
            _TRANSPORTS.pop(self.client, None)
        super().connection_lost(exc)


class Call:
    """One request of an account."""

    def __init__(
        self, service: Service, exchange: Exchange, account: Account, request: Request, body: Any
    ) -> None:
        self.service = service
        self.exchange = exchange
        self.account = account
        self.request = request
        self.body: dict[str, Any] = body if isinstance(body, dict) else {}

    @property
    def query(self) -> dict[str, str]:
        return dict(self.request.query_params)


class _Json(JSONResponse):
    def render(self, content: Any) -> bytes:
        return json.dumps(content, default=_time, separators=(",", ":"), allow_nan=False).encode()


def answer(status: int, content: Any = None) -> Response:
    """JSON, or nothing at all."""
    return Response(status_code=status) if content is None else _Json(content, status)


def refusal(status: int, code: int, message: str) -> Response:
    """Alpaca's error shape."""
    return answer(status, {"code": code, "message": message})


def for_accounts(handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    """An endpoint of the trading or market data protocol."""

    async def endpoint(request: Request) -> Response:
        service: Service = request.app.state.service
        try:
            exchange = await service.ready()
        except TerminalError as error:
            return refusal(503, 50310000, str(error))
        key = request.headers.get("APCA-API-KEY-ID", "")
        account = service.account_of(key, request.headers.get("APCA-API-SECRET-KEY", ""))
        if account is None:
            return refusal(401, UNAUTHORIZED, "request is not authorized")
        try:
            body = json.loads(await request.body() or b"{}", parse_float=str)
        except ValueError:
            return refusal(400, 40010000, "request body format is invalid")
        call = Call(service, exchange, account, request, body)
        struck = service.faults.of_request(request.method, request.url.path, account.id)
        return await (_faulty(handler, call, struck) if struck else _run(handler, call))

    return endpoint


async def _run(handler: Handler, call: Call) -> Response:
    call.service.pass_time()
    try:
        status, content = handler(call)
        call.service.commit()
    except Refused as error:
        call.service.commit()
        return refusal(error.status, error.code, error.message)
    return answer(status, content)


async def _faulty(handler: Handler, call: Call, struck: Fault) -> Response:
    """A request that a fault strikes."""
    kind = struck.kind
    if kind == fault.REJECT:
        return refusal(403, FORBIDDEN, struck.message)
    if kind == fault.TOO_MANY:
        return refusal(429, 42910000, "too many requests")
    if kind == fault.DELAY and not struck.applied:
        await asyncio.sleep(struck.seconds)
    done = kind in (fault.ACCEPT_THEN_TIMEOUT, fault.REJECT_LATER, fault.DELAY) or struck.applied
    response = await _run(handler, call) if done else answer(200)
    if kind == fault.REJECT_LATER:
        orders = list(call.account.orders.values())
        if orders and response.status_code == 200:
            call.service.later(
                struck.seconds, lambda: call.exchange.reject(orders[-1], struck.message)
            )
        return response
    if kind in (fault.ACCEPT_THEN_TIMEOUT, fault.DELAY) and (done and kind != fault.DELAY):
        await asyncio.sleep(struck.seconds)
    if kind == fault.DELAY:
        if struck.applied:
            await asyncio.sleep(struck.seconds)
        return response
    if kind == fault.RESET:
        _cut(call.request)
    return refusal(504, 50410000, "gateway timeout")


def _cut(request: Request) -> None:
    """End the connection as a crash of the other side would: without a goodbye."""
    client = request.client
    transport = _TRANSPORTS.get((client.host, client.port)) if client else None
    if transport is None:
        return
    raw = transport.get_extra_info("socket")
    if raw is not None:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


def _time(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    raise TypeError(f"{type(value)} is not JSON")
