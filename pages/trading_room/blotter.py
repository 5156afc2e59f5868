"""The blotter: every order with its state and reason, live; cancel and replace.

Only orders that changed since the last look are sent; the browser merges them into its rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from dash import (
    ClientsideFunction,
    Input,
    Output,
    State,
    clientside_callback,
    dcc,
    html,
    no_update,
)

from pages.components.button import button
from pages.components.form import error_id, field_id, labelled
from pages.components.notice import error_notice
from pages.components.panel import panel_head
from pages.components.table import (
    badge_column,
    change_column,
    number_column,
    table,
    text_column,
    time_column,
)
from pages.components.toasts import toast
from pages.server import guard
from pages.server.context import actor, services
from pages.trading_room import account as room
from pages.trading_room.polling import LEDGER
from terminal.db.repositories import orders
from terminal.db.repositories.orders import OrderFilter, OrderRow
from terminal.errors import InputError
from terminal.execution.states import WORKING, OrderState
from terminal.execution.ticket import read_number

NEWEST, MOST_WORKING = 300, 500
WORKS = (OrderState.INTENT, *WORKING)
TABS = (("Working", "working"), ("Filled", "filled"), ("Refused", "refused"), ("All", "all"))
TONES = {
    "intent": "warn", "sending": "warn", "unknown": "warn", "cancelling": "warn",
    "accepted": "accent", "partially filled": "accent", "filled": "up",
    "denied": "down", "rejected": "down",
}  # fmt: skip
FORM = "tr-replace"


def blotter_panel(account_id: str) -> html.Section:
    """Tabs, table, and what can be done with the chosen row."""
    rows = first_rows(account_id)
    working = sum(row["group"] == "working" for row in rows)
    tab = "working" if working else "all"
    choose = dcc.RadioItems(
        [{"label": title, "value": key} for title, key in TABS],
        tab,
        id="tr-blotter-tab",
        inline=True,
        className="segmented",
    )
    return html.Section(
        [
            panel_head("Orders", actions=[choose]),
            table(
                "tr-blotter",
                _columns(),
                rows,
                row_id="id",
                height=330,
                selection="single",
                nothing="No order here.",
                options={
                    "localeText": {
                        "noRowsToShow": "No order here.",
                        "noMatchingRows": "No order here.",
                    }
                },
                filterModel=filter_model(tab),
            ),
            html.Div(
                [
                    button("Cancel this order", "tr-cancel", "danger", small=True, disabled=True),
                    button("Replace …", "tr-replace-open", small=True, disabled=True),
                    html.Span("Choose an order to cancel or replace it.", id="tr-chosen",
                              className="muted"),
                ],
                className="row tr-blotter-bar",
                hidden=not room.may_trade(),
            ),
            html.Div(_replace_form(), id="tr-replace-form", hidden=True),
            dcc.Store(id="tr-orders"),
            dcc.Store(id="tr-seq", data=max((row["seq"] for row in rows), default=0)),
            html.Div(id="tr-blotter-sink", hidden=True),
        ],
        className="panel",
    )  # fmt: skip


def filter_model(tab: str) -> dict[str, Any]:
    """The grid's filter of a tab."""
    if tab == "all":
        return {}
    return {"group": {"filterType": "text", "type": "equals", "filter": tab}}


def first_rows(account_id: str) -> list[dict[str, Any]]:
    """The newest orders, and all that work however old."""
    with services().db.read() as conn:
        newest = orders.blotter(conn, actor(), OrderFilter(account_id), limit=NEWEST)
        working = orders.blotter(
            conn, actor(), OrderFilter(account_id, states=WORKS), limit=MOST_WORKING
        )
    known = {row.client_order_id: row for row in [*working, *newest]}
    return rows_of(list(known.values()))


def changed_rows(account_id: str, after: int) -> list[dict[str, Any]]:
    """Orders that ledger events beyond `after` touched."""
    with services().db.read() as conn:
        found = orders.blotter(
            conn, actor(), OrderFilter(account_id, changed_after=after), limit=MOST_WORKING
        )
    return rows_of(found)


def rows_of(found: Sequence[OrderRow]) -> list[dict[str, Any]]:
    """Rows of the table: only what is shown."""
    return [_row(order) for order in found]


def group_of(state: OrderState, filled: Decimal) -> str:
    """The tab an order stands in."""
    if state in WORKS:
        return "working"
    if state in (OrderState.DENIED, OrderState.REJECTED):
        return "refused"
    return "filled" if filled > 0 else "ended"


