"""What a page shows where there is nothing yet: why, and what to do next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import html

from pages.components.icon import icon as draw


def empty_state(title: str, text: Any, actions: Sequence[Any] = (), icon: str = "info") -> html.Div:
    """A title that says what is missing, a text that says what to do, buttons that do it."""
    parts: list[Any] = [
        draw(icon),
        html.P(title, className="empty-title"),
        html.P(text, className="empty-text"),
    ]
    if actions:
        parts.append(html.Div(list(actions), className="empty-actions"))
    return html.Div(parts, className="empty")
