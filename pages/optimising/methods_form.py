"""Compare methods: one universe, one schedule, one set of costs, a backtest for each method."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dash import ALL, Input, Output, State, dcc, html, no_update

from pages.backtests.choices import EQUAL_WEIGHT
from pages.components.button import button
from pages.components.form import error_id, field_id, read_specs, specs_form
from pages.components.navigate import navigate
from pages.components.notice import notice
from pages.components.panel import panel_head
from pages.optimising.fields import NumberField, field, number_controls, read_numbers
from pages.optimising.form import group
from pages.researching import bars_form
from pages.server import guard
from pages.server.context import actor, services
from terminal.backtest.request import BacktestRequest, CostRequest
from terminal.backtest.validate import validate_request
from terminal.errors import InputError, TerminalError
from terminal.market.calendars import get_calendar
from terminal.market.dataset import Dataset
from terminal.params import describe
from terminal.strategies.allocation_params import (
    LONG,
    OF_FORM,
    SECTOR_BUDGETS,
    AllocationParams,
)

FORM, PARAMS = "op-methods", "op-methods-params"
FIRST = "equal-weight"
"""The method that the others are compared with."""
ACRONYMS = {"hrp": "HRP", "herc": "HERC", "nco": "NCO", "cvar": "CVaR", "evar": "EVaR",
            "cdar": "CDaR", "sharpe": "Sharpe"}  # fmt: skip
USUAL = {"lookback": 252, "purge": 1, "rebalance": "monthly"}
SPECS = tuple(spec for spec in describe(AllocationParams) if spec.name != "method")
_N = NumberField
MONEY = (
    _N("capital", "Capital", "currency", 1, 1e12, 1_000_000.0),
    _N("commission_bps", "Commission", "bps", 0, 1000, 1.0),
    _N("half_spread_bps", "Half spread", "bps", 0, 1000, 2.0),
    _N("slippage_bps", "Slippage", "bps", 0, 1000, 2.0),
    _N("risk_free_rate", "Risk-free rate", "% a year", -20, 100, 0.0, "", 100.0),
)


@dataclass(frozen=True)
class Comparison:
    """Backtests that differ in their method only; the others are compared with the first."""

    requests: tuple[BacktestRequest, ...]


def form(datasets: Sequence[Dataset], query: Mapping[str, str]) -> html.Section:
    """The whole form."""
    values = bars_form.bars_values(datasets, query)
    known = [name for name in OF_FORM if name != SECTOR_BUDGETS or _sectors(values["dataset"])]
    options = [{"label": method_label(name), "value": name} for name in OF_FORM]
    return html.Section(
        [
            panel_head(
                "Compare methods out of sample",
                help="Each method decides from the bars before it, trades at the next bar and pays "
                "the costs below. All run on the same bars, schedule and costs.",
            ),
            group("Universe", bars_form.bars_fields(FORM, datasets, values)),
            group(
                "Methods",
                [
                    field(FORM, "methods", "Methods", html.Div(dcc.Checklist(
                        options, known, id=field_id(FORM, "methods"), className="op-methods",
                    )), wide=True,
                        help="Each is a backtest of its own; with all of them on a hundred "
                        "instruments expect minutes."),
                ],
            ),
            html.Div(
                [html.H3("Estimates, limits and schedule"), specs_form(PARAMS, SPECS, USUAL)],
                className="bt-group op-wide-choices",
            ),
            group("Money and costs", number_controls(FORM, MONEY, {})),
            html.Div(
                [
                    html.Div(id="op-methods-notice", className="rs-notice"),
                    button("Compare", "op-methods-run", "primary", "play"),
                ],
                className="rs-run-bar",
            ),
        ],
        className="panel rs-form",
        **{"aria-label": "Compare methods"},
    )  # fmt: skip


def read_comparison(
    ids: Any, values: Any, param_ids: Any, params: Any
) -> tuple[Comparison | None, dict[str, str]]:
    """(what would run or None, errors by field; those of parameters as `params.<name>`)."""
    given = bars_form.by_name(ids, values)
    errors: dict[str, str] = {}
    bars = bars_form.read_bars(given, errors)
    money = read_numbers(MONEY, given, errors)
    read, wrong = read_specs(SPECS, param_ids, params)
    errors |= {f"params.{name}": words for name, words in wrong.items()}
    methods = [name for name in OF_FORM if name in (given.get("methods") or [])]
    if len(methods) < 2:
        errors["methods"] = "Choose two methods or more."
    if bars is not None and SECTOR_BUDGETS in methods and not _sectors(bars.dataset):
        errors["methods"] = f"The data set names no sectors, which {SECTOR_BUDGETS} needs."
    if errors or bars is None:
        return None, errors
    capital, free = money.pop("capital"), money.pop("risk_free_rate")
    costs = CostRequest(**money)
    found = []
    for method in sorted(methods, key=lambda name: name != FIRST):
        try:
            own = AllocationParams(**read, method=method)
        except InputError as error:
            place = error.field if error.field in read else "sides"
            errors[f"params.{place}"] = f"{method}: {error.message} {error.remedy or ''}".strip()
            return None, errors
        found.append(
            BacktestRequest(
                strategy="allocation",
                params=dict(vars(own)),
                dataset=bars.dataset,
                symbols=bars.symbols,
                timeframe=bars.timeframe,
                start=bars.start,
                end=bars.end,
                capital=capital,
                costs=costs,
                lot=0.0,
                long_only=own.sides == LONG,
                leverage=1.0 if own.sides == LONG else max(1.0, own.gross),
                benchmark=EQUAL_WEIGHT,
                risk_free_rate=free,
                name=method_label(method),
            )
        )
    return Comparison(tuple(found)), {}


def start(comparison: Comparison) -> list[str]:
    """Submit every run; their ids.

    Raises
    ------
    InputError : the request does not fit the data.
    """
    who, catalogue = actor(), services().catalogue
    first = comparison.requests[0]
    dataset = catalogue.dataset(who, first.dataset)
    series = catalogue.series(who, first.dataset)
    validate_request(first, dataset, series, get_calendar(dataset.calendar))
    return [
        services().jobs.submit(who, "backtest", request, title=request.name).id
        for request in comparison.requests
    ]


def method_label(name: str) -> str:
    """A method's name as a person writes it: `minimum-cvar` is Minimum CVaR."""
    if name in ACRONYMS:
        return ACRONYMS[name]
    words = [ACRONYMS.get(word, word) for word in name.split("-")]
    return " ".join([words[0].capitalize(), *words[1:]])


