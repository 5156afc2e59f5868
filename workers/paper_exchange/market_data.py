"""Alpaca's market data protocol, version 2, for stocks: what has been replayed so far."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from starlette.routing import Route

from terminal.execution.paper import wire
from terminal.execution.paper.values import UNPROCESSABLE, Refused
from terminal.market.timeframe import Timeframe
from workers.paper_exchange import quotes
from workers.paper_exchange.http import Answer, Call, for_accounts

MOST = 10_000


def _symbols(call: Call) -> list[str]:
    """Those asked for that there are; of others nothing is known, as at Alpaca."""
    asked = [part.strip().upper() for part in call.query.get("symbols", "").split(",")]
    if not any(asked):
        raise Refused(422, UNPROCESSABLE, "symbols is required")
    return [symbol for symbol in asked if symbol in call.exchange.tape.columns]


def bars(call: Call) -> Answer:
    """Closed bars, symbol by symbol, in pages."""
    query = call.query
    timeframe = quotes.timeframe_of(query.get("timeframe", "1Day"))
    start = wire.as_time(query["start"]) if query.get("start") else None
    end = wire.as_time(query["end"]) if query.get("end") else None
    limit = query.get("limit") or "1000"
    if not limit.isdigit() or not 1 <= int(limit) <= MOST:
        raise Refused(422, UNPROCESSABLE, f"limit must be 1 to {MOST}")
    left = int(limit)
    newest_first = query.get("sort") == "desc"
    after, behind = _read_token(query.get("page_token"))
    out: dict[str, list[Any]] = {}
    token = None
    for symbol in sorted(_symbols(call)):
        if symbol < after:
            continue
        rows = quotes.bars(call.exchange, symbol, timeframe, start, end)
        if newest_first:
            rows.reverse()
        rows = rows[behind if symbol == after else 0 :]
        if len(rows) > left:
            done = (behind if symbol == after else 0) + left
            token = base64.urlsafe_b64encode(f"{symbol}|{done}".encode()).decode()
            rows = rows[:left]
        if rows:
            out[symbol] = rows
        left -= len(rows)
        if token:
            break
    return 200, {"bars": out, "next_page_token": token}


def _read_token(token: str | None) -> tuple[str, int]:
    """The symbol a page begins in, and how many of its bars were told."""
    if not token:
        return "", 0
    try:
        symbol, _, count = base64.urlsafe_b64decode(token).decode().partition("|")
        return symbol, int(count)
    except (ValueError, binascii.Error):
        raise Refused(422, UNPROCESSABLE, "page_token is not one of ours") from None


def latest_bars(call: Call) -> Answer:
    found = {symbol: quotes.latest_bar(call.exchange, symbol) for symbol in _symbols(call)}
    return 200, {"bars": {symbol: bar for symbol, bar in found.items() if bar}}


def latest_quotes(call: Call) -> Answer:
    found = {symbol: quotes.quote(call.exchange, symbol) for symbol in _symbols(call)}
    return 200, {"quotes": {symbol: quote for symbol, quote in found.items() if quote}}


def latest_trades(call: Call) -> Answer:
    found = {symbol: quotes.trade(call.exchange, symbol) for symbol in _symbols(call)}
    return 200, {"trades": {symbol: trade for symbol, trade in found.items() if trade}}


def snapshots(call: Call) -> Answer:
    """The last trade, quote and bar of each, and its last two sessions that have ended."""
    out = {}
    for symbol in _symbols(call):
        days = quotes.bars(call.exchange, symbol, Timeframe.DAY_1, None, None)[-2:]
        out[symbol] = {
            "latestTrade": quotes.trade(call.exchange, symbol),
            "latestQuote": quotes.quote(call.exchange, symbol),
            "minuteBar": quotes.latest_bar(call.exchange, symbol),
            "dailyBar": days[-1] if days else None,
            "prevDailyBar": days[-2] if len(days) > 1 else None,
        }
    return 200, out


ROUTES = [
    Route("/v2/stocks/bars", for_accounts(bars)),
    Route("/v2/stocks/bars/latest", for_accounts(latest_bars)),
    Route("/v2/stocks/quotes/latest", for_accounts(latest_quotes)),
    Route("/v2/stocks/trades/latest", for_accounts(latest_trades)),
    Route("/v2/stocks/snapshots", for_accounts(snapshots)),
]
