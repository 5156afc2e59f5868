"""Risk: what a portfolio may lose, where that comes from, how fast it can be left.

Of an account, an imported portfolio or the positions of a finished backtest at any of its sessions.
The address says what is shown. An account's panel is measured again when its ledger or a price
changes.
"""

from __future__ import annotations

from typing import Any

import dash
from dash import ALL, Input, Output, State, ctx, dcc, html, no_update

from pages.backtests.figures import load_plotly, own_theme
from pages.components.badge import simulated_badge
from pages.components.button import button, link_button
from pages.components.empty_state import empty_state
from pages.components.form import labelled
from pages.components.job_card import finished_id, job_card
from pages.components.navigate import navigate
from pages.components.notice import error_notice
from pages.components.page_header import page_header
from pages.portfolios.choosing import address, benchmark_options, prices
from pages.risks.asking import (
    address_of,
    kept_view,
    measure,
    options,
    read_view,
    stamp,
)
from pages.server import guard
from pages.server.context import actor, services
from terminal.accounts.actor import Role
from terminal.backtest.report_job import file_stem
from terminal.charts.theme import theme_from
from terminal.codec import to_json
from terminal.errors import Conflict, InputError
from terminal.holdings.risk_book import BACKTEST, RiskFound, RiskView
from terminal.holdings.risk_names import SESSIONS
from terminal.holdings.risk_report_request import RiskReportRequest
from terminal.holdings.sources import load_source
from terminal.holdings.view import fits
from terminal.jobs.values import JobState

dash.register_page(
    __name__, path="/risk", name="Risk", title="Risk · AlphaTrade", order=29.65, menu="risk"
)

REFRESH_MS = 2_000


def layout(
    of: str = "", data: str = "", bench: str = "", day: str = "", sessions: str = "",
    own: str = "", loss: str = "", tab: str = "", **_query: str,
) -> html.Div:  # fmt: skip
    """The panel of the portfolio that the address names, or of the first there is."""
    from pages.risks.parts import body  # brings scipy: not at the start of the web process

    listed = options()
    if not of and not listed:
        return _nothing()
    chosen = of or listed[0]["value"]
    head = "What may be lost, where that comes from, and how fast it can be left."
    found: RiskFound | None = None
    now, wrong = "", None
    view = RiskView(chosen, "" if data == "none" else data, bench)
    try:
        view = read_view(chosen, view.data, bench, day, sessions, own, loss)
        found, now = measure(view)
    except (InputError, Conflict) as error:
        wrong = error
    theme = own_theme()
    given = {"day": day, "own": own, "loss": loss}
    shown = body(found, view, tab, theme) if found else [error_notice(wrong)] if wrong else []
    return html.Div(
        [
            page_header(_title(found), head, _actions(found, view)),
            _controls(listed, view, given, found),
            html.Div(id="rk-report"),
            html.Div(shown, id="rk-body", className="stack"),
            dcc.Store(id="rk-view", data=to_json(view)),
            dcc.Store(id="rk-tab", data=tab),
            dcc.Store(id="rk-stamp", data=now),
            dcc.Store(id="rk-drawn", data=[theme.mode, theme.palette]),
            dcc.Store(id="rk-report-job", data=""),
            dcc.Interval(id="rk-interval", interval=REFRESH_MS,
                         disabled=not chosen.startswith("account:")),
            dcc.Download(id="rk-download"),
            html.Div(id="rk-sink", hidden=True),
            load_plotly(),
        ],
        className="page stack",
    )  # fmt: skip


def _title(found: RiskFound | None) -> Any:
    if found is None:
        return "Risk"
    parts: list[Any] = [f"Risk of {found.title} "]
    return parts + ([simulated_badge()] if found.simulated else [])


