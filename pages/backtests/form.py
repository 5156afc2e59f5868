"""The form as a person sees it: strategy, parameters, data, money and costs, name, run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dash import dcc, html

from pages.backtests import choices, tier_field
from pages.backtests.form_values import FORM, PARAMS, Start
from pages.backtests.model_field import model_form
from pages.backtests.number_fields import (
    ACCOUNT,
    COSTS,
    EXITS,
    MONEY,
    Section,
    number_values,
)
from pages.backtests.overlay_fields import overlay_controls, overlays_touched
from pages.backtests.rules_field import rules_form
from pages.components.badge import simulated_badge
from pages.components.button import button
from pages.components.form import error_id, field_id, labelled, params_form
from pages.components.notice import notice
from terminal.backtest.costs import CORWIN_SCHULTZ, FIXED, ROLL
from terminal.backtest.request import BacktestRequest
from terminal.market.dataset import Dataset, Series
from terminal.strategies.model.strategy import MODEL
from terminal.strategies.registry import get_strategy
from terminal.strategies.rules.strategy import RULES

SPREAD_WORDS = {
    FIXED: "Fixed half spread",
    CORWIN_SCHULTZ: "Estimated: Corwin–Schultz (high and low)",
    ROLL: "Estimated: Roll (closes)",
}


def form_panel(
    start: Start, datasets: Sequence[Dataset], everything: Sequence[Series], words: str = ""
) -> Any:
    """The whole form, filled; `words` say what would run."""
    strategy = str(start.values["strategy"])
    return html.Section(
        [
            strategy_column(start),
            html.Div(
                [
                    group("Parameters", params_area(strategy, start.params), id="bt-params"),
                    *common_groups(start, datasets, everything),
                    _footer(start, words),
                ],
                className="bt-fields",
            ),
        ],
        className="panel bt-form",
        **{"aria-label": "New backtest"},
    )


def strategy_column(start: Start) -> html.Div:
    """The choice of a strategy, at the left of a form."""
    return html.Div(_strategies(start), className="bt-strategies")


def common_groups(
    start: Start, datasets: Sequence[Dataset], everything: Sequence[Series], *, also: bool = True
) -> list[html.Div]:
    """Data, money and costs, account and exits: what every kind of run asks for.

    also : whether instruments of other data sets are asked for.
    """
    return [
        group("Data", _data(start, datasets, everything, also)),
        group("Money and costs", _money(start)),
        group("Account and exits", _account(start)),
    ]


def params_area(strategy: str, values: Mapping[str, Any] | None = None) -> Any:
    """The controls of a strategy's parameters."""
    found = get_strategy(strategy)
    if found is RULES:
        return rules_form(values)
    if found is MODEL:
        return model_form(values)
    form = params_form(PARAMS, found.params_type, values)
    if not form.children:
        return html.P("This strategy has no parameters.", className="muted")
    return form


def dataset_note(dataset: Dataset) -> list[Any]:
    """What a person must know of the data before trusting a result on it."""
    first, last = choices.session_range(dataset)
    words = [f"{first} to {last}", f"{dataset.n_series} series", dataset.source]
    if dataset.fields == "close":
        words.append("closes only: orders fill at the next close")
    line = html.Span(" · ".join(str(word) for word in words if word))
    return [simulated_badge(), " ", line] if dataset.simulated else [line]


def preset_buttons(series: Sequence[Series]) -> list[Any]:
    """All, none, and one button a sector."""
    names = [*choices.PRESETS, *choices.sectors(series)]
    return [
        button(name, {"type": "bt-preset", "name": name}, "quiet", small=True) for name in names
    ]


def group(title: str, body: Any, **attributes: Any) -> html.Div:
    """A titled block of a form."""
    return html.Div(
        [html.H3(title), html.Div(body, **attributes)],
        className="bt-group",
    )


