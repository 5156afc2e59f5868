"""Which instrument and timeframe the chart shows, from what was asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pages.components.toasts import toast
from pages.markets import series
from pages.markets.watch_list import watched
from pages.server.context import actor, services
from terminal.errors import NotFound
from terminal.market.dataset import Dataset, Series
from terminal.market.timeframe import Timeframe

SHORT = {
    Timeframe.MIN_1: "1m",
    Timeframe.MIN_5: "5m",
    Timeframe.MIN_15: "15m",
    Timeframe.MIN_30: "30m",
    Timeframe.HOUR_1: "1h",
    Timeframe.DAY_1: "D",
    Timeframe.WEEK_1: "W",
    Timeframe.MONTH_1: "M",
}


def timeframe_options(dataset: Dataset) -> list[dict[str, str]]:
    """The stored timeframe and every coarser one: finer bars cannot be made."""
    return [
        {"label": SHORT[timeframe], "value": timeframe.value}
        for timeframe in Timeframe
        if timeframe.order >= dataset.timeframe.order
    ]


def instrument(chosen: Mapping[str, Any] | None) -> tuple[Dataset, Series] | None:
    """Data set and series to show.

    What was asked for; the first series of its data set when that has no such symbol; else the
    first instrument of the watch list. None when there is no data at all.
    """
    slug, symbol = (chosen or {}).get("dataset"), (chosen or {}).get("symbol")
    if slug:
        found = series.find(str(slug), str(symbol))
        if found is not None:
            return found
        try:
            parts = services().catalogue.series(actor(), str(slug))
        except NotFound:
            parts = ()
            toast(f"There is no data set {slug!r} any more.", remedy="Choose another one.")
        if parts:
            return services().catalogue.dataset(actor(), str(slug)), parts[0]
    for part in watched() or services().catalogue.symbols(actor()):
        found = series.find(part.dataset, part.symbol)
        if found is not None:
            return found
    return None


def timeframe(dataset: Dataset, wanted: str | None) -> Timeframe:
    """The timeframe that was asked for if it can be made, else days, else the stored one."""
    possible = {option["value"] for option in timeframe_options(dataset)}
    if wanted in possible:
        return Timeframe(str(wanted))
    day = Timeframe.DAY_1
    return day if day.value in possible else dataset.timeframe
