"""Alerts: what a person should know, newest first."""

from __future__ import annotations

from typing import Any

from dash import Input, Output, html, no_update

from pages.components.badge import Tone, badge
from pages.components.button import button
from pages.components.clock import moment
from pages.components.empty_state import empty_state
from pages.components.panel import panel
from pages.server import guard
from pages.server.context import actor, services
from pages.trading_room import presence
from terminal.db.repositories import trading_accounts
from terminal.execution import alerts
from terminal.execution.alerts import Alert

TONES: dict[str, Tone] = {"critical": "down", "warning": "warn", "info": "accent"}
SHOWN = 200


def alerts_view() -> Any:
    """The list, or that there is nothing."""
    with services().db.read() as conn:
        found = alerts.newest(conn, actor(), SHOWN)
        names = {one.id: one.name for one in trading_accounts.find(conn, actor(), closed=True)}
    if not found:
        return html.Section(
            empty_state(
                "No alert",
                "Breakers that trip, books that differ and sessions that fail are told here, and "
                "by e-mail or webhook where those are set.",
                icon="bell",
            ),
            className="panel",
        )
    unread = sum(alert.read_at is None for alert in found)
    return panel(
        "Alerts",
        html.Div([_alert(alert, names) for alert in found], className="tr-alerts"),
        unit=f"{unread} unread" if unread else None,
        flush=True,
        actions=[button("Mark all as read", "tr-alerts-read", small=True, disabled=not unread)],
    )


def register() -> None:
    """Mark as read."""

    @guard.callback(
        Output("tr-alerts", "children"),
        Output("tr-presence", "children", allow_duplicate=True),
        Output("tr-presence-seen", "data", allow_duplicate=True),
        Input("tr-alerts-read", "n_clicks"),
        prevent_initial_call=True,
        role="viewer",
    )
    def read(clicks: int) -> Any:
        if not clicks:
            return no_update, no_update, no_update
        with services().db.write() as conn:
            alerts.mark_read(conn, actor())
        return alerts_view(), *presence.redrawn()


def _alert(alert: Alert, names: dict[str, str]) -> html.Div:
    account = names.get(alert.account_id or "", "")
    return html.Div(
        [
            html.Div(
                [
                    badge(alert.level, TONES.get(alert.level, "neutral")),
                    html.Strong(alert.title),
                    html.Span([account, " · " if account else "", moment(alert.at)],
                              className="muted"),
                ],
                className="row",
            ),
            html.Pre(alert.body, className="tr-alert-body") if alert.body else "",
        ],
        className="tr-alert" if alert.read_at else "tr-alert tr-alert-unread",
    )  # fmt: skip
