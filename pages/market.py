"""Market: the watch list, and the price chart of the instrument that is linked.

Which instrument is shown is said by the shell's store `linked-symbol`, by the address
(`/?dataset=...&symbol=...`) on arrival. Panning and zooming are the browser's; it asks for bars
only when the view runs out of them or becomes finer than they are, one request at a time
(assets/market.js).
"""

from __future__ import annotations

from typing import Any

import dash
from dash import dcc, html

from pages.backtests.figures import load_plotly
from pages.components.button import link_button
from pages.components.empty_state import empty_state
from pages.components.page_header import page_header
from pages.markets import callbacks, indicators, regimes
from pages.markets.choosing import timeframe_options
from pages.markets.drawing import RANGES
from pages.markets.watch_list import watch_panel
from pages.server.context import actor, services
from terminal.accounts.actor import Role
from terminal.charts.config import graph_config

dash.register_page(
    __name__, path="/", name="Market", title="Market · AlphaTrade", order=10, menu="market"
)


def layout(dataset: str = "", symbol: str = "", **_query: str) -> html.Div:
    """Watch list beside the chart; an empty state while there is no data."""
    known = services().catalogue.datasets(actor())
    if not known:
        return _no_data()
    asked = {"dataset": dataset, "symbol": symbol} if dataset else None
    return html.Div(
        [
            html.H1("Market", className="visually-hidden"),
            dcc.Store(id="mk-asked", data=asked),
            dcc.Store(id="mk-chosen"),
            dcc.Store(id="mk-request"),
            dcc.Store(id="mk-view"),
            dcc.Store(id="mk-answer"),
            html.Div(id="mk-sink", hidden=True),
            html.Div(id="mk-range-sink", hidden=True),
            html.Div(id="mk-pick-sink", hidden=True),
            html.Div(id="mk-moved-sink", hidden=True),
            html.Div([watch_panel(), _main(known)], className="mk-columns"),
        ],
        className="page mk-page",
    )


def _no_data() -> html.Div:
    links = [link_button("Watch the jobs", "/jobs", "primary", icon="jobs")]
    if actor().role.allows(Role.TRADER):
        links.append(link_button("Import files", "/data/import", icon="upload"))
    return html.Div(
        [
            page_header("Market"),
            html.Section(
                empty_state(
                    "No market data yet",
                    "The built-in data is loaded at the first start and takes some seconds. "
                    "Open this page again when its job has finished, or import your own files.",
                    links,
                    icon="market",
                ),
                className="panel",
            ),
        ],
        className="page",
    )


def _main(known: Any) -> html.Div:
    return html.Div(
        [
            html.Section(
                [
                    html.Div(id="mk-headline", className="mk-headline"),
                    html.Div(id="mk-regime-line", className="mk-regime-line"),
                    _controls(known),
                    html.Div(
                        [
                            dcc.Graph(
                                id="mk-figure",
                                figure=callbacks.blank(),
                                config=graph_config(scroll_zoom=True, filename="chart"),
                                responsive=True,
                                style={"height": "var(--mk-graph-height)"},
                            ),
                            html.Div(id="mk-detail", className="mk-detail", role="status"),
                        ],
                        className="mk-figure-body",
                    ),
                ],
                className="panel mk-chart",
            ),
            html.Div(id="mk-stats"),
            regimes.strip(),
            html.Div(id="mk-source", className="mk-source muted"),
            load_plotly(),
        ],
        className="stack mk-main",
    )


def _controls(known: Any) -> html.Div:
    datasets = [{"label": one.label, "value": one.slug} for one in known]
    return html.Div(
        [
            html.Div(
                dcc.Dropdown(datasets, None, id="mk-dataset", clearable=False,
                             placeholder="Data set"),
                className="mk-dataset",
            ),
            html.Div(
                dcc.Dropdown([], None, id="mk-symbol", clearable=False, placeholder="Symbol"),
                className="mk-symbol-box",
            ),
            _switch("mk-timeframe", timeframe_options(known[0]), known[0].timeframe.value,
                    "Bar length"),
            _switch("mk-range", list(RANGES), None, "Range"),
            _switch("mk-scale", [("Linear", "linear"), ("Log", "log")], "linear", "Scale",
                    keep=True),
            _switch("mk-style", [("Candles", "candles"), ("Line", "line")], "candles", "Style",
                    keep=True),
            html.Div(
                _switch("mk-prices", [("Adjusted", "adjusted"), ("As traded", "traded")],
                        "adjusted", "Prices", keep=True),
                id="mk-prices-box", hidden=True,
            ),
            indicators.menu(),
        ],
        className="mk-controls",
    )  # fmt: skip


def _switch(id: str, options: Any, value: str | None, label: str, keep: bool = False) -> Any:
    made = [
        one if isinstance(one, str | dict) else {"label": one[0], "value": one[1]}
        for one in options
    ]
    switch = dcc.RadioItems(
        made, value, id=id, inline=True, className="segmented segmented-small",
        persistence=keep or None, persistence_type="local",
    )  # fmt: skip
    return html.Div(switch, role="group", **{"aria-label": label})


callbacks.register()
regimes.register()
