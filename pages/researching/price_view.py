"""A feature on the price of one instrument: which, how many bars, how far back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
from dash import Input, Output, State, ctx, dcc, html

from pages.components.button import button
from pages.components.figure_card import blank_figure
from pages.components.panel import panel_head
from pages.researching import figures
from pages.rule_builder.bars import load
from pages.server import guard
from pages.server.context import actor, services
from terminal.charts.config import graph_config
from terminal.charts.feature_on_price import feature_figure
from terminal.charts.layout import empty_figure
from terminal.charts.theme import Theme
from terminal.codec import from_json
from terminal.errors import InputError, NotFound
from terminal.jobs.values import Job
from terminal.market.adjust import backward_adjusted
from terminal.market.calendars import get_calendar
from terminal.market.dataset import Dataset
from terminal.research.menu import menu
from terminal.research.requests import BarsRequest, StudyRequest
from terminal.research.stored import read_frame

SPANS = (250, 1_000, 3_000)
HEIGHT = 420


def price_card(job: Job, request: StudyRequest) -> html.Section:
    """Controls over the figure."""
    symbols = list(request.bars.symbols)
    first = {"symbol": symbols[0], "span": SPANS[0], "back": 0}
    return html.Section(
        [
            panel_head(
                "Feature on the price",
                help="Prices adjusted for splits and dividends so that the newest is as quoted. "
                "The feature was computed point in time; each value is known at that close.",
            ),
            html.Div(
                [
                    html.Div(
                        dcc.Dropdown(symbols, symbols[0], id=figures.control_id("symbol"),
                                     clearable=False),
                        className="rs-symbol",
                    ),
                    figures.segments("span", [(f"{n:,} bars", n) for n in SPANS], SPANS[0],
                                     "Bars shown"),
                    html.Div(
                        [button("Earlier", "rs-earlier", small=True, icon="chevron-left"),
                         button("Later", "rs-later", small=True, icon="chevron-right")],
                        className="row",
                    ),
                    html.Div(
                        dcc.Input(id=figures.control_id("back"), type="number", value=0),
                        hidden=True,
                    ),
                ],
                className="ru-controls",
            ),
            html.Div(
                dcc.Graph(
                    id=figures.figure_id("price"),
                    figure=price_figure(job, figures.own_theme(), first) or blank_figure(),
                    config=graph_config(scroll_zoom=True, filename="feature"),
                    responsive=True, style={"height": f"{HEIGHT}px"},
                ),
                className="figure-body",
            ),
        ],
        className="panel",
    )  # fmt: skip


def price_figure(job: Job, theme: Theme, choices: Mapping[str, Any]) -> Any:
    """Bars and feature of the instrument that is chosen; a sentence where they are gone."""
    request, found = from_json(StudyRequest, dict(job.request)), dict(job.summary or {})
    symbols = request.bars.symbols
    symbol = choices.get("symbol") if choices.get("symbol") in symbols else symbols[0]
    try:
        dataset, bars = adjusted_bars(request.bars, str(symbol))
        values = read_frame(services().jobs, actor(), job.id, "values", [str(symbol)])
    except (NotFound, InputError) as error:
        return empty_figure(error.message, theme)
    own = values[str(symbol)]
    span, back = int(choices.get("span") or SPANS[0]), int(choices.get("back") or 0)
    inside = bars.loc[own.index[0] : own.index[-1]]
    stop = max(min(span, len(inside)), len(inside) - max(back, 0))
    shown = inside.iloc[max(0, stop - span) : stop]
    slug = request.choice.feature
    unit = menu().features[slug].unit if slug in menu().features else ""
    return feature_figure(
        shown, own, theme, symbol=str(symbol), name=found["column"],
        unit="Normalised" if request.choice.normaliser else unit,
        timezone=get_calendar(dataset.calendar).timezone, simulated=dataset.simulated,
    )  # fmt: skip


def adjusted_bars(bars: BarsRequest, symbol: str) -> tuple[Dataset, pd.DataFrame]:
    """All bars of one instrument for display: the newest price is as quoted."""
    dataset, panel = load(bars.dataset, symbol, bars.timeframe)
    shown = backward_adjusted(panel)
    columns = ("open", "high", "low", "close", "volume")
    index = pd.DatetimeIndex(shown.ts, tz="UTC", name="ts")
    return dataset, pd.DataFrame({one: getattr(shown, one)[:, 0] for one in columns}, index=index)


def register() -> None:
    """Earlier and later move by half a view."""

    @guard.callback(
        Output(figures.control_id("back"), "value"),
        Input("rs-earlier", "n_clicks"),
        Input("rs-later", "n_clicks"),
        State(figures.control_id("back"), "value"),
        State(figures.control_id("span"), "value"),
        State(figures.SUBJECT, "data"),
        prevent_initial_call=True,
        role="viewer",
    )
    def move(_earlier: int, _later: int, back: int | None, span: int, about: Any) -> int:
        step = max(1, int(span) // 2)
        most = int((services().jobs.get(actor(), about[1]).summary or {}).get("n_bars") or 0)
        way = 1 if ctx.triggered_id == "rs-earlier" else -1
        return max(0, min(int(back or 0) + way * step, max(0, most - int(span))))
