"""From a trade of a model backtest to the decision behind it: what it was, and a button."""

from __future__ import annotations

from typing import Any

import dash
from dash import Input, Output, State, dcc, html

from pages.backtests.run import load_run
from pages.components.button import button, link_button
from pages.components.clock import moment
from pages.components.navigate import navigate
from pages.components.notice import notice
from pages.components.page_header import page_header
from pages.components.panel import facts, panel
from pages.server import guard
from pages.server.context import actor, services
from terminal.charts.numbers import format_value
from terminal.errors import InputError, NotFound
from terminal.explain.request import XrayRequest
from terminal.jobs.values import Job, JobFilter, JobState

dash.register_page(
    __name__, path="/xray", name="Trade X-ray start", title="Trade X-ray · AlphaTrade"
)
KIND = "xray"


def layout(backtest: str = "", trade: str = "", **_query: str) -> html.Div:
    """The trade in words, and what can be done with it."""
    run = load_run(backtest)
    number = int(trade) if trade.isdecimal() else -1
    trades = run.result.trades
    if not 0 <= number < len(trades):
        raise NotFound("The backtest has no such trade.")
    if run.result.request.strategy != "model":
        raise InputError(
            "This backtest follows no model; only a model's decision can be taken apart.",
            field="backtest",
        )
    row = trades.iloc[number]
    detail = "minute" if run.result.request.timeframe.intraday else "day"
    done = existing(backtest, number)
    action: Any = button("Take the decision apart", "xr-run", "primary", "search")
    if done is not None:
        action = link_button("Open its X-ray", f"/xray/{done.id}", "primary", icon="search")
    return html.Div(
        [
            page_header(
                f"Trade X-ray: {row['side']} {row['symbol']}",
                "Which features made the model decide so, as it knew them then.",
                crumbs=[("Backtest", f"/backtest/{backtest}")],
            ),
            panel(
                "The trade",
                html.Div(
                    [
                        facts(
                            [
                                ("Instrument", row["symbol"]),
                                ("Side", row["side"]),
                                ("Entry", moment(row["entry_ts"], detail, run.timezone)),
                                ("In at", format_value(row["entry_price"], "price")),
                                (
                                    "Last bar" if row["open"] else "Exit",
                                    moment(row["exit_ts"], detail, run.timezone),
                                ),
                                ("Out at", format_value(row["exit_price"], "price")),
                                ("P&L", format_value(row["pnl"], "currency", signed=True)),
                                ("Return", format_value(row["return"], "percent", signed=True)),
                            ]
                        ),
                        html.Div(id="xr-notice"),
                        html.Div([action], className="row"),
                    ],
                    className="stack",
                ),
            ),
            dcc.Store(id="xr-about", data=[backtest, number]),
        ],
        className="page",
    )


def existing(backtest: str, trade: int) -> Job | None:
    """A finished or open X-ray of the same trade."""
    for job in services().jobs.list(actor(), JobFilter(kinds=(KIND,))):
        same = job.request.get("backtest") == backtest and job.request.get("trade") == trade
        if same and (not job.state.final or job.state is JobState.SUCCEEDED):
            return job
    return None


@guard.callback(
    Output("xr-notice", "children"),
    Input("xr-run", "n_clicks"),
    State("xr-about", "data"),
    prevent_initial_call=True,
    role="trader",
)
def start(_clicks: int, about: list[Any]) -> Any:
    """Submit, and open the result's page."""
    if not _clicks:
        return None
    backtest, trade = str(about[0]), int(about[1])
    symbol = load_run(backtest).result.trades.iloc[trade]["symbol"]
    request = XrayRequest(backtest, trade, f"X-ray of a trade in {symbol}")
    navigate(f"/xray/{services().jobs.submit(actor(), KIND, request).id}")
    return notice("Taking the decision apart.", "info")
