"""Alpaca's trading protocol, version 2: account, orders, positions, activities, clock, assets."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from starlette.routing import Route

from terminal.execution.order import OrderType, Side, TimeInForce
from terminal.execution.paper import faults as fault
from terminal.execution.paper import wire
from terminal.execution.paper.tape import as_datetime
from terminal.execution.paper.values import (
    FORBIDDEN,
    NOT_FOUND,
    UNPROCESSABLE,
    Order,
    Position,
    Refused,
    Ticket,
)
from workers.paper_exchange.http import Answer, Call, for_accounts
from workers.paper_exchange.service import clock_json

MOST_ORDERS, MOST_ACTIVITIES = 500, 100


def account(call: Call) -> Answer:
    return 200, wire.account_json(call.account, call.exchange.marks)


def clock(call: Call) -> Answer:
    return 200, clock_json(call.exchange)


def calendar(call: Call) -> Answer:
    """Sessions of the data between two dates."""
    tape = call.exchange.tape
    zone = ZoneInfo(tape.timezone)
    start, end = call.query.get("start", "0001-01-01"), call.query.get("end", "9999-12-31")
    rows = []
    for row in range(tape.n_rows):
        day = tape.session_of(row).isoformat()
        if tape.opens_session(row) and start[:10] <= day <= end[:10]:
            times = (as_datetime(tape.opens[row]), as_datetime(tape.closes[row]))
            opened, closed = (f"{at.astimezone(zone):%H:%M}" for at in times)
            rows.append({"date": day, "open": opened, "close": closed, "settlement_date": day})
    return 200, rows


def assets(call: Call) -> Answer:
    return 200, [_asset(call, symbol) for symbol in call.exchange.tape.columns]


def asset(call: Call) -> Answer:
    return 200, _asset(call, _symbol(call))


def _asset(call: Call, symbol: str) -> Any:
    tradable = call.exchange.tradable(symbol)
    return wire.asset_json(symbol, tradable=tradable, shortable=call.account.shorting)


def _symbol(call: Call) -> str:
    """The instrument in the path, by symbol or asset id."""
    given = str(call.request.path_params["symbol"])
    for symbol in call.exchange.tape.columns:
        if given.upper() == symbol or given == wire.name("asset", symbol):
            return symbol
    raise Refused(404, NOT_FOUND, f"asset not found for {given}")


# --- positions


def positions(call: Call) -> Answer:
    return 200, [
        wire.position_json(symbol, held, call.exchange.marks[symbol])
        for symbol, held in sorted(call.account.positions.items())
        if held.quantity
    ]


def position(call: Call) -> Answer:
    symbol, held = _held(call)
    return 200, wire.position_json(symbol, held, call.exchange.marks[symbol])


def _held(call: Call) -> tuple[str, Position]:
    symbol = _symbol(call)
    held = call.account.positions.get(symbol)
    if held is None or not held.quantity:
        raise Refused(404, NOT_FOUND, "position does not exist")
    return symbol, held


def close_position(call: Call) -> Answer:
    """A market order over the position, or a part of it."""
    symbol, held = _held(call)
    quantity = abs(held.quantity)
    part = wire.number_of(call.query, "percentage")
    asked = wire.number_of(call.query, "qty")
    if part is not None:
        asked = (quantity * part / 100).quantize(Decimal("0.000000001"))
    if asked is not None and asked > quantity:
        raise Refused(403, FORBIDDEN, f"insufficient qty available (available: {quantity:f})")
    return 200, wire.order_json(_close(call, symbol, held, asked or quantity))


def close_positions(call: Call) -> Answer:
    if call.query.get("cancel_orders", "").lower() == "true":
        cancel_orders(call)
    out = []
    for symbol, held in sorted(call.account.positions.items()):
        if held.quantity:
            order = _close(call, symbol, held, abs(held.quantity))
            out.append({"symbol": symbol, "status": 200, "body": wire.order_json(order)})
    return 207, out


def _close(call: Call, symbol: str, held: Position, quantity: Decimal) -> Order:
    side = Side.SELL if held.quantity > 0 else Side.BUY
    ticket = Ticket(symbol, side, quantity, OrderType.MARKET, TimeInForce.DAY)
    return call.exchange.submit(call.account, ticket)


# --- orders


def submit(call: Call) -> Answer:
    order = call.exchange.submit(call.account, wire.ticket_of(call.body))
    return 200, wire.order_json(order)


def orders(call: Call) -> Answer:
    """Orders by status, time, side and symbol; the newest first unless `direction` is asc."""
    query = call.query
    status = query.get("status", "open")
    found = list((call.account.open if status == "open" else call.account.orders).values())
    if status == "closed":
        found = [order for order in found if not order.is_open]
    if "after" in query:
        after = wire.as_time(query["after"])
        found = [order for order in found if order.created_at > after]
    if "until" in query:
        until = wire.as_time(query["until"])
        found = [order for order in found if order.created_at < until]
    if "side" in query:
        found = [order for order in found if order.ticket.side.value == query["side"]]
    if query.get("symbols"):
        wanted = set(query["symbols"].split(","))
        found = [order for order in found if order.ticket.symbol in wanted]
    if query.get("direction", "desc") != "asc":
        found.reverse()
    limit = _limit(query.get("limit"), 50, MOST_ORDERS)
    return 200, [wire.order_json(order) for order in found[:limit]]


def _limit(text: str | None, default: int, most: int) -> int:
    if text is None:
        return default
    if not text.isdigit() or not 1 <= int(text) <= most:
        raise Refused(422, UNPROCESSABLE, f"limit must be 1 to {most}, not {text!r}")
    return int(text)


def order(call: Call) -> Answer:
    return 200, wire.order_json(_order(call))


def _order(call: Call) -> Order:
    return call.exchange.find(call.account, str(call.request.path_params["order_id"]))


def order_by_client_id(call: Call) -> Answer:
    wanted = call.query.get("client_order_id", "")
    found = call.account.by_client_id.get(wanted)
    if found is None:
        raise Refused(404, NOT_FOUND, f"order not found for {wanted}")
    return 200, wire.order_json(found)


def replace_order(call: Call) -> Answer:
    """What is not given stays as it was; a new client_order_id is made if none is given."""
    old, body = _order(call), call.body
    ticket = old.ticket
    trail = wire.number_of(body, "trail")
    by_price = trail is not None and ticket.trail_price is not None
    by_percent = trail is not None and ticket.trail_percent is not None
    stop = ticket.stop_price
    tif = body.get("time_in_force")
    try:
        asked = replace(
            ticket,
            quantity=wire.number_of(body, "qty") or ticket.quantity,
            time_in_force=TimeInForce(str(tif)) if tif else ticket.time_in_force,
            limit_price=wire.number_of(body, "limit_price") or ticket.limit_price,
            stop_price=wire.number_of(body, "stop_price") or stop,
            trail_price=trail if by_price else ticket.trail_price,
            trail_percent=trail if by_percent else ticket.trail_percent,
            client_order_id=str(body.get("client_order_id") or ""),
        )
    except ValueError as error:
        raise Refused(422, UNPROCESSABLE, str(error)) from None
    return 200, wire.order_json(call.exchange.replace(old, asked))


def cancel_order(call: Call) -> Answer:
    found = _order(call)
    call.exchange.cancel(found)
    late = call.service.faults.of_event(fault.LATE_FILL, call.account.id)
    if late:
        call.service.fill_late(found, late.seconds)
    return 204, None


def cancel_orders(call: Call) -> Answer:
    out = []
    for found in list(call.account.open.values()):
        call.exchange.cancel(found)
        out.append({"id": found.id, "status": 200, "body": wire.order_json(found)})
    return 207, out


# --- activities


def activities(call: Call) -> Answer:
    """Fills, dividends, splits, transfers. A page begins behind the id in `page_token`."""
    query = call.query
    kind = call.request.path_params.get("kind") or query.get("activity_types", "")
    wanted = {part for part in str(kind).split(",") if part}
    found = [row for row in call.account.activities if not wanted or row["activity_type"] in wanted]
    if query.get("date"):
        found = [row for row in found if row_time(row).date() == _date(query["date"])]
    if query.get("after"):
        after = wire.as_time(query["after"])
        found = [row for row in found if row_time(row) > after]
    if query.get("until"):
        until = wire.as_time(query["until"])
        found = [row for row in found if row_time(row) < until]
    if query.get("direction", "desc") != "asc":
        found.reverse()
    if query.get("page_token"):
        ids = [row["id"] for row in found]
        if query["page_token"] not in ids:
            raise Refused(422, UNPROCESSABLE, "page_token is not the id of an activity here")
        found = found[ids.index(query["page_token"]) + 1 :]
    found = found[: _limit(query.get("page_size"), MOST_ACTIVITIES, MOST_ACTIVITIES)]
    twice = call.service.told_twice
    return 200, [
        row for row in found for _ in range(2 if row["id"].split("::")[-1] in twice else 1)
    ]


def row_time(row: dict[str, Any]) -> datetime:
    """When an activity happened."""
    return wire.as_time(row.get("transaction_time") or row["created_at"])


def _date(text: str) -> date:
    return wire.as_time(text).date()


ROUTES = [
    Route("/v2/account", for_accounts(account)),
    Route("/v2/account/activities", for_accounts(activities)),
    Route("/v2/account/activities/{kind}", for_accounts(activities)),
    Route("/v2/clock", for_accounts(clock)),
    Route("/v2/calendar", for_accounts(calendar)),
    Route("/v2/assets", for_accounts(assets)),
    Route("/v2/assets/{symbol}", for_accounts(asset)),
    Route("/v2/positions", for_accounts(positions)),
    Route("/v2/positions", for_accounts(close_positions), methods=["DELETE"]),
    Route("/v2/positions/{symbol}", for_accounts(position)),
    Route("/v2/positions/{symbol}", for_accounts(close_position), methods=["DELETE"]),
    Route("/v2/orders", for_accounts(orders)),
    Route("/v2/orders", for_accounts(submit), methods=["POST"]),
    Route("/v2/orders", for_accounts(cancel_orders), methods=["DELETE"]),
    Route("/v2/orders:by_client_order_id", for_accounts(order_by_client_id)),
    Route("/v2/orders/{order_id}", for_accounts(order)),
    Route("/v2/orders/{order_id}", for_accounts(replace_order), methods=["PATCH"]),
    Route("/v2/orders/{order_id}", for_accounts(cancel_order), methods=["DELETE"]),
]
