"""Start a strategy on an account: the backtest's own form, with the share of the account."""

from __future__ import annotations

from typing import Any

from dash import ALL, Input, Output, State, dcc, html, no_update

from pages.backtests.form import common_groups, group, params_area, strategy_column
from pages.backtests.form_reading import place_of, read_request, sentence
from pages.backtests.form_values import FORM, PARAMS, Start, start_values
from pages.components.button import button, link_button
from pages.components.empty_state import empty_state
from pages.components.form import error_id, field_id, labelled, parse_number
from pages.components.navigate import navigate
from pages.components.notice import error_notice, notice
from pages.components.toasts import toast
from pages.server import guard
from pages.server.context import actor, services
from pages.trading_room import account as room
from terminal.backtest.request import BacktestRequest, ExitRequest
from terminal.errors import InputError, TerminalError
from terminal.execution.request import LiveSessionRequest

OWN = "tr-session"
HIDDEN = ("capital", "risk_free_rate", "end", "benchmark", "participation", "maintenance",
          "cash_rate", "debit_rate")  # fmt: skip
"""Fields of a backtest that a session has no use for; the page's style sheet hides them."""


def form_panel(account_id: str, query: dict[str, str]) -> Any:
    """The form, filled for the data that the paper exchange replays."""
    who, catalogue = actor(), services().catalogue
    datasets = catalogue.datasets(who)
    if not datasets:
        return html.Section(
            empty_state(
                "No data yet",
                "A strategy needs past bars to begin with. The built-in data sets load within "
                "seconds of the first start.",
                [link_button("Look at the data", "/data", "primary", icon="data")],
                icon="data",
            ),
            className="panel",
        )
    start = _start(account_id, datasets, query)
    strategy = str(start.values["strategy"])
    return html.Section(
        [
            strategy_column(start),
            html.Div(
                [
                    group("Parameters", params_area(strategy, start.params), id="bt-params"),
                    group("Session", _own()),
                    *common_groups(start, datasets, catalogue.symbols(who), also=False),
                    _footer(),
                ],
                className="bt-fields",
            ),
            # a place that the backtest's own callbacks fill: it speaks of a backtest
            html.Div([html.Div(id="bt-check"), dcc.Store(id="bt-parent", data="")], hidden=True),
        ],
        className="panel bt-form tr-session-form",
        **{"aria-label": "Start a strategy"},
    )


def request_of(
    read: BacktestRequest, account_id: str, share: float, name: str
) -> LiveSessionRequest:
    """The session that the backtest's form asks for.

    Raises
    ------
    InputError : exits of the engine, which a session does not have.
    """
    if read.exits != ExitRequest():
        raise InputError(
            "A session has no stops and targets of the engine.",
            field="stop_loss",
            remedy="Set them to 0; the account's breakers, or an overlay, limit losses.",
        )
    return LiveSessionRequest(
        account_id=account_id,
        symbols=read.symbols,
        strategy=read.strategy,
        params=read.params,
        overlays=read.overlays,
        dataset=read.dataset,
        start=read.start,
        timeframe=read.timeframe,
        share=share,
        lot=read.lot,
        long_only=read.long_only,
        leverage=read.leverage,
        costs=read.costs,
        name=name,
    )


def register() -> None:
    """Start."""

    @guard.callback(
        Output(error_id(FORM, ALL), "children", allow_duplicate=True),
        Output(error_id(PARAMS, ALL), "children", allow_duplicate=True),
        Output(error_id(OWN, ALL), "children"),
        Output("tr-session-notice", "children"),
        Input("tr-session-start", "n_clicks"),
        State(field_id(FORM, ALL), "value"),
        State(field_id(PARAMS, ALL), "value"),
        State(field_id(FORM, ALL), "id"),
        State(field_id(PARAMS, ALL), "id"),
        State(error_id(FORM, ALL), "id"),
        State(error_id(PARAMS, ALL), "id"),
        State(field_id(OWN, "share"), "value"),
        State(field_id(OWN, "name"), "value"),
        State("tr-account", "data"),
        running=[(Output("tr-session-start", "disabled"), True, False)],
        prevent_initial_call=True,
        role="trader",
    )
    def start(
        clicks: int, values: Any, params: Any, ids: Any, param_ids: Any, places: Any,
        param_places: Any, share: Any, name: Any, account_id: str,
    ) -> Any:  # fmt: skip
        if not clicks:
            return ([no_update] * len(places), [no_update] * len(param_places),
                    [no_update] * 2, no_update)  # fmt: skip
        read, errors = read_request(ids, values, param_ids, params)
        own = {"name": "", "share": ""}
        part = 0.0
        try:
            part = float(parse_number(share, low=0.01, high=100, unit="%")) / 100
        except ValueError as error:
            own["share"] = str(error)
        loose: Any = ""
        if read is not None and not errors and not own["share"]:
            try:
                wanted = request_of(read, account_id, part, str(name or "").strip()[:120])
                room.desk().start_session(actor(), wanted)
                toast("The session starts.", "success")
                navigate(room.address("/trading", account_id))
            except InputError as error:
                fields = {one["name"] for one in ids}
                place = place_of(error, fields, {one["name"] for one in param_ids})
                errors = {place: sentence(error)} if place else {}
                loose = "" if place else error_notice(error)
            except TerminalError as error:
                loose = error_notice(error)
        if errors:
            loose = notice(errors.get("") or f"{len(errors)} fields need a change.", "error")
        return (
            [errors.get(one["name"], "") for one in places],
            [errors.get(f"params.{one['name']}", "") for one in param_places],
            [own["share"], own["name"]],
            loose,
        )


def _start(account_id: str, datasets: Any, query: dict[str, str]) -> Start:
    """Filled from the address, else for what the paper exchange replays."""
    if query.get("from") or query.get("model"):
        return start_values(datasets, query)
    slug = query.get("dataset") or room.desk().exchange_dataset(actor(), account_id)
    start = start_values(datasets, {**query, **({"dataset": slug} if slug else {})})
    followed = set(room.desk().exchange_symbols(actor(), account_id))
    if followed and not query.get("symbol"):
        symbols = [one for one in start.values["symbols"] if one in followed]
        return Start(start.dataset, start.series, {**start.values, "symbols": symbols},
                     start.params, start.errors, start.parent)  # fmt: skip
    return start


def _own() -> html.Div:
    return html.Div(
        [
            labelled(
                "Share of the account",
                _text("share", "100", True),
                id=field_id(OWN, "share"),
                error=error_id(OWN, "share"),
                note="% of equity",
                help="What the strategy's weights are of. The rest stays for orders by hand.",
            ),
            labelled(
                "Name",
                _text("name", "", False),
                id=field_id(OWN, "name"),
                error=error_id(OWN, "name"),
            ),
        ],
        className="form-grid",
    )


def _text(name: str, value: str, number: bool) -> dcc.Input:
    return dcc.Input(
        id=field_id(OWN, name),
        type="text",
        value=value,
        inputMode="decimal" if number else "text",
        autoComplete="off",
        className="number-input" if number else "",
    )


def _footer() -> html.Div:
    return html.Div(
        [
            html.P(
                "It decides once at each close of a bar. History up to now comes from the data "
                "set, so that it need not wait for its warm-up.",
                className="muted",
            ),
            html.Div(
                button("Start the session", "tr-session-start", "primary", "play"),
                className="bt-run-bar",
            ),
            html.Div(id="tr-session-notice", className="tr-wide"),
        ],
        className="bt-footer",
    )
