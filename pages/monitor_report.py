"""One measurement of drift."""

from __future__ import annotations

import dash
from dash import html

from pages.backtests.figures import load_plotly
from pages.components.button import link_button
from pages.components.page_header import page_header
from pages.explaining.versions import version_of
from pages.monitoring.report_view import KIND, load, report_parts
from pages.researching import result_page
from terminal.jobs.values import Job

dash.register_page(
    __name__, path_template="/monitor/report/<job_id>", name="Drift report",
    title="Drift report · AlphaTrade",
)  # fmt: skip


def layout(job_id: str = "", **_query: str) -> html.Div:
    """The result, or its job."""
    expects = "How far the present is from the training data appears here."
    return result_page.result_page(job_id, KIND, view, expects, ("Monitor", "/monitor"))


def view(job: Job) -> html.Div:
    """The measurement under the name of its version."""
    row = load(job.id)
    version = version_of(row.version_id)
    return html.Div(
        [
            page_header(
                f"Drift of {version.words}",
                f"Measured {row.created_at:%d %b %Y %H:%M} UTC.",
                [
                    link_button("All measurements", f"/monitor/{version.id}", icon="jobs"),
                    link_button("Job", f"/jobs/{job.id}", icon="jobs"),
                ],
                [("Monitor", "/monitor"), (version.words, f"/monitor/{version.id}")],
            ),
            *report_parts(row),
            load_plotly(),
        ],
        className="stack",
    )


result_page.register(KIND, view)
