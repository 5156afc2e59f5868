"""Tab "Trades": every round trip, and the price chart that zooms to the one that is clicked."""

from __future__ import annotations

from typing import Any

import pandas as pd
from dash import Input, Output, Patch, State, ctx, dcc, html, no_update

from pages.backtests.figures import own_theme
from pages.backtests.run import Run, load_run
from pages.components.figure_card import figure_card, no_figure
from pages.components.panel import panel_head
from pages.components.table import (
    badge_column,
    change_column,
    link_column,
    market_time_column,
    number_column,
    quick_filter,
    table,
    text_column,
)
from pages.server import guard
from pages.server.context import actor, services
from terminal.charts.theme import Theme, theme_from
from terminal.charts.trades import trades_figure

MODEL = "model"
"""The strategy whose decisions can be taken apart."""
MOST_ROWS = 5_000
MOST_BARS = 10_000
"""Bars drawn at once; of a longer series, those around the trade, else the last ones."""


def trades(run: Run) -> list[Any]:
    """Chart over table; nothing but a sentence when the run never traded."""
    if not len(run.result.trades):
        return [
            no_figure(
                "Trades",
                "The strategy never traded",
                "Its signals never asked for a position in this range. Try shorter windows, a "
                "longer range or another universe.",
            )
        ]
    symbols = traded_symbols(run)
    return [
        figure_card(
            "bt-trade-figure",
            "Price and trades",
            figure=draw(run, symbols[0], None, own_theme()),
            help="Entries as triangles, exits as squares, joined by a line: solid for gains, "
            "dashed for losses. Choose a row below to zoom to it.",
            height=400,
            scroll_zoom=True,
            actions=[
                html.Div(
                    dcc.Dropdown(
                        [{"label": symbol, "value": symbol} for symbol in symbols],
                        symbols[0],
                        id="bt-trade-symbol",
                        clearable=False,
                    ),
                    className="bt-symbol",
                )
            ],
            filename=f"{run.file_stem}-trades",
        ),
        _table_panel(run),
    ]


def traded_symbols(run: Run) -> list[str]:
    """Instruments by the size of what they made or lost, largest first."""
    made = run.result.trades.groupby("symbol")["pnl"].sum().abs()
    return [str(symbol) for symbol in made.sort_values(ascending=False, kind="stable").index]


def trade_rows(run: Run) -> tuple[list[dict[str, Any]], int]:
    """(rows of the table, how many trades there are); of too many, those that moved most money."""
    frame = run.result.trades
    shown = frame
    if len(frame) > MOST_ROWS:
        largest = frame["pnl"].abs().sort_values(ascending=False, kind="stable").index
        shown = frame.loc[sorted(largest[:MOST_ROWS])]
    rows = shown.assign(
        id=shown.index.astype(int),
        entry_ts=_iso(shown["entry_ts"]),
        exit_ts=_iso(shown["exit_ts"]),
        state=["open" if held else "closed" for held in shown["open"]],
        xray="X-ray",
        xray_href=[f"/xray?backtest={run.row.job_id}&trade={k}" for k in shown.index],
    ).drop(columns="open")
    clean = rows.astype(object).where(rows.notna(), None)
    return clean.to_dict("records"), len(frame)


def draw(run: Run, symbol: str, selected: int | None, theme: Theme) -> Any:
    """The price chart of one instrument, zoomed to a trade when one is chosen."""
    bars, all_trades = trade_bars(run, symbol, selected), run.result.trades
    if len(bars):
        inside = all_trades["exit_ts"] >= bars.index[0]
        all_trades = all_trades[inside & (all_trades["entry_ts"] <= bars.index[-1])]
    return trades_figure(
        bars,
        all_trades,
        symbol,
        theme,
        selected=selected,
        timezone=run.timezone,
        simulated=run.row.simulated,
    )


