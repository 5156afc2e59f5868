"""The ledger of an account in words, newest first."""

from __future__ import annotations

from typing import Any

from dash import Input, Output, State, dcc, html, no_update

from pages.components.badge import Tone
from pages.components.button import button
from pages.components.panel import panel
from pages.components.table import badge_column, table, text_column, time_column
from pages.server import guard
from pages.server.context import actor, services
from pages.trading_room.polling import LEDGER
from terminal.db.repositories import trading_room
from terminal.execution.events import EventKind, LedgerEvent
from terminal.execution.words import event_words

PAGE = 300
TONES: dict[str, Tone] = {
    "fill": "up", "denied": "down", "rejected": "down", "kill": "down", "bust": "down",
    "unanswered": "warn", "cancelled": "neutral", "intent": "accent", "rearm": "up",
    "adjustment": "warn", "external order": "warn",
}  # fmt: skip


def log_panel(account_id: str) -> html.Section:
    """The table of events."""
    rows = event_rows(account_id)
    return panel(
        "Activity",
        [
            table("tr-log", _columns(), rows, row_id="seq", height="calc(100vh - 300px)",
                  nothing="Nothing has happened yet."),
            html.Div(button("Older", "tr-log-older", "quiet", small=True),
                     className="row tr-blotter-bar", hidden=len(rows) < PAGE),
            dcc.Store(id="tr-log-newest", data=rows[0]["seq"] if rows else 0),
            dcc.Store(id="tr-log-oldest", data=rows[-1]["seq"] if rows else 0),
        ],
        flush=True,
        help="Every event of the account's ledger, which is never changed: each one's hash covers "
        "the one before.",
    )  # fmt: skip


def event_rows(account_id: str, before: int | None = None) -> list[dict[str, Any]]:
    """A page of events, newest first."""
    with services().db.read() as conn:
        found = trading_room.newest_events(conn, actor(), account_id, before=before, limit=PAGE)
    return [_row(event) for event in found]


def register() -> None:
    """Newer events on top, older ones on demand."""

    @guard.callback(
        Output("tr-log", "rowTransaction"),
        Output("tr-log-newest", "data"),
        Input(LEDGER, "data"),
        State("tr-account", "data"),
        State("tr-log-newest", "data"),
        prevent_initial_call=True,
        role="viewer",
    )
    def newer(_mark: Any, account_id: str, newest: int) -> Any:
        rows = [row for row in event_rows(account_id) if row["seq"] > newest]
        if not rows:
            return no_update, no_update
        return {"add": rows, "addIndex": 0}, rows[0]["seq"]

    @guard.callback(
        Output("tr-log", "rowTransaction", allow_duplicate=True),
        Output("tr-log-oldest", "data"),
        Input("tr-log-older", "n_clicks"),
        State("tr-account", "data"),
        State("tr-log-oldest", "data"),
        prevent_initial_call=True,
        role="viewer",
    )
    def older(clicks: int, account_id: str, oldest: int) -> Any:
        rows = event_rows(account_id, before=oldest) if clicks else []
        if not rows:
            return no_update, no_update
        return {"add": rows}, rows[-1]["seq"]


def _columns() -> list[dict[str, Any]]:
    return [
        {"field": "seq", "headerName": "No.", "width": 84, "sort": "desc", "cellClass": "num",
         "type": "rightAligned"},
        time_column("at", "At", "second", width=168),
        badge_column("kind", "Event", TONES, width=136),
        text_column("symbol", "Symbol", width=92),
        text_column("words", "What happened", minWidth=320, flex=3),
        text_column("order", "Order", minWidth=150, flex=1, cellClass="mono"),
    ]  # fmt: skip


def _row(event: LedgerEvent) -> dict[str, Any]:
    kind = EventKind(event.kind)
    return {
        "seq": event.seq,
        "at": event.at.isoformat(timespec="milliseconds"),
        "kind": kind.value.replace("_", " "),
        "symbol": str(event.payload.get("symbol") or ""),
        "words": event_words(event),
        "order": event.client_order_id or "",
    }
