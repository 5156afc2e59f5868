"""One job: its live card, what was asked, where it came from, what it left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import dash
from dash import ALL, Input, Output, dcc, html

from pages.components.empty_state import empty_state
from pages.components.job_card import finished_id, job_card, size_text
from pages.components.notice import notice
from pages.components.page_header import page_header
from pages.components.panel import facts, panel
from pages.server import guard
from pages.server.context import actor, services
from terminal.jobs.kinds import KINDS
from terminal.jobs.values import Artifact, Job

dash.register_page(__name__, path_template="/jobs/<job_id>", name="Job", title="Job · AlphaTrade")


def layout(job_id: str = "", **_query: str) -> html.Div:
    """Card at the left, request and lineage at the right."""
    job = services().jobs.get(actor(), job_id)
    kind = KINDS[job.kind].title if job.kind in KINDS else job.kind
    return html.Div(
        [
            page_header(job.title, f"{kind} · {job.owner}", crumbs=[("Jobs", "/jobs")]),
            html.Div(
                [
                    job_card(job_id, files=False),
                    html.Div(
                        [
                            panel("Request", request_facts(job.request)),
                            html.Div(outcome(job_id), id="job-outcome", className="stack"),
                        ],
                        className="stack",
                    ),
                ],
                className="job-columns",
            ),
            dcc.Store(id="job-id", data=job_id),
        ],
        className="page",
    )


def request_facts(request: Mapping[str, Any]) -> html.Dl:
    """What was asked for, nested values with their path as label."""
    return facts([(label, html.Span(text, className="mono")) for label, text in _flat(request)])


def _flat(value: Mapping[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    for key, item in value.items():
        name = f"{prefix}{key}".replace("_", " ")
        if isinstance(item, Mapping):
            pairs += _flat(item, f"{name} · ") if item else [(name, "none")]
        elif isinstance(item, list | tuple):
            pairs.append((name, ", ".join(str(part) for part in item) or "none"))
        elif item is None or item == "":
            pairs.append((name, "not set"))
        elif isinstance(item, bool):
            pairs.append((name, "yes" if item else "no"))
        elif isinstance(item, float):
            pairs.append((name, f"{item:,.10g}"))
        else:
            pairs.append((name, str(item)))
    return pairs


def outcome(job_id: str) -> list[Any]:
    """Lineage and files as they are now."""
    who, jobs = actor(), services().jobs
    job = jobs.get(who, job_id)
    return [
        panel("Lineage", lineage(job), help="Everything needed to make the same result again."),
        panel("Files", files(jobs.artifacts(who, job_id)), flush=True),
    ]


def lineage(job: Job) -> list[Any]:
    """Code, data, seed, packages, relatives, and the verdict of a reproduction."""
    pairs: list[tuple[str, Any]] = [
        ("Job", html.Span(job.id, className="mono")),
        ("Code version", html.Span(job.code_version or "not recorded", className="mono")),
        ("Data version", html.Span(job.data_version or "none read", className="mono")),
        ("Seed", str(job.seed)),
        ("Request hash", html.Span(job.request_hash[:16], className="mono")),
    ]
    if job.parent_id:
        pairs.append(("Started from", dcc.Link(job.parent_id[:12], href=f"/jobs/{job.parent_id}")))
    if job.reproduce_of:
        pairs.append(
            ("Reproduces", dcc.Link(job.reproduce_of[:12], href=f"/jobs/{job.reproduce_of}"))
        )
    if job.worker_id:
        pairs.append(("Worker", html.Span(job.worker_id, className="mono")))
    parts: list[Any] = [facts(pairs)]
    if job.verdict is not None:
        parts.insert(0, verdict(job.verdict))
    if job.packages:
        listed = [
            (name, html.Span(version, className="mono"))
            for name, version in sorted(job.packages.items())
        ]
        parts.append(
            html.Details(
                [html.Summary(f"{len(listed)} package versions"), facts(listed)],
                className="disclosure",
            )
        )
    return parts


def verdict(found: Mapping[str, Any]) -> html.Div:
    """Identical, or where the first difference stands."""
    if found.get("identical"):
        return notice("Identical to the original, row for row.", "success")
    where = " ".join(
        f"{word} {found[key]}"
        for word, key in (("file", "frame"), ("row", "row"), ("column", "column"))
        if found.get(key) is not None
    )
    values = f"{found.get('original')} became {found.get('again')}."
    notes = " ".join(found.get("notes") or ())
    return notice(f"First difference: {where}.", "warning", f"{values} {notes}".strip())


def files(artifacts: Sequence[Artifact]) -> Any:
    """Name, size and content hash of every file, as downloads."""
    if not artifacts:
        return empty_state(
            "No file", "A job leaves its files here when it has succeeded.", icon="file"
        )
    rows = [
        html.Tr(
            [
                html.Td(html.A(item.name, href=f"/artifacts/{item.id}", download="")),
                html.Td(size_text(item.size), className="num"),
                html.Td(html.Span(item.sha256[:16], className="mono muted", title=item.sha256)),
            ]
        )
        for item in artifacts
    ]
    head = html.Tr([html.Th("Name"), html.Th("Size", className="num"), html.Th("SHA-256")])
    return html.Div(
        html.Table([html.Thead(head), html.Tbody(rows)], className="plain-table"),
        className="plain-table-wrap",
    )


@guard.callback(
    Output("job-outcome", "children"),
    Input(finished_id(ALL), "data"),
    Input("job-id", "data"),
    prevent_initial_call=True,
    role="viewer",
)
def show_outcome(_states: object, job_id: str) -> Any:
    """Read lineage and files again once the job is final."""
    return outcome(job_id)
