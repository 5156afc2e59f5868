"""The list of a person's sweeps."""

from __future__ import annotations

from typing import Any

from dash import html

from pages.components.empty_state import empty_state
from pages.components.panel import panel_head
from pages.components.table import (
    badge_column,
    change_column,
    link_column,
    number_column,
    progress_column,
    table,
    time_column,
)
from pages.server.context import actor, services
from pages.sweeps.live import STATE_TONES
from terminal.db.repositories import sweeps
from terminal.db.repositories.sweeps import SweepRow

MOST_HEIGHT = 420
ROW = 30


def listing() -> html.Section:
    """Newest first."""
    with services().db.read() as conn:
        rows = sweeps.find(conn, actor())
        done = sweeps.counts(conn, [row.job_id for row in rows])
    if not rows:
        inside: Any = empty_state(
            "No sweep yet", "Give a parameter several values above and press Run sweep.",
            icon="sweep",
        )  # fmt: skip
    else:
        inside = table(
            "sw-list",
            _columns(),
            [_row(row, done.get(row.job_id, 0)) for row in rows],
            row_id="id",
            height=min(MOST_HEIGHT, ROW * (len(rows) + 2) + 16),
        )
    return html.Section([panel_head("Sweeps"), inside], className="panel")


def _columns() -> list[dict[str, Any]]:
    return [
        link_column("name", "Name", "href", minWidth=240, flex=3),
        badge_column("tag", "", {"SIMULATED": "simulated"}, width=106),
        badge_column("state", "State", STATE_TONES, width=104),
        progress_column("fraction", "Done", width=130),
        number_column("planned", "Combinations", "count", width=124),
        number_column("sharpe", "Best Sharpe", width=110),
        change_column("cagr", "Its CAGR", width=104),
        number_column("dsr", "Deflated", width=96),
        time_column("created", "Created", "minute", width=142, sort="desc"),
    ]


def _row(row: SweepRow, done: int) -> dict[str, Any]:
    result = row.result or {}
    metrics, judged = result.get("metrics", {}), result.get("honesty", {})
    return {
        "id": row.job_id,
        "href": f"/sweep/{row.job_id}",
        "name": row.name,
        "tag": "SIMULATED" if row.simulated else "",
        "state": row.state,
        "fraction": done / max(row.n_planned, 1),
        "planned": row.n_planned,
        "sharpe": metrics.get("sharpe"),
        "cagr": metrics.get("cagr"),
        "dsr": judged.get("dsr"),
        "created": row.created_at.isoformat(timespec="milliseconds"),
    }
