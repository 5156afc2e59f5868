"""The X-ray of one trade."""

from __future__ import annotations

import dash
from dash import html

from pages.explaining.xray_view import KIND, result_view
from pages.researching import result_page

dash.register_page(
    __name__, path_template="/xray/<job_id>", name="Trade X-ray", title="Trade X-ray · AlphaTrade"
)


def layout(job_id: str = "", **_query: str) -> html.Div:
    """The result, or its job."""
    expects = "What the model knew when it decided appears here."
    return result_page.result_page(job_id, KIND, result_view, expects, ("Backtest", "/backtest"))


result_page.register(KIND, result_view)
