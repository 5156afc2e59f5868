"""The form of an explanation: which version, which predictions, what else to measure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from dash import ALL, Input, Output, State, dcc, html

from pages.components.button import button
from pages.components.form import error_id, error_texts, field_id, labelled, parse_number
from pages.components.navigate import navigate
from pages.components.notice import notice
from pages.components.panel import panel
from pages.explaining.versions import version_of, version_options
from pages.server import guard
from pages.server.context import actor, services
from terminal.db.repositories.models import VersionRow
from terminal.errors import TerminalError
from terminal.explain.request import ExplainRequest
from terminal.models.catalogue import get_model

FORM = "explain"
SAMPLE = 2_000
LEAST, MOST = 50, 50_000


def form(versions: Sequence[VersionRow], chosen: str = "") -> html.Section:
    """The whole form; `chosen` is the id of a version."""
    ids = {str(row.id): row for row in versions}
    row = ids.get(chosen, versions[0])
    return panel(
        "Explain a model",
        html.Div([
            html.Div(
                [
                    _field(
                        "version", "Model version",
                        dcc.Dropdown(version_options(versions), row.id,
                                     id=field_id(FORM, "version"), clearable=False),
                        wide=True,
                    ),
                    _field(
                        "sample", "Predictions at most", _text("sample", f"{SAMPLE:,}"),
                        help="Evenly spaced over the range. More are slower to draw, not better.",
                        note=f"{LEAST} – {MOST:,}",
                    ),
                    _field(
                        "start", "First session", _text("start", "", "YYYY-MM-DD"),
                        help="Empty: from the out-of-sample period on, which the model has never "
                        "learned from.",
                    ),
                    _field("end", "Last session", _text("end", "", "YYYY-MM-DD"),
                           help="Empty: to the end of the data."),
                    _field(
                        "permutation", "What helps out of sample",
                        html.Div(
                            dcc.RadioItems(
                                [{"label": "Measure", "value": True},
                                 {"label": "Leave out", "value": False}],
                                not get_model(row.kind).sequence,
                                id=field_id(FORM, "permutation"), inline=True,
                                className="segmented",
                            )
                        ),
                        help="Fits the model again on five purged splits and shuffles clusters of "
                        "features. Minutes for a network.",
                    ),
                ],
                className="form-grid",
            ),
            html.Div(id="ex-notice"),
            html.Div([button("Explain", "ex-run", "primary", "play")], className="row"),
        ], className="stack"),
    )  # fmt: skip


def _field(name: str, label: str, control: Any, **more: Any) -> html.Div:
    return labelled(label, control, id=field_id(FORM, name), error=error_id(FORM, name), **more)


def _text(name: str, value: str, placeholder: str = "") -> dcc.Input:
    return dcc.Input(id=field_id(FORM, name), type="text", value=value, autoComplete="off",
                     placeholder=placeholder, maxLength=12)  # fmt: skip


def read(given: Mapping[str, Any]) -> tuple[ExplainRequest | None, dict[str, str]]:
    """(the request or None, errors by field)."""
    errors: dict[str, str] = {}
    sample = SAMPLE
    try:
        sample = int(parse_number(given.get("sample"), whole=True, low=LEAST, high=MOST))
    except ValueError as error:
        errors["sample"] = str(error)
    dates: dict[str, date | None] = {}
    for name in ("start", "end"):
        text = str(given.get(name) or "").strip()
        try:
            dates[name] = date.fromisoformat(text) if text else None
        except ValueError:
            errors[name] = f"Enter a date as YYYY-MM-DD; {text[:20]!r} is not one."
    if not given.get("version"):
        errors["version"] = "Choose one."
    if errors:
        return None, errors
    first, last = dates["start"], dates["end"]
    if first and last and first > last:
        return None, {"start": f"The start, {first}, lies after the end, {last}."}
    row = version_of(int(given["version"]))
    return ExplainRequest(
        version=row.id,
        start=first,
        end=last,
        sample=sample,
        permutation=bool(given.get("permutation")),
        name=f"SHAP report of {row.words}",
    ), {}


def register() -> None:
    """Read the form, submit, open the result's page."""

    @guard.callback(
        Output("ex-notice", "children"),
        Output(error_id(FORM, ALL), "children"),
        Input("ex-run", "n_clicks"),
        State(field_id(FORM, ALL), "id"),
        State(field_id(FORM, ALL), "value"),
        State(error_id(FORM, ALL), "id"),
        prevent_initial_call=True,
        role="trader",
    )
    def start(_clicks: int, ids: list[Any], values: list[Any], places: list[Any]) -> Any:
        given = {own["name"]: value for own, value in zip(ids, values, strict=True)}
        request, errors = read(given)
        if request is None:
            return notice("Nothing was started: see the fields.", "error"), error_texts(
                places, errors
            )
        try:
            job = services().jobs.submit(actor(), "explain", request)
        except TerminalError as error:
            return notice(error.message, "error", error.remedy), error_texts(places, {})
        navigate(f"/explain/{job.id}")
        return None, error_texts(places, {})
