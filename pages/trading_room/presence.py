"""What every page shows of trading: LIVE in red while real money moves, and the bell."""

from __future__ import annotations

from typing import Any

from dash import Input, Output, State, dcc, html, no_update

from pages.components.icon import icon
from pages.server import guard
from pages.server.context import actor, services
from terminal.accounts.actor import SYSTEM
from terminal.db.repositories import trading_room


def presence() -> html.Div:
    """In the top bar, filled when the page is first drawn."""
    live, unread = look()
    return html.Div(_shown(live, unread), id="tr-presence", className="tr-presence")


def seen_store() -> dcc.Store:
    """What the bar shows now."""
    return dcc.Store(id="tr-presence-seen", data=list(look()))


def look() -> tuple[bool, int]:
    """(whether an open account of the person's moves real money, unread alerts)."""
    who = actor()
    if who == SYSTEM:  # the frame is drawn once as the server starts, on nobody's behalf
        return False, 0
    with services().db.read() as conn:
        return trading_room.has_real_money(conn, who), trading_room.unread_alerts(conn, who)


def redrawn() -> tuple[list[Any], list[Any]]:
    """What the bar shows from now on, and what its store keeps of it."""
    now = look()
    return _shown(*now), list(now)


def register() -> None:
    """Look again with the state of the workers."""

    @guard.callback(
        Output("tr-presence", "children"),
        Output("tr-presence-seen", "data"),
        Input("status-interval", "n_intervals"),
        State("tr-presence-seen", "data"),
        prevent_initial_call=True,
        role="viewer",
    )
    def follow(_tick: Any, seen: Any) -> Any:
        now = look()
        if list(now) == seen:
            return no_update, no_update
        return _shown(*now), list(now)


def _shown(live: bool, unread: int) -> list[Any]:
    parts: list[Any] = []
    if live:
        parts.append(
            html.Span("LIVE", className="badge badge-live", role="status",
                      title="You have an account in which real money moves.")
        )  # fmt: skip
    words = f"{unread} unread alerts" if unread != 1 else "1 unread alert"
    bell = [icon("bell")]
    if unread:
        bell.append(html.Span(f"{min(unread, 99)}", className="tr-unread"))
    parts.append(
        dcc.Link(
            [*bell, html.Span(words if unread else "Alerts", className="visually-hidden")],
            href="/trading/alerts",
            className="icon-button tr-bell",
            title=words if unread else "Alerts",
        )
    )
    return parts
