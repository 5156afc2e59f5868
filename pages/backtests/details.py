"""Tab "Details": what was asked, costs, checks, lineage with Reproduce, files, notes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dash import ALL, Input, Output, State, ctx, dcc, html, no_update

from pages.backtests.cards import table_panel
from pages.backtests.downloads import files_table
from pages.backtests.run import Run, load_run
from pages.components.button import button
from pages.components.job_card import finished_id, job_card
from pages.components.panel import facts, panel
from pages.components.toasts import toast
from pages.job import verdict
from pages.server import guard
from pages.server.context import actor, services
from terminal.accounts.actor import Role
from terminal.db.repositories import backtests
from terminal.jobs.values import Job, JobFilter, JobState
from terminal.reports import content
from terminal.reports.cost_table import cost_table

NOTES_LENGTH = 20_000


def details(run: Run) -> list[Any]:
    """Left what was done and what it cost, right how to trust it."""
    return [
        html.Div(
            [
                html.Div(
                    [
                        panel("Notes", notes_form(run)),
                        panel("What was run", facts(content.facts(run.result))),
                    ],
                    className="stack",
                ),
                html.Div(
                    [
                        panel("Checks", checks(run)),
                        panel(
                            "Lineage",
                            lineage(run),
                            help="Everything needed to make the same result again.",
                        ),
                        panel("Files", files_table(run), flush=True),
                    ],
                    className="stack",
                ),
            ],
            className="grid-2",
        ),
        table_panel(cost_table(run.result)),
        html.Details(
            [
                html.Summary("How each number is computed"),
                table_panel(content.formula_table(run.result)),
            ],
            className="disclosure",
        ),
    ]


def notes_form(run: Run) -> list[Any]:
    """Free text of the owner, kept with the run."""
    return [
        dcc.Textarea(
            id="bt-notes",
            value=run.row.notes,
            placeholder="What you expected, what you saw, what to try next.",
            maxLength=NOTES_LENGTH,
            className="bt-notes",
        ),
        html.Div(
            [
                button("Save notes", "bt-save-notes", small=True, icon="check"),
                html.Span(id="bt-notes-saved", className="muted"),
            ],
            className="form-actions",
        ),
    ]


def checks(run: Run) -> list[Any]:
    """What the run itself verified, and what a reader must know of it."""
    made = run.row.provenance
    return [html.Ul([html.Li(note) for note in check_notes(made)], className="bt-checks")]


def check_notes(made: Mapping[str, Any]) -> list[str]:
    """Sentences from a run's provenance."""
    return [
        trial_note(int(made["trials"])),
        *made["notes"],
    ]


def trial_note(trials: int) -> str:
    """How many attempts stand behind this result."""
    if trials == 1:
        return "This was the first run of this strategy family on this data set."
    return (
        f"This was run number {trials} of this strategy family on this data set: the more are "
        "tried, the better the best one looks by chance."
    )


def lineage(run: Run) -> list[Any]:
    """Versions, seed and packages; Reproduce with its verdict."""
    rows = [
        (label, html.Span(value, className="mono"))
        for label, value in content.provenance_rows(run.result)
        if label not in ("Data set", "Request")
    ]
    parts: list[Any] = [facts(rows), html.Div(reproductions(run), id="bt-reproduced")]
    if actor().role.allows(Role.TRADER):
        parts.append(
            html.Div(
                button("Reproduce", "bt-reproduce", icon="refresh", small=True),
                className="form-actions",
            )
        )
    return parts


def reproductions(run: Run) -> list[Any]:
    """The verdict of the newest reproduction, or its card while it runs."""
    newest = newest_reproduction(run.job.id)
    if newest is None:
        return [
            html.P("Not reproduced yet: the same request and seed, run again.", className="muted")
        ]
    if newest.verdict is not None:
        return [verdict(newest.verdict)]
    return [job_card(newest.id, log=False, files=False)]


def newest_reproduction(job_id: str) -> Job | None:
    """The last job that ran this one again."""
    listed = services().jobs.list(actor(), JobFilter(kinds=("backtest",), limit=500))
    return next((job for job in listed if job.reproduce_of == job_id), None)


def register() -> None:
    """Notes and Reproduce."""

    @guard.callback(
        Output("bt-notes-saved", "children"),
        Input("bt-save-notes", "n_clicks"),
        State("bt-notes", "value"),
        State("bt-run-id", "data"),
        prevent_initial_call=True,
        role="viewer",
    )
    def keep_notes(clicks: int, text: str | None, job_id: str) -> Any:
        if not clicks:
            return no_update
        with services().db.write() as conn:
            backtests.set_notes(conn, actor(), job_id, (text or "")[:NOTES_LENGTH])
        return "Saved."

    @guard.callback(
        Output("bt-reproduced", "children"),
        Input("bt-reproduce", "n_clicks"),
        State("bt-run-id", "data"),
        prevent_initial_call=True,
        role="trader",
    )
    def reproduce(clicks: int, job_id: str) -> Any:
        if not clicks:
            return no_update
        job = services().jobs.reproduce(actor(), job_id)
        toast("Running the same request again.", "info")
        return [job_card(job.id, log=False, files=False)]

    @guard.callback(
        Output("bt-reproduced", "children", allow_duplicate=True),
        Input(finished_id(ALL), "data"),
        State("bt-run-id", "data"),
        prevent_initial_call=True,
        role="viewer",
    )
    def show_verdict(_states: list[Any], job_id: str) -> Any:
        if not ctx.triggered_id or ctx.triggered[0]["value"] != JobState.SUCCEEDED.value:
            return no_update
        return reproductions(load_run(job_id))
