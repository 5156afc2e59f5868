"""The person's own account: password and the browsers that are signed in."""

from __future__ import annotations

from typing import Any

from dash import ALL, Input, Output, State, ctx, dcc, html, no_update

from pages.components.badge import badge
from pages.components.button import button
from pages.components.clock import moment
from pages.components.form import labelled
from pages.components.navigate import navigate
from pages.components.panel import panel
from pages.components.toasts import toast
from pages.server import guard
from pages.server.context import actor, services, session
from terminal.accounts.own_sessions import end_own_session, own_sessions
from terminal.accounts.service import change_own_password
from terminal.errors import InputError

BROWSERS = (
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)
FIELDS = ("current", "password", "repeat")


def section() -> list[Any]:
    """Password at the left, sessions at the right."""
    return [html.Div([_password(), _sessions()], className="grid-2")]


def _password() -> html.Section:
    shortest = services().settings.accounts.min_password_length
    boxes = [
        labelled(
            label,
            dcc.Input(
                id=f"password-{name}", type="password", autoComplete=kind, maxLength=1024, value=""
            ),
            id=f"password-{name}",
            error=f"password-{name}-error",
            note=note,
        )
        for name, label, kind, note in (
            ("current", "Current password", "current-password", ""),
            ("password", "New password", "new-password", f"at least {shortest} characters"),
            ("repeat", "New password again", "new-password", ""),
        )
    ]
    return panel(
        "Change password",
        [
            html.Div(boxes, className="stack"),
            html.Div(
                [
                    button("Change password", "password-change", "primary"),
                    html.Span("Signs you out everywhere, here too.", className="muted"),
                ],
                className="form-actions",
            ),
        ],
    )


def _sessions() -> html.Section:
    return panel(
        "Signed-in browsers",
        html.Div(_session_table(), id="session-table", className="plain-table-wrap"),
        help="Signing a browser out works at once; its cookie is worth nothing afterwards.",
        flush=True,
    )


def _session_table() -> html.Table:
    here = services()
    own = session()
    rows = []
    for item in own_sessions(here.db, here.settings.accounts, actor()):
        current = item.id == own.id
        rows.append(
            html.Tr(
                [
                    html.Td(
                        [browser_name(item.browser), html.Div(item.address, className="muted")]
                    ),
                    html.Td(moment(item.created_at, "minute")),
                    html.Td(moment(item.last_seen_at, "minute")),
                    html.Td(
                        badge("this one", "accent")
                        if current
                        else button(
                            "Sign out", {"type": "end-session", "session": item.id}, small=True
                        ),
                        className="num",
                    ),
                ]
            )
        )
    heads = [html.Th(text) for text in ("Browser", "Signed in", "Last seen", "")]
    return html.Table([html.Thead(html.Tr(heads)), html.Tbody(rows)], className="plain-table")


def browser_name(agent: str) -> str:
    """`Firefox on Windows` from a User-Agent header; the header's start when unknown."""
    browser = next((name for mark, name in BROWSERS if mark in agent), "")
    system = next((name for mark, name in SYSTEMS if mark in agent), "")
    if not browser:
        return agent[:40] or "Unknown browser"
    return f"{browser} on {system}" if system else browser


def register() -> None:
    """Change the password; end another session."""

    @guard.callback(
        [Output(f"password-{name}-error", "children") for name in FIELDS],
        Input("password-change", "n_clicks"),
        [State(f"password-{name}", "value") for name in FIELDS],
        prevent_initial_call=True,
        role="viewer",
    )
    def change(clicks: int, *typed: str | None) -> Any:
        if not clicks:
            return no_update
        current, new, repeat = (text or "" for text in typed)
        if not current:
            return "Enter the current password.", "", ""
        if new != repeat:
            return "", "", "The two do not match."
        try:
            change_own_password(services().db, services().settings, actor(), current, new)
        except InputError as error:
            text = " ".join(part for part in (error.message, error.remedy) if part)
            return (text, "", "") if error.field == "current" else ("", text, "")
        navigate("/login", reload=True)
        return "", "", ""

    @guard.callback(
        Output("session-table", "children"),
        Input({"type": "end-session", "session": ALL}, "n_clicks"),
        prevent_initial_call=True,
        role="viewer",
    )
    def end(clicks: list[int]) -> Any:
        if not any(clicks) or ctx.triggered_id is None:
            return no_update
        here = services()
        chosen = int(ctx.triggered_id["session"])
        end_own_session(here.db, here.settings.accounts, actor(), chosen)
        toast("Signed out there.", "success")
        return _session_table()
