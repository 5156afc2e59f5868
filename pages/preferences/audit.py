"""The audit log, for administrators: who did what, and whether the chain holds."""

from __future__ import annotations

from typing import Any

import orjson
from dash import Input, Output, html, no_update

from pages.components.button import button
from pages.components.notice import notice
from pages.components.panel import panel
from pages.components.table import number_column, quick_filter, table, text_column, time_column
from pages.server import guard
from pages.server.context import actor, services
from terminal.accounts.service import list_audit
from terminal.db.repositories import audit

NEWEST = 500


def section() -> list[Any]:
    """The newest entries and the button that checks them all."""
    rows = [
        {
            "id": entry.id,
            "at": entry.at.isoformat(timespec="milliseconds"),
            "who": entry.actor_name,
            "action": entry.action,
            "object": entry.object,
            "detail": orjson.dumps(entry.detail).decode() if entry.detail else "",
            "hash": entry.hash[:12],
        }
        for entry in list_audit(services().db, actor(), limit=NEWEST)
    ]
    columns = [
        number_column("id", "No.", "count", width=80),
        time_column("at", "Time", "second", minWidth=160),
        text_column("who", "Who", minWidth=110),
        text_column("action", "Action", minWidth=130),
        text_column("object", "Object", minWidth=150, cellClass="mono"),
        text_column("detail", "Detail", minWidth=220, flex=2, cellClass="mono"),
        text_column("hash", "Hash", minWidth=120, cellClass="mono"),
    ]
    return [
        html.Div(id="audit-verdict"),
        panel(
            "Audit log",
            table("audit-table", columns, rows, row_id="id", height="max(320px, 100vh - 260px)"),
            unit=f"newest {NEWEST}" if len(rows) == NEWEST else "",
            help="Each entry carries the hash of the one before it: nothing can be changed or "
            "taken out without the chain breaking.",
            actions=[
                quick_filter("audit-table", "Filter entries"),
                button("Verify chain", "audit-verify", icon="shield", small=True),
            ],
            flush=True,
        ),
    ]


def register() -> None:
    """Walk the chain."""

    @guard.callback(
        Output("audit-verdict", "children"),
        Input("audit-verify", "n_clicks"),
        prevent_initial_call=True,
        role="admin",
    )
    def verify(clicks: int) -> Any:
        if not clicks:
            return no_update
        with services().db.read() as conn:
            found = audit.verify(conn)
        if found.broken is None:
            return notice(
                f"The chain holds: {found.entries:,} entries, newest hash {found.head[:16]}.",
                "success",
                "Note the number and the hash down: they prove later that nothing was cut off.",
            )
        return notice(
            f"The chain breaks at entry {found.broken:,}: {found.reason}.",
            "error",
            f"The {found.entries:,} entries before it hold. Compare with a backup.",
        )
