"""One explanation."""

from __future__ import annotations

import dash
from dash import html

from pages.explaining.result_view import KIND, result_view
from pages.researching import result_page

dash.register_page(
    __name__, path_template="/explain/<job_id>", name="Explanation",
    title="Explanation · AlphaTrade",
)  # fmt: skip


def layout(job_id: str = "", **_query: str) -> html.Div:
    """The result, or its job."""
    expects = "What moves the model's answers appears here."
    return result_page.result_page(job_id, KIND, result_view, expects, ("Explain", "/explain"))


result_page.register(KIND, result_view)
