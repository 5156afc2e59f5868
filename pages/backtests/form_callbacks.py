"""What the form does: follow its choices, check while it is filled, run."""

from __future__ import annotations

from datetime import date
from typing import Any

from dash import (
    ALL,
    ClientsideFunction,
    Input,
    Output,
    State,
    clientside_callback,
    ctx,
    no_update,
)

from pages.backtests import choices
from pages.backtests.checking import check
from pages.backtests.form import dataset_note, params_area, preset_buttons
from pages.backtests.form_reading import read_request
from pages.backtests.form_values import FORM, MOST_AT_ONCE, PARAMS, Start
from pages.components.form import error_id, field_id
from pages.components.navigate import navigate
from pages.components.notice import notice
from pages.server import guard
from pages.server.context import actor, services
from terminal.params import describe
from terminal.strategies.registry import get_strategy

Errors = dict[str, str]


def register() -> None:
    """Connect everything below."""
    clientside_callback(
        ClientsideFunction("terminalBacktest", "showFirstError"),
        Output("bt-form-sink", "children"),
        Input("bt-form-notice", "children"),
        prevent_initial_call=True,
    )

    @guard.callback(
        Output("bt-params", "children"),
        Input(field_id(FORM, "strategy"), "value"),
        prevent_initial_call=True,
        role="viewer",
    )
    def follow_strategy(strategy: str) -> Any:
        return params_area(strategy)

    @guard.callback(
        Output(field_id(FORM, "symbols"), "options"),
        Output(field_id(FORM, "symbols"), "value"),
        Output(field_id(FORM, "also"), "options"),
        Output(field_id(FORM, "also"), "value"),
        Output(field_id(FORM, "timeframe"), "options"),
        Output(field_id(FORM, "timeframe"), "value"),
        Output(field_id(FORM, "start"), "value"),
        Output(field_id(FORM, "end"), "value"),
        Output(field_id(FORM, "benchmark"), "options"),
        Output(field_id(FORM, "benchmark"), "value"),
        Output("bt-presets", "children"),
        Output("bt-dataset-note", "children"),
        Input(field_id(FORM, "dataset"), "value"),
        State(field_id(FORM, "symbols"), "value"),
        State(field_id(FORM, "also"), "value"),
        State(field_id(FORM, "benchmark"), "value"),
        prevent_initial_call=True,
        role="viewer",
    )
    def follow_dataset(
        slug: str, symbols: list[str] | None, also: list[str] | None, benchmark: str
    ) -> Any:
        return dataset_values(slug, symbols or [], also or [], benchmark)

    @guard.callback(
        Output(field_id(FORM, "symbols"), "value", allow_duplicate=True),
        Input({"type": "bt-preset", "name": ALL}, "n_clicks"),
        State(field_id(FORM, "dataset"), "value"),
        prevent_initial_call=True,
        role="viewer",
    )
    def choose_preset(_clicks: list[int], slug: str) -> Any:
        if not _was_clicked():
            return no_update
        series = services().catalogue.series(actor(), slug)
        return choices.preset_symbols(series, ctx.triggered_id["name"])

    @guard.callback(
        Output(field_id(FORM, "start"), "value", allow_duplicate=True),
        Output(field_id(FORM, "end"), "value", allow_duplicate=True),
        Input({"type": "bt-range", "years": ALL}, "n_clicks"),
        State(field_id(FORM, "dataset"), "value"),
        prevent_initial_call=True,
        role="viewer",
    )
    def choose_range(_clicks: list[int], slug: str) -> Any:
        if not _was_clicked():
            return no_update, no_update
        first, last = choices.session_range(services().catalogue.dataset(actor(), slug))
        return range_values(first, last, ctx.triggered_id["years"])

    controls = (
        State(field_id(FORM, ALL), "id"),
        State(field_id(PARAMS, ALL), "id"),
        State(error_id(FORM, ALL), "id"),
        State(error_id(PARAMS, ALL), "id"),
    )

    @guard.callback(
        Output(error_id(FORM, ALL), "children"),
        Output(error_id(PARAMS, ALL), "children"),
        Output("bt-check", "children"),
        Input(field_id(FORM, ALL), "value"),
        Input(field_id(PARAMS, ALL), "value"),
        *controls,
        prevent_initial_call=True,
        role="viewer",
    )
    def check_form(
        values: list[Any],
        params: list[Any],
        ids: Any,
        param_ids: Any,
        places: Any,
        param_places: Any,
    ) -> Any:
        _request, errors, words = examine(ids, values, param_ids, params)
        return *placed(errors, places, param_places), summary(errors, words)

    @guard.callback(
        Output(error_id(FORM, ALL), "children", allow_duplicate=True),
        Output(error_id(PARAMS, ALL), "children", allow_duplicate=True),
        Output("bt-check", "children", allow_duplicate=True),
        Output("bt-form-notice", "children"),
        Input("bt-run", "n_clicks"),
        State(field_id(FORM, ALL), "value"),
        State(field_id(PARAMS, ALL), "value"),
        *controls,
        State("bt-parent", "data"),
        running=[(Output("bt-run", "disabled"), True, False)],
        prevent_initial_call=True,
        role="trader",
    )
    def run(
        clicks: int, values: list[Any], params: list[Any], ids: Any, param_ids: Any, places: Any,
        param_places: Any, parent: str,
    ) -> Any:  # fmt: skip
        if not clicks:
            return no_update, no_update, no_update, no_update
        request, errors, words = examine(ids, values, param_ids, params)
        shown = (*placed(errors, places, param_places), summary(errors, words))
        if request is None or errors:
            loose = errors.get("", "")
            return *shown, notice(loose, "error") if loose else ""
        job = services().jobs.submit(
            actor(), "backtest", request, title=request.name, parent_id=parent or None
        )
        navigate(f"/backtest/{job.id}")
        return *shown, ""


