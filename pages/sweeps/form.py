"""The form of a sweep: the backtest's own groups, values for each parameter, how to search."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dash import dcc, html

from pages.backtests.form import common_groups, group, strategy_column
from pages.backtests.form_values import Start
from pages.components.button import button
from pages.components.form import error_id, field_id, labelled, plain
from terminal.backtest.sweeps.search import GRID, NSGA2, OBJECTIVES, RANDOM, TPE
from terminal.market.dataset import Dataset, Series
from terminal.params import ParamSpec, describe
from terminal.strategies.registry import get_strategy

VALUES = "sweep-values"
OWN = "sweep"
METHOD_WORDS = {
    GRID: "Grid: every combination",
    RANDOM: "Random",
    TPE: "TPE: learns what is good",
    NSGA2: "NSGA-II: several objectives",
}
OBJECTIVE_WORDS = {
    "sharpe": "Sharpe ratio",
    "sortino": "Sortino ratio",
    "calmar": "Calmar ratio",
    "cagr": "CAGR",
    "total_return": "Total return",
    "max_drawdown": "Max drawdown (as small as possible)",
}
UNITS = {"cagr": "percent", "total_return": "percent", "max_drawdown": "percent"}
NO_WALK, ROLLING, ANCHORED = "none", "rolling", "anchored"
OWN_START: Mapping[str, Any] = {
    "method": GRID,
    "objectives": ["sharpe"],
    "n_trials": "200",
    "prune": False,
    "walk": NO_WALK,
    "train": "756",
    "test": "126",
    "purge": "0",
    "name": "",
}
VARIED = 2
"""Parameters that a new form already gives several values."""
FACTORS = (0.4, 0.6, 0.8, 1.0, 1.25, 1.6)


def form_panel(start: Start, datasets: Sequence[Dataset], everything: Sequence[Series]) -> Any:
    """The whole form, filled."""
    strategy = str(start.values["strategy"])
    return html.Section(
        [
            strategy_column(start),
            html.Div(
                [
                    group(
                        "Parameters and their values",
                        values_area(strategy, start.params),
                        id="sw-values",
                    ),
                    group("Search", _search()),
                    group("Walk-forward", _walk()),
                    *common_groups(start, datasets, everything),
                    _footer(),
                ],
                className="bt-fields",
            ),
            # places that the backtest's own callbacks fill; a sweep shows its own
            html.Div([html.Div(id="bt-params"), html.Div(id="bt-check")], hidden=True),
        ],
        className="panel bt-form",
        **{"aria-label": "New sweep"},
    )


def values_area(strategy: str, around: Mapping[str, Any] | None = None) -> Any:
    """A field a parameter, the first ones already with several values."""
    specs = describe(get_strategy(strategy).params_type)
    if not specs:
        return html.P("This strategy has no parameters to vary.", className="muted")
    given = around or {}
    fields, varied = [], 0
    for item in specs:
        centre = given.get(item.name, item.default)
        several = varied < VARIED and item.kind == "int"
        varied += several
        fields.append(_values_field(item, suggested(item, centre) if several else shown(centre)))
    return [
        html.P(
            "Several values as 10, 20, 50 or as first:last:step, for example 10:200:10. One value "
            "stays fixed.",
            className="muted sw-hint",
        ),
        html.Div(fields, className="form-grid"),
    ]


def suggested(item: ParamSpec, centre: Any) -> str:
    """A few values around one, inside the allowed range."""
    low = item.low if item.low is not None else 1
    high = item.high if item.high is not None else centre * FACTORS[-1]
    found = {int(min(max(round(centre * factor), low), high)) for factor in FACTORS}
    return ", ".join(str(value) for value in sorted(found))


def shown(value: Any) -> str:
    """A value as its text field shows it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return plain(value) if isinstance(value, (int, float)) else str(value)


