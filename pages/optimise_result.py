"""The result of an optimisation, or the card of its job."""

from __future__ import annotations

import dash
from dash import html

from pages.optimising import sending
from pages.optimising.result_view import KIND, result_view
from pages.researching import result_page

dash.register_page(
    __name__, path_template="/optimise/<job_id>", name="Optimisation",
    title="Optimisation · AlphaTrade",
)  # fmt: skip


def layout(job_id: str = "", **_query: str) -> html.Div:
    """The proposal, or its job."""
    expects = "Frontier, weights and the trades they take appear here."
    return result_page.result_page(job_id, KIND, result_view, expects, ("Optimise", "/optimise"))


result_page.register(KIND, result_view)
sending.register()
