"""The frame of every page: sidebar, top bar, main column, stores, toasts.

Stores at this level, all kept by the browser: `theme` ("dark" or "light"), `palette` ("standard"
or "colour-blind"), `time-display` ("exchange", "utc" or "local") and `linked-symbol` (dict with
`dataset` and `symbol`), which panels read to follow one another.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dash import (
    ClientsideFunction,
    Input,
    Output,
    State,
    clientside_callback,
    dcc,
    html,
    no_update,
    page_container,
    page_registry,
)

from pages.appearance import CHOICES, appearance
from pages.components import command_bar, job_card, navigate, toasts
from pages.components.badge import badge
from pages.components.icon import icon
from pages.server import guard
from pages.server.context import actor, services
from pages.server.preferences import save_preference
from pages.trading_room import presence
from terminal.jobs.kinds import KINDS
from terminal.jobs.values import QueueState

STATUS_EVERY_MS = 4000
QUEUES = tuple(dict.fromkeys(kind.queue for kind in KINDS.values()))


def layout() -> html.Div:
    """The frame for the person who is signed in."""
    who = actor()
    return html.Div(
        [
            html.A("Skip to content", href="#main", className="skip-link"),
            html.Div(
                [_sidebar(), _topbar(who.username, who.role.value), _main()],
                id="shell",
                className="shell",
            ),
            toasts.toast_host(),
            navigate.navigate_host(),
            *_stores(),
        ]
    )


def menu() -> list[dict[str, Any]]:
    """The pages that stand in the menu: those registered with `menu=<icon name>`."""
    return [page for page in page_registry.values() if page.get("menu")]


def _sidebar() -> html.Nav:
    links = [
        dcc.Link(
            [icon(page["menu"]), html.Span(page["name"], className="nav-label")],
            href=page["path"],
            className="nav-link",
            title=page["name"],
        )
        for page in menu()
    ]
    return html.Nav(
        [
            dcc.Link(
                [
                    html.Span(className="brand-mark", **{"aria-hidden": "true"}),
                    html.Span("AlphaTrade", className="brand-name"),
                ],
                href="/",
                className="brand",
                title="AlphaTrade Terminal",
            ),
            *links,
            html.Div(
                html.Button(
                    [icon("chevron-left"), html.Span("Collapse", className="nav-label")],
                    id="sidebar-toggle",
                    type="button",
                    className="nav-link collapse-button",
                    title="Collapse or expand the menu",
                ),
                className="sidebar-end",
            ),
        ],
        id="sidebar",
        className="sidebar",
        **{"aria-label": "Pages"},
    )


def _topbar(username: str, role: str) -> html.Header:
    return html.Header(
        [
            command_bar.command_trigger(),
            presence.presence(),
            dcc.Link(
                _status_content("idle", "Checking workers"),
                id="worker-status",
                href="/jobs",
                className="worker-status",
                title="Workers and queue",
            ),
            html.Button(
                icon("help", "Keyboard help"),
                id="help-button",
                type="button",
                className="icon-button phone-hidden",
                title="Keyboard help (?)",
            ),
            html.Button(
                [
                    html.Span(icon("sun"), className="theme-to-light"),
                    html.Span(icon("moon"), className="theme-to-dark"),
                    html.Span("Switch between dark and light", className="visually-hidden"),
                ],
                id="theme-toggle",
                type="button",
                className="icon-button",
                title="Switch between dark and light",
            ),
            _user_menu(username, role),
        ],
        className="topbar",
    )


def _user_menu(username: str, role: str) -> html.Details:
    return html.Details(
        [
            html.Summary(
                [icon("user"), html.Span(username, className="user-name"), icon("chevron-down")],
                **{"aria-label": f"Account of {username}"},
            ),
            html.Div(
                [
                    html.Div(
                        [html.Strong(username), " ", badge(role, "accent")], className="menu-head"
                    ),
                    dcc.Link(
                        [icon("settings"), "Settings"], href="/settings", className="menu-item"
                    ),
                    html.Button(
                        [icon("help"), "Keyboard help"],
                        id="help-menu-item",
                        type="button",
                        className="menu-item",
                    ),
                    html.Button(
                        [icon("sign-out"), "Sign out"],
                        id="sign-out",
                        type="button",
                        className="menu-item",
                    ),
                ],
                className="menu-panel",
            ),
        ],
        id="user-menu",
        className="user-menu",
    )


def _main() -> html.Main:
    return html.Main(page_container, id="main", className="main", tabIndex=-1)


def _stores() -> list[Any]:
    return [
        *(
            dcc.Store(id=key, storage_type="local", data=value)
            for key, value in appearance().items()
        ),
        dcc.Store(id="linked-symbol", storage_type="local"),
        dcc.Store(id="saved-appearance"),
        presence.seen_store(),
        dcc.Interval(id="status-interval", interval=STATUS_EVERY_MS),
        html.Div(id="appearance-sink", hidden=True),
        html.Div(id="location-sink", hidden=True),
        *command_bar.command_stores(),
    ]


def _status_content(kind: str, text: str) -> list[Any]:
    return [html.Span(className=f"dot dot-{kind}"), html.Span(text, className="worker-text")]


def register() -> None:
    """The shell's own callbacks."""
    toasts.register()
    navigate.register()
    command_bar.register()
    job_card.register()
    presence.register()
    clientside_callback(
        ClientsideFunction("terminalShell", "applyAppearance"),
        Output("appearance-sink", "children"),
        Input("theme", "data"),
        Input("palette", "data"),
        Input("time-display", "data"),
    )
    clientside_callback(
        ClientsideFunction("terminalShell", "markPage"),
        Output("location-sink", "children"),
        Input("_pages_location", "pathname"),
    )

    @guard.callback(
        Output("worker-status", "children"),
        Output("worker-status", "title"),
        Input("status-interval", "n_intervals"),
        State("worker-status", "title"),
        running=[(Output("status-interval", "disabled"), True, False)],
        role="viewer",
    )
    def show_workers(_tick: object, shown: str | None) -> tuple[Any, Any]:
        jobs = services().jobs
        states = {queue: jobs.queue_state(queue) for queue in QUEUES}
        kind, text, title = worker_words(states)
        if title == shown:
            return no_update, no_update
        return _status_content(kind, text), title

    @guard.callback(
        Output("saved-appearance", "data"),
        Input("theme", "data"),
        Input("palette", "data"),
        Input("time-display", "data"),
        State("saved-appearance", "data"),
        prevent_initial_call=True,
        role="viewer",
    )
    def keep_appearance(theme: Any, palette: Any, time: Any, saved: Any) -> Any:
        chosen = {"theme": theme, "palette": palette, "time-display": time}
        if chosen == saved:
            return no_update
        kept = appearance()
        for key, value in chosen.items():
            if value in CHOICES[key] and value != kept[key]:
                save_preference(key, value)
        return chosen


def worker_words(states: Mapping[str, QueueState]) -> tuple[str, str, str]:
    """Dot, short text and full sentence for the state of every queue."""
    running = sum(state.running for state in states.values())
    waiting = sum(state.ahead for state in states.values())
    unserved = sorted(queue for queue, state in states.items() if state.workers == 0)
    tail = f", {waiting} waiting" if waiting > 0 else ""
    if len(unserved) == len(states):
        return (
            "none",
            "No worker",
            f"No worker is running{tail}. Jobs wait until one is started: make run.",
        )
    if unserved:
        return "none", f"{running} running", f"No worker serves: {', '.join(unserved)}{tail}."
    if running or waiting > 0:
        return "busy", f"{running} running{tail}", f"Workers busy: {running} running{tail}."
    return "idle", "Idle", "Workers are idle; a job starts at once."
