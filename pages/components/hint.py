"""A small "i" that explains a word on hover and on keyboard focus."""

from __future__ import annotations

from typing import Any

from dash import html

from pages.components.icon import icon


def hint(text: Any) -> html.Span:
    """The text appears beside the icon; screen readers read it as its label."""
    label = {"aria-label": text} if isinstance(text, str) else {}
    return html.Span(
        [icon("info"), html.Span(text, className="hint-text", role="tooltip")],
        className="hint",
        tabIndex=0,
        role="note",
        **label,
    )
