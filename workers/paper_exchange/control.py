"""Control endpoints under /admin, for whoever holds the token: accounts, time, faults, mishaps."""

from __future__ import annotations

import json
import secrets
from collections.abc import Awaitable, Callable
from decimal import Decimal, InvalidOperation
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from terminal.errors import InputError, NotFound, TerminalError
from terminal.execution.paper import faults as fault
from terminal.execution.paper import wire
from terminal.execution.paper.exchange import Exchange
from terminal.execution.paper.values import Account, Order
from workers.paper_exchange.http import answer
from workers.paper_exchange.service import Pace, Service

Control = Callable[[Service, Exchange, dict[str, Any]], Any]
MOST_STEPS = 100_000


def for_operators(control: Control) -> Callable[[Request], Awaitable[Response]]:
    """An endpoint that needs `Authorization: Bearer <token>`."""

    async def endpoint(request: Request) -> Response:
        service: Service = request.app.state.service
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not service.is_operator(token):
            return answer(401, {"kind": "Unauthenticated", "message": "The token is not right."})
        try:
            given = json.loads(await request.body() or b"{}", parse_float=str)
            if not isinstance(given, dict):
                raise InputError("The body must be a JSON object.")
            exchange = await service.ready()
            service.pass_time()
            content = control(service, exchange, {**given, **request.path_params})
            service.commit()
        except ValueError as error:
            return answer(422, {"kind": "InputError", "message": f"Not understood: {error}."})
        except TerminalError as error:
            return answer(error.status, error.as_dict())
        return answer(200, content)

    return endpoint


def state(service: Service, exchange: Exchange, _given: dict[str, Any]) -> Any:
    """Where the replay stands."""
    tape, upcoming = exchange.tape, exchange.next_phase_at()
    return {
        "at": wire.moment(exchange.now),
        "is_open": exchange.is_open,
        "bar_open": exchange.state.open,
        "row": exchange.row,
        "rows": tape.n_rows,
        "next_phase_at": wire.moment(upcoming),
        "speed": service.pace.speed,
        "closed_s": service.pace.closed_s,
        "paused": service.pace.paused,
        "dataset": tape.panel.dataset,
        "simulated": tape.panel.simulated,
        "timeframe": tape.panel.timeframe.value,
        "calendar": tape.panel.calendar,
        "symbols": list(tape.columns),
        "halted": sorted(exchange.state.halted),
        "log": str(service.journal.path),
        "accounts": len(exchange.state.accounts),
    }


def step(service: Service, exchange: Exchange, given: dict[str, Any]) -> Any:
    """Advance: `bars` of them (1), or one `phase` (the open, or the rest of the bar), or `until` a
    time. `moved` says how many phases happened; 0 at the end of the data."""
    moved = 0
    if "until" in given:
        until = wire.as_time(str(given["until"]))
        while (upcoming := exchange.next_phase_at()) is not None and upcoming <= until:
            moved += int(service.phase())
        exchange.pass_until(until)
    elif given.get("phase"):
        wants_open = given["phase"] == "open"
        if wants_open == exchange.state.open or given["phase"] not in ("open", "close"):
            raise InputError("The phase that comes next is the other one.", field="phase")
        moved = int(service.phase())
    else:
        bars = _whole(given, "bars", 1)
        for _ in range(bars):
            first = service.phase()
            moved += int(first)
            if exchange.state.open:
                moved += int(service.phase())
    return {**state(service, exchange, given), "moved": moved}


def pace(service: Service, exchange: Exchange, given: dict[str, Any]) -> Any:
    """How time moves by itself: `speed`, `closed_s`, `paused`."""
    now = service.pace
    speed = float(given.get("speed", now.speed))
    closed = float(given.get("closed_s", now.closed_s))
    if not 0 <= speed <= 1_000_000 or not 0 <= closed <= 86_400:
        raise InputError("Speed is 0 to 1,000,000, closed_s 0 to 86,400.", field="speed")
    service.pace = Pace(speed, closed, bool(given.get("paused", now.paused)))
    return state(service, exchange, given)


def create_account(_service: Service, exchange: Exchange, given: dict[str, Any]) -> Any:
    """A new account; its secret is shown this once."""
    key = str(given.get("key") or f"PK{secrets.token_hex(9).upper()}")
    secret = str(given.get("secret") or secrets.token_urlsafe(30))
    made = exchange.create_account(
        str(given.get("name", ""))[:64],
        _decimal(given, "cash", "100000"),
        key,
        secret,
        multiplier=_decimal(given, "multiplier", "2"),
        shorting=bool(given.get("shorting", True)),
    )
    return {"id": made.id, "name": made.name, "key": key, "secret": secret}


def accounts(_service: Service, exchange: Exchange, _given: dict[str, Any]) -> Any:
    return [
        {"name": account.name, "key": account.key, **wire.account_json(account, exchange.marks)}
        for account in exchange.state.accounts.values()
    ]


