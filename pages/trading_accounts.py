"""Trading accounts: the list, opening one, closing one."""

from __future__ import annotations

import dash
from dash import html

from pages.components.notice import notice
from pages.components.page_header import page_header
from pages.trading_room import account, accounts_view

dash.register_page(
    __name__, path="/trading/accounts", name="Trading accounts", title="Accounts · AlphaTrade",
)  # fmt: skip


def layout(**_query: str) -> html.Div:
    """List and form."""
    form = (
        accounts_view.open_panel()
        if account.may_trade()
        else notice("Your role is viewer: an account is opened by a trader.")
    )
    return html.Div(
        [
            page_header(
                "Trading accounts",
                "On the paper exchange that comes with the terminal, or at a broker.",
                crumbs=[("Trading", "/trading")],
            ),
            accounts_view.list_panel(),
            form,
        ],
        className="page",
    )


accounts_view.register()
