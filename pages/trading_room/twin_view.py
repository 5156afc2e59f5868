"""The shadow twin of a session: ask for it, and what it found."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from dash import Input, Output, State, html, no_update

from pages.backtests.figures import own_theme
from pages.components.button import button
from pages.components.figure_card import figure_card
from pages.components.job_card import job_card
from pages.components.navigate import navigate
from pages.components.number import change, number, stat, stats
from pages.components.panel import panel
from pages.components.table import (
    change_column,
    market_time_column,
    number_column,
    table,
    text_column,
)
from pages.server import guard
from pages.server.context import actor, services
from pages.trading_room import account as room
from pages.trading_room.headline import ZONE
from terminal.charts.execution import gap_figure, waterfall_height
from terminal.db.repositories import live_sessions
from terminal.execution.twin import PARTS
from terminal.execution.twin_request import TwinRequest
from terminal.jobs.values import Job, JobFilter, JobState

KIND = "shadow_twin"
FILE = "twin.json"
MOST_ROWS = 400


def twin_panel(session_id: str, strategy: str) -> list[Any]:
    """The newest twin, or how to get one."""
    if not strategy:
        return []
    job = newest(session_id)
    again = (
        [button("Compare with its replay" if job is None else "Compare again", "tr-twin",
                "plain", "compare", small=True)]
        if room.may_trade()
        else []
    )  # fmt: skip
    if job is None:
        words = (
            "The same strategy is run by the backtest engine on the same bars, and the gap between "
            "the two is split into missed signals, timing, price, fees and size."
        )
        return [panel("Shadow twin", html.P(words, className="muted"), actions=again)]
    if job.state is not JobState.SUCCEEDED:
        return [panel("Shadow twin", job_card(job.id, files=False, log=False), actions=again)]
    content = stored(job)
    if content is None:
        return [panel("Shadow twin", html.P("Its file is gone.", className="muted"),
                      actions=again)]  # fmt: skip
    return [panel("Shadow twin", twin_view(content), actions=again)]


def newest(session_id: str) -> Job | None:
    """The newest comparison of a session."""
    wanted = JobFilter(kinds=(KIND,), limit=200)
    for job in services().jobs.list(actor(), wanted):
        if dict(job.request).get("session_id") == session_id:
            return job
    return None


def stored(job: Job) -> dict[str, Any] | None:
    """What the comparison wrote."""
    app = services()
    found = [one for one in app.jobs.artifacts(actor(), job.id) if one.name == FILE]
    if not found:
        return None
    opened = app.jobs.open_artifact(actor(), found[0].id)
    content: dict[str, Any] = orjson.loads(opened.path.read_bytes())
    return content


def twin_view(content: Mapping[str, Any]) -> html.Div:
    """Gap, parts, sentences, decisions."""
    parts = {name: float(content["parts"].get(name, 0.0)) for name in PARTS}
    rows = list(content.get("rows") or ())[:MOST_ROWS]
    return html.Div(
        [
            stats(
                [
                    stat("Session less replay", change(float(content["total"]), "currency")),
                    stat("Decisions", number(int(content["bars"]), "count")),
                    stat("Fills", number(int(content["fills"]), "count")),
                    stat("Fills of the replay", number(int(content["twin_fills"]), "count")),
                ]
            ),
            html.Div(
                [
                    figure_card("tr-twin-figure", "The gap in parts",
                                figure=gap_figure(parts, own_theme()),
                                height=waterfall_height(parts), filename="twin"),
                    html.Ul([html.Li(words) for words in content.get("words") or ()],
                            className="tr-words"),
                ],
                className="grid-2",
            ),
            table("tr-twin-rows", _columns(), rows, height=320,
                  nothing="No decision was traded on differently."),
        ],
        className="stack",
    )  # fmt: skip


def register() -> None:
    """Ask for a comparison."""

    @guard.callback(
        Output("tr-twin-sink", "children"),
        Input("tr-twin", "n_clicks"),
        State("tr-session-id", "data"),
        prevent_initial_call=True,
        role="trader",
    )
    def compare(clicks: int, session_id: str) -> Any:
        if not clicks:
            return no_update
        app = services()
        with app.db.read() as conn:
            live_sessions.get(conn, actor(), session_id)
        app.jobs.submit(actor(), KIND, TwinRequest(session_id), title="Shadow twin")
        navigate(f"/trading/session/{session_id}")
        return ""


def _columns() -> list[dict[str, Any]]:
    parts = [(("price_gap" if name == "price" else name), name) for name in PARTS]
    return [
        market_time_column("decided_on", "Decided on", ZONE, width=150),
        text_column("symbol", "Symbol", width=90),
        number_column("quantity", "Units", "quantity", minWidth=84),
        number_column("twin_quantity", "Of the replay", "quantity", minWidth=104),
        number_column("price", "At", "price", minWidth=84),
        number_column("twin_price", "Replay at", "price", minWidth=92),
        change_column("total", "Gap", "currency", minWidth=96),
        *(
            change_column(field, title.capitalize(), "currency", minWidth=96)
            for field, title in parts
        ),
        number_column("late_s", "Later by", "seconds", minWidth=96),
        text_column("reason", "Why", minWidth=180, flex=2),
    ]
