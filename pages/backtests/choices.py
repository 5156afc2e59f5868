"""What the form offers: strategies, data sets, instruments, bar lengths, benchmarks, presets."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from dash import html

from pages.components.badge import badge
from terminal.market.calendars import get_calendar
from terminal.market.dataset import Dataset, Series
from terminal.market.timeframe import Timeframe
from terminal.strategies.registry import STRATEGIES, get_strategy

Option = dict[str, Any]

TIMEFRAME_WORDS = {
    Timeframe.MIN_1: "1 minute",
    Timeframe.MIN_5: "5 minutes",
    Timeframe.MIN_15: "15 minutes",
    Timeframe.MIN_30: "30 minutes",
    Timeframe.HOUR_1: "1 hour",
    Timeframe.DAY_1: "Daily",
    Timeframe.WEEK_1: "Weekly",
    Timeframe.MONTH_1: "Monthly",
}
EQUAL_WEIGHT = "equal_weight"
NO_BENCHMARK = "none"
YEARS = (1, 3, 5, 10, 20)
PRESETS = ("All", "None")


def strategy_options() -> list[Option]:
    """One card a strategy: title, family, what it does."""
    options = []
    for slug in STRATEGIES:
        found = get_strategy(slug)
        options.append(
            {
                "label": html.Div(
                    [
                        html.Div(
                            [html.Span(found.title, className="card-title"), badge(found.family)],
                            className="card-head",
                        ),
                        html.Div(found.description, className="card-text"),
                    ],
                    className="card-body",
                ),
                "value": slug,
            }
        )
    return options


def dataset_options(datasets: Sequence[Dataset]) -> list[Option]:
    """Data sets by title; simulated ones say so."""
    return [{"label": item.label, "value": item.slug} for item in datasets]


def symbol_options(series: Sequence[Series]) -> list[Option]:
    """Tradable instruments, findable by symbol, name and sector."""
    return [
        {
            "label": _called(item),
            "value": item.symbol,
            "search": f"{item.symbol} {item.name} {item.sector}",
        }
        for item in series
        if item.tradable
    ]


def also_options(
    dataset: Dataset, datasets: Sequence[Dataset], everything: Sequence[Series]
) -> list[Option]:
    """Tradable instruments of the other data sets, each with the data set it is of."""
    labels = {item.slug: item.label for item in datasets if item.slug != dataset.slug}
    return [
        {
            "label": f"{_called(item)} · {labels[item.dataset]}",
            "value": f"{item.dataset}:{item.symbol}",
            "search": f"{item.symbol} {item.name} {item.sector} {labels[item.dataset]}",
        }
        for item in everything
        if item.tradable and item.dataset in labels
    ]


def _called(item: Series) -> str:
    """Symbol and name; imported data often has no other name than the symbol."""
    return item.symbol if item.name == item.symbol else f"{item.symbol}  {item.name}".strip()


def sectors(series: Sequence[Series]) -> list[str]:
    """Sectors with at least one tradable instrument."""
    return sorted({item.sector for item in series if item.tradable and item.sector})


def preset_symbols(series: Sequence[Series], preset: str) -> list[str]:
    """Instruments of a preset: "All", "None", or a sector."""
    if preset == "None":
        return []
    return [item.symbol for item in series if item.tradable and preset in ("All", item.sector)]


def timeframe_options(dataset: Dataset) -> list[Option]:
    """The data's own bar length and all coarser ones."""
    return [
        {"label": TIMEFRAME_WORDS[item], "value": item.value}
        for item in Timeframe
        if item.order >= dataset.timeframe.order
    ]


def default_timeframe(dataset: Dataset) -> str:
    """The data's own bar length."""
    return dataset.timeframe.value


def benchmark_options(dataset: Dataset, everything: Sequence[Series]) -> list[Option]:
    """Equal weight, none, indices of any data set, then the data set's own instruments."""
    indices = [
        {"label": _called(item), "value": f"{item.dataset}:{item.symbol}"}
        for item in everything
        if not item.tradable and item.dataset != dataset.slug
    ]
    own = [
        {"label": _called(item), "value": item.symbol}
        for item in everything
        if item.dataset == dataset.slug
    ]
    return [
        {"label": "Equal weight of the universe", "value": EQUAL_WEIGHT},
        {"label": "No benchmark", "value": NO_BENCHMARK},
        *indices,
        *own,
    ]


def timezone_of(dataset: Dataset) -> str:
    """IANA zone of the data set's exchange."""
    return get_calendar(dataset.calendar).timezone


def session_range(dataset: Dataset) -> tuple[date | None, date | None]:
    """First and last date of the data at its exchange."""
    zone = ZoneInfo(timezone_of(dataset))

    def on(at: datetime | None) -> date | None:
        return None if at is None else at.astimezone(zone).date()

    return on(dataset.first_ts), on(dataset.last_ts)


def years_before(last: date, years: int) -> date:
    """The same day some years earlier (28 February for a leap day)."""
    try:
        return last.replace(year=last.year - years)
    except ValueError:
        return last.replace(year=last.year - years, day=28)


def first_choice(datasets: Sequence[Dataset]) -> Dataset:
    """The data set a new form opens with: real before simulated, more instruments before fewer."""
    tradable = [item for item in datasets if item.n_series] or list(datasets)
    return max(tradable, key=lambda item: (not item.simulated, item.n_series))
