"""Sessions of an account, and the form that starts a strategy on it."""

from __future__ import annotations

import dash
from dash import html

from pages.components.notice import notice
from pages.trading_room import account, frame, session_cards, session_form

dash.register_page(
    __name__, path="/trading/sessions", name="Trading sessions", title="Sessions · AlphaTrade",
)  # fmt: skip

SHOWN = 6


def layout(**query: str) -> html.Div:
    """Form over the newest sessions."""
    chosen = account.chosen(query.get("account"))
    if chosen is None:
        return frame.nothing_yet()
    start = (
        session_form.form_panel(chosen.id, query)
        if account.may_trade()
        else notice("Your role is viewer: you can watch sessions, not start them.")
    )
    return frame.page(
        chosen,
        "/trading/sessions",
        [html.Div(session_cards.cards_place(chosen.id, SHOWN)), start],
    )


session_form.register()
