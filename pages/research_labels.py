"""One look at a label."""

from __future__ import annotations

import dash
from dash import html

from pages.researching import event_view, result_page
from pages.researching.label_result import KIND, result_view

dash.register_page(
    __name__, path_template="/research/labels/<job_id>", name="Labels", title="Labels · AlphaTrade"
)


def layout(job_id: str = "", **_query: str) -> html.Div:
    """The result, or its job."""
    return result_page.result_page(job_id, KIND, result_view, "Its events appear here.")


result_page.register(KIND, result_view)
event_view.register()
