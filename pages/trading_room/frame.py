"""The frame that all pages of an account share: head, banner, tabs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import dcc, html

from pages.components.badge import simulated_badge
from pages.components.button import link_button
from pages.components.empty_state import empty_state
from pages.components.page_header import page_header
from pages.components.tabs import tab_links
from pages.trading_room import polling, stopping
from pages.trading_room.account import BROKERS, address, kind_badge, may_trade, own_accounts
from terminal.db.repositories.trading_accounts import TradingAccount

TABS = (
    ("Desk", "/trading"),
    ("Sessions", "/trading/sessions"),
    ("Costs", "/trading/costs"),
    ("Activity", "/trading/activity"),
    ("Statements", "/trading/statements"),
    ("Limits", "/trading/limits"),
    ("Accounts", "/trading/accounts"),
)


def page(
    account: TradingAccount,
    current: str,
    body: Sequence[Any],
    *,
    actions: Sequence[Any] = (),
    simulated: bool = False,
    live: bool = True,
) -> html.Div:
    """An account's page: head, banner and switches, tabs, body.

    live : it polls for what changed.
    """
    tabs = [(title, address(path, account.id)) for title, path in TABS]
    title = [account.name, " ", kind_badge(account)]
    if simulated:
        title += [" ", simulated_badge()]
    parts = [
        page_header(
            html.Span(title, className="tr-title"),
            f"{BROKERS.get(account.broker, account.broker)} · {account.currency}",
            [*_switcher(account, current), *actions],
        ),
        stopping.banner_place(account),
        tab_links(tabs, address(current, account.id), "Trading"),
        *body,
        dcc.Store(id="tr-account", data=account.id),
    ]
    if live:
        parts += polling.parts(account.id)
    return html.Div(parts, className="page tr-page")


def nothing_yet() -> html.Div:
    """What stands there before the first account."""
    actions = []
    text = "An account is opened by a trader. Your role is viewer: you can look at your own only."
    if may_trade():
        text = (
            "Open one on the paper exchange: it replays stored market data as if it were today, "
            "and the money is play money."
        )
        actions = [link_button("Open an account", "/trading/accounts", "primary", icon="plus")]
    return html.Div(
        [
            page_header("Trading", "Orders, positions and strategies on an account of your own."),
            html.Section(
                empty_state("No account yet", text, actions, icon="trading"), className="panel"
            ),
        ],
        className="page",
    )


def _switcher(account: TradingAccount, current: str) -> list[Any]:
    others = own_accounts()
    if len(others) < 2 and account.id in {one.id for one in others}:
        return []
    links = [
        dcc.Link(
            [one.name, " ", kind_badge(one)],
            href=address(current, one.id),
            className="menu-item",
        )
        for one in others
        if one.id != account.id
    ]
    return [
        html.Details(
            [
                html.Summary("Other accounts", className="button button-small"),
                html.Div(links, className="menu-panel"),
            ],
            className="user-menu tr-switch",
        )
    ]
