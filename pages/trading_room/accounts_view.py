"""Accounts: the list, the form that opens one, closing."""

from __future__ import annotations

from typing import Any

from dash import ALL, Input, Output, State, ctx, dcc, html, no_update

from pages.components.badge import badge
from pages.components.button import button, link_button
from pages.components.clock import moment
from pages.components.empty_state import empty_state
from pages.components.form import error_id, error_texts, field_id, labelled
from pages.components.navigate import navigate
from pages.components.notice import error_notice, notice
from pages.components.number import number
from pages.components.panel import panel
from pages.components.toasts import toast
from pages.server import guard
from pages.server.context import actor, services
from pages.trading_room import account as room
from terminal.db.repositories import trading_accounts, trading_room
from terminal.db.repositories.trading_accounts import TradingAccount
from terminal.errors import TerminalError
from terminal.execution.brokers.registry import Keys
from terminal.execution.lots import LotMethod
from terminal.execution.opening import confirmation_of, open_alpaca, open_paper
from terminal.execution.ticket import read_number

FORM = "tr-open"
PAPER, ALPACA_PAPER, ALPACA_LIVE = "paper", "alpaca-paper", "alpaca-live"
OF_ALPACA = ("key", "secret")


def list_panel() -> html.Section:
    """All accounts of the person's, closed ones last."""
    with services().db.read() as conn:
        found = trading_accounts.find(conn, actor(), closed=True)
        rows = [
            _row(one, trading_room.money(conn, actor(), one.id))
            for one in sorted(found, key=lambda one: (one.closed_at is not None, one.name))
        ]
    if not rows:
        body: Any = empty_state("No account yet", "Open one below: on the paper exchange it takes "
                                "a name and an amount.", icon="trading")  # fmt: skip
    else:
        head = ("Name", "Kind", "Broker", "Cash", "Equity", "Opened", "")
        body = html.Div(
            html.Table(
                [html.Thead(html.Tr([html.Th(name) for name in head])), html.Tbody(rows)],
                className="plain-table",
            ),
            className="plain-table-wrap",
        )
    return panel("Accounts", [body, html.Div(id="tr-close-ask")], flush=True)


def open_panel() -> html.Section:
    """The form, with the kinds of account that the settings allow."""
    live = services().settings.trading.allow_live
    kinds = [
        {"label": "Paper exchange: play money, replayed data", "value": PAPER},
        {"label": "Alpaca, paper account", "value": ALPACA_PAPER},
    ]
    if live:
        kinds.append({"label": "Alpaca, LIVE: real money", "value": ALPACA_LIVE})
    return panel(
        "Open an account",
        [
            html.Div(
                [
                    _field("kind", "Where", dcc.Dropdown(
                        kinds, PAPER, id=field_id(FORM, "kind"), clearable=False,
                        searchable=False), wide=True),
                    _field("name", "Name", _text("name", "", maxLength=64)),
                    html.Div(_field("cash", "Cash", _text("cash", "100000", number=True),
                                    note="play money"), id=_place("cash")),
                    _field("lot_method", "Lots", html.Div(dcc.RadioItems(
                        [{"label": "Average cost", "value": "average"},
                         {"label": "First in, first out", "value": "fifo"}], "average",
                        id=field_id(FORM, "lot_method"), inline=True, className="segmented")),
                        help="How realised profit is counted; it cannot be changed later."),
                    html.Div(_field("key", "Key", _text("key", "")), id=_place("key"), hidden=True),
                    html.Div(_field("secret", "Secret", _text("secret", "", type="password")),
                             id=_place("secret"), hidden=True),
                    html.Div(_field("confirmation", "Confirmation", _text("confirmation", "")),
                             id=_place("confirmation"), hidden=True),
                ],
                className="form-grid",
            ),
            html.Div(id="tr-open-words", className="bt-note"),
            html.Div(button("Open the account", "tr-open", "primary"), className="form-actions"),
            html.Div(id="tr-open-notice"),
        ],
    )  # fmt: skip


def open_account(given: dict[str, Any]) -> TradingAccount:
    """Open what the form asks for.

    Raises
    ------
    TerminalError : with the field it is about.
    """
    app, who = services(), actor()
    name = str(given.get("name") or "").strip()
    lots = LotMethod(str(given.get("lot_method") or "average"))
    if given.get("kind") == PAPER:
        cash = read_number(given.get("cash"), "cash", needed=True)
        assert cash is not None  # noqa: S101  (needed: it raises instead)
        return open_paper(app.db, app.settings, who, name, cash, lots)
    key, secret = (str(given.get(part) or "").strip() for part in OF_ALPACA)
    return open_alpaca(
        app.db,
        app.settings,
        who,
        name,
        "live" if given.get("kind") == ALPACA_LIVE else "paper",
        Keys(key, secret) if key or secret else None,
        str(given.get("confirmation") or ""),
        lots,
    )


