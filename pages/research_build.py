"""One computed feature set."""

from __future__ import annotations

import dash
from dash import html

from pages.researching import result_page
from pages.researching.build_result import result_view

KIND = "feature_build"

dash.register_page(
    __name__, path_template="/research/build/<job_id>", name="Computed set",
    title="Computed set · AlphaTrade",
)  # fmt: skip


def layout(job_id: str = "", **_query: str) -> html.Div:
    """The result, or its job."""
    return result_page.result_page(job_id, KIND, result_view, "Its columns appear here.")


result_page.register(KIND, result_view)
