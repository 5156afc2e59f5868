"""Registered versions and trainings so far, as tables."""

from __future__ import annotations

from typing import Any

from dash import Input, Output, State, html, no_update

from pages.components.button import button, link_button
from pages.components.empty_state import empty_state
from pages.components.job_words import TONES
from pages.components.navigate import navigate
from pages.components.panel import panel_head
from pages.components.table import (
    badge_column,
    link_column,
    number_column,
    quick_filter,
    table,
    text_column,
    time_column,
)
from pages.server import guard
from pages.server.context import actor, services
from terminal.db.repositories import models, training
from terminal.jobs.values import JobFilter
from terminal.models.catalogue import MODELS, get_model

ROW, MOST_HEIGHT = 30, 460
STAGE_TONES = {"candidate": "neutral", "staging": "accent", "production": "up", "archived": "warn"}
GATE_TONES = {"passed": "up", "refused": "warn", "dry run": "neutral", "": "neutral"}


def model_title(slug: str) -> str:
    """The title of a kind of model; the slug where there is none of that name any more."""
    return get_model(slug).title if slug in MODELS else slug


def registry_panel() -> html.Section:
    """Every version of the person's own models."""
    with services().db.read() as conn:
        found = models.find(conn, actor())
    if not found:
        return html.Section(
            [
                panel_head("Registered models"),
                empty_state(
                    "No model is registered",
                    "A training registers its model when the gate opens: when its score out of "
                    "sample cannot be put down to luck. Else it can be kept with a reason, on the "
                    "page of the training.",
                    [link_button("Train a model", "/models?tab=train", "primary", icon="play")],
                    icon="models",
                ),
            ],
            className="panel",
        )
    rows = [
        {
            "id": row.id,
            "href": f"/models/version/{row.id}",
            "name": row.words,
            "stage": row.stage,
            "kind": model_title(row.kind),
            "score": row.metrics["out_of_sample"]["score"]["value"],
            "low": row.metrics["out_of_sample"]["score"]["low"],
            "dataset": row.lineage["dataset"],
            "timeframe": row.lineage["timeframe"],
            "columns": len(row.lineage["columns"]),
            "created": row.created_at.isoformat(timespec="milliseconds"),
        }
        for row in found
    ]
    return html.Section(
        [
            panel_head(
                "Registered models",
                actions=[
                    button("Compare", "md-compare", icon="copy", small=True,
                           title="Choose two versions first"),
                    quick_filter("md-registry", "Search"),
                ],
            ),
            table(
                "md-registry",
                [
                    link_column("name", "Model", "href", minWidth=210, flex=3),
                    badge_column("stage", "Stage", STAGE_TONES, width=118),
                    text_column("kind", "Kind", minWidth=110, flex=1),
                    number_column("score", "Score", "price", width=92),
                    number_column("low", "At least", "price", width=96),
                    text_column("dataset", "Data", minWidth=110, flex=1),
                    text_column("timeframe", "Bars", width=80),
                    number_column("columns", "Features", "count", width=96),
                    time_column("created", "Registered", "minute", width=142, sort="desc"),
                ],
                rows, row_id="id", height=_height(len(rows)), selection="multiple",
            ),
            html.Div(id="md-compare-notice", className="rs-notice panel-body"),
        ],
        className="panel",
    )  # fmt: skip


def trainings_panel() -> html.Section:
    """Every training of the person's own, with what the gate said."""
    with services().db.read() as conn:
        found = training.find(conn, actor())
    wanted = JobFilter(kinds=("training",), limit=300)
    jobs = {job.id: job for job in services().jobs.list(actor(), wanted)}
    known = {row.job_id: row for row in found}
    if not jobs:
        return html.Section(
            [
                panel_head("Trainings"),
                empty_state(
                    "Nothing trained yet", "Choose features, a label and a model, and press Train.",
                    [link_button("Train a model", "/models?tab=train", "primary", icon="play")],
                    icon="models",
                ),
            ],
            className="panel",
        )  # fmt: skip
    rows = []
    for job in jobs.values():
        row = known.get(job.id)
        gate = ""
        if row is not None:
            gate = "dry run" if row.dry_run else {True: "passed", False: "refused"}.get(
                row.passed, ""  # type: ignore[arg-type]
            )  # fmt: skip
        rows.append(
            {
                "id": job.id,
                "href": f"/models/training/{job.id}",
                "name": job.title,
                "state": job.state.value,
                "gate": gate,
                "kind": model_title(str(job.request.get("model", ""))),
                "score": (job.summary or {}).get("score"),
                "verdict": row.verdict if row is not None else "",
                "created": job.created_at.isoformat(timespec="milliseconds"),
            }
        )
    return html.Section(
        [
            panel_head("Trainings", actions=[quick_filter("md-trainings", "Search")]),
            table(
                "md-trainings",
                [
                    link_column("name", "Name", "href", minWidth=180, flex=2),
                    badge_column("state", "State", {s.value: t for s, t in TONES.items()},
                                 width=112),
                    badge_column("gate", "Gate", GATE_TONES, width=96),
                    text_column("kind", "Kind", minWidth=100, flex=1),
                    number_column("score", "Score", "price", width=88),
                    text_column("verdict", "What came of it", minWidth=220, flex=4),
                    time_column("created", "Created", "minute", width=142, sort="desc"),
                ],
                rows, row_id="id", height=_height(len(rows)),
            ),
        ],
        className="panel",
    )  # fmt: skip


def register() -> None:
    """Compare opens the page of two versions."""

    @guard.callback(
        Output("md-compare-notice", "children"),
        Input("md-compare", "n_clicks"),
        State("md-registry", "selectedRows"),
        prevent_initial_call=True,
        role="viewer",
    )
    def compare(clicks: int, chosen: list[dict[str, Any]] | None) -> Any:
        if not clicks:
            return no_update
        if not chosen or len(chosen) != 2:
            return "Choose two versions in the table, then press Compare."
        navigate(f"/models/compare?left={chosen[0]['id']}&right={chosen[1]['id']}")
        return ""


def _height(rows: int) -> int:
    return min(MOST_HEIGHT, ROW * (rows + 2) + 16)