def _nothing() -> html.Div:
    return html.Div(
        [
            page_header("Risk"),
            html.Section(
                empty_state(
                    "Nothing to measure yet",
                    "Risk is of positions: those of an account, of an imported portfolio, or of a "
                    "finished backtest.",
                    [
                        link_button("Run a backtest", "/backtest", "primary", icon="play"),
                        link_button("Import transactions", "/portfolio/import", icon="upload"),
                    ]
                    if actor().role.allows(Role.TRADER)
                    else [],
                    icon="risk",
                ),
                className="panel",
            ),
        ],
        className="page",
    )


def _actions(found: RiskFound | None, view: RiskView) -> list[Any]:
    parts: list[Any] = []
    if found is not None:
        parts = [
            button("Report", "rk-html", "primary", "download",
                   title="One HTML file that opens by itself, offline"),
            button("PDF", "rk-pdf", icon="download", title="The report on A4",
                   hidden=not actor().role.allows(Role.TRADER)),
        ]  # fmt: skip
    kind, _, id = view.of.partition(":")
    if kind == BACKTEST:
        parts.append(link_button("Backtest", f"/backtest/{id}", icon="backtest"))
    else:
        parts.append(
            link_button("Portfolio", address("/portfolio", of=view.of, data=view.data),
                        icon="portfolio")
        )  # fmt: skip
    return parts


def _controls(
    listed: list[dict[str, str]], view: RiskView, given: dict[str, str], found: RiskFound | None
) -> html.Div:
    backtest = view.of.startswith(f"{BACKTEST}:")
    if view.of not in {one["value"] for one in listed}:
        listed = [*listed, {"label": found.title if found else view.of, "value": view.of}]
    spans = [{"label": f"{count:,} sessions", "value": str(count)} for count in SESSIONS]
    return html.Div(
        [
            labelled("Portfolio", dcc.Dropdown(listed, view.of, id="rk-of", clearable=False)),
            html.Div(
                labelled("Returns of", dcc.Dropdown(_datasets(view), view.data or None,
                                                    id="rk-data", placeholder="The best fit")),
                hidden=backtest,
            ),
            html.Div(
                labelled("Session", _text("rk-day", given["day"], "the last; 2024-01-31"),
                         help="Positions at the close of this session of the run."),
                hidden=not backtest,
            ),
            labelled("Market", dcc.Dropdown(benchmark_options(), view.market or None,
                                            id="rk-bench",
                                            placeholder="An index, or their mean"),
                     help="Betas, and moves of the market, are against it. Without a choice: the "
                     "first index that has the whole history, else the mean of what is held."),
            labelled("History", dcc.Dropdown(spans, str(view.sessions), id="rk-sessions",
                                             clearable=False)),
            labelled("Own shock", _text("rk-own", given["own"], "market -10%, AAPL -20%"),
                     help="What moves and by how much: market -10%, sector Energy -20%, AAPL -15%. "
                     "Enter measures it."),
            labelled("Loss to explain", _text("rk-loss", given["loss"], "10%"),
                     help="The reverse stress looks for the likeliest way to lose it."),
        ],
        className="pf-controls",
    )  # fmt: skip


def _text(id: str, value: str, placeholder: str) -> dcc.Input:
    return dcc.Input(id=id, type="text", value=value, placeholder=placeholder, debounce=True,
                     maxLength=300, autoComplete="off")  # fmt: skip


def _datasets(view: RiskView) -> list[dict[str, str]]:
    if view.of.startswith(f"{BACKTEST}:"):
        return []
    source = load_source(services().db, actor(), view.of)
    symbols = {one.symbol for one in source.activities if one.symbol}
    return [
        {"label": f"{fit.dataset.label} · {fit.symbols} of {len(symbols)}",
         "value": fit.dataset.slug}
        for fit in fits(prices(), actor(), source)
    ]  # fmt: skip


