"""Daily statements of an account."""

from __future__ import annotations

import dash
from dash import html

from pages.trading_room import account, frame, statements_view

dash.register_page(
    __name__, path="/trading/statements", name="Statements", title="Statements · AlphaTrade",
)  # fmt: skip


def layout(**query: str) -> html.Div:
    """One statement (`day=`) over the list."""
    chosen = account.chosen(query.get("account"))
    if chosen is None:
        return frame.nothing_yet()
    body = statements_view.statements_view(chosen.id, query.get("day", ""))
    return frame.page(chosen, "/trading/statements", body, live=False)


statements_view.register()
