"""The one door to market data: what there is, and its bars, for an actor."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from terminal.accounts.actor import Actor
from terminal.db.database import Database
from terminal.db.repositories import datasets as rows
from terminal.db.repositories import watchlists
from terminal.errors import InputError
from terminal.market.adjust import backward_adjusted
from terminal.market.calendars import TradingCalendar, get_calendar
from terminal.market.dataset import BAR_COLUMNS, Dataset, Series
from terminal.market.panel import Panel
from terminal.market.panels import build_panel
from terminal.market.publish import verify
from terminal.market.resample import complete, resample
from terminal.market.store.protocol import BarStore
from terminal.market.timeframe import Timeframe

MAX_WATCHED = 200


class Catalogue:
    """Data sets from the database, bars from the store."""

    def __init__(self, db: Database, store: BarStore) -> None:
        self.db = db
        self.store = store

    def datasets(self, actor: Actor) -> Sequence[Dataset]:
        """Data sets the actor may see."""
        with self.db.read() as conn:
            return rows.find(conn, actor)

    def dataset(self, actor: Actor, slug: str) -> Dataset:
        """One data set; NotFound otherwise."""
        with self.db.read() as conn:
            return rows.get(conn, actor, slug)

    def series(self, actor: Actor, slug: str) -> Sequence[Series]:
        """Its series by symbol."""
        with self.db.read() as conn:
            return rows.series_of(conn, actor, slug)

    def delete(self, actor: Actor, slug: str) -> None:
        """Delete a data set of the actor's and its bars; NotFound when it is not theirs."""
        with self.db.write() as conn:
            version = rows.delete(conn, actor, slug)
        if version is not None:
            self.store.discard(version)

    def verify(self, actor: Actor, slug: str) -> tuple[str, ...]:
        """Symbols whose stored bars no longer have the checksum they were published with."""
        return verify(self.store, self.dataset(actor, slug), self.series(actor, slug))

    def symbols(self, actor: Actor) -> Sequence[Series]:
        """Every series of every data set the actor may see, for search."""
        with self.db.read() as conn:
            return rows.all_series(conn, actor)

    def watchlist(self, actor: Actor) -> Sequence[Series]:
        """The series the actor watches, in their order; what is gone by now is left out."""
        with self.db.read() as conn:
            known = {(part.dataset, part.symbol): part for part in rows.all_series(conn, actor)}
            watched = watchlists.get(conn, actor)
        return [known[item] for item in watched if item in known]

    def watch(self, actor: Actor, items: Sequence[tuple[str, str]]) -> None:
        """Replace the actor's watch list by these (data set, symbol) pairs.

        Raises
        ------
        InputError : the list is too long, or names a series the actor cannot see.
        """
        if len(items) > MAX_WATCHED:
            raise InputError(
                f"{len(items)} instruments are more than {MAX_WATCHED}.",
                field="watchlist",
                remedy="Take some off the list.",
            )
        with self.db.write() as conn:
            known = {(part.dataset, part.symbol) for part in rows.all_series(conn, actor)}
            for dataset, symbol in items:
                if (dataset, symbol) not in known:
                    raise InputError(
                        f"There is no {symbol!r} in a data set {dataset!r}.",
                        field="watchlist",
                        remedy="Choose from the list of instruments.",
                    )
            watchlists.replace(conn, actor, items)

    def actions(
        self, actor: Actor, slug: str, symbols: Sequence[str] | None = None
    ) -> pd.DataFrame:
        """Its corporate actions: symbol, ts, kind, value."""
        with self.db.read() as conn:
            return rows.actions_of(conn, actor, slug, symbols)

    def bars(
        self,
        actor: Actor,
        slug: str,
        symbol: str,
        timeframe: Timeframe | None = None,
        start: date | datetime | None = None,
        end: date | datetime | None = None,
        *,
        adjusted: bool = False,
        columns: Sequence[str] = BAR_COLUMNS,
    ) -> pd.DataFrame:
        """Bars of one instrument whose open is in [start, end]; a date as `end` is inclusive.

        With `adjusted`, prices before splits and dividends are scaled so that the newest price is
        as quoted: for display, never for decisions.
        """
        dataset = self.dataset(actor, slug)
        known = {part.symbol for part in self.series(actor, slug)}
        _require_known([symbol], known, dataset)
        wanted = timeframe or dataset.timeframe
        calendar = get_calendar(dataset.calendar)
        low, high = bounds(start, end, calendar)
        if adjusted:
            frame = self._adjusted(actor, dataset, symbol).loc[low:high, list(columns)]
        else:
            frame = self.store.read(dataset.version, symbol, low, high, columns)
        if wanted is dataset.timeframe:
            return frame
        return resample(frame, dataset.timeframe, wanted, calendar)

    def _adjusted(self, actor: Actor, dataset: Dataset, symbol: str) -> pd.DataFrame:
        """The whole series, so that a price does not change with the range that is shown."""
        frame = self.store.read(dataset.version, symbol)
        actions = self.actions(actor, dataset.slug, [symbol])
        if actions.empty or frame.empty:
            return frame
        calendar = get_calendar(dataset.calendar)
        panel = build_panel(dataset, {symbol: frame}, actions, dataset.timeframe, calendar)
        scaled = backward_adjusted(panel)
        return pd.DataFrame(
            {name: getattr(scaled, name)[:, 0] for name in BAR_COLUMNS}, index=frame.index
        )

    def panel(
        self,
        actor: Actor,
        slug: str,
        symbols: Sequence[str],
        timeframe: Timeframe | None = None,
        start: date | datetime | None = None,
        end: date | datetime | None = None,
    ) -> Panel:
        """Raw bars of several instruments with their corporate actions.

        Raises
        ------
        InputError : no symbol, an unknown symbol, start after end, or no bars in the range.
        """
        dataset = self.dataset(actor, slug)
        wanted = timeframe or dataset.timeframe
        series = self.series(actor, slug)
        check_universe(dataset, series, symbols)
        calendar = get_calendar(dataset.calendar)
        low, high = bounds(start, end, calendar)
        frames = {
            symbol: self._whole_bars(dataset, symbol, wanted, low, high, calendar)
            for symbol in symbols
        }
        if all(frame.empty for frame in frames.values()):
            raise no_bars(dataset, low, high)
        actions = self.actions(actor, slug, list(symbols))
        sector_of = {one.symbol: one.sector for one in series}
        sectors = tuple(sector_of[symbol] for symbol in symbols)
        made = build_panel(dataset, frames, actions, wanted, calendar)
        return replace(made, sectors=sectors if any(sectors) else ())

    def _whole_bars(
        self,
        dataset: Dataset,
        symbol: str,
        timeframe: Timeframe,
        low: datetime | None,
        high: datetime | None,
        calendar: TradingCalendar,
    ) -> pd.DataFrame:
        """Bars that open at or after `low` and had closed when the data ends or by `high`.

        A week of which the range or the data holds only some days would show a close that is none.
        """
        frame = self.store.read(dataset.version, symbol, low, high)
        if timeframe is dataset.timeframe or frame.empty:
            return frame
        coarse = resample(frame, dataset.timeframe, timeframe, calendar)
        last = np.array([dataset.last_ts.replace(tzinfo=None) if dataset.last_ts else "NaT"])
        known = calendar.bar_close(last.astype("datetime64[ns]"), dataset.timeframe)[0]
        if high is not None:
            known = min(known, np.datetime64(high.replace(tzinfo=None), "ns"))
        whole = complete(coarse, timeframe, calendar, pd.Timestamp(known, tz="UTC"))
        if low is not None:
            whole &= np.asarray(coarse.index >= pd.Timestamp(low))
        return coarse[whole]


