"""What every feed must do, and what is special to each adapter."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from terminal.execution.brokers.connections import exchange_urls, fetch_bars
from terminal.execution.brokers.registry import Keys
from terminal.market.calendars import get_calendar
from terminal.market.feed.alpaca import AlpacaFeed, Source
from terminal.market.feed.inbox import Inbox
from terminal.market.feed.protocol import ClosedBar, LastQuote, Staleness, staleness_of
from terminal.market.feed.replay import ReplayFeed
from terminal.market.timeframe import Timeframe
from tests.paper_exchange import Served, bars, served, walk
from workers.paper_exchange.source import read_bars

SYMBOLS = ("AAA", "BBB")
ROWS = 30


def rows() -> pd.DataFrame:
    return bars({"AAA": walk(["AAA"], ROWS)["AAA"], "BBB": walk(["BBB"], ROWS, 3)["BBB"]})


def eventually(what: Callable[[], Any], seconds: float = 10.0) -> Any:
    """What it returns once that is true."""
    until = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < until, "it did not come"
        time.sleep(0.02)
    return found


def expected(frame: pd.DataFrame, symbol: str) -> list[tuple[Any, ...]]:
    part = frame[frame["symbol"] == symbol].sort_values("ts")
    columns = ["ts", "open", "high", "low", "close", "volume"]
    return [tuple(row) for row in part[columns].itertuples(index=False)]


def as_rows(taken: list[ClosedBar], symbol: str) -> list[tuple[Any, ...]]:
    return [
        (pd.Timestamp(b.ts), b.open, b.high, b.low, b.close, b.volume)
        for b in taken
        if b.symbol == symbol
    ]


class FeedConformance:
    """Subclasses give `feed` and `advance`, which lets bars close."""

    feed: Any
    advance: Callable[[int], None]

    def collect(self, count: int) -> list[ClosedBar]:
        taken: list[ClosedBar] = []

        def enough() -> bool:
            taken.extend(self.feed.take())
            return len(taken) >= count

        eventually(enough)
        return taken

    def test_each_bar_comes_once_in_order_and_as_it_is(self) -> None:
        self.advance(3)
        first = self.collect(6)
        self.advance(4)
        taken = first + self.collect(8)
        assert len(taken) == 14
        for symbol in SYMBOLS:
            wanted = expected(rows(), symbol)[:7]
            assert as_rows(taken, symbol) == wanted
        assert self.feed.take() == ()

    def test_the_last_price_is_that_of_the_last_close(self) -> None:
        self.advance(2)
        self.collect(4)
        row = expected(rows(), "AAA")[1]
        quote = eventually(lambda: self.feed.quotes().get("AAA"))
        assert quote.price == pytest.approx(row[4])
        assert quote.at == (row[0] + pd.Timedelta(minutes=15)).to_pydatetime()

    def test_it_says_when_it_last_heard_anything_and_that_it_is_simulated(self) -> None:
        assert self.feed.silent_s is None and self.feed.staleness() is Staleness.RED
        self.advance(1)
        self.collect(2)
        assert self.feed.silent_s < 5 and self.feed.staleness() is Staleness.GREEN
        assert isinstance(self.feed.last_message_at, datetime)
        assert self.feed.simulated and self.feed.name

    def test_closed_it_is_not_connected(self) -> None:
        self.feed.close()
        assert not self.feed.connected


class TestReplay(FeedConformance):
    @pytest.fixture(autouse=True)
    def _open(self, tmp_path: Path) -> None:
        rows().to_parquet(tmp_path / "bars.parquet")
        self.panel = read_bars(tmp_path / "bars.parquet")
        self.feed = ReplayFeed(self.panel, SYMBOLS)
        self.advance = self.feed.step

    def test_speed_lets_trading_time_pass(self) -> None:
        now = [0.0]
        feed = ReplayFeed(self.panel, SYMBOLS, speed=900.0, steady=lambda: now[0])
        assert feed.take() == ()
        now[0] = 0.99
        assert feed.take() == ()
        now[0] = 3.0
        assert len(feed.take()) == 6
        now[0] = 26.0  # the last bar of a session: the night counts nothing
        assert len(feed.take()) == 46
        now[0] = 27.0
        assert len(feed.take()) == 2
        now[0] = 1e6
        assert len(feed.take()) == 2 * (ROWS - 27) and not feed.connected

    def test_it_begins_after_the_time_it_is_given(self) -> None:
        since = self.panel.close_ts[4].astype("datetime64[us]").item()
        feed = ReplayFeed(self.panel, ["AAA"], pd.Timestamp(since, tz="UTC").to_pydatetime())
        feed.step()
        assert [pd.Timestamp(b.ts) for b in feed.take()] == [expected(rows(), "AAA")[5][0]]


@pytest.fixture
def exchange(tmp_path: Path) -> Iterator[Served]:
    with served(tmp_path, rows()) as started:
        started.keys = started.account()  # type: ignore[attr-defined]
        yield started


def open_feed(
    exchange: Served, since: datetime | None = None, timeframe: Timeframe = Timeframe.MIN_15,
    **more: Any,
) -> AlpacaFeed:  # fmt: skip
    made: dict[str, str] = exchange.keys  # type: ignore[attr-defined]
    urls, keys = exchange_urls(exchange.url), Keys(made["key"], made["secret"])
    source = Source(
        "paper exchange", f"{urls.data_stream}/iex", keys.key, keys.secret,
        fetch_bars(keys, urls, "iex", 5.0), Timeframe.MIN_15, simulated=True, local=True,
    )  # fmt: skip
    feed = AlpacaFeed(source, SYMBOLS, timeframe, get_calendar("XNYS"), since, **more)
    eventually(lambda: feed.connected)
    return feed


class TestAlpaca(FeedConformance):
    @pytest.fixture(autouse=True)
    def _open(self, exchange: Served) -> Iterator[None]:
        self.exchange = exchange
        self.feed = open_feed(exchange)
        self.advance = exchange.step
        yield
        self.feed.close()

    def test_quotes_have_a_spread(self) -> None:
        self.advance(1)
        quote = eventually(lambda: self.feed.quotes().get("AAA"))
        quote = eventually(lambda: q if (q := self.feed.quotes()["AAA"]).bid else None)
        assert quote.bid < quote.price < quote.ask

    def test_a_cut_connection_comes_back_and_what_it_missed_is_fetched(self) -> None:
        self.advance(1)
        self.collect(2)
        self.exchange.control("POST", "faults", kind="drop_stream", seconds=0.3)
        eventually(lambda: not self.feed.connected)
        self.advance(3)  # while nobody listens
        missed = self.collect(6)
        assert self.feed.gaps == 6 and all(bar.late for bar in missed)
        self.advance(1)
        after = self.collect(2)
        assert not any(bar.late for bar in after)
        wanted = expected(rows(), "AAA")[1:5]
        assert as_rows(missed + after, "AAA") == wanted

    def test_messages_that_were_lost_are_noticed_by_the_calendar(self) -> None:
        self.advance(1)
        self.collect(2)
        self.exchange.control("POST", "faults", kind="mute_stream", count=0)
        self.advance(2)
        time.sleep(0.2)
        assert self.feed.take() == () and self.feed.connected
        self.exchange.control("DELETE", "faults")
        self.advance(1)
        taken = self.collect(6)
        wanted = expected(rows(), "AAA")[1:4]
        assert as_rows(taken, "AAA") == wanted
        assert [bar.late for bar in taken if bar.symbol == "AAA"] == [True, True, False]

    def test_a_silent_stream_turns_yellow_and_red_though_it_is_connected(self) -> None:
        feed = open_feed(self.exchange, green_s=0.2, red_s=0.5)
        self.advance(1)
        eventually(lambda: feed.staleness() is Staleness.GREEN)
        eventually(lambda: feed.staleness() is Staleness.YELLOW)
        eventually(lambda: feed.staleness() is Staleness.RED)
        assert feed.connected
        feed.close()

    def test_bars_since_a_time_are_fetched_at_the_start(self) -> None:
        self.advance(3)
        since = expected(rows(), "AAA")[0][0].to_pydatetime()
        feed = open_feed(self.exchange, since)
        taken: list[ClosedBar] = []
        eventually(lambda: taken.extend(feed.take()) or len(taken) >= 4)
        assert as_rows(taken, "AAA") == expected(rows(), "AAA")[1:3]
        assert feed.gaps == 0
        feed.close()

    def test_longer_bars_come_when_their_last_part_has_closed(self) -> None:
        feed = open_feed(self.exchange, timeframe=Timeframe.HOUR_1)
        wanted = rows()[lambda f: f["symbol"] == "AAA"].reset_index(drop=True)
        start = -(-0 // 4) * 4  # the first whole hour
        self.advance(start + 4 - 0)
        taken: list[ClosedBar] = []
        hour = wanted["ts"][start]
        eventually(
            lambda: (
                taken.extend(feed.take())
                or [b for b in taken if b.symbol == "AAA" and pd.Timestamp(b.ts) == hour]
            )
        )
        (bar,) = [b for b in taken if b.symbol == "AAA" and pd.Timestamp(b.ts) == hour]
        part = wanted.iloc[start : start + 4]
        assert (bar.open, bar.high, bar.low, bar.close, bar.volume) == (
            part["open"].iloc[0], part["high"].max(), part["low"].min(), part["close"].iloc[-1],
            part["volume"].sum(),
        )  # fmt: skip
        feed.close()


def test_the_inbox_keeps_nothing_twice_and_no_older_bar() -> None:
    box = Inbox(["AAA"], None)
    first = ClosedBar("AAA", datetime(2024, 3, 4, 15).astimezone(), 1, 1, 1, 1, 1)
    assert box.put(first) and not box.put(first)
    assert not box.put(ClosedBar("ZZZ", first.ts, 1, 1, 1, 1, 1))
    assert box.take() == (first,) and box.take() == ()


def test_an_older_price_does_not_take_the_place_of_a_newer_one() -> None:
    box = Inbox(["AAA"], None)
    at = datetime(2024, 3, 4, 15).astimezone()
    box.price("AAA", LastQuote(2.0, at))
    box.price("AAA", LastQuote(1.0, at.replace(hour=at.hour - 1)))
    assert box.quotes()["AAA"].price == 2.0


@pytest.mark.parametrize(
    ("silent", "colour"),
    [(None, "red"), (0, "green"), (29.9, "green"), (30, "yellow"), (299, "yellow"), (300, "red")],
)
def test_silence_has_a_colour(silent: float | None, colour: str) -> None:
    assert staleness_of(silent) == colour
