"""Alerts of all of a person's accounts."""

from __future__ import annotations

import dash
from dash import html

from pages.components.page_header import page_header
from pages.trading_room import alerts_view

dash.register_page(
    __name__, path="/trading/alerts", name="Alerts", title="Alerts · AlphaTrade",
)  # fmt: skip


def layout(**_query: str) -> html.Div:
    """The list."""
    return html.Div(
        [
            page_header("Alerts", "What stopped, differed or failed.",
                        crumbs=[("Trading", "/trading")]),
            html.Div(alerts_view.alerts_view(), id="tr-alerts"),
        ],
        className="page",
    )  # fmt: skip


alerts_view.register()
