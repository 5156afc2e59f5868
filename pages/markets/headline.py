"""The lines above the chart: which instrument, what it costs, where the numbers come from."""

from __future__ import annotations

from typing import Any

from dash import html

from pages.components.badge import simulated_badge
from pages.components.number import change, number, stat, stats
from pages.markets.series import Shown
from terminal.charts.numbers import MISSING, format_change
from terminal.market.dataset import Adjustment
from terminal.market.quote import AVERAGE_OVER, Quote

SOURCE_WORDS = {
    Adjustment.AS_TRADED: "as traded",
    Adjustment.SPLIT: "adjusted for splits",
    Adjustment.SPLIT_DIVIDEND: "adjusted for splits and dividends",
}


def headline(shown: Shown, quote: Quote) -> list[Any]:
    """Symbol, name, last price, change, session."""
    part, dataset = shown.part, shown.dataset
    cents = quote.last is not None and quote.last >= 1
    moved = format_change(quote.moved, "ratio" if cents else "price")
    name: list[Any] = [html.H2(part.symbol, className="mk-symbol")]
    if part.name and part.name != part.symbol:
        name.append(html.Span(part.name, className="mk-name"))
    if dataset.simulated:
        name.append(simulated_badge())
    unit = "points" if part.asset_class == "index" else dataset.currency
    return [
        html.Div(name, className="mk-who"),
        html.Div(
            [
                html.Span(number(quote.last, "price"), className="mk-last"),
                html.Span(unit, className="mk-unit"),
                html.Span(moved.text, className=f"num {moved.css_class}"),
                change(quote.change),
            ],
            className="mk-price",
        ),
        html.Div(_session(shown, quote), className="mk-session"),
    ]


def _session(shown: Shown, quote: Quote) -> str:
    if quote.session is None:
        return "No price."
    zone = shown.timezone.rsplit("/", 1)[-1].replace("_", " ")
    return f"Close of the session of {quote.session:%a %Y-%m-%d}, {zone}"


def source_line(shown: Shown) -> list[Any]:
    """Data set, source, adjustment and what to know of it."""
    dataset = shown.dataset
    return [
        html.Span([html.Strong(dataset.label), " · ", dataset.source]),
        html.Span(f"Prices on the chart: {price_words(shown)}."),
        *([html.Span(dataset.note)] if dataset.note else []),
    ]


def price_words(shown: Shown) -> str:
    """How the drawn prices are adjusted."""
    source = SOURCE_WORDS[shown.dataset.adjustment]
    if shown.dataset.adjustment is Adjustment.SPLIT_DIVIDEND:
        return f"{source} by the source"
    if shown.adjusted and not shown.actions.empty:
        return "adjusted for splits and dividends, the newest as quoted"
    return source


def stats_row(quote: Quote) -> Any:
    """The numbers a trader looks at next."""
    return stats(
        [
            stat("Year high", number(quote.high, "price"),
                 "Highest price of the 12 months up to the last session, adjusted for splits; of "
                 "closes where the data has no highs."),
            stat("Year low", number(quote.low, "price"),
                 "Lowest price of the 12 months up to the last session, adjusted for splits; of "
                 "closes where the data has no lows."),
            stat("1 year", change(quote.one_year),
                 "Change of price against the last close at least a year old; without dividends."),
            stat("Year to date", change(quote.year_to_date),
                 "Change of price against the last close of the year before; without dividends."),
            stat("Volatility", number(quote.volatility, "percent"),
                 "Standard deviation of the daily log returns of the last 252 sessions × √252."),
            stat("Volume", _volume(quote.volume), "Units traded in the last session."),
            stat("Avg volume", _volume(quote.average_volume),
                 f"Mean units a session over the last {AVERAGE_OVER} sessions."),
        ]
    )  # fmt: skip


def _volume(units: float | None) -> Any:
    """Units in short form, exact on hover."""
    if units is None:
        return html.Span(MISSING, className="num")
    for size, letter in ((1e9, "B"), (1e6, "M"), (1e3, "k")):
        if units >= size:
            return html.Span(
                f"{units / size:,.2f} {letter}", className="num", title=f"{units:,.0f}"
            )
    return number(units, "quantity")
