"""An icon that takes the colour of the text beside it (drawn in assets/icons.css)."""

from __future__ import annotations

from dash import html


def icon(name: str, label: str | None = None) -> html.Span:
    """The icon `name`; hidden from screen readers unless it has a `label` of its own."""
    if label is None:
        return html.Span(className=f"icon icon-{name}", **{"aria-hidden": "true"})
    return html.Span(className=f"icon icon-{name}", role="img", **{"aria-label": label})
