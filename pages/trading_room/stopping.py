"""Cancel all, flatten, kill, arm again: each says in numbers what it will do, then asks."""

from __future__ import annotations

from typing import Any

from dash import ALL, Input, Output, State, ctx, dcc, html, no_update

from pages.components.button import button
from pages.components.clock import moment
from pages.components.icon import icon
from pages.components.notice import error_notice
from pages.components.toasts import toast
from pages.server import guard
from pages.server.context import actor
from pages.trading_room import account as room
from pages.trading_room.polling import SESSION
from terminal.db.repositories.trading_accounts import TradingAccount
from terminal.errors import InputError
from terminal.execution.desk import Reach
from terminal.execution.kill import Kill

CANCEL, FLATTEN, KILL, REARM = "cancel", "flatten", "kill", "rearm"
BUTTONS = {
    CANCEL: "Cancel these orders",
    FLATTEN: "Flatten now",
    KILL: "Kill now",
    REARM: "Arm again",
}
NEEDS_REASON = (KILL, REARM)


def banner_place(account: TradingAccount) -> html.Div:
    """Where the banner of a stopped account stands."""
    return html.Div(banner(account.id), id="tr-banner", className="tr-banner-place")


def banner(account_id: str) -> Any:
    """Why trading is stopped, and the way back; nothing while it is not."""
    stopped = room.desk().stopped(actor(), account_id)
    if stopped is None:
        return ""
    return html.Div(
        [
            icon("stop"),
            html.Div([html.Strong(_stopped_words(stopped)), " ", html.Span(stopped.reason),
                      html.Div([f"By {stopped.actor_name}, ", moment(stopped.at)],
                               className="tr-banner-note")]),
            *(
                [button("Arm again", ask_id(REARM), small=True)]
                if room.may_trade() and stopped.scope == account_id
                else []
            ),
        ],
        className="tr-banner",
        role="alert",
    )  # fmt: skip


def switches() -> list[Any]:
    """The three buttons of a trader."""
    if not room.may_trade():
        return []
    return [
        button("Cancel all", ask_id(CANCEL), small=True),
        button("Flatten", ask_id(FLATTEN), small=True, look="danger"),
        button("KILL", ask_id(KILL), small=True, look="danger", icon="stop"),
    ]


def dialog_place() -> html.Div:
    """Where the question stands."""
    return html.Div([html.Div(id="tr-ask"), dcc.Store(id="tr-asked")], className="tr-ask-place")


def ask_id(what: Any) -> dict[str, Any]:
    """Id of the button that asks."""
    return {"type": "tr-ask", "what": what}


def question(what: str, reach: Reach) -> html.Section:
    """What would happen, with numbers, and the button that does it."""
    reason = [
        dcc.Input(
            id={"type": "tr-reason", "what": what},
            type="text",
            placeholder="Why? (kept in the ledger and the audit)",
            maxLength=300,
            autoComplete="off",
        )
    ]
    return html.Section(
        [
            html.P(words(what, reach)),
            html.Div(reason if what in NEEDS_REASON else [], className="tr-reason"),
            html.Div(
                [
                    button(BUTTONS[what], {"type": "tr-do", "what": what},
                           "primary" if what == REARM else "danger"),
                    button("Never mind", {"type": "tr-do", "what": "nothing"}, "quiet"),
                ],
                className="row",
            ),
            html.Div(id="tr-ask-notice"),
        ],
        className="panel tr-ask",
        role="alertdialog",
        **{"aria-label": BUTTONS[what]},
    )  # fmt: skip


def words(what: str, reach: Reach) -> str:
    """One sentence with the numbers."""
    orders = _count(reach.working, "working order")
    waiting = _count(reach.waiting, "order that waits to be sent", "orders that wait to be sent")
    held = f"{_count(reach.positions, 'position')} worth {reach.notional:,.2f}"
    if what == CANCEL:
        return f"Cancels {orders} and {waiting}. What is held stays: {held}."
    if what == FLATTEN:
        return f"Cancels {orders} and {waiting}, then closes {held} by market orders."
    if what == KILL:
        return (
            "Stops this account: nothing is sent any more until it is armed again. Cancels "
            f"{orders} and {waiting}. What is held stays open: {held}."
        )
    return (
        "Lets the account send orders again; losses are measured anew from now. "
        f"It holds {held}; {orders} at the broker."
    )


def perform(what: str, account_id: str, reason: str) -> str:
    """Do it; the sentence of what was done."""
    who, desk = actor(), room.desk()
    if what == CANCEL:
        return f"Cancelling {_count(desk.cancel_all(who, account_id), 'order')}."
    if what == FLATTEN:
        desk.flatten(who, account_id)
        return "Flattening: everything is cancelled, then every position is closed."
    if what == KILL:
        pressed = desk.kill(who, account_id, reason)
        return "Trading is stopped." if pressed else "It was stopped already."
    desk.rearm(who, account_id, reason)
    return "The account may trade again."


def register() -> None:
    """Question, answer, banner."""

    @guard.callback(
        Output("tr-ask", "children"),
        Output("tr-asked", "data"),
        Input(ask_id(ALL), "n_clicks"),
        State("tr-account", "data"),
        prevent_initial_call=True,
        role="trader",
    )
    def ask(_clicks: Any, account_id: str) -> Any:
        if not ctx.triggered_id or not ctx.triggered[0]["value"]:
            return no_update, no_update
        what = ctx.triggered_id["what"]
        return question(what, room.desk().reach(actor(), account_id)), what

    @guard.callback(
        Output("tr-ask", "children", allow_duplicate=True),
        Output("tr-ask-notice", "children"),
        Output("tr-banner", "children", allow_duplicate=True),
        Input({"type": "tr-do", "what": ALL}, "n_clicks"),
        State({"type": "tr-reason", "what": ALL}, "value"),
        State("tr-account", "data"),
        prevent_initial_call=True,
        role="trader",
    )
    def do(_clicks: Any, reasons: list[str | None], account_id: str) -> Any:
        if not ctx.triggered_id or not ctx.triggered[0]["value"]:
            return no_update, no_update, no_update
        what = ctx.triggered_id["what"]
        if what == "nothing":
            return "", no_update, no_update
        try:
            said = perform(what, account_id, (reasons or [""])[0] or "")
        except InputError as error:
            return no_update, error_notice(error), no_update
        toast(said, "success" if what in (CANCEL, REARM) else "warning")
        return "", no_update, banner(account_id)

    @guard.callback(
        Output("tr-banner", "children"),
        Input(SESSION, "data"),
        State("tr-account", "data"),
        State("tr-banner", "children"),
        prevent_initial_call=True,
        role="viewer",
    )
    def follow(_mark: Any, account_id: str, shown: Any) -> Any:
        now = banner(account_id)
        return no_update if bool(now) == bool(shown) else now


def _stopped_words(stopped: Kill) -> str:
    cause = stopped.cause.replace("_", " ")
    whole = "All accounts are stopped" if stopped.scope == "*" else "Trading is stopped"
    return f"{whole} ({cause})." if cause else f"{whole}."


def _count(number: int, one: str, more: str = "") -> str:
    if number == 1:
        return f"1 {one}"
    return f"{number:,} {more or one + 's'}"