def _strategies(start: Start) -> list[Any]:
    own = field_id(FORM, "strategy")
    return [
        html.H3("Strategy"),
        dcc.RadioItems(
            choices.strategy_options(), start.values["strategy"], id=own, className="choice-cards"
        ),
        html.Div(
            start.errors.get("strategy", ""),
            id=error_id(FORM, "strategy"),
            className="field-error",
            role="alert",
        ),
    ]


def _field(start: Start, name: str, label: str, control: Any, **more: Any) -> html.Div:
    """A control whose error place is already filled where the start has one."""
    made = labelled(label, control, id=field_id(FORM, name), error=error_id(FORM, name), **more)
    made.children[-1].children = start.errors.get(name, "")
    return made


def _text(start: Start, name: str, number: bool = False, **more: Any) -> dcc.Input:
    return dcc.Input(
        id=field_id(FORM, name),
        type="text",
        value=start.values[name],
        inputMode="decimal" if number else "text",
        autoComplete="off",
        className="number-input" if number else "",
        **more,
    )


def _segments(start: Start, name: str, options: Sequence[tuple[str, Any]]) -> html.Div:
    items = [{"label": label, "value": value} for label, value in options]
    return html.Div(
        dcc.RadioItems(
            items, start.values[name], id=field_id(FORM, name), inline=True, className="segmented"
        )
    )


def _data(
    start: Start, datasets: Sequence[Dataset], everything: Sequence[Series], also: bool
) -> list[Any]:
    dataset, own = start.dataset, field_id
    universe = html.Div(
        [
            dcc.Dropdown(
                choices.symbol_options(start.series),
                start.values["symbols"],
                id=own(FORM, "symbols"),
                multi=True,
                placeholder="Choose instruments",
            ),
            html.Div(preset_buttons(start.series), id="bt-presets", className="bt-presets"),
        ]
    )
    dates = html.Div(
        [
            button(
                "All" if years == 0 else f"{years} y",
                {"type": "bt-range", "years": years},
                "quiet",
                small=True,
            )
            for years in (0, *choices.YEARS)
        ],
        className="bt-presets",
    )
    return [
        html.Div(
            [
                _field(
                    start,
                    "dataset",
                    "Data set",
                    html.Div(
                        [
                            dcc.Dropdown(
                                choices.dataset_options(datasets),
                                dataset.slug,
                                id=own(FORM, "dataset"),
                                clearable=False,
                            ),
                            html.Div(
                                dataset_note(dataset), id="bt-dataset-note", className="bt-note"
                            ),
                        ]
                    ),
                    wide=True,
                ),
                _field(start, "symbols", "Universe", universe, wide=True),
            ],
            className="form-grid",
        ),
        html.Div(
            _field(
                start,
                "also",
                "Instruments of other data sets",
                dcc.Dropdown(
                    choices.also_options(dataset, datasets, everything),
                    start.values["also"],
                    id=own(FORM, "also"),
                    multi=True,
                    placeholder="None",
                ),
                wide=True,
                help="Traded from the same account, each in the hours of its own exchange. "
                "Strategies that compare instruments, and overlays, decide at the closes of the "
                "data set above, by the last known close of each; returns are counted by its "
                "sessions.",
            ),
            className="form-grid",
            hidden=not also,
        ),
        html.Div(
            [
                _field(
                    start,
                    "timeframe",
                    "Bars",
                    dcc.Dropdown(
                        choices.timeframe_options(dataset),
                        start.values["timeframe"],
                        id=own(FORM, "timeframe"),
                        clearable=False,
                        searchable=False,
                    ),
                ),
                _field(
                    start,
                    "start",
                    "First session",
                    html.Div(
                        [_text(start, "start", placeholder="YYYY-MM-DD", maxLength=10), dates]
                    ),
                    help="Date at the exchange. Indicators warm up from here.",
                ),
                _field(
                    start,
                    "end",
                    "Last session",
                    _text(start, "end", placeholder="YYYY-MM-DD", maxLength=10),
                    help="Date at the exchange, inclusive.",
                ),
                _field(
                    start,
                    "benchmark",
                    "Benchmark",
                    dcc.Dropdown(
                        choices.benchmark_options(dataset, everything),
                        start.values["benchmark"],
                        id=own(FORM, "benchmark"),
                        clearable=False,
                    ),
                    help="What the result is measured against, from the same day and capital.",
                ),
            ],
            className="form-grid",
        ),
    ]