@guard.callback(
    Output("rk-sink", "children"),
    Input("rk-of", "value"),
    Input("rk-data", "value"),
    Input("rk-day", "value"),
    Input("rk-bench", "value"),
    Input("rk-sessions", "value"),
    Input("rk-own", "value"),
    Input("rk-loss", "value"),
    State("rk-view", "data"),
    State("rk-tab", "data"),
    prevent_initial_call=True,
    role="viewer",
)
def go(
    of: str, data: str | None, day: str | None, bench: str | None, sessions: str,
    own: str | None, loss: str | None, shown: dict[str, Any], tab: str,
) -> Any:  # fmt: skip
    """Open what was chosen; what cannot be read stays in its box and says why."""
    other = of != shown["of"]
    view = read_view(
        of, "" if other else data or "", bench or "", "" if other else day or "", sessions,
        own or "", loss or "",
    )  # fmt: skip
    if to_json(view) != shown:
        navigate(address_of(view, tab=tab))
    return no_update


@guard.callback(
    Output("rk-body", "children"),
    Output("rk-stamp", "data"),
    Output("rk-drawn", "data"),
    Input("rk-interval", "n_intervals"),
    Input("theme", "data"),
    Input("palette", "data"),
    State("rk-view", "data"),
    State("rk-tab", "data"),
    State("rk-stamp", "data"),
    State("rk-drawn", "data"),
    running=[(Output("rk-interval", "disabled"), True, False)],
    prevent_initial_call=True,
    role="viewer",
)
def follow(
    _tick: int, mode: str, palette: str, shown: dict[str, Any], tab: str, before: str,
    drawn: list[str],
) -> Any:  # fmt: skip
    """Measure again when a position or a price has changed; draw again in another theme."""
    from pages.risks.parts import body

    view, theme = kept_view(shown), theme_from(mode, palette)
    wears = [theme.mode, theme.palette]
    if stamp(view) == before and wears == drawn:
        return no_update, no_update, no_update
    try:
        found, now = measure(view)
    except (InputError, Conflict) as error:
        return [error_notice(error)], stamp(view), wears
    return body(found, view, tab, theme), now, wears


@guard.callback(
    Output("rk-download", "data"),
    Input("rk-html", "n_clicks"),
    State("rk-view", "data"),
    State("theme", "data"),
    State("palette", "data"),
    prevent_initial_call=True,
    role="viewer",
)
def export(clicks: int, shown: dict[str, Any], mode: str, palette: str) -> Any:
    """The report as one HTML file."""
    if not clicks:
        return no_update
    from terminal.reports.risk_report import risk_report_html

    found, _ = measure(kept_view(shown))
    page = risk_report_html(
        found.panel, found.title, theme_from(mode, palette), simulated=found.simulated
    )
    name = f"{file_stem(found.title)}-risk-{found.day}.html"
    return {"content": page, "filename": name, "type": "text/html", "base64": False}


@guard.callback(
    Output("rk-report", "children"),
    Output("rk-report-job", "data"),
    Input("rk-pdf", "n_clicks"),
    State("rk-view", "data"),
    State("palette", "data"),
    prevent_initial_call=True,
    role="trader",
)
def report(clicks: int, shown: dict[str, Any], palette: str) -> Any:
    """The report on A4, by a job."""
    if not clicks:
        return no_update, no_update
    view = kept_view(shown)
    request = RiskReportRequest(**vars(view), palette=theme_from("light", palette).palette)
    found, _ = measure(view)
    job = services().jobs.submit(actor(), "risk_report", request, title=f"Risk of {found.title}")
    return job_card(job.id, log=False), job.id


@guard.callback(
    Output("rk-sink", "title"),
    Input(finished_id(ALL), "data"),
    State("rk-report-job", "data"),
    prevent_initial_call=True,
    role="viewer",
)
def hand_over(_states: list[Any], report_job: str) -> Any:
    """Open the file when its job is done."""
    source = ctx.triggered_id
    done = ctx.triggered[0]["value"] == JobState.SUCCEEDED.value if source else False
    if done and source["job"] == report_job:
        files = services().jobs.artifacts(actor(), report_job)
        if files:
            navigate(f"/artifacts/{files[0].id}", reload=True)
    return no_update
