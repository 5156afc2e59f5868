"""Limits and breakers of an account."""

from __future__ import annotations

import dash
from dash import html

from pages.trading_room import account, frame, limits_form

dash.register_page(
    __name__, path="/trading/limits", name="Trading limits", title="Limits · AlphaTrade",
)  # fmt: skip


def layout(**query: str) -> html.Div:
    """Both forms."""
    chosen = account.chosen(query.get("account"))
    if chosen is None:
        return frame.nothing_yet()
    return frame.page(chosen, "/trading/limits", limits_form.limits_panels(chosen.id), live=False)


limits_form.register()
