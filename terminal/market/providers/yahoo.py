"""Yahoo Finance through yfinance. Asked only when a person starts a download.

Yahoo's prices are adjusted for splits but not for dividends, which come beside them in the same
terms. Bars are labelled by start: daily ones by midnight at the exchange, intraday ones by the
moment. The bar that is still growing is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from terminal.errors import InputError, NotFound, Unavailable
from terminal.market.calendars import TradingCalendar, get_calendar
from terminal.market.dataset import BAR_COLUMNS, Adjustment, NewSeries
from terminal.market.importing.label_side import local_days
from terminal.market.providers.answer_cache import AnswerCache
from terminal.market.providers.courtesy import RateLimit, Retry
from terminal.market.providers.protocol import BarsWanted
from terminal.market.timeframe import Timeframe
from terminal.settings import Settings

INTERVALS = {
    Timeframe.MIN_1: "1m",
    Timeframe.MIN_5: "5m",
    Timeframe.MIN_15: "15m",
    Timeframe.MIN_30: "30m",
    Timeframe.HOUR_1: "1h",
    Timeframe.DAY_1: "1d",
}
REACH_DAYS = {  # how far back Yahoo has such bars
    Timeframe.MIN_1: 7,
    Timeframe.MIN_5: 59,
    Timeframe.MIN_15: 59,
    Timeframe.MIN_30: 59,
    Timeframe.HOUR_1: 729,
}
NEEDED = ("Open", "High", "Low", "Close", "Volume")

Ask = Callable[[BarsWanted], pd.DataFrame]


@dataclass(frozen=True)
class YahooProvider:
    """See `BarProvider`. `ask` sends one request; it is exchanged in tests."""

    ask: Ask
    limit: RateLimit
    retry: Retry
    cache: AnswerCache
    slug: str = "yahoo"
    title: str = "Yahoo Finance"
    licence: str = "Yahoo's terms: personal use only, no redistribution"
    adjustment: Adjustment = Adjustment.SPLIT
    calendar: str = "XNYS"
    currency: str = "USD"

    @property
    def timeframes(self) -> Sequence[Timeframe]:
        return tuple(INTERVALS)

    def fetch(self, wanted: BarsWanted, now: datetime) -> NewSeries:
        """See `BarProvider.fetch`."""
        self._check(wanted, now)
        question = f"yahoo 1 {wanted.symbol} {wanted.timeframe} {wanted.start} {wanted.end}"
        answer = self.cache.get(question)
        if answer is None:
            answer = self.retry.call(lambda: self._send(wanted))
            check_answer(answer, wanted)
            self.cache.put(question, answer)
        if not answer.empty:
            series = to_series(answer, wanted, get_calendar(self.calendar), now)
        if answer.empty or series.bars.empty:
            raise InputError(
                f"Yahoo Finance has no {wanted.timeframe} bars of {wanted.symbol} from "
                f"{wanted.start} to {wanted.end}.",
                field="start",
                remedy="Choose other dates.",
            )
        return series

    def _send(self, wanted: BarsWanted) -> pd.DataFrame:
        self.limit.wait()
        return self.ask(wanted)

    def _check(self, wanted: BarsWanted, now: datetime) -> None:
        if wanted.timeframe not in INTERVALS:
            raise InputError(
                f"Yahoo Finance has no {wanted.timeframe} bars.",
                field="timeframe",
                remedy=f"Choose one of {', '.join(INTERVALS)}.",
            )
        if wanted.start > wanted.end:
            raise InputError(
                f"The range starts on {wanted.start} and ends on {wanted.end}, before it starts.",
                field="start",
                remedy="Choose a start before the end.",
            )
        reach = REACH_DAYS.get(wanted.timeframe)
        if reach is not None and wanted.start < now.date() - timedelta(days=reach):
            raise InputError(
                f"Yahoo Finance has {wanted.timeframe} bars of the last {reach} days only.",
                field="start",
                remedy="Choose a later start, or daily bars.",
            )


def create(settings: Settings) -> YahooProvider:
    """The provider with the courtesy and cache that the settings name."""
    market, root = settings.market, settings.storage.root
    return YahooProvider(
        ask=Yfinance(market.provider_timeout_s, root / "providers" / "yfinance"),
        limit=RateLimit(market.provider_requests_per_minute),
        retry=Retry(),
        cache=AnswerCache(root / "providers" / "answers", market.provider_cache_hours),
    )


@dataclass(frozen=True)
class Yfinance:
    """One request through yfinance, its failures as sentences."""

    timeout_s: float
    folder: Path

    def __call__(self, wanted: BarsWanted) -> pd.DataFrame:
        import yfinance
        from curl_cffi.requests import exceptions as http
        from yfinance import exceptions as yahoo

        self.folder.mkdir(parents=True, exist_ok=True)
        yfinance.set_tz_cache_location(str(self.folder))
        yfinance.config.debug.hide_exceptions = False
        try:
            answer: pd.DataFrame = yfinance.Ticker(wanted.symbol).history(
                start=wanted.start.isoformat(),
                end=(wanted.end + timedelta(days=1)).isoformat(),
                interval=INTERVALS[wanted.timeframe],
                auto_adjust=False,
                actions=True,
                timeout=self.timeout_s,
            )
            return answer
        except yahoo.YFRateLimitError as error:
            raise Unavailable(
                "Yahoo Finance asks to slow down.", retry_after_s=60.0, field="provider",
                remedy="Try again in some minutes.",
            ) from error  # fmt: skip
        except (yahoo.YFTickerMissingError, yahoo.YFTzMissingError) as error:
            raise NotFound(
                f"Yahoo Finance does not know {wanted.symbol!r}.",
                field="symbols",
                remedy="Look the symbol up there; class shares are written BRK-B.",
            ) from error
        except yahoo.YFPricesMissingError:
            return pd.DataFrame(columns=list(NEEDED))
        except (http.RequestException, OSError) as error:
            raise Unavailable(
                f"Yahoo Finance did not answer ({type(error).__name__}).",
                field="provider",
                remedy="Check that this machine is online, then try again. Built-in data and "
                "imports work without it.",
            ) from error
        except (yahoo.YFException, ValueError, KeyError, TypeError) as error:
            raise Unavailable(
                f"Yahoo Finance sent an answer that cannot be read ({type(error).__name__}).",
                field="provider",
                remedy="Try again later.",
            ) from error


def check_answer(answer: pd.DataFrame, wanted: BarsWanted) -> None:
    """Unavailable when the answer cannot be bars: columns, index, types, order, prices."""

    def refuse(why: str) -> Unavailable:
        return Unavailable(
            f"Yahoo Finance sent an answer for {wanted.symbol} that cannot be bars: {why}.",
            field="provider",
            remedy="Try again later; nothing was stored.",
        )

    missing = [name for name in NEEDED if name not in answer]
    if missing:
        raise refuse(f"no column {missing[0]}")
    if answer.empty:
        return
    if not isinstance(answer.index, pd.DatetimeIndex) or answer.index.tz is None:
        raise refuse("its times have no zone")
    if not answer.index.is_monotonic_increasing or answer.index.has_duplicates:
        raise refuse("its times are not in order")
    prices = answer[["Open", "High", "Low", "Close"]]
    if not all(pd.api.types.is_numeric_dtype(prices[name]) for name in prices):
        raise refuse("its prices are no numbers")
    if (prices.dropna() <= 0).any().any():
        raise refuse("it has prices of zero or below")


def to_series(
    answer: pd.DataFrame, wanted: BarsWanted, calendar: TradingCalendar, now: datetime
) -> NewSeries:
    """Bars and dividends in the terminal's form; bars not closed by `now` are left out."""
    index = pd.DatetimeIndex(answer.index)
    ts = index.tz_convert("UTC").tz_localize(None).to_numpy().astype("datetime64[ns]")
    days = local_days(ts, calendar)
    known = calendar.is_session(days)
    answer, ts, days = answer[known], ts[known], days[known]
    if wanted.timeframe is Timeframe.DAY_1:
        ts = calendar.open_of(days)
    bars = answer.rename(columns=str.lower)[list(BAR_COLUMNS)].astype("float64")
    bars.index = pd.DatetimeIndex(ts, tz="UTC", name="ts")
    now_ns = pd.Timestamp(now).tz_convert(None).to_datetime64()
    closed = calendar.bar_close(ts, wanted.timeframe) <= now_ns
    filled = closed & np.isfinite(bars["close"].to_numpy())
    dividend = answer["Dividends"].to_numpy() if "Dividends" in answer else np.zeros(len(bars))
    paid = filled & (dividend > 0)
    actions = pd.DataFrame(
        {"ts": bars.index[paid], "kind": "dividend", "value": dividend[paid].astype("float64")}
    )
    return NewSeries(wanted.symbol, bars[filled], wanted.symbol, actions=actions)
