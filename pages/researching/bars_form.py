"""Which bars: data set, instruments, bar length, dates; the same fields in every form here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from dash import ALL, Input, Output, State, ctx, dcc, html, no_update

from pages.backtests import choices
from pages.backtests.form import dataset_note
from pages.components.button import button
from pages.components.form import error_id, field_id, labelled
from pages.server import guard
from pages.server.context import actor, services
from terminal.errors import InputError, NotFound
from terminal.market.dataset import Dataset, Series
from terminal.market.timeframe import Timeframe
from terminal.research.requests import BarsRequest

MOST_AT_ONCE = 60
"""A new form chooses all instruments of a data set up to this many, else the first ones."""
NAMES = ("dataset", "symbols", "timeframe", "start", "end")


def bars_values(datasets: Sequence[Dataset], query: Mapping[str, str]) -> dict[str, Any]:
    """First values of the fields for `?dataset=&symbol=&timeframe=`."""
    wanted = next((one for one in datasets if one.slug == query.get("dataset")), None)
    dataset = wanted or choices.first_choice(datasets)
    known = choices.preset_symbols(services().catalogue.series(actor(), dataset.slug), "All")
    symbol = query.get("symbol", "")
    timeframes = {option["value"] for option in choices.timeframe_options(dataset)}
    first, last = choices.session_range(dataset)
    return {
        "dataset": dataset.slug,
        "symbols": [symbol] if symbol in known else known[:MOST_AT_ONCE],
        "timeframe": query["timeframe"]
        if query.get("timeframe") in timeframes
        else choices.default_timeframe(dataset),
        "start": first.isoformat() if first else "",
        "end": last.isoformat() if last else "",
    }


def bars_fields(form: str, datasets: Sequence[Dataset], values: Mapping[str, Any]) -> list[Any]:
    """The controls, filled."""
    dataset = next(one for one in datasets if one.slug == values["dataset"])
    series = services().catalogue.series(actor(), dataset.slug)
    universe = html.Div(
        [
            dcc.Dropdown(
                choices.symbol_options(series), values["symbols"], id=field_id(form, "symbols"),
                multi=True, placeholder="Choose instruments",
            ),
            html.Div(_presets(form, series), id=_presets_id(form), className="bt-presets"),
        ]
    )  # fmt: skip
    return [
        _field(
            form, "dataset", "Data set",
            html.Div(
                [
                    dcc.Dropdown(choices.dataset_options(datasets), dataset.slug,
                                 id=field_id(form, "dataset"), clearable=False),
                    html.Div(dataset_note(dataset), id=_note_id(form), className="bt-note"),
                ]
            ),
            wide=True,
        ),
        _field(form, "symbols", "Universe", universe, wide=True),
        _field(
            form, "timeframe", "Bars",
            dcc.Dropdown(choices.timeframe_options(dataset), values["timeframe"],
                         id=field_id(form, "timeframe"), clearable=False, searchable=False),
        ),
        _field(form, "start", "First session", _date(form, "start", values["start"]),
               help="Date at the exchange. A feature warms up from here."),
        _field(form, "end", "Last session", _date(form, "end", values["end"]),
               help="Date at the exchange, inclusive. Outcomes after it are not read."),
    ]  # fmt: skip


def read_bars(given: Mapping[str, Any], errors: dict[str, str]) -> BarsRequest | None:
    """The request of the fields; what is wrong is put into `errors`."""
    before = len(errors)
    symbols = given.get("symbols") or []
    if not given.get("dataset"):
        errors["dataset"] = "Choose one."
    if not symbols:
        errors["symbols"] = "Choose at least one instrument."
    dates: dict[str, date | None] = {}
    for name in ("start", "end"):
        text = str(given.get(name) or "").strip()
        try:
            dates[name] = date.fromisoformat(text) if text else None
        except ValueError:
            errors[name] = f"Enter a date as YYYY-MM-DD; {text[:20]!r} is not one."
    first, last = dates.get("start"), dates.get("end")
    if first and last and first > last:
        errors["start"] = f"The start, {first}, lies after the end, {last}."
    try:
        timeframe = Timeframe(given.get("timeframe"))
    except ValueError:
        errors["timeframe"] = "Choose a bar length."
    if len(errors) > before:
        return None
    return BarsRequest(
        str(given["dataset"]), tuple(str(one) for one in symbols), timeframe, first, last
    )


def values_of(bars: BarsRequest) -> dict[str, Any]:
    """The fields as they would have to stand for a request."""
    return {
        "dataset": bars.dataset,
        "symbols": list(bars.symbols),
        "timeframe": bars.timeframe.value,
        "start": bars.start.isoformat() if bars.start else "",
        "end": bars.end.isoformat() if bars.end else "",
    }


def by_name(ids: Sequence[Mapping[str, Any]], values: Sequence[Any]) -> dict[str, Any]:
    """Values by the names of their fields."""
    return {own["name"]: value for own, value in zip(ids, values, strict=True)}


def register(form: str) -> None:
    """The fields follow the data set, and the buttons under the universe."""

    @guard.callback(
        Output(field_id(form, "symbols"), "options"),
        Output(field_id(form, "symbols"), "value"),
        Output(field_id(form, "timeframe"), "options"),
        Output(field_id(form, "timeframe"), "value"),
        Output(field_id(form, "start"), "value"),
        Output(field_id(form, "end"), "value"),
        Output(_presets_id(form), "children"),
        Output(_note_id(form), "children"),
        Input(field_id(form, "dataset"), "value"),
        prevent_initial_call=True,
        role="viewer",
    )
    def follow(slug: str) -> Any:
        dataset = services().catalogue.dataset(actor(), slug)
        series = services().catalogue.series(actor(), slug)
        values = bars_values([dataset], {"dataset": slug})
        return (
            choices.symbol_options(series),
            values["symbols"],
            choices.timeframe_options(dataset),
            values["timeframe"],
            values["start"],
            values["end"],
            _presets(form, series),
            dataset_note(dataset),
        )

    @guard.callback(
        Output(field_id(form, "symbols"), "value", allow_duplicate=True),
        Input({"type": f"{form}-preset", "name": ALL}, "n_clicks"),
        State(field_id(form, "dataset"), "value"),
        prevent_initial_call=True,
        role="viewer",
    )
    def choose(_clicks: list[int], slug: str) -> Any:
        if not ctx.triggered_id or not ctx.triggered[0]["value"]:
            return no_update
        series = services().catalogue.series(actor(), slug)
        return choices.preset_symbols(series, ctx.triggered_id["name"])


def unknown_dataset(bars: BarsRequest) -> str:
    """A sentence where the data set or a symbol of a request is gone; "" where all is there."""
    try:
        dataset = services().catalogue.dataset(actor(), bars.dataset)
    except InputError as error:
        return error.message
    return (
        f"{dataset.title} has {dataset.timeframe.value} bars; finer ones cannot be made."
        if bars.timeframe.order < dataset.timeframe.order
        else ""
    )


def dataset_title(slug: str) -> str:
    """What a data set is called; its slug where it is gone."""
    try:
        return services().catalogue.dataset(actor(), slug).title
    except (InputError, NotFound):
        return slug


def _presets(form: str, series: Sequence[Series]) -> list[Any]:
    names = [*choices.PRESETS, *choices.sectors(series)]
    return [
        button(name, {"type": f"{form}-preset", "name": name}, "quiet", small=True)
        for name in names
    ]


def _presets_id(form: str) -> str:
    return f"{form}-presets"


def _note_id(form: str) -> str:
    return f"{form}-dataset-note"


def _field(form: str, name: str, label: str, control: Any, **more: Any) -> html.Div:
    return labelled(label, control, id=field_id(form, name), error=error_id(form, name), **more)


def _date(form: str, name: str, value: str) -> dcc.Input:
    return dcc.Input(
        id=field_id(form, name), type="text", value=value, placeholder="YYYY-MM-DD", maxLength=10,
        autoComplete="off",
    )  # fmt: skip
