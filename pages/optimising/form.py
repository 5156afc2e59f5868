"""The form of an optimisation: universe, method, estimates, limits, what is held, costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dash import dcc, html

from pages.components.button import button
from pages.components.form import error_id, field_id, params_form
from pages.components.panel import panel_head
from pages.optimising.fields import (
    FORM,
    LIMITS,
    MONEY,
    PRESETS,
    area,
    dropdown,
    field,
    number_controls,
    text,
)
from pages.optimising.lines import VIEWS
from pages.researching import bars_form
from pages.server.context import actor, services
from terminal.db.repositories import trading_accounts
from terminal.market.dataset import Dataset
from terminal.portfolio.covariance import COVARIANCES
from terminal.portfolio.expected_returns import EXPECTED_RETURNS
from terminal.portfolio.optimise import METHODS
from terminal.portfolio.optimise_request import FRACTIONS, OptimiseRequest
from terminal.portfolio.risk_budgets import BudgetParams
from terminal.portfolio.shares import GREEDY, NEAREST

PARTS = ("method", "covariance", "expected")
NOTHING, ACCOUNT, LIST = "nothing", "account", "list"
RULES = ((GREEDY, "Whole shares"), (NEAREST, "Whole shares, nearest"), (FRACTIONS, "Fractions"))
VIEW_COLUMNS = (
    ("long", "Instrument", "AAPL"),
    ("against", "Beats (empty: by itself)", "MSFT"),
    ("value", "By, % a year", "3"),
    ("sure", "Confidence, %", "50"),
)


def part_form(part: str) -> str:
    """Name of the form of a part's parameters."""
    return f"{FORM}-{part}"


def form(
    datasets: Sequence[Dataset], query: Mapping[str, str], earlier: OptimiseRequest | None
) -> html.Section:
    """The whole form, from the address or an earlier request."""
    values = bars_form.bars_values(datasets, query)
    request = earlier or OptimiseRequest("", ())
    if earlier is not None and earlier.dataset in {one.slug for one in datasets}:
        values |= {
            "dataset": earlier.dataset,
            "symbols": list(earlier.symbols),
            "timeframe": earlier.timeframe.value,
            "start": str(earlier.start or ""),
            "end": str(earlier.end or ""),
        }
    return html.Section(
        [
            panel_head(
                "Optimise",
                help="Weights for the instruments, from returns of the window. Estimates of the "
                "past are uncertain: see how methods did out of sample under Compare methods.",
            ),
            group("Universe", bars_form.bars_fields(FORM, datasets, values)),
            group("Method", _method(request)),
            group("Estimates", _estimates(request)),
            html.Div(
                [
                    html.H3("Limits"),
                    html.Div(
                        [button(name, {"type": "op-preset", "name": name}, "quiet", small=True)
                         for name in PRESETS],
                        className="bt-presets op-presets",
                    ),
                    html.Div(_limits(request), className="form-grid"),
                ],
                className="bt-group",
            ),
            group("Held now", _held(request)),
            group("Money and costs", _money(request)),
            html.Div(
                [
                    html.Div(id="op-notice", className="rs-notice"),
                    button("Optimise", "op-run", "primary", "play"),
                ],
                className="rs-run-bar",
            ),
        ],
        className="panel rs-form",
        **{"aria-label": "Optimise"},
    )  # fmt: skip


def group(title: str, controls: list[Any]) -> html.Div:
    """A titled block of fields."""
    return html.Div([html.H3(title), html.Div(controls, className="form-grid")],
                    className="bt-group")  # fmt: skip


def _method(request: OptimiseRequest) -> list[Any]:
    options = [{"label": one.title, "value": name} for name, one in METHODS.items()]
    budgets = "\n".join(f"{name} {100 * share:g}" for name, share in request.budgets)
    return [
        field(FORM, "method", "Method",
              html.Div([dropdown(FORM, "method", options, request.method, maxHeight=420),
                        html.Div(METHODS[request.method].description, id="op-method-note",
                                 className="bt-note")]), wide=True),
        html.Div(params_area("method", request.method, request.method_params),
                 id="op-method-params", className="field-wide op-wide-choices"),
        html.Div(
            field(FORM, "budgets", "Parts of the risk",
                  area(FORM, "budgets", budgets, "AAPL 20\nMSFT 10"),
                  note="instrument and %, one a line",
                  help="Instruments without a line share what is left."),
            id="op-budgets", hidden=request.method != "risk-budgets", className="field-wide",
        ),
    ]  # fmt: skip


def params_area(part: str, name: str, values: Mapping[str, Any] | None = None) -> Any:
    """The parameters of a method or an estimator."""
    known: Mapping[str, Any] = {
        "method": METHODS, "covariance": COVARIANCES, "expected": EXPECTED_RETURNS,
    }[part]  # fmt: skip
    kind = known[name].params_type
    if kind is BudgetParams:
        return ""
    made = params_form(part_form(part), kind, values)
    return made if made.children else ""


