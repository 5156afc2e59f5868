"""Portfolio: what an account or an imported file of transactions holds, earned and lost.

The address says what is shown (`?of=account:...&data=...&bench=...`), so that it can be kept and
sent. An account's numbers follow its ledger and its last prices by themselves.
"""

from __future__ import annotations

from typing import Any

import dash
from dash import Input, Output, State, dcc, html, no_update

from pages.backtests.figures import load_plotly, own_theme
from pages.components.button import link_button
from pages.components.empty_state import empty_state
from pages.components.form import labelled
from pages.components.navigate import navigate
from pages.components.page_header import page_header
from pages.portfolios.body import FIGURES, body, drawn_figures, figure_id, found_of
from pages.portfolios.choosing import (
    NO_DATA,
    Chosen,
    address,
    benchmark_options,
    choose,
    known,
)
from pages.portfolios.tables import holdings_frame
from pages.server import guard
from pages.server.context import actor, services
from terminal.accounts.actor import Role
from terminal.backtest.report_job import file_stem
from terminal.charts.theme import theme_from
from terminal.db.repositories import portfolios
from terminal.errors import NotFound
from terminal.holdings.sources import ACCOUNT, PORTFOLIO, stamp_of
from terminal.reports.export import frame_to_csv

dash.register_page(
    __name__, path="/portfolio", name="Portfolio", title="Portfolio · AlphaTrade", order=29.55,
    menu="portfolio",
)  # fmt: skip

REFRESH_MS = 3_000


def layout(of: str = "", data: str = "", bench: str = "", **_query: str) -> html.Div:
    """The chosen portfolio; where there is none, how to get one."""
    chosen = choose(of, data, bench)
    if chosen is None:
        return _nothing()
    theme = own_theme()
    return html.Div(
        [
            page_header("Portfolio", "What is held, what it earned, and where that came from.",
                        _actions(chosen)),
            _controls(chosen),
            html.Div(body(chosen, theme), id="pf-body", className="stack"),
            dcc.Store(id="pf-chosen", data=[chosen.choice.key, chosen.data, chosen.benchmark]),
            dcc.Store(id="pf-drawn", data=[theme.mode, theme.palette]),
            dcc.Store(id="pf-stamp", data=chosen.source.stamp),
            dcc.Interval(id="pf-interval", interval=REFRESH_MS,
                         disabled=chosen.choice.kind != ACCOUNT),
            dcc.Download(id="pf-download"),
            html.Div(id="pf-sink", hidden=True),
            load_plotly(),
        ],
        className="page stack",
    )  # fmt: skip


def _nothing() -> html.Div:
    trader = actor().role.allows(Role.TRADER)
    return html.Div(
        [
            page_header("Portfolio"),
            html.Section(
                empty_state(
                    "No portfolio yet",
                    "Import the transactions of an account you have elsewhere as CSV, or open a "
                    "paper account and trade."
                    if trader
                    else "You have no account and no imported portfolio; importing needs the role "
                    "trader.",
                    [
                        link_button("Import transactions", "/portfolio/import", "primary",
                                    icon="upload"),
                        link_button("Open an account", "/trading"),
                    ]
                    if trader
                    else [],
                    icon="portfolio",
                ),
                className="panel",
            ),
        ],
        className="page",
    )  # fmt: skip


def _actions(chosen: Chosen) -> list[Any]:
    parts: list[Any] = [
        link_button("Risk", address("/risk", of=chosen.choice.key, data=chosen.data),
                    icon="risk"),
    ]  # fmt: skip
    if actor().role.allows(Role.TRADER):
        parts.append(link_button("Import transactions", "/portfolio/import", icon="upload"))
        if chosen.choice.kind == PORTFOLIO:
            parts.append(
                dcc.ConfirmDialogProvider(
                    html.Button("Delete", type="button", className="button button-danger"),
                    id="pf-delete",
                    message=f"Delete {chosen.choice.title} with all its transactions?",
                )
            )
    return parts


