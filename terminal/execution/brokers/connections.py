"""How each broker of the registry is reached."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from terminal.errors import Forbidden
from terminal.execution.brokers.alpaca import LIVE, PAPER, AlpacaBroker, Urls
from terminal.execution.brokers.alpaca_client import data_client, read
from terminal.execution.brokers.exchange_control import exchange_control
from terminal.execution.brokers.protocol import Broker
from terminal.execution.brokers.registry import Keys
from terminal.execution.brokers.timed_session import is_local
from terminal.market.timeframe import Timeframe
from terminal.settings import Settings

if TYPE_CHECKING:
    from terminal.market.calendars import TradingCalendar
    from terminal.market.feed.alpaca import FetchBars
    from terminal.market.feed.protocol import Feed

ALPACA_WORDS = {
    Timeframe.MIN_1: "1Min", Timeframe.MIN_5: "5Min", Timeframe.MIN_15: "15Min",
    Timeframe.MIN_30: "30Min", Timeframe.HOUR_1: "1Hour", Timeframe.DAY_1: "1Day",
    Timeframe.WEEK_1: "1Week", Timeframe.MONTH_1: "1Month",
}  # fmt: skip


def paper(keys: Keys, is_live: bool, settings: Settings) -> Broker:
    """The paper exchange of this installation."""
    if is_live:
        raise Forbidden("No real money moves on the paper exchange.", field="environment")
    return AlpacaBroker(
        "paper",
        keys.key,
        keys.secret,
        exchange_urls(settings.trading.exchange_address),
        timeout_s=settings.trading.broker_timeout_s,
    )


def exchange_urls(address: str) -> Urls:
    """Where the exchange at `address` serves what."""
    sockets = f"ws{address.removeprefix('http')}"
    return Urls(address, f"{sockets}/stream", address, f"{sockets}/v2")


def alpaca(keys: Keys, is_live: bool, settings: Settings) -> Broker:
    """Alpaca, paper or live."""
    return AlpacaBroker(
        "alpaca",
        keys.key,
        keys.secret,
        LIVE if is_live else PAPER,
        is_live=is_live,
        timeout_s=settings.trading.broker_timeout_s,
    )


def paper_feed(
    keys: Keys, settings: Settings, symbols: Sequence[str], timeframe: Timeframe,
    calendar: TradingCalendar, since: datetime | None,
) -> Feed:  # fmt: skip
    """What the paper exchange replays; always simulated."""
    own = Timeframe(exchange_control(settings).state()["timeframe"])
    urls = exchange_urls(settings.trading.exchange_address)
    return _feed("paper exchange", keys, settings, urls, own, symbols, timeframe, calendar, since)


def alpaca_feed(
    keys: Keys, settings: Settings, symbols: Sequence[str], timeframe: Timeframe,
    calendar: TradingCalendar, since: datetime | None,
) -> Feed:  # fmt: skip
    """Alpaca's market data: minute bars and quotes."""
    name = f"Alpaca {settings.trading.alpaca_feed.upper()}"
    return _feed(name, keys, settings, PAPER, Timeframe.MIN_1, symbols, timeframe, calendar, since)


def _feed(
    name: str, keys: Keys, settings: Settings, urls: Urls, own: Timeframe, symbols: Sequence[str],
    timeframe: Timeframe, calendar: TradingCalendar, since: datetime | None,
) -> Feed:  # fmt: skip
    from terminal.market.feed.alpaca import AlpacaFeed, Source

    trading = settings.trading
    local = is_local(urls.data)
    source = Source(
        name=name,
        url=f"{urls.data_stream}/{trading.alpaca_feed}",
        key=keys.key,
        secret=keys.secret,
        fetch=fetch_bars(keys, urls, trading.alpaca_feed, trading.broker_timeout_s),
        timeframe=own,
        simulated=urls is not PAPER,
        local=local,
    )
    return AlpacaFeed(
        source, symbols, timeframe, calendar, since, trading.stale_yellow_s, trading.stale_red_s
    )


def fetch_bars(keys: Keys, urls: Urls, feed: str, timeout_s: float) -> FetchBars:
    """A function that asks for bars by REST, as `terminal.market.feed.alpaca` wants them."""
    client = data_client(keys.key, keys.secret, urls.data, timeout_s)

    def fetch(
        symbols: Sequence[str], timeframe: Timeframe, start: datetime
    ) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        query = {
            "symbols": ",".join(symbols), "timeframe": ALPACA_WORDS[timeframe],
            "start": start.isoformat(), "limit": 10_000, "adjustment": "raw", "feed": feed,
            "sort": "asc",
        }  # fmt: skip
        out: dict[str, list[Mapping[str, Any]]] = {}
        while True:
            page = read(lambda: client.get("/stocks/bars", dict(query)))
            for symbol, rows in (page.get("bars") or {}).items():
                out.setdefault(symbol, []).extend(rows)
            if not page.get("next_page_token"):
                return out
            query["page_token"] = page["next_page_token"]

    return fetch