def register() -> None:
    """Fields follow the kind; open; close."""

    @guard.callback(
        Output(_place("cash"), "hidden"),
        Output(_place("key"), "hidden"),
        Output(_place("secret"), "hidden"),
        Output(_place("confirmation"), "hidden"),
        Output("tr-open-words", "children"),
        Input(field_id(FORM, "kind"), "value"),
        Input(field_id(FORM, "name"), "value"),
        role="viewer",
    )
    def follow(kind: str, name: str | None) -> Any:
        paper, live = kind == PAPER, kind == ALPACA_LIVE
        words: Any = (
            "The exchange comes with the terminal and replays stored bars as if it were now."
        )
        if kind == ALPACA_PAPER:
            words = "Keys are sealed before they are stored. An administrator may leave them empty "
            words += "to use those of the environment."
        if live:
            words = notice(
                "Real money moves in this account.",
                "warning",
                f"To open it, type exactly: {confirmation_of(name or '…')}",
            )
        return not paper, paper, paper, not live, words

    @guard.callback(
        Output(error_id(FORM, ALL), "children"),
        Output("tr-open-notice", "children"),
        Input("tr-open", "n_clicks"),
        State(field_id(FORM, ALL), "id"),
        State(field_id(FORM, ALL), "value"),
        State(error_id(FORM, ALL), "id"),
        running=[(Output("tr-open", "disabled"), True, False)],
        prevent_initial_call=True,
        role="trader",
    )
    def open_one(clicks: int, ids: Any, values: Any, places: Any) -> Any:
        clean = error_texts(places, {})
        if not clicks:
            return clean, no_update
        given = {own["name"]: value for own, value in zip(ids, values, strict=True)}
        try:
            made = open_account(given)
        except TerminalError as error:
            if any(own["name"] == error.field for own in places):
                words = f"{error.message} {error.remedy or ''}".strip()
                return error_texts(places, {str(error.field): words}), ""
            return clean, error_notice(error)
        room.desk().ensure_session(actor(), made.id)
        toast(f"{made.name} is open; its desk starts.", "success")
        navigate(room.address("/trading", made.id))
        return clean, ""

    @guard.callback(
        Output("tr-close-ask", "children"),
        Input({"type": "tr-close", "account": ALL}, "n_clicks"),
        prevent_initial_call=True,
        role="trader",
    )
    def ask_close(_clicks: Any) -> Any:
        if not ctx.triggered_id or not ctx.triggered[0]["value"]:
            return no_update
        account = room.chosen(ctx.triggered_id["account"])
        assert account is not None  # noqa: S101  (it raises NotFound instead)
        name = {"type": "tr-close-do", "account": account.id}
        return html.Div(
            [
                html.P(
                    f"Closes {account.name} for good: nothing can be traded on it any more. Its "
                    f"ledger of {account.head_seq:,} events stays."
                ),
                html.Div(
                    [
                        button(f"Close {account.name}", name, "danger"),
                        button("Never mind", {**name, "account": ""}, "quiet"),
                    ],
                    className="row",
                ),
            ],
            className="tr-ask tr-pad",
        )

    @guard.callback(
        Output("tr-close-ask", "children", allow_duplicate=True),
        Input({"type": "tr-close-do", "account": ALL}, "n_clicks"),
        prevent_initial_call=True,
        role="trader",
    )
    def close(_clicks: Any) -> Any:
        if not ctx.triggered_id or not ctx.triggered[0]["value"]:
            return no_update
        wanted = ctx.triggered_id["account"]
        if not wanted:
            return ""
        try:
            room.desk().close_account(actor(), wanted)
        except TerminalError as error:
            return error_notice(error)
        toast("The account is closed.", "success")
        navigate("/trading/accounts")
        return ""


def _row(account: TradingAccount, money: trading_room.Money) -> html.Tr:
    closed = account.closed_at is not None
    equity = None if money.equity is None else float(money.equity)
    actions: list[Any] = [
        link_button("Open the desk", room.address("/trading", account.id), small=True)
    ]
    if room.may_trade() and not closed:
        name = {"type": "tr-close", "account": account.id}
        actions.append(button("Close …", name, "quiet", small=True))
    return html.Tr(
        [
            html.Td(html.Strong(account.name)),
            html.Td([room.kind_badge(account), *([" ", badge("closed")] if closed else [])]),
            html.Td(room.BROKERS.get(account.broker, account.broker)),
            html.Td(number(float(money.cash), "currency"), className="num"),
            html.Td(number(equity, "currency"), className="num"),
            html.Td(moment(account.created_at, "day")),
            html.Td(html.Div(actions, className="row row-end")),
        ]
    )


def _place(name: str) -> dict[str, str]:
    return {"type": "tr-open-place", "name": name}


def _field(name: str, label: str, control: Any, **more: Any) -> html.Div:
    return labelled(label, control, id=field_id(FORM, name), error=error_id(FORM, name), **more)


def _text(name: str, value: str, *, number: bool = False, **more: Any) -> dcc.Input:
    given = {"type": "text", "autoComplete": "off", **more}
    return dcc.Input(
        id=field_id(FORM, name),
        value=value,
        inputMode="decimal" if number else "text",
        className="number-input" if number else "",
        **given,
    )