def transfer(_service: Service, exchange: Exchange, given: dict[str, Any]) -> Any:
    """Pay `amount` in, or with a minus out."""
    account = _account(exchange, given)
    exchange.transfer(account, _decimal(given, "amount"))
    return wire.account_json(account, exchange.marks)


def block(_service: Service, exchange: Exchange, given: dict[str, Any]) -> Any:
    account = _account(exchange, given)
    exchange.block(account, bool(given.get("on", True)))
    return wire.account_json(account, exchange.marks)


def halt(service: Service, exchange: Exchange, given: dict[str, Any]) -> Any:
    """Halt `symbol`, or with `on` false let it trade again."""
    symbol, on = str(given.get("symbol", "")).upper(), bool(given.get("on", True))
    exchange.halt(symbol, on)
    service.market.status(symbol, exchange.now, halted=on)
    return {"halted": sorted(exchange.state.halted)}


def add_fault(service: Service, _exchange: Exchange, given: dict[str, Any]) -> Any:
    """Switch a fault on; see `terminal.execution.paper.faults`."""
    added = service.faults.add(given)
    if added.kind == fault.DROP_STREAM:
        service.faults.clear(fault.DROP_STREAM)
        service.trades.drop(added.seconds)
        service.market.drop(added.seconds)
    service.market.muted = service.faults.is_on(fault.MUTE_STREAM, "")
    return {"faults": service.faults.as_json()}


def faults(service: Service, _exchange: Exchange, _given: dict[str, Any]) -> Any:
    return {"faults": service.faults.as_json()}


def clear_faults(service: Service, _exchange: Exchange, given: dict[str, Any]) -> Any:
    """Switch off the `kind`, or all of them."""
    service.faults.clear(str(given.get("kind", "")))
    service.market.muted = service.faults.is_on(fault.MUTE_STREAM, "")
    return {"faults": service.faults.as_json()}


def late_fill(_service: Service, exchange: Exchange, given: dict[str, Any]) -> Any:
    """Fill an order whatever its state: `quantity` (its rest) at `price` (the last one)."""
    order = _order(exchange, given)
    price = exchange.marks[order.ticket.symbol]
    exchange.late_fill(
        order, _decimal(given, "quantity", str(order.left)), _decimal(given, "price", str(price))
    )
    return wire.order_json(order)


def bust(_service: Service, exchange: Exchange, given: dict[str, Any]) -> Any:
    """Take `execution_id` back."""
    exchange.bust(str(given.get("execution_id", "")))
    return {"busted": sorted(exchange.state.busted)}


def reject(_service: Service, exchange: Exchange, given: dict[str, Any]) -> Any:
    """Reject an order that had been taken."""
    order = _order(exchange, given)
    exchange.reject(order, str(given.get("reason", "rejected by the operator")))
    return wire.order_json(order)


def _account(exchange: Exchange, given: dict[str, Any]) -> Account:
    account = exchange.state.accounts.get(str(given.get("account", "")))
    if account is None:
        raise NotFound("There is no such account.", field="account")
    return account


def _order(exchange: Exchange, given: dict[str, Any]) -> Order:
    order = exchange.state.orders.get(str(given.get("order_id", "")))
    if order is None:
        raise NotFound("There is no such order.", field="order_id")
    return order


def _decimal(given: dict[str, Any], field: str, default: str = "") -> Decimal:
    try:
        value = Decimal(str(given.get(field, default)))
    except InvalidOperation:
        raise InputError(f"{field} is not a number.", field=field) from None
    if not value.is_finite():
        raise InputError(f"{field} is not a number.", field=field)
    return value


def _whole(given: dict[str, Any], field: str, default: int) -> int:
    value = int(given.get(field, default))
    if not 1 <= value <= MOST_STEPS:
        raise InputError(f"{field} is 1 to {MOST_STEPS:,}.", field=field)
    return value


ROUTES = [
    Route("/admin/state", for_operators(state)),
    Route("/admin/step", for_operators(step), methods=["POST"]),
    Route("/admin/clock", for_operators(pace), methods=["POST"]),
    Route("/admin/accounts", for_operators(accounts)),
    Route("/admin/accounts", for_operators(create_account), methods=["POST"]),
    Route("/admin/accounts/{account}/cash", for_operators(transfer), methods=["POST"]),
    Route("/admin/accounts/{account}/block", for_operators(block), methods=["POST"]),
    Route("/admin/halts", for_operators(halt), methods=["POST"]),
    Route("/admin/faults", for_operators(faults)),
    Route("/admin/faults", for_operators(add_fault), methods=["POST"]),
    Route("/admin/faults", for_operators(clear_faults), methods=["DELETE"]),
    Route("/admin/fills", for_operators(late_fill), methods=["POST"]),
    Route("/admin/busts", for_operators(bust), methods=["POST"]),
    Route("/admin/rejects", for_operators(reject), methods=["POST"]),
]
