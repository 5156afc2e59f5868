"""The ledger of an account in words."""

from __future__ import annotations

import dash
from dash import html

from pages.trading_room import account, activity, frame

dash.register_page(
    __name__, path="/trading/activity", name="Trading activity", title="Activity · AlphaTrade",
)  # fmt: skip


def layout(**query: str) -> html.Div:
    """Newest events first."""
    chosen = account.chosen(query.get("account"))
    if chosen is None:
        return frame.nothing_yet()
    return frame.page(chosen, "/trading/activity", [activity.log_panel(chosen.id)])


activity.register()
