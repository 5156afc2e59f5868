"""Send to trading: choose an account, see each order with what would refuse it, confirm."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from dash import Input, Output, State, dcc, html, no_update

from pages.components.button import button, link_button
from pages.components.notice import error_notice, notice
from pages.components.panel import panel
from pages.components.toasts import toast
from pages.optimising.stored import load_proposal
from pages.server import guard
from pages.server.context import actor, services
from terminal.accounts.actor import Role
from terminal.charts.numbers import format_value
from terminal.codec import from_json
from terminal.db.repositories import trading_accounts
from terminal.errors import InputError, TerminalError
from terminal.execution.basket import Basket, Leg, Sent, plan, send
from terminal.execution.desk import TradingDesk
from terminal.execution.limits import Denial
from terminal.execution.request import LiveSessionRequest
from terminal.execution.ticket import Ticket, read_ticket
from terminal.portfolio.optimise_request import OptimiseRequest

MOST = 500
"""Orders of one basket."""


def section(job_id: str) -> html.Section:
    """The part of the page; what stands in it depends on who looks and what accounts there are."""
    store = dcc.Store(id="op-job", data=job_id)
    if not actor().role.allows(Role.TRADER):
        return panel("Send to trading", [html.P("Your role is viewer: you cannot trade."), store])
    with services().db.read() as conn:
        accounts = trading_accounts.find(conn, actor())
    if not accounts:
        return panel(
            "Send to trading",
            [
                html.P("You have no trading account yet. One on the paper exchange takes a minute "
                       "and no real money."),
                link_button("Open an account", "/trading/accounts", "primary"),
                store,
            ],
        )  # fmt: skip
    options = [
        {"label": f"{one.name}{' · LIVE' if one.is_live else ''}", "value": one.id}
        for one in accounts
    ]
    return panel(
        "Send to trading",
        html.Div(
            [
                store,
                dcc.Store(id="op-basket"),
                html.P(
                    "The weights, taken of the account's equity at its last prices, less what it "
                    "holds and what already works. Nothing is sent before you confirm.",
                    className="muted",
                ),
                html.Div(
                    [
                        html.Div(
                            dcc.Dropdown(options, _account(job_id, accounts), id="op-send-account",
                                         clearable=False),
                            className="op-account", role="group", **{"aria-label": "Account"},
                        ),
                        button("Preview orders", "op-preview", "primary"),
                        button("Follow prices", "op-follow", title="Start orders by hand on this "
                               "account, following the prices of these instruments"),
                    ],
                    className="row",
                ),
                html.Div(id="op-orders"),
                html.Div(
                    [button("Send the orders", "op-send", "danger"),
                     link_button("Open Trading", "/trading", icon="trading")],
                    id="op-send-row", className="row", hidden=True,
                ),
                html.Div(id="op-sent"),
            ],
            className="stack",
        ),
        id="op-sending",
    )  # fmt: skip


def _account(job_id: str, accounts: Sequence[Any]) -> str:
    """The account the optimisation began from, else the first paper one."""
    request = _request(job_id)
    ids = [one.id for one in accounts]
    if request.held.account in ids:
        return request.held.account
    return str(min(accounts, key=lambda one: one.is_live).id)


def _request(job_id: str) -> OptimiseRequest:
    job = services().jobs.get(actor(), job_id)
    return from_json(OptimiseRequest, dict(job.request))


def desk() -> TradingDesk:
    """The desk of this request."""
    return TradingDesk(services().db, services().settings, services().jobs)


def basket_view(basket: Basket) -> html.Div:
    """The orders in a table, and what a person must know before confirming."""
    refused = sum(bool(leg.preview.denials) for leg in basket.legs)
    parts: list[Any] = [
        html.P(
            f"{len(basket.legs)} orders for {basket.account}, whose equity here is "
            f"{format_value(basket.equity, 'currency')} {basket.currency}: "
            f"{_total(basket.legs, 'sell')} to sell, {_total(basket.legs, 'buy')} to buy, expected "
            f"cost {format_value(sum(_cost(leg) or 0.0 for leg in basket.legs), 'currency')}."
        )
    ]
    if basket.apart:
        parts.append(notice(f"{', '.join(basket.apart)} is held too and left as it is."))
    if basket.unpriced:
        parts.append(
            notice(
                f"The account has no price of {_some(basket.unpriced)}; such orders are refused.",
                "warning",
                "Press Follow prices, and preview again once its session has heard them.",
            )
        )
    if refused:
        parts.append(
            notice(
                f"{refused} of {len(basket.legs)} would be refused as things stand.",
                "warning",
                "Each order is checked by itself, before the sales are filled; purchases are "
                "checked again when they are sent.",
            )
        )
    head = ("Side", "Instrument", "Units", "Price", "Value", "Expected cost", "Would be refused")
    sides = ("", "", "num", "num", "num", "num", "")
    rows = [
        html.Tr(
            [html.Td(cell, className=side) for cell, side in zip(_cells(leg), sides, strict=True)]
        )
        for leg in basket.legs
    ]
    titles = html.Tr(
        [html.Th(name, className=side) for name, side in zip(head, sides, strict=True)]
    )
    made = html.Table([html.Thead(titles), html.Tbody(rows)], className="plain-table")
    return html.Div([*parts, html.Div(made, className="plain-table-wrap op-order-list")],
                    className="stack")  # fmt: skip


def _cells(leg: Leg) -> list[Any]:
    shown = leg.preview
    return [
        leg.ticket.side.value,
        html.Span(leg.ticket.symbol, className="mono"),
        format_value(float(leg.ticket.quantity), "quantity"),
        format_value(None if shown.price is None else float(shown.price), "price"),
        format_value(None if shown.notional is None else float(shown.notional), "currency"),
        format_value(_cost(leg), "currency"),
        denial_words(shown.denials) or "no",
    ]


def denial_words(denials: Sequence[Denial]) -> str:
    """Every reason in words."""
    return " ".join(denial.message for denial in denials)


def _cost(leg: Leg) -> float | None:
    return None if leg.preview.cost is None else leg.preview.cost.total


def _total(legs: Sequence[Leg], side: str) -> str:
    values = [leg.preview.notional for leg in legs if leg.ticket.side.value == side]
    return format_value(float(sum(value for value in values if value is not None)), "currency")


def _some(names: Sequence[str], most: int = 6) -> str:
    shown = ", ".join(names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"


def sent_view(found: Sequence[Sent]) -> html.Div:
    """What became of each order."""
    accepted = [one for one in found if one.made is not None and one.made.accepted]
    twice = sum(one.made.existing for one in accepted if one.made is not None)
    refused = [one for one in found if one not in accepted]
    words = f"{len(accepted)} of {len(found)} orders are on their way."
    if twice:
        words += f" {twice} of them had been sent before; nothing was sent twice."
    parts: list[Any] = [notice(words, "success" if not refused else "warning",
                               "Trading shows them as they fill.")]  # fmt: skip
    if refused:
        parts.append(
            html.Ul(
                [
                    html.Li(
                        [
                            html.Strong(f"{one.ticket.side.value} {one.ticket.quantity} "
                                        f"{one.ticket.symbol}"),
                            f" was refused: {one.error or denial_words(one.denials)}",
                        ]
                    )
                    for one in refused
                ],
                className="op-refused",
            )
        )  # fmt: skip
    return html.Div(parts, className="stack")


def _stored(ticket: Ticket) -> dict[str, str]:
    return {
        "account_id": ticket.account_id,
        "symbol": ticket.symbol,
        "side": ticket.side.value,
        "quantity": str(ticket.quantity),
        "nonce": ticket.nonce,
    }


def read_basket(stored: Any, account_id: str) -> list[Ticket]:
    """The tickets that were previewed; InputError where they are not of this account."""
    if not isinstance(stored, list) or not 0 < len(stored) <= MOST:
        raise InputError("There is no preview to send.", remedy="Preview the orders first.")
    tickets = [read_ticket(one if isinstance(one, Mapping) else {}) for one in stored]
    if any(ticket.account_id != account_id for ticket in tickets):
        raise InputError(
            "The preview is of another account.", field="account", remedy="Preview again."
        )
    return tickets


def register() -> None:
    """Preview, follow, send."""

    @guard.callback(
        Output("op-orders", "children"),
        Output("op-basket", "data"),
        Output("op-send-row", "hidden"),
        Output("op-sent", "children", allow_duplicate=True),
        Input("op-preview", "n_clicks"),
        State("op-send-account", "value"),
        State("op-job", "data"),
        running=[(Output("op-preview", "disabled"), True, False)],
        prevent_initial_call=True,
        role="trader",
    )
    def preview(clicks: int, account_id: str, job_id: str) -> Any:
        if not clicks:
            return no_update, no_update, no_update, no_update
        found = load_proposal(job_id)
        try:
            basket = plan(
                desk(),
                actor(),
                account_id,
                {row.symbol: row.weight for row in found.rows},
                {row.symbol: row.price for row in found.rows},
                _request(job_id).rule,
                secrets.token_hex(8),
            )
        except TerminalError as error:
            return error_notice(error), None, True, ""
        if not basket.legs:
            done = (
                f"{basket.account} holds, or has working, what is wanted: there is nothing to send."
            )
            return notice(done, "success"), None, True, ""
        return basket_view(basket), [_stored(leg.ticket) for leg in basket.legs], False, ""

    @guard.callback(
        Output("op-orders", "children", allow_duplicate=True),
        Output("op-basket", "data", allow_duplicate=True),
        Output("op-send-row", "hidden", allow_duplicate=True),
        Input("op-send-account", "value"),
        prevent_initial_call=True,
        role="trader",
    )
    def forget(_account: str) -> Any:
        return "", None, True

    @guard.callback(
        Output("op-sent", "children", allow_duplicate=True),
        Input("op-follow", "n_clicks"),
        State("op-send-account", "value"),
        State("op-job", "data"),
        prevent_initial_call=True,
        role="trader",
    )
    def follow(clicks: int, account_id: str, job_id: str) -> Any:
        if not clicks:
            return no_update
        symbols = tuple(sorted(row.symbol for row in load_proposal(job_id).rows))
        try:
            desk().start_session(actor(), LiveSessionRequest(account_id, symbols))
        except TerminalError as error:
            return error_notice(error)
        toast("A session follows the prices; preview again in a few seconds.", "info")
        return ""

    @guard.callback(
        Output("op-sent", "children"),
        Output("op-send-row", "hidden", allow_duplicate=True),
        Output("op-basket", "data", allow_duplicate=True),
        Input("op-send", "n_clicks"),
        State("op-basket", "data"),
        State("op-send-account", "value"),
        running=[(Output("op-send", "disabled"), True, False)],
        prevent_initial_call=True,
        role="trader",
    )
    def confirm(clicks: int, stored: Any, account_id: str) -> Any:
        if not clicks:
            return no_update, no_update, no_update
        try:
            found = send(desk(), actor(), read_basket(stored, account_id))
        except TerminalError as error:
            return error_notice(error), no_update, no_update
        return html.Div([sent_view(found), link_button("Open Trading", "/trading", icon="trading")],
                        className="stack"), True, None  # fmt: skip
