"""What an account's orders cost."""

from __future__ import annotations

import dash
from dash import html

from pages.backtests.figures import load_plotly
from pages.trading_room import account, costs_view, frame

dash.register_page(
    __name__, path="/trading/costs", name="Trading costs", title="Costs · AlphaTrade",
)  # fmt: skip


def layout(**query: str) -> html.Div:
    """Costs of all orders that ended, grouped as the address says (`by=`)."""
    chosen = account.chosen(query.get("account"))
    if chosen is None:
        return frame.nothing_yet()
    body = costs_view.costs_view(chosen.id, query.get("by", "order"))
    return frame.page(chosen, "/trading/costs", [*body, load_plotly()], live=False)
