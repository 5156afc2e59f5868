"""Daily prices of a data set, kept in memory: by version, whose bars never change.

What a book is valued and measured with: closes as stored, the same with splits and dividends
reinvested, splits, and what a usual day trades.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock

import numpy as np

from terminal.accounts.actor import Actor
from terminal.market.adjust import forward_adjusted
from terminal.market.calendars import get_calendar
from terminal.market.catalogue import Catalogue
from terminal.market.dataset import Dataset
from terminal.market.panel import FloatArray, Panel, TimeArray
from terminal.market.timeframe import Timeframe

MOST_KEPT = 3_000
VOLUME_OVER = 21


@dataclass(frozen=True)
class Daily:
    """An instrument's closes.

    Attributes
    ----------
    days : datetime64[D] (m,), sessions. close : (m,), as stored. total : (m,), with splits and
        dividends reinvested, on a scale of its own.
    split : (m,), new units for an old one, 1 mostly. traded : currency of an average day of the
        last 21, or None.
    """

    symbol: str
    name: str
    sector: str
    days: TimeArray
    close: FloatArray
    total: FloatArray
    split: FloatArray
    traded: float | None


@dataclass(frozen=True)
class Table:
    """Closes of several instruments on the union of their days, float64 (T, n), NaN where none."""

    days: TimeArray
    total: FloatArray


class DailyPrices:
    """The daily prices of a process."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self._kept: OrderedDict[tuple[str, str], Daily] = OrderedDict()
        self._tables: OrderedDict[tuple[str, tuple[str, ...]], Table] = OrderedDict()
        self._lock = Lock()

    def of(self, actor: Actor, slug: str, symbols: Sequence[str]) -> dict[str, Daily]:
        """The instruments that the data set has, by symbol; others are left out.

        Raises
        ------
        NotFound : there is no such data set, or it is not the actor's to see.
        """
        dataset = self.catalogue.dataset(actor, slug)
        with self._lock:
            found = {}
            for symbol in symbols:
                key = (dataset.version, symbol)
                if key in self._kept:
                    self._kept.move_to_end(key)
                    found[symbol] = self._kept[key]
        missing = [symbol for symbol in dict.fromkeys(symbols) if symbol not in found]
        if missing:
            found |= self._read(actor, dataset, missing)
        return {symbol: found[symbol] for symbol in symbols if symbol in found}

    def table(self, actor: Actor, slug: str, symbols: tuple[str, ...]) -> Table:
        """Total-return closes of instruments that the data set has, whole history."""
        dataset = self.catalogue.dataset(actor, slug)
        key = (dataset.version, symbols)
        with self._lock:
            if key in self._tables:
                self._tables.move_to_end(key)
                return self._tables[key]
        made = table_of(list(self.of(actor, slug, symbols).values()))
        with self._lock:
            self._tables[key] = made
            while len(self._tables) > 12:
                self._tables.popitem(last=False)
        return made

    def _read(self, actor: Actor, dataset: Dataset, symbols: list[str]) -> dict[str, Daily]:
        series = {one.symbol: one for one in self.catalogue.series(actor, dataset.slug)}
        known = [symbol for symbol in symbols if symbol in series]
        if not known:
            return {}
        intraday = dataset.timeframe.intraday
        timeframe = Timeframe.DAY_1 if intraday else dataset.timeframe
        panel = self.catalogue.panel(actor, dataset.slug, known, timeframe)
        days = get_calendar(dataset.calendar).session_of(panel.ts)
        total = forward_adjusted(panel).close
        made = {
            symbol: _daily(panel, k, days, total[:, k], series[symbol].name, series[symbol].sector)
            for k, symbol in enumerate(known)
        }
        with self._lock:
            for symbol, one in made.items():
                self._kept[dataset.version, symbol] = one
            while len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
        return made


def _daily(
    panel: Panel, k: int, days: TimeArray, total: FloatArray, name: str, sector: str
) -> Daily:
    own = np.isfinite(panel.close[:, k])
    close, volume = panel.close[own, k], panel.volume[own, k]
    worth = (close * volume)[-VOLUME_OVER:]
    usual = float(worth.mean()) if worth.size and np.isfinite(worth).all() else 0.0
    # a split on a day without a bar of its own takes effect with the next one
    split = np.ones(int(own.sum()))
    at = np.flatnonzero(panel.split[:, k] != 1.0)
    places = np.searchsorted(np.flatnonzero(own), at)
    for row, place in zip(at.tolist(), places.tolist(), strict=True):
        if place < len(split):
            split[place] *= panel.split[row, k]
    return Daily(
        panel.symbols[k], name, sector, days[own].astype("datetime64[D]"), close, total[own], split,
        usual if usual > 0 else None,
    )  # fmt: skip


def table_of(parts: Sequence[Daily]) -> Table:
    """On the union of days; a day without a price inside a history repeats the one before."""
    days = (
        np.unique(np.concatenate([one.days for one in parts])) if parts else np.array([], "M8[D]")
    )
    total = np.full((len(days), len(parts)), np.nan)
    for k, one in enumerate(parts):
        at = np.searchsorted(one.days, days, side="right") - 1
        inside = at >= 0
        total[inside, k] = one.total[at[inside]]
    return Table(days, total)
