"""Settings: tabs over the sections; only the sections a role may use are there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import dash
from dash import html

from pages.components.page_header import page_header
from pages.components.tabs import tab_links
from pages.preferences import account, appearance, audit, system, users
from pages.server.context import actor
from terminal.accounts.actor import Role

dash.register_page(
    __name__, path="/settings", name="Settings", title="Settings · AlphaTrade", order=50,
    menu="settings",
)  # fmt: skip

SECTIONS: dict[str, tuple[str, Role, Callable[[], list[Any]]]] = {
    "appearance": ("Appearance", Role.VIEWER, appearance.section),
    "account": ("Account", Role.VIEWER, account.section),
    "system": ("System", Role.VIEWER, system.section),
    "users": ("Users", Role.ADMIN, users.section),
    "audit": ("Audit log", Role.ADMIN, audit.section),
}


def layout(tab: str = "appearance", **_query: str) -> html.Div:
    """The sections of this person's role; `?tab=system` opens one."""
    allowed = {key: item for key, item in SECTIONS.items() if actor().role.allows(item[1])}
    chosen = tab if tab in allowed else "appearance"
    return html.Div(
        [
            page_header("Settings", "Your account, how the terminal looks, and what runs here."),
            tab_links(
                [(item[0], f"/settings?tab={key}") for key, item in allowed.items()],
                f"/settings?tab={chosen}",
                "Sections of the settings",
            ),
            html.Div(SECTIONS[chosen][2](), className="stack"),
            html.Div(id="settings-system-sink", hidden=True),
        ],
        className="page",
    )


for section in (appearance, account, system, users, audit):
    section.register()