def _values_field(item: ParamSpec, text: str) -> html.Div:
    own = field_id(VALUES, item.name)
    if item.choices or item.kind == "bool":
        words = item.choices or ("yes", "no")
        control: Any = dcc.Dropdown(
            [{"label": word.replace("_", " ").capitalize(), "value": word} for word in words],
            [text],
            id=own,
            multi=True,
        )
        note = ""
    else:
        control = dcc.Input(id=own, type="text", value=text, autoComplete="off", className="mono")
        note = _note(item)
    return labelled(
        item.title, control, id=own, error=error_id(VALUES, item.name), help=item.help or None,
        note=note,
    )  # fmt: skip


def _note(item: ParamSpec) -> str:
    if item.low is None or item.high is None:
        return item.unit
    return f"{plain(item.low)} – {plain(item.high)} {item.unit}".strip()


def _own(name: str, label: str, control: Any, **more: Any) -> html.Div:
    return labelled(label, control, id=field_id(OWN, name), error=error_id(OWN, name), **more)


def _text(name: str, number: bool = True, **more: Any) -> dcc.Input:
    return dcc.Input(
        id=field_id(OWN, name),
        type="text",
        value=OWN_START[name],
        inputMode="numeric" if number else "text",
        autoComplete="off",
        className="number-input" if number else "",
        **more,
    )


def _segments(name: str, options: Sequence[tuple[str, Any]]) -> html.Div:
    items = [{"label": label, "value": value} for label, value in options]
    return html.Div(
        dcc.RadioItems(
            items, OWN_START[name], id=field_id(OWN, name), inline=True, className="segmented"
        )
    )


def _search() -> html.Div:
    methods = [{"label": words, "value": name} for name, words in METHOD_WORDS.items()]
    objectives = [{"label": OBJECTIVE_WORDS[name], "value": name} for name in OBJECTIVES]
    return html.Div(
        [
            _own(
                "method",
                "Method",
                dcc.Dropdown(methods, OWN_START["method"], id=field_id(OWN, "method"),
                             clearable=False, searchable=False),
                help="TPE and NSGA-II choose each round of combinations by what the rounds before "
                "it found.",
            ),
            _own(
                "objectives",
                "Objective",
                dcc.Dropdown(objectives, OWN_START["objectives"], id=field_id(OWN, "objectives"),
                             multi=True),
                help="What ranks the combinations. Several at once for NSGA-II, the first one "
                "ranks the table.",
            ),
            _own("n_trials", "Trials", _text("n_trials"), note="not for the grid"),
            _own(
                "prune",
                "Give up early",
                _segments("prune", (("No", False), ("Yes", True))),
                help="A combination that is below the median after the first third of the period "
                "is not run to its end. It counts as a trial all the same.",
            ),
        ],
        className="form-grid",
    )  # fmt: skip


def _walk() -> html.Div:
    kinds = (("None", NO_WALK), ("Rolling", ROLLING), ("Anchored", ANCHORED))
    return html.Div(
        [
            _own(
                "walk",
                "Windows",
                _segments("walk", kinds),
                help="The best combination of each training part trades the test after it. "
                "Anchored: training always starts at the first session.",
            ),
            _own("train", "Train on", _text("train"), note="sessions"),
            _own("test", "Then trade", _text("test"), note="sessions"),
            _own("purge", "Left out between", _text("purge"), note="bars"),
        ],
        className="form-grid",
    )


def _footer() -> html.Div:
    return html.Div(
        [
            html.Div(
                _own("name", "Name", _text("name", False,
                     placeholder="Named by what it does if left empty")),
                className="bt-name",
            ),
            html.Div(
                [
                    html.Div(id="sw-check", className="bt-check", role="status"),
                    button("Run sweep", "sw-run", "primary", "play"),
                ],
                className="bt-run-bar",
            ),
            html.Div(id="sw-notice"),
            html.Div(id="sw-sink", hidden=True),
        ],
        className="bt-footer",
    )  # fmt: skip