def examine(ids: Any, values: Any, param_ids: Any, params: Any) -> Any:
    """(request or None, errors by field, words about what would run)."""
    request, errors = read_request(ids, values, param_ids, params)
    if request is None:
        return None, errors, ""
    return check(request, {own["name"] for own in ids}, {own["name"] for own in param_ids})


def first_words(start: Start) -> str:
    """The line beside the button for a form that nobody has touched yet."""
    strategy = get_strategy(str(start.values["strategy"]))
    params = {item.name: item.default for item in describe(strategy.params_type)} | dict(
        start.params
    )
    _request, errors, words = examine(
        [{"name": name} for name in start.values],
        list(start.values.values()),
        [{"name": name} for name in params],
        list(params.values()),
    )
    return summary({**start.errors, **errors}, words)


def placed(errors: Errors, places: Any, param_places: Any) -> tuple[list[str], list[str]]:
    """Errors in the order of the places the form has for them."""
    return (
        [errors.get(own["name"], "") for own in places],
        [errors.get(f"params.{own['name']}", "") for own in param_places],
    )


def summary(errors: Errors, words: str) -> str:
    """One line beside the button: what would run, or how much is wrong."""
    if not errors:
        return words
    return "1 field needs a change." if len(errors) == 1 else f"{len(errors)} fields need a change."


def dataset_values(
    slug: str, symbols: list[str], also: list[str], benchmark: str
) -> tuple[Any, ...]:
    """Everything that hangs on the data set; what can be kept of the choices is kept."""
    who, catalogue = actor(), services().catalogue
    dataset = catalogue.dataset(who, slug)
    series = catalogue.series(who, slug)
    known = choices.preset_symbols(series, "All")
    kept = [symbol for symbol in symbols if symbol in set(known)]
    everything = catalogue.symbols(who)
    others = choices.also_options(dataset, catalogue.datasets(who), everything)
    offered = {option["value"] for option in others}
    benchmarks = choices.benchmark_options(dataset, everything)
    still = benchmark in {option["value"] for option in benchmarks}
    first, last = choices.session_range(dataset)
    return (
        choices.symbol_options(series),
        kept or known[:MOST_AT_ONCE],
        others,
        [item for item in also if item in offered],
        choices.timeframe_options(dataset),
        choices.default_timeframe(dataset),
        *range_values(first, last, 0),
        benchmarks,
        benchmark if still else choices.EQUAL_WEIGHT,
        preset_buttons(series),
        dataset_note(dataset),
    )


def range_values(first: date | None, last: date | None, years: int) -> tuple[str, str]:
    """Start and end as text: the last `years` of the data, 0 for all of it."""
    if first is None or last is None:
        return "", ""
    start = max(first, choices.years_before(last, years)) if years else first
    return start.isoformat(), last.isoformat()


def _was_clicked() -> bool:
    """False when buttons have only been drawn anew."""
    return bool(ctx.triggered_id) and bool(ctx.triggered[0]["value"])
