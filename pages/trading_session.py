"""One session: card, decisions, costs, twin."""

from __future__ import annotations

import dash
from dash import html

from pages.backtests.figures import load_plotly
from pages.trading_room import account, frame, session_detail, twin_view

dash.register_page(
    __name__, path_template="/trading/session/<session_id>", name="Trading session",
    title="Session · AlphaTrade",
)  # fmt: skip


def layout(session_id: str = "", **_query: str) -> html.Div:
    """The session under the frame of its account."""
    found = session_detail.find(session_id)
    chosen = account.chosen(found.account_id)
    assert chosen is not None  # noqa: S101  (it raises NotFound instead)
    return frame.page(
        chosen,
        "/trading/sessions",
        [*session_detail.session_view(found), load_plotly()],
    )


twin_view.register()
