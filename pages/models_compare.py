"""Two versions of models side by side."""

from __future__ import annotations

from itertools import groupby
from typing import Any

import dash
from dash import html

from pages.components.badge import badge
from pages.components.page_header import page_header
from pages.components.panel import panel
from pages.models_version import load
from terminal.models.registry import Difference, compare

dash.register_page(
    __name__, path="/models/compare", name="Compare models", title="Compare models · AlphaTrade",
)  # fmt: skip

TITLES = {"model": "Model", "metrics": "Figures", "recipe": "Recipe", "lineage": "Lineage"}
HIDDEN = ("request.", "packages.")
LONGEST = 90


def layout(left: str = "", right: str = "", **_query: str) -> html.Div:
    """A table a group; what differs stands first and is marked."""
    ours, theirs = load(left)[0], load(right)[0]
    found = [item for item in compare(ours, theirs) if not item.name.startswith(HIDDEN)]
    panels = [
        panel(TITLES[group], _table(list(items), ours.words, theirs.words), flush=True)
        for group, items in groupby(found, key=lambda item: item.group)
    ]
    return html.Div(
        [
            page_header(
                "Compare models",
                f"{ours.words} and {theirs.words}",
                crumbs=[("Models", "/models")],
            ),
            *panels,
        ],
        className="page rs-page stack",
    )


def _table(items: list[Difference], left: str, right: str) -> html.Div:
    head = html.Thead(html.Tr([html.Th(""), html.Th(left), html.Th(right), html.Th("")]))
    rows = [
        html.Tr(
            [
                html.Td(item.name.replace("_", " ").replace(".", " · ")),
                html.Td(_text(item.left), className="md-value"),
                html.Td(_text(item.right), className="md-value"),
                html.Td("" if item.same else badge("differs", "accent")),
            ]
        )
        for item in sorted(items, key=lambda item: item.same)
    ]
    return html.Div(
        html.Table([head, html.Tbody(rows)], className="plain-table"),
        className="plain-table-wrap",
    )


def _text(value: Any) -> Any:
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:.6g}"
    if hasattr(value, "isoformat"):
        return value.isoformat(timespec="minutes")
    text = ", ".join(str(one) for one in value) if isinstance(value, list) else str(value)
    short = text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
    return html.Span(short, title=text) if short != text else text
