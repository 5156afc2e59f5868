"""Explain: choose a model version, see what moves its answers."""

from __future__ import annotations

from typing import Any

import dash
from dash import html

from pages.components.button import link_button
from pages.components.empty_state import empty_state
from pages.components.job_words import TONES
from pages.components.notice import notice
from pages.components.page_header import page_header
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
from pages.explaining import form
from pages.explaining.versions import own_versions
from pages.server.context import actor, services
from terminal.accounts.actor import Role
from terminal.explain.stored import explanations
from terminal.jobs.values import Job

dash.register_page(
    __name__, path="/explain", name="Explain", title="Explain · AlphaTrade", order=29,
    menu="explain",
)  # fmt: skip


def layout(version: str = "", **_query: str) -> html.Div:
    """The form over what was explained so far."""
    versions = own_versions()
    parts: list[Any] = [
        page_header(
            "Explain",
            "What moves a model's answers: each feature's part in every prediction, in which "
            "markets, and whether it helps where the model has not learned.",
        )
    ]
    if not versions:
        parts.append(
            html.Section(
                empty_state(
                    "No model yet",
                    "A training registers its model when the gate opens, or with your reason "
                    "when it does not. From then on it can be explained.",
                    [link_button("Train a model", "/models?tab=train", "primary", icon="models")],
                    icon="explain",
                ),
                className="panel",
            )
        )
    elif not actor().role.allows(Role.TRADER):
        parts.append(notice("Your role is viewer: you can read explanations, not start them."))
    else:
        parts.append(form.form(versions, version))
    parts.append(listing())
    return html.Div(parts, className="page")


def listing() -> html.Section:
    """Explanations so far."""
    rows = [_row(job) for job in explanations(services().jobs, actor())]
    if not rows:
        return html.Section(
            [
                panel_head("Explanations so far"),
                empty_state("Nothing explained yet", "Choose a version above and press Explain.",
                            icon="jobs"),
            ],
            className="panel",
        )  # fmt: skip
    return html.Section(
        [
            panel_head("Explanations so far", actions=[quick_filter("ex-list", "Search")]),
            table(
                "ex-list",
                [
                    link_column("name", "Name", "href", minWidth=220, flex=3),
                    badge_column("state", "State", {s.value: t for s, t in TONES.items()},
                                 width=112),
                    number_column("n", "Predictions", "count", width=112),
                    text_column("top", "What counts most", minWidth=180, flex=3),
                    time_column("created", "Created", "minute", width=142, sort="desc"),
                ],
                rows, row_id="id", height=min(420, 30 * (len(rows) + 2) + 16),
            ),
        ],
        className="panel",
    )  # fmt: skip


def _row(job: Job) -> dict[str, Any]:
    found = job.summary or {}
    return {
        "id": job.id,
        "href": f"/explain/{job.id}",
        "name": job.title,
        "state": job.state.value,
        "n": found.get("n"),
        "top": ", ".join(found.get("top", ())),
        "created": job.created_at.isoformat(timespec="milliseconds"),
    }


form.register()