def check_universe(dataset: Dataset, series: Sequence[Series], symbols: Sequence[str]) -> None:
    """InputError when the universe is empty, repeats a symbol or names an unknown one."""
    if not symbols:
        raise InputError("No instrument is chosen.", field="symbols", remedy="Choose at least one.")
    repeated = sorted({symbol for symbol in symbols if list(symbols).count(symbol) > 1})
    if repeated:
        raise InputError(
            f"{repeated[0]} is chosen twice.", field="symbols", remedy="Choose it once."
        )
    _require_known(symbols, {part.symbol for part in series}, dataset)


def _require_known(symbols: Sequence[str], known: set[str], dataset: Dataset) -> None:
    for symbol in symbols:
        if symbol not in known:
            near = difflib.get_close_matches(symbol.upper(), sorted(known), n=3, cutoff=0.5)
            raise InputError(
                f"{symbol!r} is not in the data set {dataset.title}.",
                field="symbols",
                remedy=f"Did you mean {', '.join(near)}?" if near else "Choose from its symbols.",
            )


def no_bars(dataset: Dataset, low: datetime | None, high: datetime | None) -> InputError:
    """The sentence for an empty range."""
    first = f"{dataset.first_ts:%Y-%m-%d}" if dataset.first_ts else "nothing"
    last = f"{dataset.last_ts:%Y-%m-%d}" if dataset.last_ts else "nothing"
    asked = f"{low:%Y-%m-%d}" if low else first
    until = f"{high:%Y-%m-%d}" if high else last
    return InputError(
        f"There are no bars from {asked} to {until}; {dataset.title} covers {first} to {last}.",
        field="start",
        remedy="Choose dates inside that range.",
    )


def bounds(
    start: date | datetime | None, end: date | datetime | None, calendar: TradingCalendar
) -> tuple[datetime | None, datetime | None]:
    """Aware UTC bounds of a range; a date means its whole day at the exchange, on either side.

    Raises
    ------
    InputError : the range ends before it starts, or a time has no zone.
    """
    zone = ZoneInfo(calendar.timezone)
    low = _as_time(start, time.min, zone)
    high = _as_time(end, time.max, zone)
    if low is not None and high is not None and low > high:
        raise InputError(
            f"The range starts on {start} and ends on {end}, before it starts.",
            field="start",
            remedy="Choose a start before the end.",
        )
    return low, high


def _as_time(value: date | datetime | None, of_day: time, zone: ZoneInfo) -> datetime | None:
    if value is None:
        return None
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise InputError(f"{value} has no time zone.", field="start", remedy="Give it in UTC.")
        return value.astimezone(UTC)
    return datetime.combine(value, of_day, zone).astimezone(UTC)
