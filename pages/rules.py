"""Rules: conditions on features, made into a strategy without a line of code."""

from __future__ import annotations

from typing import Any

import dash
from dash import dcc, html

from pages.components.button import button, link_button
from pages.components.empty_state import empty_state
from pages.components.form import labelled
from pages.components.icon import icon
from pages.components.page_header import page_header
from pages.rule_builder import callbacks, keeping, saved
from pages.rule_builder.editor import editor
from pages.rule_builder.keeping import LARGEST_FILE
from pages.rule_builder.preview_panel import preview_panel
from pages.server.context import actor, services
from terminal.accounts.actor import Role
from terminal.strategies.rules.rule_set import LONGEST_NAME

dash.register_page(
    __name__, path="/rules", name="Rules", title="Rules · AlphaTrade", order=25, menu="filter"
)


def layout(**query: str) -> html.Div:
    """The list beside the editor and its preview."""
    datasets = [item for item in services().catalogue.datasets(actor()) if item.n_series]
    head = page_header(
        "Rules",
        "Enter and leave when conditions hold. Saved as data, tried out on the chart as you go.",
    )
    if not datasets:
        return html.Div([head, _no_data()], className="page")
    opened = saved.opened(query)
    return html.Div(
        [
            head,
            dcc.Store(id="ru-draft", data=opened.draft),
            dcc.Store(id="ru-own", data=opened.own),
            dcc.Store(id="ru-ready"),
            dcc.Download(id="ru-file"),
            html.Div(id="ru-sink", hidden=True),
            html.Div(
                [
                    html.Nav(
                        saved.lists(opened.row.id if opened.row else None),
                        id="ru-lists",
                        className="panel ru-lists",
                        **{"aria-label": "Rule sets"},
                    ),
                    _editor_panel(opened),
                    preview_panel(datasets, query),
                ],
                className="ru-columns",
            ),
        ],
        className="page ru-page",
    )


def _editor_panel(opened: saved.Opened) -> html.Section:
    return html.Section(
        [
            html.Div(
                [
                    labelled(
                        "Name",
                        dcc.Input(id="ru-name", type="text", value=opened.name,
                                  maxLength=LONGEST_NAME, autoComplete="off"),
                        id="ru-name",
                        error="ru-name-error",
                    ),
                    html.Div(_actions(opened.row is not None), className="ru-actions"),
                    html.Div(
                        [html.Div(saved.versions_line(opened.row), id="ru-version"),
                         html.Div(id="ru-changed", className="ru-changed", role="status")],
                        className="ru-state",
                    ),
                ],
                className="ru-top",
            ),
            html.Div(editor(opened.draft), id="ru-editor", className="ru-editor"),
            html.P(id="ru-words", className="ru-words muted", role="status"),
        ],
        className="panel ru-builder",
    )  # fmt: skip


def _actions(is_saved: bool) -> list[Any]:
    """What this person may do with the rules."""
    upload = dcc.Upload(
        html.Button([icon("upload"), "Import"], type="button", className="button button-small"),
        id="ru-import", accept=".json,application/json", max_size=LARGEST_FILE,
    )  # fmt: skip
    files = [button("Export", "ru-export", icon="download", small=True), upload]
    if not actor().role.allows(Role.TRADER):
        return files
    delete = dcc.ConfirmDialogProvider(
        button("Delete", "ru-delete-look", "danger", small=True, disabled=not is_saved),
        id="ru-delete",
        message="Delete these rules with all their versions? Runs made with them stay.",
    )
    return [
        button("Save", "ru-save", "primary", "check"),
        button("Backtest these rules", "ru-backtest", icon="play"),
        button("Duplicate", "ru-copy", icon="copy", small=True),
        *files,
        *([delete] if is_saved else []),
    ]


def _no_data() -> html.Section:
    return html.Section(
        empty_state(
            "No data yet",
            "Rules are tried out on bars. The built-in data sets load within seconds of the first "
            "start; open this page again when their job has finished.",
            [link_button("Watch the jobs", "/jobs", "primary", icon="jobs")],
            icon="data",
        ),
        className="panel",
    )


callbacks.register()
keeping.register()
