"""The catalogue of features: searched, filtered by family, explained one by one."""

from __future__ import annotations

from typing import Any

from dash import Input, Output, dcc, html, no_update

from pages.components.badge import badge
from pages.components.button import link_button
from pages.components.form import plain
from pages.components.panel import facts, panel_head
from pages.components.table import number_column, quick_filter, table, text_column
from pages.server import guard
from pages.server.context import actor
from terminal.accounts.actor import Role
from terminal.errors import InputError
from terminal.params import ParamSpec
from terminal.research.menu import FeatureEntry, feature_entry, menu

ALL_FAMILIES = "all"


def catalogue(slug: str = "") -> html.Div:
    """The table beside the feature that is chosen."""
    known = menu()
    chosen = slug if slug in known.features else next(iter(known.features))
    families = [{"label": f"All {len(known.features)}", "value": ALL_FAMILIES}] + [
        {"label": name.capitalize(), "value": name} for name in known.families
    ]
    return html.Div(
        [
            html.Section(
                [
                    panel_head(
                        "Features",
                        actions=[quick_filter("rs-catalogue", "Search features")],
                        help="Every one is known at the close of its bar: it reads that bar and "
                        "those before it.",
                    ),
                    html.Div(
                        dcc.RadioItems(families, ALL_FAMILIES, id="rs-family", inline=True,
                                       className="segmented segmented-small rs-families"),
                        className="rs-family-bar", role="group", **{"aria-label": "Family"},
                    ),
                    table(
                        "rs-catalogue", _columns(), _rows(ALL_FAMILIES), row_id="slug",
                        height=560, selection="single",
                        options={"includeHiddenColumnsInQuickFilter": True},
                        nothing="No feature matches the search.",
                    ),
                ],
                className="panel",
            ),
            html.Section(
                card(chosen), id="rs-card", className="panel rs-card", **{"aria-live": "polite"}
            ),
        ],
        className="rs-catalogue",
    )  # fmt: skip


def card(slug: str) -> list[Any]:
    """All that is known of one feature, and what can be done with it."""
    entry = feature_entry(slug)
    marks = [badge(entry.family.capitalize())]
    if not entry.scale_free:
        marks.append(
            badge("In prices", "warn", "Instruments of different price cannot be compared by it.")
        )
    if entry.heavy:
        marks.append(badge("Slow", "warn", "It is fitted again and again as time passes."))
    if entry.scope == "panel":
        marks.append(badge("Whole universe", "accent", "It looks at all instruments together."))
    actions = [link_button("Study", f"/research?tab=study&feature={slug}", "primary", icon="play")]
    if actor().role.allows(Role.TRADER):
        actions.append(link_button("Add to a set", f"/research?tab=sets&add={slug}", icon="plus"))
    return [
        panel_head(entry.title),
        html.Div(
            [
                html.Div(marks, className="bt-badges rs-marks"),
                html.P(entry.description, className="rs-text"),
                facts(
                    [
                        ("Name", html.Span(entry.slug, className="mono")),
                        ("Unit", entry.unit),
                        ("Warm-up", f"{entry.warmup:,} bars with these parameters"),
                        ("Source", entry.source or "–"),
                    ]
                ),
                _params(entry),
                html.Div(actions, className="row"),
            ],
            className="panel-body stack",
        ),
    ]


def _params(entry: FeatureEntry) -> Any:
    if not entry.params:
        return html.P("No parameters.", className="muted")
    rows = [
        html.Tr(
            [
                html.Td([item.title, html.Div(item.help, className="muted rs-help")]),
                html.Td(_value(item), className="num"),
                html.Td(_range(item), className="num muted"),
            ]
        )
        for item in entry.params
    ]
    head = html.Tr(
        [html.Th("Parameter"), html.Th("Usual", className="num"), html.Th("Range", className="num")]
    )
    return html.Div(
        html.Table([html.Thead(head), html.Tbody(rows)], className="plain-table"),
        className="plain-table-wrap",
    )


def _value(item: ParamSpec) -> str:
    if isinstance(item.default, bool):
        return "yes" if item.default else "no"
    shown = plain(item.default) if isinstance(item.default, (int, float)) else str(item.default)
    return f"{shown} {item.unit}".strip()


def _range(item: ParamSpec) -> str:
    if item.choices:
        return ", ".join(item.choices)
    low = "" if item.low is None else plain(item.low)
    high = "" if item.high is None else plain(item.high)
    return f"{low} – {high}" if low or high else "–"


def _columns() -> list[dict[str, Any]]:
    return [
        text_column("title", "Feature", minWidth=190, flex=3),
        text_column("slug", "Name", minWidth=130, flex=2, cellClass="mono"),
        text_column("family", "Family", minWidth=100, flex=1),
        text_column("unit", "Unit", minWidth=96, flex=1),
        number_column("warmup", "Warm-up (bars)", "count", width=128),
        {"field": "words", "headerName": "Words", "hide": True},
    ]


def _rows(family: str) -> list[dict[str, Any]]:
    return [
        {
            "slug": entry.slug,
            "title": entry.title,
            "family": entry.family,
            "unit": entry.unit,
            "warmup": entry.warmup,
            "words": f"{entry.description} {entry.source}",
        }
        for entry in menu().features.values()
        if family in (ALL_FAMILIES, entry.family)
    ]


def register() -> None:
    """The family filters the table; a row that is chosen is explained."""

    @guard.callback(
        Output("rs-catalogue", "rowData"),
        Input("rs-family", "value"),
        prevent_initial_call=True,
        role="viewer",
    )
    def filter_family(family: str) -> Any:
        return _rows(family)

    @guard.callback(
        Output("rs-card", "children"),
        Input("rs-catalogue", "selectedRows"),
        prevent_initial_call=True,
        role="viewer",
    )
    def explain(rows: list[dict[str, Any]] | None) -> Any:
        if not rows:
            return no_update
        try:
            return card(str(rows[0]["slug"]))
        except InputError:
            return no_update