def _numbers(start: Start, section: Section) -> list[html.Div]:
    currency = _currency(start)
    return [
        _field(
            start,
            field.name,
            field.title,
            _text(start, field.name, True),
            note=field.unit.replace("{currency}", currency),
            help=field.help or None,
        )
        for field in section
    ]


def _currency(start: Start) -> str:
    return start.dataset.currency or "currency"


def _money(start: Start) -> list[Any]:
    direction = _field(
        start,
        "long_only",
        "Direction",
        _segments(start, "long_only", (("Long only", True), ("Long and short", False))),
    )
    spread = _field(
        start,
        "spread_model",
        "Spread",
        dcc.Dropdown(
            [{"label": words, "value": model} for model, words in SPREAD_WORDS.items()],
            start.values["spread_model"],
            id=field_id(FORM, "spread_model"),
            clearable=False,
            searchable=False,
        ),
        help="Estimated from the bars of the 20 sessions before, or the fixed half spread above.",
    )
    tiers = _field(
        start,
        tier_field.NAME,
        "Commission by volume",
        _text(start, tier_field.NAME, placeholder=tier_field.EXAMPLE, maxLength=600),
        note="units a month: {currency} a unit".replace("{currency}", _currency(start)),
        help=tier_field.HELP,
        wide=True,
    )
    costs = [spread, *_numbers(start, COSTS), tiers]
    opened = _touched(start, tier_field.NAME, *(field.name for field in COSTS))
    return [
        html.Div([*_numbers(start, MONEY), direction], className="form-grid"),
        _more("More costs", costs, opened),
    ]


def _account(start: Start) -> list[Any]:
    return [
        _more("Leverage, margin, volume, interest, lots", _numbers(start, ACCOUNT),
              _touched(start, *(field.name for field in ACCOUNT))),
        _more("Stops, targets and time limits", _numbers(start, EXITS),
              _touched(start, *(field.name for field in EXITS))),
        html.Details(
            [html.Summary("Overlays"), *overlay_controls(FORM, start.values, start.errors)],
            open=overlays_touched(start.values, start.errors),
            className="disclosure",
        ),
    ]  # fmt: skip


def _more(title: str, controls: list[html.Div], opened: bool) -> html.Details:
    """Fields that most runs leave alone, open where this one does not."""
    return html.Details(
        [html.Summary(title), html.Div(controls, className="form-grid")],
        open=opened,
        className="disclosure",
    )


def _touched(start: Start, *names: str) -> bool:
    usual = number_values(BacktestRequest(strategy="", params={}, dataset="", symbols=()))
    return any(start.values[name] != usual[name] or name in start.errors for name in names)


def _footer(start: Start, words: str) -> html.Div:
    return html.Div(
        [
            html.Div(
                _field(
                    start,
                    "name",
                    "Name",
                    _text(start, "name", placeholder="Named by what it does if left empty"),
                ),
                className="bt-name",
            ),
            html.Div(
                [
                    html.Div(words, id="bt-check", className="bt-check", role="status"),
                    button("Run backtest", "bt-run", "primary", "play"),
                ],
                className="bt-run-bar",
            ),
            html.Div(_lost(start), id="bt-form-notice"),
            html.Div(id="bt-form-sink", hidden=True),
        ],
        className="bt-footer",
    )


def _lost(start: Start) -> Any:
    """Errors of the start that belong to no field of the form."""
    known = {*start.values, "params"}
    loose = [text for name, text in start.errors.items() if name not in known]
    return notice(loose[0], "warning") if loose else ""