def _estimates(request: OptimiseRequest) -> list[Any]:
    parts: list[Any] = []
    for part, title, known in (
        ("covariance", "Covariance", COVARIANCES),
        ("expected", "Expected returns", EXPECTED_RETURNS),
    ):
        options = [{"label": one.title, "value": name} for name, one in known.items()]
        chosen = getattr(request, part)
        parts += [
            html.Div(
                field(FORM, part, title, dropdown(FORM, part, options, chosen)),
                className="field-wide op-choice",
            ),
            html.Div(params_area(part, chosen, getattr(request, f"{part}_params")),
                     id=f"op-{part}-params", className="field-wide"),
        ]  # fmt: skip
    views = html.Div(
        [
            html.Div("Views", className="field-label"),
            html.Div(_view_table(request), className="plain-table-wrap"),
            html.Div(id=error_id(FORM, "views"), className="field-error", role="alert"),
        ],
        id="op-views", hidden=request.expected != "black-litterman", className="field-wide",
    )  # fmt: skip
    return [*parts, views]


def _view_table(request: OptimiseRequest) -> html.Table:
    rows = []
    for k in range(VIEWS):
        view = request.views[k] if k < len(request.views) else None
        values = ("", "", "", "50") if view is None else (
            view.long, view.against, f"{100 * view.value:g}", f"{100 * view.confidence:g}",
        )  # fmt: skip
        rows.append(
            html.Tr(
                [
                    html.Td(
                        html.Label(
                            [
                                html.Span(f"View {k + 1}: {title}", className="visually-hidden"),
                                dcc.Input(
                                    id=field_id(FORM, f"view-{k}-{name}"), type="text",
                                    value=value, placeholder=example if k == 0 else "",
                                    autoComplete="off", maxLength=20,
                                ),
                            ]
                        )
                    )
                    for (name, title, example), value in zip(VIEW_COLUMNS, values, strict=True)
                ]
            )
        )  # fmt: skip
    head = html.Tr([html.Th(title) for _, title, _ in VIEW_COLUMNS])
    return html.Table([html.Thead(head), html.Tbody(rows)], className="plain-table op-views")


def _limits(request: OptimiseRequest) -> list[Any]:
    own = request.limits
    shown = {one.name: one.shown(getattr(own, one.name)) for one in LIMITS}
    if not request.dataset:
        shown |= PRESETS["Long only"]
    lines = [
        "\n".join(f"{b.name} {_limit(b.low)} {_limit(b.high)}" for b in bounds)
        for bounds in (own.each, own.sectors)
    ]
    return [
        *number_controls(FORM, LIMITS, shown),
        field(FORM, "each", "Single instruments", area(FORM, "each", lines[0], "AAPL 2 10"),
              note="least and most in %", help="One a line: symbol, least, most; - for no limit.",
              wide=True),
        field(FORM, "sectors", "Sectors", area(FORM, "sectors", lines[1], "Technology - 30"),
              note="least and most in %", help="One a line: sector as the data set names it, "
              "least, most; - for no limit.", wide=True),
    ]  # fmt: skip


def _limit(value: float | None) -> str:
    return "-" if value is None else f"{100 * value:g}"


def _held(request: OptimiseRequest) -> list[Any]:
    with services().db.read() as conn:
        accounts = trading_accounts.find(conn, actor())
    own = request.held
    source = ACCOUNT if own.account else LIST if own.units or own.cash else NOTHING
    choices = [(NOTHING, "Nothing"), (ACCOUNT, "A trading account"), (LIST, "A list")]
    options = [{"label": words, "value": key, "disabled": key == ACCOUNT and not accounts}
               for key, words in choices]  # fmt: skip
    return [
        field(FORM, "source", "What is held", html.Div(dcc.RadioItems(
            options, source, id=field_id(FORM, "source"), inline=True, className="segmented",
        )), wide=True),
        html.Div(
            field(FORM, "account", "Account", dcc.Dropdown(
                [{"label": one.name, "value": one.id} for one in accounts],
                own.account or (accounts[0].id if accounts else None),
                id=field_id(FORM, "account"), clearable=False,
            ), help="Its positions, cash and last prices at the moment the job runs."),
            id="op-account", hidden=source != ACCOUNT,
        ),
        html.Div(
            [
                field(FORM, "positions", "Positions", area(
                    FORM, "positions",
                    "\n".join(f"{name},{units:g}" for name, units in own.units),
                    "symbol,units\nAAPL,120\nMSFT,-40", 5,
                ), note="symbol,units a line", help="Paste a CSV of two columns."),
                field(FORM, "cash", "Cash", text(FORM, "cash", f"{own.cash:g}", number=True)),
            ],
            id="op-list", hidden=source != LIST, className="field-wide op-list",
        ),
    ]  # fmt: skip


def _money(request: OptimiseRequest) -> list[Any]:
    costs = request.costs
    shown = {
        one.name: one.shown(getattr(costs if hasattr(costs, one.name) else request, one.name))
        for one in MONEY
    }
    return [
        *number_controls(FORM, MONEY, shown),
        field(FORM, "rule", "Units", dropdown(
            FORM, "rule", [{"label": words, "value": key} for key, words in RULES], request.rule,
            searchable=False,
        )),
        field(FORM, "name", "Name", text(FORM, "name", request.name, maxLength=110,
                                         placeholder="Named by what it does if left empty"),
              wide=True),
    ]  # fmt: skip
