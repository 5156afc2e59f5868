"""Executions on the price chart: bars of the account's data set up to the exchange's time."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd
from dash import Input, Output, State, dcc, no_update

from pages.appearance import appearance
from pages.components.figure_card import figure_card
from pages.server import guard
from pages.server.context import actor, services
from pages.trading_room import account as room
from pages.trading_room.polling import LEDGER, PRICES
from terminal.charts.fills import fills_figure
from terminal.charts.layout import empty_figure
from terminal.charts.theme import theme_from
from terminal.db.repositories import live_sessions, orders, trading_room
from terminal.errors import TerminalError
from terminal.execution.previews import session_dataset
from terminal.market.calendars import get_calendar
from terminal.market.dataset import Dataset

GRAPH = "tr-price-graph"
MOST_BARS = 260
MOST_FILLS = 400


def price_panel(account_id: str) -> Any:
    """The chart; its symbol is the one chosen here."""
    symbols = symbols_of(account_id)
    choose = dcc.Dropdown(
        symbols,
        symbols[0] if symbols else None,
        id="tr-price-symbol",
        clearable=False,
        className="tr-symbol-choice",
        placeholder="Symbol",
    )
    return figure_card(
        GRAPH,
        "Fills on the price",
        height=330,
        actions=[choose],
        filename="fills",
        help="Bars as the account's data set has them, up to the exchange's time; triangles are "
        "executions.",
    )


def symbols_of(account_id: str) -> list[str]:
    """What is held or traded first, then what is followed."""
    with services().db.read() as conn:
        fills = orders.fills(conn, actor(), account_id, limit=MOST_FILLS)
        followed = [one.symbol for one in trading_room.prices(conn, actor(), account_id)]
    traded = list(dict.fromkeys(fill.symbol for fill in fills))
    return list(dict.fromkeys([*traded, *followed]))


def figure(account_id: str, symbol: str | None, theme: Any) -> Any:
    """The newest bars with the fills on them; a figure that says why where there are none."""
    kept = appearance()
    drawn = theme_from(str(theme or kept["theme"]), kept["palette"])
    if not symbol:
        return empty_figure("Nothing is followed yet: start a session.", drawn)
    who = actor()
    with services().db.read() as conn:
        fills = orders.fills(conn, who, account_id, symbol=symbol, limit=MOST_FILLS)
        at = next(
            (one.at for one in trading_room.prices(conn, who, account_id) if one.symbol == symbol),
            None,
        )
        newest = next(iter(live_sessions.of_account(conn, account_id, 1)), None)
        slug = session_dataset(conn, newest)
    try:
        slug = slug or room.desk().exchange_dataset(who, account_id)
        if not slug:
            return empty_figure("No stored bars stand behind this account's prices.", drawn)
        dataset = services().catalogue.dataset(who, slug)
        calendar = get_calendar(dataset.calendar)
        bars = closed_bars(services().catalogue.bars(who, slug, symbol, end=at), dataset, at)
    except TerminalError as error:
        return empty_figure(error.message, drawn)
    return fills_figure(
        bars.tail(MOST_BARS),
        [one for one in fills if not one.busted],
        symbol,
        drawn,
        timezone=calendar.timezone,
        simulated=dataset.simulated,
    )


def closed_bars(bars: pd.DataFrame, dataset: Dataset, at: datetime | None) -> pd.DataFrame:
    """Those that had closed at the exchange's time: the data set of a replay knows the future."""
    if at is None:
        return bars
    opens = pd.DatetimeIndex(bars.index).tz_convert(None).to_numpy()
    closes = get_calendar(dataset.calendar).bar_close(opens, dataset.timeframe)
    known: pd.DataFrame = bars[closes <= np.datetime64(at.astimezone(UTC).replace(tzinfo=None))]
    return known


def register() -> None:
    """Symbol, fills, bars and theme."""

    @guard.callback(
        Output(GRAPH, "figure"),
        Output("tr-price-drawn", "data"),
        Input("tr-price-symbol", "value"),
        Input("theme", "data"),
        Input(PRICES, "data"),
        Input(LEDGER, "data"),
        State("tr-account", "data"),
        State("tr-price-drawn", "data"),
        role="viewer",
    )
    def draw(symbol: str | None, theme: str, _prices: Any, _ledger: Any, account_id: str,
             drawn: Any) -> Any:  # fmt: skip
        mark = _mark(account_id, symbol, theme)
        if mark == drawn:
            return no_update, no_update
        return figure(account_id, symbol, theme), mark

    @guard.callback(
        Output("tr-price-symbol", "options"),
        Output("tr-price-symbol", "value"),
        Input(LEDGER, "data"),
        Input(field_options(), "options"),
        State("tr-account", "data"),
        State("tr-price-symbol", "options"),
        State("tr-price-symbol", "value"),
        prevent_initial_call=True,
        role="viewer",
    )
    def follow_symbols(_mark_: Any, _options: Any, account_id: str, shown: Any, chosen: Any) -> Any:
        symbols = symbols_of(account_id)
        if symbols == shown:
            return no_update, no_update
        return symbols, chosen if chosen in symbols else next(iter(symbols), None)


def drawn_store() -> dcc.Store:
    """What the chart was drawn from."""
    return dcc.Store(id="tr-price-drawn")


def field_options() -> dict[str, str]:
    """The ticket's symbols, which appear with the first prices."""
    return {"type": "field", "form": "tr-ticket", "name": "symbol"}


def _mark(account_id: str, symbol: str | None, theme: Any) -> list[Any]:
    """What a drawing depends on: the bar the exchange is in, and the fills of the symbol."""
    with services().db.read() as conn:
        at = next(
            (
                one.at
                for one in trading_room.prices(conn, actor(), account_id)
                if one.symbol == symbol
            ),
            None,
        )
        newest = orders.fills(conn, actor(), account_id, symbol=symbol or "", limit=1)
    quarter = None if at is None else int(at.timestamp()) // 900
    return [symbol, theme, quarter, newest[0].seq if newest else 0]
