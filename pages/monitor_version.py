"""One model version as it is watched: its newest measurement, the ones before, measure now."""

from __future__ import annotations

from typing import Any

import dash
from dash import Input, Output, State, dcc, html

from pages.backtests.figures import load_plotly
from pages.components.button import button, link_button
from pages.components.empty_state import empty_state
from pages.components.navigate import navigate
from pages.components.notice import notice
from pages.components.page_header import page_header
from pages.components.panel import panel
from pages.components.table import badge_column, link_column, number_column, table, text_column
from pages.explaining.versions import version_of
from pages.monitoring.report_view import TONES, report_parts
from pages.server import guard
from pages.server.context import actor, services
from terminal.accounts.actor import Role
from terminal.db.repositories import drift
from terminal.db.repositories.drift import DriftRow
from terminal.drift.request import DriftRequest
from terminal.errors import NotFound

dash.register_page(
    __name__, path_template="/monitor/<version_id>", name="Monitored model",
    title="Monitored model · AlphaTrade",
)  # fmt: skip


def layout(version_id: str = "", **_query: str) -> html.Div:
    """Newest measurement over the history."""
    if not version_id.isdecimal():
        raise NotFound("There is no model version with this address.")
    version = version_of(int(version_id))
    with services().db.read() as conn:
        history = drift.of_version(conn, actor(), version.id)
    allowed = actor().role.allows(Role.TRADER) and version.baseline is not None
    parts: list[Any] = [
        page_header(
            version.words,
            "How far what it sees, says and gets right is from its training.",
            [
                *([button("Measure now", "mo-run", "primary", "play")] if allowed else []),
                link_button("Explain", f"/explain?version={version.id}", icon="explain"),
            ],
            [("Monitor", "/monitor")],
        ),
        dcc.Store(id="mo-version", data=version.id),
        html.Div(id="mo-notice"),
    ]
    if history:
        parts += [*report_parts(history[0]), _history(history)]
    else:
        parts.append(
            panel(
                "Drift",
                empty_state(
                    "Not measured yet",
                    "Versions in production are measured once a day. Press Measure now to do it "
                    "at once."
                    if version.baseline is not None
                    else "This version keeps no baseline to compare with; train it again.",
                    icon="monitor",
                ),
            )
        )
    return html.Div([*parts, load_plotly()], className="page rs-page")


def _history(history: list[DriftRow]) -> html.Section:
    rows = [
        {
            "id": row.job_id,
            "when": f"{row.created_at:%Y-%m-%d %H:%M}",
            "href": f"/monitor/report/{row.job_id}",
            "severity": row.severity,
            "features": row.features,
            "predictions": row.predictions,
            "decay": row.decay,
            "until": f"{row.last_ts:%Y-%m-%d}",
            "n": row.n_events,
        }
        for row in history
    ]
    return panel(
        "Measurements",
        table(
            "mo-history",
            [
                link_column("when", "Measured (UTC)", "href", width=150),
                badge_column("severity", "Severity", TONES, width=112),
                badge_column("features", "Features", TONES, width=112),
                badge_column("predictions", "Predictions", TONES, width=118),
                badge_column("decay", "Score", TONES, width=112),
                text_column("until", "Data until", width=116),
                number_column("n", "Events", "count", width=104),
            ],
            rows, row_id="id", height=min(360, 30 * (len(rows) + 1) + 18),
        ),
        flush=True,
    )  # fmt: skip


@guard.callback(
    Output("mo-notice", "children"),
    Input("mo-run", "n_clicks"),
    State("mo-version", "data"),
    prevent_initial_call=True,
    role="trader",
)
def measure_now(clicks: int, version_id: int) -> Any:
    """Submit, and open the result's page."""
    if not clicks:
        return None
    version = version_of(int(version_id))
    request = DriftRequest(version=version.id, name=f"Drift of {version.words}")
    navigate(f"/monitor/report/{services().jobs.submit(actor(), 'drift', request).id}")
    return notice("Measuring.", "info")
