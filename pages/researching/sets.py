"""Feature sets: a list of columns, saved by name and version, compared, computed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import dash
from dash import dcc, html

from pages.components.badge import badge
from pages.components.button import button, link_button
from pages.components.clock import moment
from pages.components.empty_state import empty_state
from pages.components.form import labelled
from pages.components.panel import panel_head
from pages.researching import bars_form, choice_form
from pages.researching.saved_sets import LONGEST_NAME, Opened, as_data, own_sets, versions_of
from pages.server.context import actor
from terminal.accounts.actor import Role
from terminal.features.feature_set import FeatureSet
from terminal.market.dataset import Dataset
from terminal.research.menu import menu

ADD, BUILD = "rs-add", "rs-build"


def sets_view(found: Opened, datasets: Sequence[Dataset], query: Mapping[str, str]) -> html.Div:
    """Own sets beside the one that is open; what can be added; the form of a build."""
    trader = actor().role.allows(Role.TRADER)
    side: list[Any] = [_compare(found)]
    if trader:
        side.insert(0, _adding())
    return html.Div(
        [
            dcc.Store(id="rs-draft", data=as_data(found.features)),
            dcc.Store(
                id="rs-own",
                data={
                    "id": found.row.id if found.row else None,
                    "name": found.row.name if found.row else "",
                    "columns": list(found.row.features.columns) if found.row else [],
                },
            ),
            html.Div(
                [
                    html.Nav(lists(found), className="panel ru-lists",
                             **{"aria-label": "Feature sets"}),
                    _editor(found, trader),
                    html.Div(side, className="stack"),
                ],
                className="rs-sets",
            ),
            *([_build(datasets, query)] if trader and datasets else []),
        ],
        className="stack",
    )  # fmt: skip


def lists(found: Opened) -> list[Any]:
    """Own sets over those that come with the terminal, each a link."""
    current = found.row.id if found.row else None
    own = [
        _entry(f"/research?tab=sets&id={row.id}", row.name,
               f"{len(row.features.choices)} · v{row.newest}", row.id == current)
        for row in own_sets()
    ]  # fmt: skip
    nothing = html.P("None yet. Open one below, change it, save it.", className="muted")
    return [
        panel_head(
            "Your sets",
            actions=[link_button("New", "/research?tab=sets&new=1", small=True, icon="plus")],
        ),
        html.Div(own or nothing, className="ru-list"),
        html.H3("Built in", className="ru-list-title"),
        html.Div(
            [
                _entry(f"/research?tab=sets&preset={name}", name.capitalize(),
                       f"{len(preset.choices)}", False)
                for name, preset in menu().presets.items()
            ],
            className="ru-list",
        ),
    ]  # fmt: skip


def columns_table(features: FeatureSet, editable: bool) -> Any:
    """The columns in their order, each with what it is and a button to take it off."""
    if not features.choices:
        return empty_state(
            "No column yet", "Choose a feature at the right and press Add.", icon="plus"
        )
    rows = []
    for k, choice in enumerate(features.choices):
        entry = menu().features.get(choice.feature)
        name = entry.title if entry else "No longer in the catalogue"
        rows.append(
            html.Tr(
                [
                    html.Td(f"{k + 1}", className="num muted"),
                    html.Td(
                        [html.Div(name), html.Div(choice.column, className="mono muted rs-column")]
                    ),
                    html.Td(badge(entry.family if entry else "gone")),
                    html.Td(_take_off(k, choice.column) if editable else "", className="num"),
                ]
            )
        )
    return html.Table([html.Tbody(rows)], className="plain-table")


def difference(features: FeatureSet, other: FeatureSet) -> list[Any]:
    """What one set has and the other has not."""
    mine, theirs = set(features.columns), set(other.columns)
    only = [name for name in features.columns if name not in theirs]
    gone = [name for name in other.columns if name not in mine]
    if not only and not gone:
        words = "The same columns."
        if features.columns != other.columns:
            words = "The same columns in another order."
        return [html.P(words, className="muted")]
    parts: list[Any] = [
        html.P(f"{len(mine & theirs)} columns are in both.", className="muted"),
    ]
    for sign, title, names in (("up", "Only here", only), ("down", "Only there", gone)):
        if names:
            parts.append(html.H4([badge(str(len(names)), sign), " ", title]))  # type: ignore[arg-type]
            parts.append(html.Ul([html.Li(name, className="mono") for name in names],
                                 className="rs-names"))  # fmt: skip
    return parts


def state_words(features: FeatureSet, own: Mapping[str, Any]) -> str:
    """How many columns, and whether they are saved."""
    count = len(features.choices)
    words = f"{count} column{'s' if count != 1 else ''}"
    if own.get("id") is None:
        return f"{words}, not saved yet"
    return f"{words}, changed" if list(features.columns) != own.get("columns") else words


def _editor(found: Opened, trader: bool) -> html.Section:
    row = found.row
    return html.Section(
        [
            html.Div(
                [
                    labelled(
                        "Name",
                        dcc.Input(id="rs-name", type="text", value=found.name,
                                  maxLength=LONGEST_NAME, autoComplete="off"),
                        id="rs-name", error="rs-name-error",
                    ),
                    html.Div(_actions(found, trader), className="ru-actions"),
                    html.Div(
                        [
                            html.Div(_versions(found), className="muted"),
                            html.Div(
                                state_words(
                                    found.features,
                                    {"id": row.id, "columns": list(row.features.columns)}
                                    if row else {},
                                ),
                                id="rs-state", className="muted", role="status",
                            ),
                        ],
                        className="ru-state",
                    ),
                    html.P(found.said, className="rs-said muted", role="status"),
                ],
                className="ru-top",
            ),
            html.Div(columns_table(found.features, trader), id="rs-columns",
                     className="rs-columns"),
        ],
        className="panel",
        **{"aria-label": "Columns of the set"},
    )  # fmt: skip


def _actions(found: Opened, trader: bool) -> list[Any]:
    if not trader:
        return []
    parts: list[Any] = [button("Save", "rs-save", "primary", "check")]
    if found.row is not None:
        if any(page["path"] == "/models" for page in dash.page_registry.values()):
            parts.append(
                link_button("Train a model with this set", f"/models?feature_set={found.row.id}",
                            icon="play")
            )  # fmt: skip
        parts.append(
            dcc.ConfirmDialogProvider(
                button("Delete", "rs-delete-look", "danger", small=True),
                id="rs-delete",
                message="Delete this set with all its versions? Models trained with it stay.",
            )
        )
    return parts


def _versions(found: Opened) -> list[Any]:
    row = found.row
    if row is None:
        return []
    others = [number for number, _at in versions_of(row.id) if number != row.version][:6]
    parts: list[Any] = [f"Version {row.version} of {row.newest}, ", moment(row.saved_at, "minute")]
    if others:
        parts += [
            " · others ",
            *(
                dcc.Link(str(number), className="ru-other",
                         href=f"/research?tab=sets&id={row.id}&version={number}")
                for number in others
            ),
        ]  # fmt: skip
    return parts


def _adding() -> html.Section:
    return html.Section(
        [
            panel_head("Add a column"),
            html.Div(
                [
                    html.Div(choice_form.choice_fields(ADD), className="form-grid"),
                    html.Div(id="rs-add-notice", className="rs-notice"),
                    html.Div(button("Add", "rs-add-run", icon="plus"), className="row"),
                ],
                className="panel-body stack",
            ),
        ],
        className="panel",
    )


def _compare(found: Opened) -> html.Section:
    options = [
        {"label": f"Built in: {name.capitalize()}", "value": f"preset:{name}"}
        for name in menu().presets
    ]
    for row in own_sets():
        for number, _at in versions_of(row.id)[:8]:
            mine = found.row is not None and (row.id, number) == (found.row.id, found.row.version)
            options.append(
                {
                    "label": f"{row.name}, version {number}{' (as saved)' if mine else ''}",
                    "value": f"{row.id}:{number}",
                }
            )
    return html.Section(
        [
            panel_head("Compare with"),
            html.Div(
                [
                    dcc.Dropdown(options, None, id="rs-other", placeholder="Another set or version",
                                 maxHeight=260),
                    html.Div(id="rs-difference", className="rs-difference"),
                ],
                className="panel-body stack",
            ),
        ],
        className="panel",
    )  # fmt: skip


def _build(datasets: Sequence[Dataset], query: Mapping[str, str]) -> html.Section:
    values = bars_form.bars_values(datasets, query)
    return html.Section(
        [
            panel_head(
                "Compute the set",
                help="As a job on a worker. It says what the columns are like and what they cost, "
                "and leaves them as a Parquet file. The same bars and columns again come from the "
                "cache.",
            ),
            html.Div(
                html.Div(bars_form.bars_fields(BUILD, datasets, values), className="form-grid"),
                className="bt-group",
            ),
            html.Div(
                [html.Div(id="rs-build-notice", className="rs-notice"),
                 button("Compute", "rs-build-run", "primary", "play")],
                className="rs-run-bar",
            ),
        ],
        className="panel rs-form",
        **{"aria-label": "Compute the set"},
    )  # fmt: skip


def _take_off(place: int, column: str) -> html.Button:
    return button(
        "Remove", {"type": "rs-remove", "at": place}, "quiet", small=True,
        title=f"Take {column} off the set",
    )  # fmt: skip


def _entry(href: str, name: str, tag: str, current: bool) -> dcc.Link:
    parts = [html.Span(name, className="ru-entry-name"), html.Span(tag, className="muted")]
    return dcc.Link(parts, href=href, className=f"ru-entry{' ru-entry-on' if current else ''}")
