"""One version of a model: its stage, what it is made of, how it was judged, its files."""

from __future__ import annotations

from typing import Any

import dash
from dash import Input, Output, State, dcc, html, no_update

from pages.backtests.figures import load_plotly
from pages.components.badge import badge, simulated_badge
from pages.components.button import button, download_button, link_button
from pages.components.clock import moment
from pages.components.navigate import navigate
from pages.components.notice import error_notice, notice
from pages.components.page_header import page_header
from pages.components.panel import facts, panel
from pages.components.toasts import toast
from pages.modelling import result
from pages.modelling.lists import STAGE_TONES, model_title
from pages.modelling.request_view import recipe_rows
from pages.server import guard
from pages.server.context import actor, services
from terminal.accounts.actor import Role
from terminal.db.repositories import models
from terminal.db.repositories.models import VersionRow
from terminal.errors import Conflict, NotFound, TerminalError
from terminal.models.registry import move, roll_back

dash.register_page(
    __name__, path_template="/models/version/<version_id>", name="Model version",
    title="Model version · AlphaTrade",
)  # fmt: skip

PACKAGE, CARD = "package.zip", "model-card.html"


def layout(version_id: str = "", **_query: str) -> html.Div:
    """The version and what can be done with it."""
    row, others = load(version_id)
    files = result.files_of(row.job_id)
    downloads = [
        download_button(words, f"/artifacts/{files[name].id}")
        for name, words in ((CARD, "Model card"), (PACKAGE, "Package (zip)"))
        if name in files
    ]
    marks = [badge(row.stage, STAGE_TONES[row.stage])]  # type: ignore[arg-type]
    if row.lineage["simulated"]:
        marks.append(simulated_badge())
    return html.Div(
        [
            dcc.Store(id="mv-id", data=row.id),
            page_header(
                row.words,
                row.verdict["words"],
                actions=[
                    *downloads,
                    link_button("Explain", f"/explain?version={row.id}", icon="explain"),
                    link_button(
                        "Backtest", f"/backtest?strategy=model&model={row.id}", icon="backtest"
                    ),
                    link_button("Drift", f"/monitor/{row.id}", icon="monitor"),
                ],
                crumbs=[("Models", "/models")],
            ),
            html.Div(marks, className="bt-badges"),
            *_overruled(row),
            html.Div(
                [
                    panel("Stage", _stage(row), help="At most one version is in production. The "
                          "one it replaces is archived, and can be put back."),
                    panel("The gate", result.gate_table(row.verdict["checks"]), flush=True),
                ],
                className="md-two",
            ),
            html.Div(
                [
                    panel("Versions", _versions(row, others), flush=True),
                    panel("Out of sample", facts(result.figures(dict(row.metrics)))),
                ],
                className="md-two",
            ),
            html.Div(
                [
                    panel("Recipe", facts(recipe_rows(row.recipe))),
                    panel("Lineage", facts(_lineage(row))),
                ],
                className="md-two",
            ),
            load_plotly(),
        ],
        className="page rs-page stack",
    )  # fmt: skip


def load(version_id: str) -> tuple[VersionRow, list[VersionRow]]:
    """The version and all versions of its model, newest first; NotFound where it is none of the
    person's."""
    if not version_id.isdecimal() or len(version_id) > 12:
        raise NotFound("There is no model version with this address.")
    with services().db.read() as conn:
        row = models.get(conn, actor(), int(version_id))
        others = [one for one in models.find(conn, actor()) if one.model_id == row.model_id]
    return row, others or [row]


def _overruled(row: VersionRow) -> list[Any]:
    """That the gate refused it, and why somebody kept it."""
    found = row.verdict.get("overruled")
    if not found:
        return []
    return [
        notice(
            "The gate refused this model. It can be explained, backtested and watched, and never "
            "goes into production.",
            "warning",
            f"Registered by {found['by']}: {found['reason']}",
        )
    ]


def _stage(row: VersionRow) -> html.Div:
    allowed = actor().role.allows(Role.TRADER) and row.owner_id == actor().user_id
    pairs: list[tuple[str, Any]] = [
        ("Kind", model_title(row.kind)),
        ("Registered", moment(row.created_at, "minute")),
        ("In production since" if row.stage == models.PRODUCTION else "Last in production",
         moment(row.production_at, "minute")),
        ("Training", dcc.Link("Open it", href=f"/models/training/{row.job_id}")),
    ]  # fmt: skip
    options = [{"label": name.capitalize(), "value": name} for name in models.STAGES]
    controls = html.Div(
        [
            dcc.RadioItems(options, row.stage, id="mv-stage", inline=True, className="segmented"),
            button("Move", "mv-move", "primary"),
            button("Roll back production", "mv-back", icon="refresh",
                   title="Put the version that was in production before back"),
        ],
        className="row md-stage-controls",
        hidden=not allowed,
    )  # fmt: skip
    return html.Div([facts(pairs), controls, html.Div(id="mv-notice", className="rs-notice")],
                    className="stack")  # fmt: skip


def _versions(row: VersionRow, others: list[VersionRow]) -> html.Div:
    rows = []
    for one in others:
        compare: Any = "this one"
        if one.id != row.id:
            compare = dcc.Link("Compare", href=f"/models/compare?left={row.id}&right={one.id}")
        score = one.metrics["out_of_sample"]["score"]["value"]
        rows.append(
            html.Tr(
                [
                    html.Td(dcc.Link(f"Version {one.version}", href=f"/models/version/{one.id}")),
                    html.Td(badge(one.stage, STAGE_TONES[one.stage])),  # type: ignore[arg-type]
                    html.Td(result.number(score), className="num"),
                    html.Td(moment(one.created_at, "minute")),
                    html.Td(compare),
                ]
            )
        )
    table = html.Table([html.Tbody(rows)], className="plain-table")
    return html.Div(table, className="plain-table-wrap")


def _lineage(row: VersionRow) -> list[tuple[str, Any]]:
    own = [
        ("Weights", html.Span(row.weights_hash, className="md-mono")),
        ("Package", html.Span(row.package_sha256, className="md-mono")),
    ]
    return [*own, *result.lineage_facts(row.lineage)]


@guard.callback(
    Output("mv-notice", "children"),
    Input("mv-move", "n_clicks"),
    State("mv-stage", "value"),
    State("mv-id", "data"),
    prevent_initial_call=True,
    role="trader",
)
def change_stage(clicks: int, stage: str, version_id: int) -> Any:
    """Move the version to the stage that is chosen."""
    if not clicks:
        return no_update
    try:
        row = move(services().db, actor(), int(version_id), str(stage))
    except TerminalError as error:
        return error_notice(error)
    toast(f"{row.words} is in {row.stage} now." if row.stage != models.ARCHIVED
          else f"{row.words} is archived.", "success")  # fmt: skip
    navigate(f"/models/version/{row.id}?at={row.stage}")
    return ""


@guard.callback(
    Output("mv-notice", "children", allow_duplicate=True),
    Input("mv-back", "n_clicks"),
    State("mv-id", "data"),
    prevent_initial_call=True,
    role="trader",
)
def back(clicks: int, version_id: int) -> Any:
    """Put the version that was in production before back."""
    if not clicks:
        return no_update
    with services().db.read() as conn:
        model_id = models.get(conn, actor(), int(version_id)).model_id
    try:
        row = roll_back(services().db, actor(), model_id)
    except (Conflict, NotFound) as error:
        return error_notice(error)
    toast(f"{row.words} is in production again.", "success")
    navigate(f"/models/version/{row.id}?back={row.version}")
    return ""
