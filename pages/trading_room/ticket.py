"""The order ticket: fill in, preview with cost and limits, confirm once."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from dash import (
    ALL,
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
from pages.components.form import error_id, error_texts, field_id, labelled
from pages.components.icon import icon
from pages.components.notice import error_notice, notice
from pages.components.number import number
from pages.components.panel import facts, panel
from pages.components.toasts import toast
from pages.server import guard
from pages.server.context import actor, services
from pages.trading_room import account as room
from pages.trading_room.polling import PRICES
from terminal.db.repositories import trading_room
from terminal.errors import InputError
from terminal.execution.expected_cost import PARTS
from terminal.execution.limits import Denial, Limits
from terminal.execution.order import OrderType, Side, TimeInForce
from terminal.execution.previews import Preview
from terminal.execution.ticket import read_ticket
from terminal.params import describe

FORM = "tr-ticket"
PRICE_FIELDS = {
    "limit_price": ("Limit price", ("limit", "stop_limit")),
    "stop_price": ("Stop price", ("stop", "stop_limit")),
    "trail_price": ("Trail by", ("trailing_stop",)),
    "trail_percent": ("or by %", ("trailing_stop",)),
}
TIF_WORDS = {
    TimeInForce.DAY: "Day",
    TimeInForce.GTC: "Until cancelled",
    TimeInForce.IOC: "At once, rest cancelled",
    TimeInForce.FOK: "At once and whole, or not",
    TimeInForce.OPG: "Opening auction",
    TimeInForce.CLS: "Closing auction",
}


def new_nonce() -> str:
    """A name for a form: the same form sent twice is one order."""
    return uuid.uuid4().hex


def ticket_panel(account_id: str) -> html.Section:
    """The form and the place of its preview."""
    return panel(
        "Order",
        [
            html.Div(form(account_id), id="tr-ticket-form"),
            html.Div(button("Preview", "tr-preview", "primary"), className="form-actions"),
            html.Div(id="tr-preview-place"),
            dcc.Store(id="tr-nonce", data=new_nonce()),
            dcc.Store(id="tr-previewed"),
        ],
        className="tr-ticket",
    )


def symbol_options(account_id: str) -> list[dict[str, Any]]:
    """What the account follows."""
    with services().db.read() as conn:
        found = trading_room.prices(conn, actor(), account_id)
    return [{"label": one.symbol, "value": one.symbol} for one in found]


def form(account_id: str) -> list[Any]:
    """The controls."""
    options = symbol_options(account_id)
    return [
        html.Div(
            [
                _field("symbol", "Symbol", dcc.Dropdown(
                    options, options[0]["value"] if options else None,
                    id=field_id(FORM, "symbol"), clearable=False,
                    placeholder="Start the desk to see prices"), wide=True),
                _field("side", "Side", html.Div(_segments("side", list(Side), Side.BUY),
                                                className="tr-sides")),
                _field("quantity", "Units", _text("quantity", "100")),
                _field("type", "Type", dcc.Dropdown(
                    [{"label": one.replace("_", " ").capitalize(), "value": one.value}
                     for one in OrderType],
                    OrderType.MARKET.value, id=field_id(FORM, "type"), clearable=False,
                    searchable=False)),
                _field("time_in_force", "Works", dcc.Dropdown(
                    [{"label": TIF_WORDS[one], "value": one.value} for one in TimeInForce],
                    TimeInForce.DAY.value, id=field_id(FORM, "time_in_force"), clearable=False,
                    searchable=False)),
                *(
                    html.Div(_field(name, label, _text(name)),
                             id={"type": "tr-price", "name": name}, hidden=True)
                    for name, (label, _) in PRICE_FIELDS.items()
                ),
            ],
            className="form-grid tr-form",
        )
    ]  # fmt: skip


def preview_view(shown: Preview, limits: Limits) -> html.Div:
    """What the order would do, what it is expected to cost, what each limit says of it."""
    intent = shown.intent
    rows: list[tuple[Any, Any]] = [
        ("Value", [number(_f(shown.notional), "currency"), " at ",
                   number(_f(shown.price), "price")]),
        ("Position", [number(_f(shown.position_before), "quantity"), " → ",
                      number(_f(shown.position_after), "quantity")]),
        ("Gross exposure", [number(_f(shown.gross_before), "percent"), " → ",
                            number(_f(shown.gross_after), "percent")]),
    ]  # fmt: skip
    if shown.cost is not None:
        parts = [
            f"{name} {getattr(shown.cost, name):,.2f}"
            for name in PARTS
            if getattr(shown.cost, name)
        ]
        rows.append(
            (
                "Expected cost",
                [
                    html.Strong(number(shown.cost.total, "currency")),
                    f" ({shown.cost.bps:,.1f} bp)",
                    html.Div(", ".join(parts), className="muted"),
                ],
            )
        )
        if shown.cost.unknown:
            rows.append(("Not known", ", ".join(shown.cost.unknown) + ": counted as nothing"))
    title = f"{intent.side.value.capitalize()} {intent.quantity:,f} {intent.symbol}"
    allowed = not shown.denials
    return html.Div(
        [
            html.H3(title),
            facts(rows),
            limits_view(shown.denials, limits),
            html.Div(
                [
                    button(f"Send: {title}", "tr-send", "primary" if allowed else "danger",
                           disabled=not allowed),
                ],
                className="form-actions",
            ),
            html.Div(id="tr-send-notice"),
        ],
        className="tr-preview",
    )  # fmt: skip


def limits_view(denials: Sequence[Denial], limits: Limits) -> html.Div:
    """Refusals first, in words; then the limits that are on and allow it."""
    refused = [
        html.Li([icon("error"), html.Span(one.message)], className="tr-limit-no") for one in denials
    ]
    against = {one.limit for one in denials}
    kept = [
        item.title
        for item in describe(Limits)
        if item.kind != "bool"
        and item.name not in against
        and item.name not in ("market_reserve_percent",)
        and getattr(limits, item.name)
    ]
    words = f"{len(kept)} limits allow it: " + ", ".join(kept).lower() + "."
    return html.Div(
        [
            html.Ul(refused, className="tr-limits"),
            html.Div([icon("check"), html.Span(words)], className="tr-limit-yes") if kept else "",
        ]
    )


def given(ids: Sequence[Mapping[str, Any]], values: Sequence[Any]) -> dict[str, Any]:
    """The form as `read_ticket` takes it: prices that the type has no use for are left out."""
    found = {own["name"]: value for own, value in zip(ids, values, strict=True)}
    kind = found.get("type")
    for name, (_, kinds) in PRICE_FIELDS.items():
        if kind not in kinds:
            found[name] = None
    return found


def register() -> None:
    """Fields follow the type; preview; send."""
    clientside_callback(
        ClientsideFunction("terminalTrading", "priceFields"),
        Output({"type": "tr-price", "name": ALL}, "hidden"),
        Input(field_id(FORM, "type"), "value"),
        State({"type": "tr-price", "name": ALL}, "id"),
    )

    @guard.callback(
        Output(field_id(FORM, "symbol"), "options"),
        Output(field_id(FORM, "symbol"), "value"),
        Input(PRICES, "data"),
        State("tr-account", "data"),
        State(field_id(FORM, "symbol"), "options"),
        State(field_id(FORM, "symbol"), "value"),
        prevent_initial_call=True,
        role="viewer",
    )
    def follow_symbols(_mark: Any, account_id: str, shown: Any, chosen: Any) -> Any:
        options = symbol_options(account_id)
        if {one["value"] for one in options} == {one["value"] for one in shown or ()}:
            return no_update, no_update
        return options, no_update if chosen or not options else options[0]["value"]

    @guard.callback(
        Output("tr-preview-place", "children"),
        Output("tr-previewed", "data"),
        Output(error_id(FORM, ALL), "children"),
        Input("tr-preview", "n_clicks"),
        State(field_id(FORM, ALL), "id"),
        State(field_id(FORM, ALL), "value"),
        State(error_id(FORM, ALL), "id"),
        State("tr-account", "data"),
        State("tr-nonce", "data"),
        running=[(Output("tr-preview", "disabled"), True, False)],
        prevent_initial_call=True,
        role="trader",
    )
    def preview(
        clicks: int, ids: Any, values: Any, places: Any, account_id: str, nonce: str
    ) -> Any:
        clean = error_texts(places, {})
        if not clicks:
            return no_update, no_update, clean
        terms = {**given(ids, values), "account_id": account_id, "nonce": nonce}
        try:
            shown = room.desk().preview(actor(), read_ticket(terms))
        except InputError as error:
            known = {own["name"] for own in places}
            if error.field in known:
                return "", None, error_texts(places, {str(error.field): error.message})
            return error_notice(error), None, clean
        limits, _ = room.desk().limits(actor(), account_id)
        return preview_view(shown, limits), terms, clean

    @guard.callback(
        Output("tr-preview-place", "children", allow_duplicate=True),
        Output("tr-nonce", "data"),
        Input("tr-send", "n_clicks"),
        State("tr-previewed", "data"),
        State("tr-account", "data"),
        running=[(Output("tr-send", "disabled"), True, False)],
        prevent_initial_call=True,
        role="trader",
    )
    def send(clicks: int, terms: dict[str, Any] | None, account_id: str) -> Any:
        if not clicks or not terms:
            return no_update, no_update
        made = room.desk().submit(actor(), read_ticket({**terms, "account_id": account_id}))
        if made.denials:
            words = " ".join(one.message for one in made.denials)
            return notice(f"Refused: {words}", "error"), new_nonce()
        toast("That order was sent already." if made.existing else "The order is on its way.",
              "info" if made.existing else "success")  # fmt: skip
        return "", new_nonce()


def _field(name: str, label: str, control: Any, **more: Any) -> html.Div:
    return labelled(label, control, id=field_id(FORM, name), error=error_id(FORM, name), **more)


def _segments(name: str, options: Sequence[Any], value: Any) -> dcc.RadioItems:
    items = [{"label": str(one).capitalize(), "value": str(one)} for one in options]
    return dcc.RadioItems(
        items, str(value), id=field_id(FORM, name), inline=True, className="segmented"
    )


def _text(name: str, value: str = "") -> dcc.Input:
    return dcc.Input(
        id=field_id(FORM, name),
        type="text",
        value=value,
        inputMode="decimal",
        autoComplete="off",
        className="number-input",
    )


def _f(value: Any) -> float | None:
    return None if value is None else float(value)