def _controls(chosen: Chosen) -> html.Div:
    words = {ACCOUNT: "account", PORTFOLIO: "imported"}
    options = [{"label": f"{one.title} · {words[one.kind]}", "value": one.key} for one in known()]
    total = len({one.symbol for one in chosen.source.activities if one.symbol})
    data = [
        {"label": f"{fit.dataset.label} · {fit.symbols} of {total}", "value": fit.dataset.slug}
        for fit in chosen.fits
    ]
    data.append({"label": "Trades and last prices only", "value": NO_DATA})
    return html.Div(
        [
            labelled("Portfolio", dcc.Dropdown(options, chosen.choice.key, id="pf-of",
                                               clearable=False)),
            labelled("Prices of", dcc.Dropdown(data, chosen.data or NO_DATA, id="pf-data",
                                               clearable=False)),
            labelled("Benchmark", dcc.Dropdown(benchmark_options(), chosen.benchmark or None,
                                               id="pf-bench", placeholder="None")),
        ],
        className="pf-controls",
    )  # fmt: skip


@guard.callback(
    Output("pf-sink", "children"),
    Input("pf-of", "value"),
    Input("pf-data", "value"),
    Input("pf-bench", "value"),
    State("pf-chosen", "data"),
    prevent_initial_call=True,
    role="viewer",
)
def go(of: str, data: str, bench: str | None, shown: list[str]) -> Any:
    """Open what was chosen."""
    wanted = [of, "" if data == NO_DATA else data, bench or ""]
    if wanted == shown:
        return no_update
    if of != shown[0]:  # another portfolio finds its own data set
        navigate(address("/portfolio", of=of, bench=bench or ""))
    else:
        navigate(address("/portfolio", of=of, data=data, bench=bench or ""))
    return no_update


def _again(shown: list[str]) -> Chosen:
    chosen = choose(shown[0], shown[1] or NO_DATA, shown[2])
    if chosen is None:
        raise NotFound("The portfolio is gone.", field="portfolio")
    return chosen


@guard.callback(
    Output("pf-body", "children"),
    Output("pf-stamp", "data"),
    Input("pf-interval", "n_intervals"),
    State("pf-chosen", "data"),
    State("pf-stamp", "data"),
    State("theme", "data"),
    State("palette", "data"),
    running=[(Output("pf-interval", "disabled"), True, False)],
    prevent_initial_call=True,
    role="viewer",
)
def follow(_tick: int, shown: list[str], stamp: str, mode: str, palette: str) -> Any:
    """Draw an account anew when its ledger or a price has changed."""
    if stamp_of(services().db, actor(), shown[0]) == stamp:
        return no_update, no_update
    chosen = _again(shown)
    return body(chosen, theme_from(mode, palette)), chosen.source.stamp


@guard.callback(
    *(Output(figure_id(key), "figure") for key in FIGURES),
    Output("pf-drawn", "data"),
    Input("theme", "data"),
    Input("palette", "data"),
    Input("pf-period", "value"),
    State("pf-drawn", "data"),
    State("pf-chosen", "data"),
    prevent_initial_call=True,
    role="viewer",
)
def redraw(mode: str, palette: str, period: str, drawn: list[str], shown: list[str]) -> Any:
    """Another theme, or another period of the treemap."""
    theme = theme_from(mode, palette)
    wears = [theme.mode, theme.palette]
    made = drawn_figures(found_of(_again(shown)), theme, period)
    if drawn == wears:
        return (made["treemap"], *([no_update] * len(FIGURES)))
    return (*(made[key] for key in FIGURES), wears)


@guard.callback(
    Output("pf-download", "data"),
    Input("pf-csv", "n_clicks"),
    State("pf-chosen", "data"),
    prevent_initial_call=True,
    role="viewer",
)
def export(clicks: int, shown: list[str]) -> Any:
    """The holdings as CSV."""
    if not clicks:
        return no_update
    found = found_of(_again(shown))
    return {
        "content": frame_to_csv(holdings_frame(found)).decode(),
        "filename": f"{file_stem(found.title)}-holdings-{found.last}.csv",
        "type": "text/csv",
        "base64": False,
    }


@guard.callback(
    Output("pf-sink", "title"),
    Input("pf-delete", "submit_n_clicks"),
    State("pf-chosen", "data"),
    prevent_initial_call=True,
    role="trader",
)
def remove(clicks: int | None, shown: list[str]) -> Any:
    """Delete an imported portfolio."""
    if not clicks:
        return no_update
    with services().db.write() as conn:
        portfolios.delete(conn, actor(), shown[0].partition(":")[2])
    navigate("/portfolio")
    return no_update
