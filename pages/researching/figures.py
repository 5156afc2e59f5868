"""Figures of a page of research by key: drawn in the theme the person wears, again in another.

A page puts a store `rs-subject` (kind and job) beside cards made by `figure`; one callback draws
every figure of the page again when theme or palette change.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from dash import ALL, Input, Output, State, ctx, dcc, html, no_update

from pages.backtests.figures import own_theme
from pages.components.figure_card import figure_card
from pages.server import guard
from terminal.charts.theme import Theme, theme_from

SUBJECT, DRAWN = "rs-subject", "rs-drawn"
Draw = Callable[[str, str, Theme, Mapping[str, Any]], Any]
"""`draw(job_id, key, theme, choices)`: a figure; choices are values of controls by their name."""
DRAWERS: dict[str, Draw] = {}


def figure_id(key: Any) -> dict[str, Any]:
    """Id of a figure's graph."""
    return {"type": "rs-figure", "key": key}


def control_id(name: Any) -> dict[str, Any]:
    """Id of a control that decides what figures show."""
    return {"type": "rs-control", "name": name}


def subject(kind: str, job_id: str) -> list[Any]:
    """The stores that say what the figures are about; once on a page."""
    theme = own_theme()
    return [
        dcc.Store(id=SUBJECT, data=[kind, job_id]),
        dcc.Store(id=DRAWN, data=[theme.mode, theme.palette]),
    ]


def figure(
    kind: str,
    job_id: str,
    key: str,
    title: str,
    choices: Mapping[str, Any] | None = None,
    **card: Any,
) -> html.Section:
    """A card with its figure, drawn."""
    made = DRAWERS[kind](job_id, key, own_theme(), choices or {})
    return figure_card(figure_id(key), title, figure=made, filename=f"{kind}-{key}", **card)


def segments(name: str, options: list[tuple[str, Any]], value: Any, label: str) -> html.Div:
    """A control of figures as a row of choices."""
    items = [{"label": words, "value": each} for words, each in options]
    return html.Div(
        dcc.RadioItems(items, value, id=control_id(name), inline=True,
                       className="segmented segmented-small"),
        role="group", **{"aria-label": label},
    )  # fmt: skip


def register() -> None:
    """All figures follow the theme; those that depend on a control follow it."""

    @guard.callback(
        Output(figure_id(ALL), "figure"),
        Output(DRAWN, "data"),
        Input("theme", "data"),
        Input("palette", "data"),
        Input(control_id(ALL), "value"),
        State(control_id(ALL), "id"),
        State(DRAWN, "data"),
        State(SUBJECT, "data"),
        prevent_initial_call=True,
        role="viewer",
    )
    def redraw(
        mode: str, palette: str, values: list[Any], ids: list[Any], drawn: Any, about: Any
    ) -> Any:
        wanted = [item["id"]["key"] for item in ctx.outputs_list[0]]
        theme = theme_from(mode, palette)
        by_control = isinstance(ctx.triggered_id, dict)
        if not about or (not by_control and drawn == [theme.mode, theme.palette]):
            return [no_update] * len(wanted), no_update
        choices = {own["name"]: value for own, value in zip(ids, values, strict=True)}
        kind, job_id = about
        changed = ctx.triggered_id["name"] if by_control else ""
        figures = [
            DRAWERS[kind](job_id, key, theme, choices)
            if not changed or changed in FOLLOWS.get(key, ())
            else no_update
            for key in wanted
        ]
        return figures, [theme.mode, theme.palette]


FOLLOWS: dict[str, tuple[str, ...]] = {
    "price": ("symbol", "span", "back"),
    "groups": ("horizon",),
    "event": ("event-symbol", "event-label", "event"),
    "dependence": ("feature",),
    "waterfall": ("prediction",),
}
"""Which controls a figure depends on."""
