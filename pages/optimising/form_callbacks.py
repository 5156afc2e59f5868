"""What the form does: follow its choices, read every field, start the job."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dash import ALL, Input, Output, State, ctx, no_update

from pages.components.form import error_id, field_id, parse_number, read_params
from pages.components.navigate import navigate
from pages.components.notice import notice
from pages.optimising.fields import FORM, LIMITS, MONEY, PRESETS, read_numbers
from pages.optimising.form import ACCOUNT, LIST, PARTS, params_area, part_form
from pages.optimising.lines import read_bounds, read_budgets, read_positions, read_views
from pages.researching import bars_form
from pages.server import guard
from pages.server.context import actor, services
from terminal.errors import TerminalError
from terminal.portfolio.covariance import COVARIANCES
from terminal.portfolio.expected_returns import EXPECTED_RETURNS
from terminal.portfolio.optimise import METHODS
from terminal.portfolio.optimise_request import Holding, Limits, OptimiseRequest, TradeCosts
from terminal.portfolio.risk_budgets import BudgetParams

KIND = "optimise"
KNOWN: Mapping[str, Any] = {
    "method": METHODS, "covariance": COVARIANCES, "expected": EXPECTED_RETURNS,
}  # fmt: skip
Ids = Sequence[Mapping[str, Any]]


def read_request(
    ids: Ids, values: Sequence[Any], params: Mapping[str, tuple[Ids, Sequence[Any]]]
) -> tuple[OptimiseRequest | None, dict[str, str]]:
    """(the request or None, errors by field; those of parameters as `<part>.<name>`).

    Parameters
    ----------
    params : by part of `PARTS`: ids and values of its parameters.
    """
    given = bars_form.by_name(ids, values)
    errors: dict[str, str] = {}
    bars = bars_form.read_bars(given, errors)
    chosen, own = {}, {}
    for part in PARTS:
        chosen[part] = str(given.get(part) or "")
        if chosen[part] not in KNOWN[part]:
            errors[part] = "Choose one."
            continue
        own[part] = _params(part, chosen[part], *params[part], errors)
    limits = read_numbers(LIMITS, given, errors)
    money = read_numbers(MONEY, given, errors)
    lines: dict[str, Any] = {}
    symbols = bars.symbols if bars is not None else ()
    for name, read in (
        ("each", lambda text: read_bounds(text, "a symbol")),
        ("sectors", lambda text: read_bounds(text, "a sector")),
        ("budgets", read_budgets if chosen["method"] == "risk-budgets" else lambda _: ()),
    ):
        try:
            lines[name] = read(given.get(name))
        except ValueError as error:
            errors[name] = str(error)
    views: Any = ()
    if chosen["expected"] == "black-litterman" and bars is not None:
        try:
            views = read_views(given, symbols)
        except ValueError as error:
            errors["views"] = str(error)
    held = _held(given, errors)
    name = " ".join(str(given.get("name") or "").split())[:110]
    if errors or bars is None:
        return None, errors
    title = METHODS[chosen["method"]].title
    capital, free = money.pop("capital"), money.pop("risk_free")
    return OptimiseRequest(
        dataset=bars.dataset,
        symbols=bars.symbols,
        start=bars.start,
        end=bars.end,
        timeframe=bars.timeframe,
        views=views,
        budgets=lines["budgets"],
        limits=Limits(**limits, each=lines["each"], sectors=lines["sectors"]),
        held=held,
        capital=capital,
        rule=str(given.get("rule") or "greedy"),
        costs=TradeCosts(**money),
        risk_free=free,
        name=name or f"{title} of {len(bars.symbols)} instruments",
        method=chosen["method"],
        method_params=own["method"],
        covariance=chosen["covariance"],
        covariance_params=own["covariance"],
        expected=chosen["expected"],
        expected_params=own["expected"],
    ), {}


def _params(
    part: str, name: str, ids: Ids, values: Sequence[Any], errors: dict[str, str]
) -> dict[str, Any]:
    kind = KNOWN[part][name].params_type
    if kind is BudgetParams:
        return {}
    read, wrong = read_params(kind, ids, values)
    errors.update({f"{part}.{key}": words for key, words in wrong.items()})
    return {} if read is None else dict(vars(read))


def _held(given: Mapping[str, Any], errors: dict[str, str]) -> Holding:
    if given.get("source") == ACCOUNT:
        if not given.get("account"):
            errors["account"] = "Choose an account."
        return Holding(account=str(given.get("account") or ""))
    if given.get("source") != LIST:
        return Holding()
    try:
        units = read_positions(given.get("positions"))
    except ValueError as error:
        errors["positions"] = str(error)
        units = ()
    try:
        cash = float(parse_number(given.get("cash"), low=-1e12, high=1e12))
    except ValueError as error:
        errors["cash"] = str(error)
        cash = 0.0
    if not units and not cash and not {"positions", "cash"} & set(errors):
        errors["positions"] = "The list is empty: enter positions or cash, or choose Nothing."
    return Holding(units=units, cash=cash)


def register() -> None:
    """Parts follow their choices; the button starts the job."""
    bars_form.register(FORM)
    for part in PARTS:
        _follow(part)

    @guard.callback(
        Output("op-method-note", "children"),
        Output("op-budgets", "hidden"),
        Input(field_id(FORM, "method"), "value"),
        prevent_initial_call=True,
        role="viewer",
    )
    def describe(method: str) -> Any:
        return METHODS[method].description, method != "risk-budgets"

    @guard.callback(
        Output("op-views", "hidden"),
        Input(field_id(FORM, "expected"), "value"),
        prevent_initial_call=True,
        role="viewer",
    )
    def show_views(expected: str) -> Any:
        return expected != "black-litterman"

    @guard.callback(
        Output("op-account", "hidden"),
        Output("op-list", "hidden"),
        Input(field_id(FORM, "source"), "value"),
        prevent_initial_call=True,
        role="viewer",
    )
    def show_held(source: str) -> Any:
        return source != ACCOUNT, source != LIST

    preset_fields = list(PRESETS["Long only"])

    @guard.callback(
        *[Output(field_id(FORM, name), "value", allow_duplicate=True) for name in preset_fields],
        Input({"type": "op-preset", "name": ALL}, "n_clicks"),
        prevent_initial_call=True,
        role="viewer",
    )
    def preset(_clicks: Any) -> Any:
        if not ctx.triggered_id or not ctx.triggered[0]["value"]:
            return [no_update] * len(preset_fields)
        wanted = PRESETS[ctx.triggered_id["name"]]
        return [wanted[name] for name in preset_fields]

    controls = [
        state
        for form in (FORM, *(part_form(part) for part in PARTS))
        for state in (
            State(field_id(form, ALL), "id"),
            State(field_id(form, ALL), "value"),
            State(error_id(form, ALL), "id"),
        )
    ]

    @guard.callback(
        Output("op-notice", "children"),
        Output(error_id(FORM, ALL), "children"),
        *[Output(error_id(part_form(part), ALL), "children") for part in PARTS],
        Input("op-run", "n_clicks"),
        *controls,
        running=[(Output("op-run", "disabled"), True, False)],
        prevent_initial_call=True,
        role="trader",
    )
    def start(clicks: int, *states: Any) -> Any:
        ids, values, places = states[:3]
        own = {part: states[3 * k + 3 : 3 * k + 6] for k, part in enumerate(PARTS)}
        if not clicks:
            return no_update, *[
                [no_update] * len(p) for p in (places, *(s[2] for s in own.values()))
            ]
        request, errors = read_request(
            ids, values, {part: (state[0], state[1]) for part, state in own.items()}
        )
        shown = [
            [errors.get(place["name"], "") for place in places],
            *(
                [errors.get(f"{part}.{place['name']}", "") for place in state[2]]
                for part, state in own.items()
            ),
        ]
        if request is None:
            return notice("Nothing was started: see the fields.", "error"), *shown
        try:
            job = services().jobs.submit(actor(), KIND, request)
        except TerminalError as error:
            return notice(error.message, "error", error.remedy), *shown
        navigate(f"/optimise/{job.id}")
        return "", *shown


def _follow(part: str) -> None:
    @guard.callback(
        Output(f"op-{part}-params", "children"),
        Input(field_id(FORM, part), "value"),
        prevent_initial_call=True,
        role="viewer",
    )
    def follow(name: str) -> Any:
        return params_area(part, name)
