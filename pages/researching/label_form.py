"""The form of a label study: which label, its parameters, on which bars."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from dash import ALL, Input, Output, State, dcc, html, no_update

from pages.components.button import button
from pages.components.form import error_id, field_id, labelled, params_form, read_params
from pages.components.navigate import navigate
from pages.components.notice import notice
from pages.components.panel import panel_head
from pages.researching import bars_form
from pages.researching.study_form import field_words
from pages.server import guard
from pages.server.context import actor, services
from terminal.codec import from_json
from terminal.errors import InputError, NotFound
from terminal.labels.registry import LABELS, get_label
from terminal.market.dataset import Dataset
from terminal.research.requests import LabelStudyRequest

FORM, PARAMS = "rs-label", "rs-label-params"
FIRST = "triple-barrier"


def label_form(datasets: Sequence[Dataset], query: Mapping[str, str]) -> html.Section:
    """The whole form, filled from `?label=&dataset=&symbol=` or `?from=<job>`."""
    earlier = _earlier(query.get("from", ""))
    if earlier is None or earlier.bars.dataset not in {one.slug for one in datasets}:
        bars = bars_form.bars_values(datasets, query)
        slug = query.get("label", "") if query.get("label") in LABELS else FIRST
        params: Mapping[str, Any] = {}
    else:
        bars, slug, params = bars_form.values_of(earlier.bars), earlier.label, earlier.params
    options = [{"label": get_label(one).title, "value": one} for one in LABELS]
    return html.Section(
        [
            panel_head(
                "Look at a label",
                help="A label is what a model is to predict: what became of a trade decided at a "
                "bar. It lies in the future of that bar on purpose; it is never a feature.",
            ),
            html.Div(
                [
                    html.H3("Label"),
                    html.Div(
                        labelled(
                            "Kind",
                            html.Div(
                                [
                                    dcc.Dropdown(options, slug, id=field_id(FORM, "label"),
                                                 clearable=False, searchable=False),
                                    html.Div(note(slug), id="rs-label-note", className="bt-note"),
                                ]
                            ),
                            id=field_id(FORM, "label"), error=error_id(FORM, "label"), wide=True,
                        ),
                        className="form-grid",
                    ),
                    html.Div(params_area(slug, params), id="rs-label-area", className="rs-area"),
                ],
                className="bt-group",
            ),
            html.Div(
                [html.H3("Bars"),
                 html.Div(bars_form.bars_fields(FORM, datasets, bars), className="form-grid")],
                className="bt-group",
            ),
            html.Div(
                [
                    html.Div(id="rs-label-notice", className="rs-notice"),
                    button("Label", "rs-label-run", "primary", "play"),
                ],
                className="rs-run-bar",
            ),
        ],
        className="panel rs-form",
        **{"aria-label": "Look at a label"},
    )  # fmt: skip


def note(slug: str) -> str:
    """What the kind is, and where it comes from."""
    kind = get_label(slug)
    return f"{kind.description} {kind.source}.".replace("..", ".").strip(" .") + "."


def params_area(slug: str, values: Mapping[str, Any] | None = None) -> html.Div:
    """The controls of a kind's parameters."""
    return params_form(PARAMS, get_label(slug).params_type, values)


def read_request(
    ids: Any, values: Any, param_ids: Any, params: Any
) -> tuple[LabelStudyRequest | None, dict[str, str]]:
    """(the request or None, errors by field) of all controls."""
    given, errors = bars_form.by_name(ids, values), {}
    bars = bars_form.read_bars(given, errors)
    if bars is not None and (lost := bars_form.unknown_dataset(bars)):
        errors["timeframe"] = lost
    try:
        kind = get_label(str(given.get("label") or ""))
    except InputError as error:
        errors["label"] = error.message
        return None, errors
    read, wrong = read_params(kind.params_type, param_ids, params)
    errors |= {f"params.{name}": text for name, text in wrong.items()}
    if errors or read is None or bars is None:
        return None, errors
    made = LabelStudyRequest(bars, kind.slug, dict(vars(read)))
    symbols = bars.symbols
    where = (
        symbols[0]
        if len(symbols) == 1
        else f"{len(symbols)} of {bars_form.dataset_title(bars.dataset)}"
    )
    return replace(made, name=f"{kind.title} on {where}"), {}


def _earlier(job_id: str) -> LabelStudyRequest | None:
    if not job_id:
        return None
    try:
        job = services().jobs.get(actor(), job_id)
        if job.kind != "label_study":
            return None
        found = from_json(LabelStudyRequest, dict(job.request))
    except (NotFound, InputError):
        return None
    return found if found.label in LABELS else None


def register() -> None:
    """Parameters follow the kind; the button starts the job."""
    bars_form.register(FORM)

    @guard.callback(
        Output("rs-label-area", "children"),
        Output("rs-label-note", "children"),
        Input(field_id(FORM, "label"), "value"),
        prevent_initial_call=True,
        role="viewer",
    )
    def follow(slug: str) -> Any:
        return params_area(slug), note(slug)

    @guard.callback(
        Output(error_id(FORM, ALL), "children"),
        Output(error_id(PARAMS, ALL), "children"),
        Output("rs-label-notice", "children"),
        Input("rs-label-run", "n_clicks"),
        State(field_id(FORM, ALL), "value"),
        State(field_id(FORM, ALL), "id"),
        State(field_id(PARAMS, ALL), "value"),
        State(field_id(PARAMS, ALL), "id"),
        State(error_id(FORM, ALL), "id"),
        State(error_id(PARAMS, ALL), "id"),
        running=[(Output("rs-label-run", "disabled"), True, False)],
        prevent_initial_call=True,
        role="trader",
    )
    def run(
        clicks: int, values: Any, ids: Any, chosen: Any, chosen_ids: Any, places: Any,
        chosen_places: Any,
    ) -> Any:  # fmt: skip
        if not clicks:
            return no_update, no_update, no_update
        request, errors = read_request(ids, values, chosen_ids, chosen)
        shown = (
            [errors.get(own["name"], "") for own in places],
            [errors.get(f"params.{own['name']}", "") for own in chosen_places],
        )
        if request is None:
            return *shown, notice(field_words(errors), "error")
        job = services().jobs.submit(actor(), "label_study", request, title=request.name)
        navigate(f"/research/labels/{job.id}")
        return *shown, ""