def _sectors(slug: str) -> bool:
    return any(one.sector for one in services().catalogue.series(actor(), slug))


def register() -> None:
    """Fields follow the data set; the button starts the runs."""
    bars_form.register(FORM)

    @guard.callback(
        Output("op-methods-notice", "children"),
        Output(error_id(FORM, ALL), "children"),
        Output(error_id(PARAMS, ALL), "children"),
        Input("op-methods-run", "n_clicks"),
        State(field_id(FORM, ALL), "id"),
        State(field_id(FORM, ALL), "value"),
        State(error_id(FORM, ALL), "id"),
        State(field_id(PARAMS, ALL), "id"),
        State(field_id(PARAMS, ALL), "value"),
        State(error_id(PARAMS, ALL), "id"),
        running=[(Output("op-methods-run", "disabled"), True, False)],
        prevent_initial_call=True,
        role="trader",
    )
    def run(
        clicks: int, ids: Any, values: Any, places: Any, param_ids: Any, params: Any,
        param_places: Any,
    ) -> Any:  # fmt: skip
        if not clicks:
            return no_update, [no_update] * len(places), [no_update] * len(param_places)
        found, errors = read_comparison(ids, values, param_ids, params)
        shown = (
            [errors.get(place["name"], "") for place in places],
            [errors.get(f"params.{place['name']}", "") for place in param_places],
        )
        if found is None:
            return notice("Nothing was started: see the fields.", "error"), *shown
        try:
            jobs = start(found)
        except TerminalError as error:
            return notice(error.message, "error", error.remedy), *shown
        navigate(f"/optimise/compare?ids={','.join(jobs)}")
        return "", *shown
