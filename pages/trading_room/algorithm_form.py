"""Orders that an algorithm works: the form, and parents with their children and progress."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from decimal import Decimal
from typing import Any

from dash import ALL, Input, Output, State, ctx, dcc, html, no_update

from pages.components.badge import Tone, badge
from pages.components.button import button
from pages.components.clock import moment
from pages.components.form import (
    error_id,
    error_texts,
    field_id,
    labelled,
    params_form,
    parse_number,
    read_params,
)
from pages.components.notice import error_notice
from pages.components.number import number
from pages.components.panel import panel
from pages.components.toasts import toast
from pages.server import guard
from pages.server.context import actor, services
from pages.trading_room import account as room
from pages.trading_room.headline import ZONE
from pages.trading_room.polling import LEDGER
from pages.trading_room.ticket import new_nonce, symbol_options
from terminal.db.repositories import orders, parent_orders
from terminal.db.repositories.orders import OrderFilter
from terminal.db.repositories.parent_orders import ParentRow
from terminal.errors import Conflict, InputError
from terminal.execution.algorithm_ticket import MOST_MINUTES, AlgorithmTicket
from terminal.execution.algorithms import ALGORITHMS, AlgorithmState, get_algorithm
from terminal.execution.order import Side
from terminal.execution.ticket import read_number

FORM, PARAMS = "tr-algo", "tr-algo-params"
TONES: dict[AlgorithmState, Tone] = {
    AlgorithmState.WAITING: "warn",
    AlgorithmState.WORKING: "accent",
    AlgorithmState.PAUSED: "warn",
    AlgorithmState.DONE: "up",
    AlgorithmState.FAILED: "down",
}
SHOWN = 12
MOST_CHILDREN = 40


def algorithm_panel(account_id: str) -> html.Section:
    """The form, folded away until it is wanted."""
    first = next(iter(ALGORITHMS))
    options = symbol_options(account_id)
    body = [
        html.Div(
            [
                _field("symbol", "Symbol", dcc.Dropdown(
                    options, options[0]["value"] if options else None,
                    id=field_id(FORM, "symbol"), clearable=False)),
                _field("side", "Side", html.Div(dcc.RadioItems(
                    [{"label": one.capitalize(), "value": one.value} for one in Side], "buy",
                    id=field_id(FORM, "side"), inline=True, className="segmented"),
                    className="tr-sides")),
                _field("quantity", "Units", _text("quantity", "1000")),
                _field("minutes", "Within", _text("minutes", "60"),
                       note="minutes of the exchange's time"),
                _field("algorithm", "Algorithm", dcc.Dropdown(
                    [{"label": one.title, "value": name} for name, one in ALGORITHMS.items()],
                    first, id=field_id(FORM, "algorithm"), clearable=False, searchable=False)),
            ],
            className="form-grid tr-form",
        ),
        html.Div(params_area(first), id="tr-algo-params"),
        html.Div(button("Start the algorithm", "tr-algo-start", "primary"),
                 className="form-actions"),
        html.Div(id="tr-algo-notice"),
        dcc.Store(id="tr-algo-nonce", data=new_nonce()),
    ]  # fmt: skip
    return html.Section(
        html.Details(
            [
                html.Summary("Work a large order by an algorithm"),
                html.Div(body, className="tr-pad"),
            ],
            className="disclosure",
        ),
        className="panel tr-algo",
    )


def params_area(name: str) -> list[Any]:
    """What the algorithm does, and its parameters."""
    found = get_algorithm(name)
    return [
        html.P(found.help, className="muted tr-note"),
        params_form(PARAMS, found.params),
    ]


def parents_panel(account_id: str) -> html.Div:
    """Parents, newest first; nothing where there is none."""
    return html.Div(parents(account_id), id="tr-parents")


def parents(account_id: str) -> Any:
    """The parents with their progress."""
    with services().db.read() as conn:
        found = parent_orders.find(conn, actor(), account_id, SHOWN)
        filled = {row.order.id: parent_orders.progress(conn, row).filled for row in found}
    if not found:
        return ""
    return panel(
        "Algorithms",
        html.Div([_parent(row, filled[row.order.id]) for row in found], className="tr-parents"),
        flush=True,
    )


def children(account_id: str, parent_id: str) -> Any:
    """The children of a parent, newest first."""
    with services().db.read() as conn:
        found = orders.blotter(
            conn, actor(), OrderFilter(account_id, parent_id=parent_id), limit=MOST_CHILDREN
        )
    if not found:
        return html.P("No child yet.", className="muted tr-pad")
    head = ("Asked for", "Units", "Filled", "At", "State", "Reason")
    rows = [
        html.Tr(
            [
                html.Td(moment(one.created_at)),
                html.Td(number(float(one.quantity), "quantity"), className="num"),
                html.Td(number(float(one.filled_quantity), "quantity"), className="num"),
                html.Td(
                    number(
                        None if one.average_price is None else float(one.average_price), "price"
                    ),
                    className="num",
                ),
                html.Td(one.state.value.replace("_", " ")),
                html.Td(one.reason),
            ]
        )
        for one in found
    ]
    table = html.Table(
        [html.Thead(html.Tr([html.Th(name) for name in head])), html.Tbody(rows)],
        className="plain-table",
    )
    return html.Div(table, className="plain-table-wrap")


def read_form(
    given: dict[str, Any], params: dict[str, Any], account_id: str, nonce: str
) -> tuple[AlgorithmTicket | None, dict[str, str]]:
    """(the ticket or None, errors by field)."""
    errors: dict[str, str] = {}
    quantity, minutes = Decimal(0), 0.0
    try:
        quantity = read_number(given.get("quantity"), "quantity", needed=True) or Decimal(0)
    except InputError as error:
        errors["quantity"] = error.message
    try:
        minutes = float(
            parse_number(given.get("minutes"), low=0.1, high=MOST_MINUTES, unit="minutes")
        )
    except ValueError as error:
        errors["minutes"] = str(error)
    if not given.get("symbol"):
        errors["symbol"] = "Choose a symbol."
    if errors:
        return None, errors
    ticket = AlgorithmTicket(
        account_id,
        str(given["symbol"]),
        Side(given.get("side") or "buy"),
        quantity,
        str(given.get("algorithm") or ""),
        params,
        minutes,
        nonce,
    )
    return ticket, {}


def register() -> None:
    """Parameters follow the algorithm; start; follow, command."""

    @guard.callback(
        Output("tr-algo-params", "children"),
        Input(field_id(FORM, "algorithm"), "value"),
        prevent_initial_call=True,
        role="viewer",
    )
    def follow_algorithm(name: str) -> Any:
        return params_area(name)

    @guard.callback(
        Output(field_id(FORM, "symbol"), "options"),
        Input(field_id("tr-ticket", "symbol"), "options"),
        prevent_initial_call=True,
        role="viewer",
    )
    def follow_symbols(options: Any) -> Any:
        return options

    @guard.callback(
        Output(error_id(FORM, ALL), "children"),
        Output(error_id(PARAMS, ALL), "children"),
        Output("tr-algo-notice", "children"),
        Output("tr-algo-nonce", "data"),
        Input("tr-algo-start", "n_clicks"),
        State(field_id(FORM, ALL), "id"),
        State(field_id(FORM, ALL), "value"),
        State(field_id(PARAMS, ALL), "id"),
        State(field_id(PARAMS, ALL), "value"),
        State(error_id(FORM, ALL), "id"),
        State(error_id(PARAMS, ALL), "id"),
        State("tr-account", "data"),
        State("tr-algo-nonce", "data"),
        running=[(Output("tr-algo-start", "disabled"), True, False)],
        prevent_initial_call=True,
        role="trader",
    )
    def start(
        clicks: int, ids: Any, values: Any, param_ids: Any, params: Any, places: Any,
        param_places: Any, account_id: str, nonce: str,
    ) -> Any:  # fmt: skip
        if not clicks:
            return error_texts(places, {}), error_texts(param_places, {}), no_update, no_update
        given = {own["name"]: value for own, value in zip(ids, values, strict=True)}
        found = get_algorithm(str(given.get("algorithm") or ""))
        read, wrong = read_params(found.params, param_ids, params)
        ticket, errors = read_form(given, asdict(read) if read else {}, account_id, nonce)
        if wrong or errors or ticket is None:
            return error_texts(places, errors), error_texts(param_places, wrong), "", no_update
        try:
            room.desk().start_algorithm(actor(), ticket)
        except (InputError, Conflict) as error:
            own = {str(error.field): error.message}
            in_form = any(place["name"] == error.field for place in places)
            loose = "" if in_form else error_notice(error)
            return error_texts(places, own), error_texts(param_places, own), loose, no_update
        toast(f"{found.title} is at work.", "success")
        return error_texts(places, {}), error_texts(param_places, {}), "", new_nonce()

    @guard.callback(
        Output("tr-parents", "children"),
        Input(LEDGER, "data"),
        State("tr-account", "data"),
        prevent_initial_call=True,
        role="viewer",
    )
    def follow(_mark: Any, account_id: str) -> Any:
        return parents(account_id)

    @guard.callback(
        Output("tr-parents", "children", allow_duplicate=True),
        Input({"type": "tr-algo-do", "wanted": ALL, "parent": ALL}, "n_clicks"),
        State("tr-account", "data"),
        prevent_initial_call=True,
        role="trader",
    )
    def command(_clicks: Any, account_id: str) -> Any:
        if not ctx.triggered_id or not ctx.triggered[0]["value"]:
            return no_update
        wanted = ctx.triggered_id["wanted"].removeprefix("resume")
        room.desk().command_algorithm(actor(), ctx.triggered_id["parent"], wanted)
        return parents(account_id)

    @guard.callback(
        Output("tr-children", "children"),
        Output("tr-children-panel", "hidden"),
        Input({"type": "tr-algo-children", "parent": ALL}, "n_clicks"),
        State("tr-account", "data"),
        prevent_initial_call=True,
        role="viewer",
    )
    def show_children(_clicks: Any, account_id: str) -> Any:
        if not ctx.triggered_id or not ctx.triggered[0]["value"]:
            return no_update, no_update
        return children(account_id, ctx.triggered_id["parent"]), False


def children_place() -> html.Div:
    """Where the children of a chosen parent stand."""
    inner = panel("Children", html.Div(id="tr-children"), flush=True)
    return html.Div(inner, id="tr-children-panel", hidden=True)


def _parent(row: ParentRow, filled: Decimal) -> html.Div:
    order = row.order
    share = min(float(filled / order.quantity), 1.0)
    ended = row.state in (AlgorithmState.DONE, AlgorithmState.CANCELLED, AlgorithmState.FAILED)
    asked = f"{row.command} asked for" if row.command and not ended else ""
    return html.Div(
        [
            html.Div(
                [
                    html.Strong(
                        f"{order.side.value.capitalize()} {order.quantity:,f} {order.symbol}"
                    ),
                    html.Span(get_algorithm(order.algorithm).title, className="muted"),
                    badge(row.state.value, TONES.get(row.state, "neutral")),
                    html.Span(asked or row.note, className="muted"),
                    html.Div(_buttons(row, ended), className="row tr-card-links"),
                ],
                className="row",
            ),
            html.Div(
                html.Div(className="progress-bar", style={"width": f"{share:.1%}"}),
                className="progress",
                role="progressbar",
                **{"aria-valuenow": f"{100 * share:.0f}", "aria-valuemin": "0",
                   "aria-valuemax": "100", "aria-label": f"Filled of {order.symbol}"},
            ),
            html.Div(
                [
                    html.Span(f"{filled:,f} of {order.quantity:,f} filled"),
                    html.Span([_at(order.start_at), " to ", _at(order.end_at)]),
                ],
                className="row muted tr-parent-foot",
            ),
        ],
        className="tr-parent",
    )  # fmt: skip


def _at(at: datetime) -> Any:
    return moment(at, "minute", ZONE)


def _buttons(row: ParentRow, ended: bool) -> list[Any]:
    def do(text: str, wanted: str) -> html.Button:
        name = {"type": "tr-algo-do", "wanted": wanted, "parent": row.order.id}
        return button(text, name, "quiet", small=True)

    shown: list[Any] = [
        button(
            "Children", {"type": "tr-algo-children", "parent": row.order.id}, "quiet", small=True
        )
    ]
    if ended or row.command == "cancel" or not room.may_trade():
        return shown
    first = do("Resume", "resume") if row.command == "pause" else do("Pause", "pause")
    return [first, do("Cancel", "cancel"), *shown]


def _field(name: str, label: str, control: Any, **more: Any) -> html.Div:
    return labelled(label, control, id=field_id(FORM, name), error=error_id(FORM, name), **more)


def _text(name: str, value: str) -> dcc.Input:
    return dcc.Input(id=field_id(FORM, name), type="text", value=value, inputMode="decimal",
                     autoComplete="off", className="number-input")  # fmt: skip
