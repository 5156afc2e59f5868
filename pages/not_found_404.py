"""The page for an address that leads nowhere."""

from __future__ import annotations

from typing import Any

import dash
from dash import html

from pages.components.button import link_button
from pages.components.empty_state import empty_state

dash.register_page(__name__, path="/not-found", name="Not found", title="Not found")


def layout(**_query: str) -> Any:
    """Says so, and offers a way on."""
    return html.Div(
        empty_state(
            "There is no such page",
            "The address may be mistyped, or the thing it named is gone. Ctrl K finds the rest.",
            [link_button("Open jobs", "/jobs")],
            icon="search",
        ),
        className="page",
    )
