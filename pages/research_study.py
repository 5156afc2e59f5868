"""One study of a feature."""

from __future__ import annotations

import dash
from dash import html

from pages.researching import price_view, result_page
from pages.researching.study_result import KIND, result_view

dash.register_page(
    __name__, path_template="/research/study/<job_id>", name="Study", title="Study · AlphaTrade"
)


def layout(job_id: str = "", **_query: str) -> html.Div:
    """The result, or its job."""
    expects = "What the feature is like, and what followed it, appears here."
    return result_page.result_page(job_id, KIND, result_view, expects)


result_page.register(KIND, result_view)
price_view.register()
