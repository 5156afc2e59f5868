"""The command bar: one box for pages, symbols, actions and function codes.

Its list is asked for once by the browser (`command-index`), then searched there without a round
trip (assets/command_bar.js). The index is JSON: `pages` (title, href, code), `symbols` (symbol,
name, dataset, title, simulated).
"""

from __future__ import annotations

from typing import Any

from dash import ClientsideFunction, Input, Output, clientside_callback, dcc, html, page_registry

from pages.components.icon import icon
from pages.components.navigate import navigate
from pages.components.toasts import toast
from pages.server import guard
from pages.server.context import actor, services
from terminal.codec import from_json
from terminal.jobs.kinds import get_kind, load
from terminal.jobs.values import JobFilter

CODES = {
    "/": "MKT",
    "/backtest": "BT",
    "/rules": "RULES",
    "/jobs": "JOBS",
    "/data": "DATA",
    "/settings": "SET",
}


def command_trigger() -> html.Button:
    """The box in the top bar that opens the command bar."""
    return html.Button(
        [
            icon("search"),
            html.Span("Search pages, symbols, commands", className="command-trigger-text"),
            html.Kbd("Ctrl K"),
        ],
        id="command-trigger",
        type="button",
        className="command-trigger",
        **{"aria-haspopup": "dialog", "aria-keyshortcuts": "Control+K /"},
    )


def command_stores() -> list[Any]:
    """The index and the request for it; once, in the shell."""
    return [
        dcc.Store(id="command-index"),
        dcc.Store(id="command-index-request", data=0),
        dcc.Store(id="run-again"),
        html.Div(id="command-sink", hidden=True),
        html.Div(id="run-again-sink", hidden=True),
    ]


def page_entries() -> list[dict[str, str]]:
    """The built pages that stand in the menu, in menu order."""
    return [
        {"title": page["name"], "href": page["path"], "code": CODES.get(page["path"], "")}
        for page in page_registry.values()
        if page.get("menu")
    ]


def register() -> None:
    """The callback that serves the index, and the one command that needs the server."""
    clientside_callback(
        ClientsideFunction("terminalCommand", "keepIndex"),
        Output("command-sink", "children"),
        Input("command-index", "data"),
    )

    @guard.callback(
        Output("run-again-sink", "children"),
        Input("run-again", "data"),
        prevent_initial_call=True,
        role="trader",
    )
    def run_again(_asked: object) -> str:
        who, jobs = actor(), services().jobs
        last = jobs.list(who, JobFilter(kinds=("backtest",), limit=1))
        if not last:
            toast("There is no backtest to run again.", "info", "Start one on the Backtest page.")
            return ""
        request = from_json(load(get_kind("backtest").request), last[0].request)
        job = jobs.submit(who, "backtest", request, title=last[0].title, parent_id=last[0].id)
        navigate(f"/jobs/{job.id}")
        return ""

    @guard.callback(
        Output("command-index", "data"), Input("command-index-request", "data"), role="viewer"
    )
    def load_index(_asked: object) -> dict[str, Any]:
        catalogue = services().catalogue
        who = actor()
        symbols = []
        for dataset in catalogue.datasets(who):
            for series in catalogue.series(who, dataset.slug):
                symbols.append(
                    {
                        "symbol": series.symbol,
                        "name": series.name or "",
                        "dataset": dataset.slug,
                        "title": dataset.title,
                        "simulated": bool(dataset.simulated),
                    }
                )
        return {"pages": page_entries(), "symbols": symbols, "role": who.role.value}
