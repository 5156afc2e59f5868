"""Market data in Alpaca's words: bars that have closed, quotes around the last price.

Nothing here knows a bar before its close.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from terminal.execution.paper.exchange import Exchange
from terminal.execution.paper.values import UNPROCESSABLE, Refused
from terminal.market.timeframe import Timeframe

if TYPE_CHECKING:
    import pandas as pd

Json = dict[str, Any]
TIMEFRAMES = {
    "1min": Timeframe.MIN_1, "5min": Timeframe.MIN_5, "15min": Timeframe.MIN_15,
    "30min": Timeframe.MIN_30, "60min": Timeframe.HOUR_1, "1hour": Timeframe.HOUR_1,
    "1day": Timeframe.DAY_1, "1week": Timeframe.WEEK_1, "1month": Timeframe.MONTH_1,
}  # fmt: skip
SIZE = 100  # units a quote stands for


def closed_rows(exchange: Exchange) -> int:
    """How many rows of the tape have closed."""
    return exchange.row if exchange.state.open else exchange.row + 1


def timeframe_of(text: str) -> Timeframe:
    """Alpaca's word for a bar length.

    Raises
    ------
    Refused : 422, there is no such length here.
    """
    found = TIMEFRAMES.get(text.lower().replace("t", "min", 1) if text.endswith("T") else "")
    found = found or TIMEFRAMES.get(text.lower())
    if found is None:
        raise Refused(422, UNPROCESSABLE, f"invalid timeframe: {text!r}")
    return found


def bar_json(ts: datetime, values: Any) -> Json:
    """One bar."""
    opened, high, low, close, volume = (float(value) for value in values)
    traded = 0.0 if np.isnan(volume) else volume
    return {
        "t": ts, "o": opened, "h": high, "l": low, "c": close, "v": traded, "n": 0,
        "vw": round((high + low + close) / 3.0, 6),
    }  # fmt: skip


def bars(
    exchange: Exchange,
    symbol: str,
    timeframe: Timeframe,
    start: datetime | None,
    end: datetime | None,
) -> list[Json]:
    """Closed bars of one instrument that open in [start, end], the oldest first."""  # fmt: skip
    frame = _frame(exchange, symbol, timeframe)
    frame = frame.loc[start:end]  # type: ignore[misc]
    return [
        bar_json(ts.to_pydatetime(), row)
        for ts, row in zip(frame.index, frame.to_numpy(), strict=True)
    ]


def _frame(exchange: Exchange, symbol: str, timeframe: Timeframe) -> pd.DataFrame:
    import pandas as pd  # half of the process's memory, which an exchange nobody uses need not take

    from terminal.market.calendars import get_calendar
    from terminal.market.dataset import BAR_COLUMNS
    from terminal.market.resample import complete, resample

    tape = exchange.tape
    column, n = tape.columns[symbol], closed_rows(exchange)
    panel = tape.panel
    values = {name: getattr(panel, name)[:n, column].copy() for name in BAR_COLUMNS}
    if tape.close_only:
        values |= dict.fromkeys(("open", "high", "low"), values["close"])
    frame = pd.DataFrame(values, index=pd.DatetimeIndex(panel.ts[:n], tz="UTC", name="ts"))
    frame = frame[frame["close"] > 0]
    if timeframe is panel.timeframe or frame.empty:
        return frame
    if timeframe.order < panel.timeframe.order:
        raise Refused(
            422, UNPROCESSABLE, f"the exchange replays bars of {panel.timeframe}; "
            f"bars of {timeframe} cannot be made from them",
        )  # fmt: skip
    calendar = get_calendar(panel.calendar)
    coarse = resample(frame, panel.timeframe, timeframe, calendar)
    known = pd.Timestamp(panel.close_ts[n - 1], tz="UTC")
    return coarse[complete(coarse, timeframe, calendar, known)]


def latest_bar(exchange: Exchange, symbol: str, back: int = 0) -> Json | None:
    """The last bar that closed, or the one `back` before it; None: there is none."""
    tape = exchange.tape
    column, row = tape.columns[symbol], closed_rows(exchange) - 1
    while row >= 0:
        bar = tape.bar(row, column)
        if bar is not None:
            if back == 0:
                return bar_json(
                    tape.named(row), (bar.open, bar.high, bar.low, bar.close, bar.volume)
                )
            back -= 1
        row -= 1
    return None


def price_time(exchange: Exchange) -> datetime:
    """When the last price was made."""
    if exchange.row < 0:
        return exchange.now
    tape, row = exchange.tape, exchange.row
    return tape.begins(row) if exchange.state.open else tape.ends(row)


def quote(exchange: Exchange, symbol: str) -> Json | None:
    """Bid and ask around the last price."""
    mark = exchange.marks.get(symbol)
    if mark is None:
        return None
    half = exchange.rules.half_spread
    price = float(mark)
    return {
        "t": price_time(exchange), "ax": "V", "ap": round(price * (1 + half), 9), "as": SIZE,
        "bx": "V", "bp": round(price * (1 - half), 9), "bs": SIZE, "c": ["R"], "z": "A",
    }  # fmt: skip


def trade(exchange: Exchange, symbol: str) -> Json | None:
    """The last price as a trade."""
    mark = exchange.marks.get(symbol)
    if mark is None:
        return None
    number = exchange.row * 2 + int(not exchange.state.open) + 1
    return {
        "t": price_time(exchange), "x": "V", "p": float(mark), "s": SIZE, "c": ["@"],
        "i": max(number, 0), "z": "A",
    }  # fmt: skip


def of_phase(exchange: Exchange) -> list[tuple[str, Json]]:
    """(channel, message) of the open or close that just happened."""
    tape, row, out = exchange.tape, exchange.row, list[tuple[str, Json]]()
    daily = tape.panel.timeframe is Timeframe.DAY_1
    for symbol, column in tape.columns.items():
        bar = tape.bar(row, column)
        if bar is None:
            continue
        last_trade, last_quote = trade(exchange, symbol), quote(exchange, symbol)
        if last_trade and last_quote:
            out.append(("trades", {"T": "t", "S": symbol, **last_trade}))
            out.append(("quotes", {"T": "q", "S": symbol, **last_quote}))
        if not exchange.state.open:
            values = (bar.open, bar.high, bar.low, bar.close, bar.volume)
            made = bar_json(tape.named(row), values)
            out.append(("bars", {"T": "b", "S": symbol, **made}))
            if daily:
                out.append(("dailyBars", {"T": "d", "S": symbol, **made}))
    return out