def register() -> None:
    """Follow the ledger, filter, choose, act."""
    clientside_callback(
        ClientsideFunction("terminalTrading", "merge"),
        Output("tr-blotter-sink", "children"),
        Input("tr-orders", "data"),
        prevent_initial_call=True,
    )
    clientside_callback(
        ClientsideFunction("terminalTrading", "blotterTab"),
        Output("tr-blotter", "filterModel"),
        Input("tr-blotter-tab", "value"),
        prevent_initial_call=True,
    )
    clientside_callback(
        ClientsideFunction("terminalTrading", "choose"),
        Output("tr-cancel", "disabled"),
        Output("tr-replace-open", "disabled"),
        Output("tr-chosen", "children"),
        Output("tr-replace-form", "hidden"),
        Input("tr-blotter", "selectedRows"),
        Input("tr-replace-open", "n_clicks"),
        prevent_initial_call=True,
    )

    @guard.callback(
        Output("tr-orders", "data"),
        Output("tr-seq", "data"),
        Input(LEDGER, "data"),
        State("tr-account", "data"),
        State("tr-seq", "data"),
        prevent_initial_call=True,
        role="viewer",
    )
    def follow(_mark: Any, account_id: str, seen: int) -> Any:
        rows = changed_rows(account_id, int(seen or 0))
        if not rows:
            return no_update, no_update
        return {"rows": rows}, max(row["seq"] for row in rows)

    @guard.callback(
        Output("tr-cancel", "n_clicks"),
        Input("tr-cancel", "n_clicks"),
        State("tr-blotter", "selectedRows"),
        State("tr-account", "data"),
        prevent_initial_call=True,
        role="trader",
    )
    def cancel(clicks: int, chosen: list[dict[str, Any]] | None, account_id: str) -> Any:
        if not clicks or not chosen:
            return no_update
        state = room.desk().cancel(actor(), account_id, str(chosen[0]["id"]))
        said = {
            OrderState.CANCELLED: "Withdrawn: it had not been sent.",
            OrderState.CANCELLING: "Cancel asked for.",
        }
        toast(said.get(state, f"The order is {state.replace('_', ' ')}."), "info")
        return no_update

    @guard.callback(
        Output("tr-replace-notice", "children"),
        Input("tr-replace-send", "n_clicks"),
        State("tr-blotter", "selectedRows"),
        State("tr-account", "data"),
        State(field_id(FORM, "quantity"), "value"),
        State(field_id(FORM, "limit_price"), "value"),
        State(field_id(FORM, "stop_price"), "value"),
        prevent_initial_call=True,
        role="trader",
    )
    def replace(
        clicks: int, chosen: list[dict[str, Any]] | None, account_id: str, *given: Any
    ) -> Any:
        if not clicks or not chosen:
            return no_update
        names = ("quantity", "limit_price", "stop_price")
        try:
            terms = {name: read_number(text, name) for name, text in zip(names, given, strict=True)}
            made = room.desk().replace(actor(), account_id, str(chosen[0]["id"]), **terms)
        except InputError as error:
            return error_notice(error)
        if made.denials:
            return error_notice(InputError(" ".join(one.message for one in made.denials)))
        toast("The replacement is on its way.", "success")
        return ""


def _columns() -> list[dict[str, Any]]:
    return [
        time_column("created", "Asked for", "second", width=158, sort="desc"),
        text_column("symbol", "Symbol", width=88),
        badge_column("side", "Side", {"buy": "up", "sell": "down"}, width=76),
        badge_column("state", "State", TONES, width=126),
        number_column("quantity", "Units", "quantity", width=86),
        number_column("filled", "Filled", "quantity", width=86),
        text_column("type", "Type", width=118),
        text_column("price", "Price", width=128),
        number_column("average", "Filled at", "price", width=98),
        number_column("fees", "Fees", "currency", width=76),
        change_column("slippage", "Against decision", "bps", width=128,
                      headerTooltip="What was paid beyond the price known when it was decided; "
                      "above 0: better."),
        text_column("source", "From", width=108),
        text_column("reason", "Reason", minWidth=190, flex=2),
        {"field": "group", "hide": True, "filter": "agTextColumnFilter"},
    ]  # fmt: skip


def _row(order: OrderRow) -> dict[str, Any]:
    reason = order.reason
    if order.flag:
        reason = f"{order.flag.replace('_', ' ')}. {reason}".strip()
    return {
        "id": order.client_order_id,
        "created": order.created_at.isoformat(timespec="milliseconds"),
        "symbol": order.symbol,
        "side": order.side.value,
        "state": order.state.value.replace("_", " "),
        "quantity": float(order.quantity),
        "filled": float(order.filled_quantity),
        "type": f"{order.type.value.replace('_', ' ')} · {order.time_in_force.value.upper()}",
        "price": _prices(order),
        "average": None if order.average_price is None else float(order.average_price),
        "fees": float(order.fees),
        "slippage": _slippage(order),
        "source": _source(order),
        "reason": reason,
        "group": group_of(order.state, order.filled_quantity),
        "seq": order.last_seq,
        "can": order.state in (OrderState.ACCEPTED, OrderState.PARTIALLY_FILLED),
    }


def _prices(order: OrderRow) -> str:
    parts = [
        f"{word} {value:,f}"
        for word, value in (
            ("limit", order.limit_price),
            ("stop", order.stop_price),
            ("trail", order.trail_price),
        )
        if value is not None
    ]
    if order.trail_percent is not None:
        parts.append(f"trail {order.trail_percent:f}%")
    return ", ".join(parts)


def _slippage(order: OrderRow) -> float | None:
    if order.average_price is None or not order.reference_price:
        return None
    apart = (order.reference_price - order.average_price) / order.reference_price
    return float(order.side.sign * apart)


def _source(order: OrderRow) -> str:
    if order.source == "manual":
        return "by hand"
    return "algorithm" if order.parent_id else order.source


def _replace_form() -> html.Div:
    def box(name: str, label: str) -> html.Div:
        own = field_id(FORM, name)
        control = dcc.Input(id=own, type="text", inputMode="decimal", autoComplete="off",
                            placeholder="unchanged", className="number-input")  # fmt: skip
        return labelled(label, control, id=own, error=error_id(FORM, name))

    return html.Div(
        [
            html.Div(
                [box("quantity", "Units"), box("limit_price", "Limit"), box("stop_price", "Stop")],
                className="form-grid",
            ),
            html.Div(button("Send the replacement", "tr-replace-send", "primary", small=True),
                     className="form-actions"),
            html.Div(id="tr-replace-notice"),
        ],
        className="tr-replace",
    )  # fmt: skip