def trade_bars(run: Run, symbol: str, selected: int | None = None) -> pd.DataFrame:
    """The bars to draw: all of the run's range, or a part of a very long one."""
    request = run.result.request
    dataset = run.dataset_of(symbol)
    if dataset is None:
        return pd.DataFrame({"close": []}, index=pd.DatetimeIndex([], tz="UTC", name="ts"))
    bars = services().catalogue.bars(
        actor(), dataset.slug, symbol, request.timeframe, request.start, request.end
    )
    if len(bars) <= MOST_BARS:
        return bars
    if selected is None:
        return bars.iloc[-MOST_BARS:]
    middle = int(bars.index.searchsorted(run.result.trades.loc[selected, "entry_ts"]))
    first = min(max(0, middle - MOST_BARS // 2), len(bars) - MOST_BARS)
    return bars.iloc[first : first + MOST_BARS]


def register() -> None:
    """A row, the symbol selector and the theme all lead to the chart."""

    @guard.callback(
        Output("bt-trade-figure", "figure"),
        Output("bt-trade-symbol", "value"),
        Input("bt-trades", "selectedRows"),
        Input("bt-trade-symbol", "value"),
        Input("theme", "data"),
        Input("palette", "data"),
        State("bt-run-id", "data"),
        prevent_initial_call=True,
        role="viewer",
    )
    def follow(
        rows: list[dict[str, Any]] | None, symbol: str, mode: str, palette: str, job_id: str
    ) -> Any:
        run = load_run(job_id)
        chosen = rows[0] if rows else None
        theme = theme_from(mode, palette)
        if ctx.triggered_id == "bt-trade-symbol":
            keeps = chosen is not None and chosen["symbol"] == symbol
            return (no_update if keeps else draw(run, symbol, None, theme)), no_update
        if chosen is None:
            return draw(run, symbol, None, theme), no_update
        figure = draw(run, chosen["symbol"], chosen["id"], theme)
        same_chart = chosen["symbol"] == symbol and ctx.triggered_id == "bt-trades"
        if same_chart and len(trade_bars(run, symbol)) < MOST_BARS:
            return _zoom(figure, chosen["id"]), no_update
        return figure, chosen["symbol"]


def _zoom(figure: Any, trade: int) -> Patch:
    """Only what a zoom changes; the bars are on the page already."""
    change = Patch()
    change["layout"]["uirevision"] = f"trade {trade}"  # leaves where the person had panned to
    for axis in ("xaxis", "yaxis"):
        change["layout"][axis]["range"] = list(figure.layout[axis].range)
    change["layout"]["shapes"] = [shape.to_plotly_json() for shape in figure.layout.shapes]
    return change


def _table_panel(run: Run) -> html.Section:
    rows, count = trade_rows(run)
    note = f"{count:,} trades"
    if count > len(rows):
        note = f"the {len(rows):,} of {count:,} trades that moved most money; all are in the files"
    detail = "minute" if run.result.request.timeframe.intraday else "day"
    zone, width = run.timezone, 146 if detail == "minute" else 110
    columns = [
        text_column("symbol", "Symbol", width=92, minWidth=80),
        badge_column("side", "Side", {"long": "accent", "short": "warn"}, width=86),
        market_time_column("entry_ts", "Entry", zone, detail, minWidth=width),
        market_time_column("exit_ts", "Exit", zone, detail, minWidth=width),
        number_column("quantity", "Units", "quantity"),
        number_column("entry_price", "In at", "price"),
        number_column("exit_price", "Out at", "price"),
        change_column("pnl", "P&L", "currency", minWidth=120),
        change_column("return", "Return", "percent", minWidth=112),
        number_column("costs", "Costs", "currency"),
        number_column("bars_held", "Bars", "count", width=84),
        number_column("mae", "Worst", "percent",
                      headerTooltip="Largest adverse excursion from the entry price while open"),
        number_column("mfe", "Best", "percent",
                      headerTooltip="Largest favourable excursion from the entry price while open"),
        badge_column("state", "State", {"open": "warn"}, width=88),
    ]  # fmt: skip
    if run.result.request.strategy == MODEL:
        columns.append(link_column("xray", "Why", "xray_href", width=88))
    grid = table(
        "bt-trades",
        columns,
        rows,
        row_id="id",
        height=430,
        selection="single",
        nothing="No trade.",
    )
    return html.Section(
        [
            panel_head("Trades", unit=note, actions=[quick_filter("bt-trades", "Filter trades")]),
            html.Div(grid),
        ],
        className="panel",
    )


def _iso(times: pd.Series) -> list[str | None]:
    return [None if at is pd.NaT else at.isoformat() for at in pd.DatetimeIndex(times)]
