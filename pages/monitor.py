"""Monitor: every model version and how far it has drifted from its training."""

from __future__ import annotations

from typing import Any

import dash
from dash import html

from pages.components.button import link_button
from pages.components.empty_state import empty_state
from pages.components.page_header import page_header
from pages.components.panel import panel_head
from pages.components.table import (
    badge_column,
    link_column,
    quick_filter,
    table,
    text_column,
    time_column,
)
from pages.explaining.versions import own_versions
from pages.monitoring.report_view import TONES
from pages.server.context import actor, services
from terminal.db.repositories import drift
from terminal.db.repositories.drift import DriftRow
from terminal.db.repositories.models import VersionRow

dash.register_page(
    __name__, path="/monitor", name="Monitor", title="Monitor · AlphaTrade", order=29.5,
    menu="monitor",
)  # fmt: skip

STAGE_TONES = {"production": "accent", "staging": "warn"}
NOT_YET = "not measured"


def layout(**_query: str) -> html.Div:
    """The table of versions, those in production first."""
    versions = own_versions()
    with services().db.read() as conn:
        newest = drift.newest(conn, actor())
    head = page_header(
        "Monitor",
        "Is the market still the one a model was trained on? Versions in production are measured "
        "once a day.",
    )
    if not versions:
        return html.Div(
            [
                head,
                html.Section(
                    empty_state(
                        "No model yet",
                        "A training registers its model when the gate opens, or with your reason "
                        "when it does not. From then on it can be watched.",
                        [
                            link_button(
                                "Train a model", "/models?tab=train", "primary", icon="models"
                            )
                        ],
                        icon="monitor",
                    ),
                    className="panel",
                ),
            ],
            className="page",
        )
    order = {"production": 0, "staging": 1, "candidate": 2, "archived": 3}
    rows = [
        _row(version, newest.get(version.id))
        for version in sorted(versions, key=lambda one: (order.get(one.stage, 9), -one.id))
    ]
    return html.Div([head, _listing(rows)], className="page")


def _listing(rows: list[dict[str, Any]]) -> html.Section:
    return html.Section(
        [
            panel_head("Models", actions=[quick_filter("mo-list", "Search")]),
            table(
                "mo-list",
                [
                    link_column("name", "Model", "href", minWidth=190, flex=2),
                    badge_column("stage", "Stage", STAGE_TONES, width=116),
                    badge_column("severity", "Drift", TONES, width=124),
                    text_column("recommendation", "What to do", minWidth=260, flex=4),
                    time_column("measured", "Measured", "minute", width=142),
                ],
                rows, row_id="id", height=min(520, 30 * (len(rows) + 2) + 16),
            ),
        ],
        className="panel",
    )  # fmt: skip


def _row(version: VersionRow, row: DriftRow | None) -> dict[str, Any]:
    nothing = (
        "Open it and press Measure now."
        if version.baseline is not None
        else "It keeps no baseline: train it again."
    )
    return {
        "id": version.id,
        "href": f"/monitor/{version.id}",
        "name": version.words,
        "stage": version.stage,
        "severity": NOT_YET if row is None else row.severity,
        "recommendation": nothing if row is None else row.recommendation,
        "measured": None if row is None else row.created_at.isoformat(timespec="milliseconds"),
    }
