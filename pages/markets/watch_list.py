"""The watch list: a person's instruments, in an order of their own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import dcc, html

from pages.components.button import button
from pages.components.panel import panel
from pages.components.table import change_column, number_column, sparkline_column, table
from pages.server.context import actor, services
from pages.server.preferences import preferences, save_preference
from terminal.market.dataset import Series
from terminal.market.quotes import Quotes

OWN = "market-watch-list"  # preference: the person has made the list their own
PROPOSED = 24
ROW = 42

_quotes: list[Quotes] = []


def quotes() -> Quotes:
    """Quotes of this process, kept by content."""
    if not _quotes or _quotes[0].catalogue is not services().catalogue:
        _quotes[:] = [Quotes(services().catalogue)]
    return _quotes[0]


def watched() -> list[Series]:
    """The person's list; until they change it, real instruments of the built-in data."""
    catalogue, who = services().catalogue, actor()
    own = list(catalogue.watchlist(who))
    if own or preferences().get(OWN):
        return own
    datasets = {one.slug: one for one in catalogue.datasets(who)}
    parts = [part for part in catalogue.symbols(who) if part.dataset in datasets]
    first: dict[str, Series] = {}
    parts.sort(key=lambda part: (datasets[part.dataset].simulated,
                                 datasets[part.dataset].fields != "ohlcv"))  # fmt: skip
    for part in parts:
        first.setdefault(part.symbol, part)
    return list(first.values())[:PROPOSED]


def item_id(part: Series) -> str:
    """Row id of an instrument."""
    return f"{part.dataset}:{part.symbol}"


def rows() -> list[dict[str, Any]]:
    """One row an instrument."""
    return [
        {
            "id": item_id(part),
            "dataset": dataset.slug,
            "symbol": part.symbol,
            "name": part.name,
            "title": dataset.label,
            "simulated": dataset.simulated,
            "last": quote.last,
            "change": quote.change,
            "volume": quote.volume,
            "spark": [round(value, 4) for value in quote.closes],
        }
        for dataset, part, quote in quotes().of(actor(), watched())
    ]


def options() -> list[dict[str, str]]:
    """Every instrument, for the box that adds one."""
    titles = {one.slug: one.label for one in services().catalogue.datasets(actor())}
    return [
        {
            "label": " · ".join(
                text for text in (part.symbol, part.name, titles[part.dataset]) if text
            ),
            "value": item_id(part),
        }
        for part in services().catalogue.symbols(actor())
        if part.dataset in titles
    ]


def watch_panel() -> html.Section:
    """The table with its tools."""
    columns = [
        {
            "field": "symbol", "headerName": "Symbol", "cellRenderer": "MarketInstrument",
            "rowDrag": True, "minWidth": 118, "flex": 1, "sortable": False,
            "cellClass": "mk-instrument",
        },
        number_column("last", "Last", "price", width=78, minWidth=70, sortable=False),
        change_column("change", "Change", width=86, minWidth=80, sortable=False),
        sparkline_column("spark", "60 sessions", width=82, minWidth=82, sortable=False),
        number_column(
            "volume", "Volume", "quantity", width=62, minWidth=60, sortable=False,
            valueFormatter={"function": "marketShort(params.value)"},
            tooltipValueGetter={"function": "terminalNumber(params.value, 'quantity')"},
        ),
        {
            "field": "id", "headerName": "", "cellRenderer": "MarketRemove", "width": 28,
            "minWidth": 28, "sortable": False, "resizable": False, "cellClass": "mk-remove-cell",
        },
    ]  # fmt: skip
    return panel(
        "Watch list",
        [
            html.Div(
                dcc.Dropdown(options(), None, id="mk-add", placeholder="Add an instrument",
                             clearable=False),
                className="mk-add",
            ),
            table(
                "mk-watch", columns, rows(), row_id="id", height="var(--mk-watch-height)",
                selection="single", nothing="Your watch list is empty: add an instrument above.",
                options={"rowDragManaged": True, "rowHeight": ROW},
            ),
            dcc.Store(id="mk-edit"),
        ],
        actions=[
            button("↑", "mk-up", small=True, title="Move the chosen instrument up"),
            button("↓", "mk-down", small=True, title="Move the chosen instrument down"),
        ],
        flush=True,
        className="mk-watch",
    )  # fmt: skip


def add(item: str) -> str:
    """Put an instrument at the end of the list; a sentence when it stands there already."""
    items = _items()
    one = _split(item)
    if one in items:
        return f"{one[1]} is on your watch list already."
    _save([*items, one])
    return ""


def remove(item: str) -> None:
    """Take an instrument off."""
    _save([one for one in _items() if one != _split(item)])


def order(ids: Sequence[str]) -> None:
    """Put the list into this order; what is not named stays behind, in its order."""
    items = _items()
    wanted = [one for one in map(_split, ids) if one in items]
    _save([*wanted, *(one for one in items if one not in wanted)])


def move(item: str, step: int) -> None:
    """One place up (-1) or down (+1)."""
    items = _items()
    at = items.index(_split(item)) if _split(item) in items else -1
    to = at + step
    if at < 0 or not 0 <= to < len(items):
        return
    items[at], items[to] = items[to], items[at]
    _save(items)


def _items() -> list[tuple[str, str]]:
    return [(part.dataset, part.symbol) for part in watched()]


def _save(items: Sequence[tuple[str, str]]) -> None:
    services().catalogue.watch(actor(), items)
    save_preference(OWN, True)


def _split(item: str) -> tuple[str, str]:
    dataset, _, symbol = str(item).partition(":")
    return dataset, symbol
