"""The form of a feature study: what is measured, on which bars, how far ahead."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from dash import ALL, Input, Output, State, dcc, html, no_update

from pages.components.button import button
from pages.components.form import error_id, field_id, labelled, parse_number
from pages.components.navigate import navigate
from pages.components.notice import notice
from pages.components.panel import panel_head
from pages.researching import bars_form, choice_form
from pages.server import guard
from pages.server.context import actor, services
from terminal.codec import from_json
from terminal.errors import InputError, NotFound
from terminal.features.feature_set import FeatureChoice
from terminal.market.dataset import Dataset
from terminal.market.timeframe import Timeframe
from terminal.research.menu import feature_entry, menu
from terminal.research.requests import AUTO, StudyRequest

FORM = "rs-study"
MODES = (
    (AUTO, "As suits the feature"),
    ("across", "Across instruments"),
    ("through", "Through time"),
)
DAILY, INTRADAY = "1, 5, 10, 20, 60", "1, 4, 13, 26, 130"
GROUPS = "5"
MOST_HORIZONS, LONGEST = 12, 5_000
SHORT_NAME = 110


def study_form(datasets: Sequence[Dataset], query: Mapping[str, str]) -> html.Section:
    """The whole form, filled from `?feature=&dataset=&symbol=&timeframe=` or `?from=<job>`."""
    earlier = _earlier(query.get("from", ""))
    if earlier is None or earlier.bars.dataset not in {one.slug for one in datasets}:
        bars = bars_form.bars_values(datasets, query)
        wanted = query.get("feature", "")
        choice = FeatureChoice(wanted if wanted in menu().features else next(iter(menu().features)))
        horizons = INTRADAY if Timeframe(bars["timeframe"]).intraday else DAILY
        mode, groups, main = AUTO, GROUPS, horizons.split(", ")[1]
    else:
        bars, choice = bars_form.values_of(earlier.bars), earlier.choice
        horizons = ", ".join(str(one) for one in earlier.horizons)
        mode, groups, main = earlier.mode, str(earlier.n_groups), str(earlier.main)
    return html.Section(
        [
            panel_head(
                "Study a feature",
                help="How it is spread, how it moves, and what followed it. The return begins a "
                "bar after the feature is known.",
            ),
            html.Div(
                [
                    _group("Feature", choice_form.choice_fields(FORM, choice)),
                    _group("Bars", bars_form.bars_fields(FORM, datasets, bars)),
                    _group(
                        "Measured",
                        [
                            _text("horizons", "Horizons", horizons, note="bars, up to 12",
                                  help="How many bars ahead the return is taken, as 1, 5, 20."),
                            _text("main", "Main horizon", main, note="bars",
                                  help="The one that single numbers and the years are about."),
                            _text("n_groups", "Quantiles", groups, note="2 – 20"),
                            labelled(
                                "Compared",
                                dcc.Dropdown(
                                    [{"label": words, "value": key} for key, words in MODES],
                                    mode, id=field_id(FORM, "mode"), clearable=False,
                                    searchable=False,
                                ),
                                id=field_id(FORM, "mode"), error=error_id(FORM, "mode"),
                                help="Across instruments: which of them is high at a bar (5 or "
                                "more). Through time: when each is high against its own past.",
                            ),
                        ],
                    ),
                    html.Div(
                        [
                            html.Div(id="rs-study-notice", className="rs-notice"),
                            button("Study", "rs-study-run", "primary", "play"),
                        ],
                        className="rs-run-bar",
                    ),
                ]
            ),
        ],
        className="panel rs-form",
        **{"aria-label": "Study a feature"},
    )  # fmt: skip


def read_request(
    ids: Any, values: Any, param_ids: Any, params: Any
) -> tuple[StudyRequest | None, dict[str, str]]:
    """(the request or None, errors by field) of all controls."""
    given, errors = bars_form.by_name(ids, values), {}
    choice = choice_form.read_choice(given, param_ids, params, errors)
    bars = bars_form.read_bars(given, errors)
    horizons = read_horizons(given.get("horizons"), errors)
    numbers = {}
    for name, low, high in (("main", 1, LONGEST), ("n_groups", 2, 20)):
        try:
            numbers[name] = int(parse_number(given.get(name), whole=True, low=low, high=high))
        except ValueError as error:
            errors[name] = str(error)
    mode = str(given.get("mode") or AUTO)
    if mode not in {key for key, _ in MODES}:
        errors["mode"] = "Choose one."
    if bars is not None and (lost := bars_form.unknown_dataset(bars)):
        errors["timeframe"] = lost
    seen_on = choice.timeframe if choice else None
    if bars is not None and seen_on is not None and seen_on.order <= bars.timeframe.order:
        errors["coarser"] = "Choose a bar length coarser than the bars themselves."
    if mode == "across" and bars is not None and len(bars.symbols) < 5:
        errors["mode"] = "Fewer than 5 instruments: compare through time."
    if errors or choice is None or bars is None:
        return None, errors
    made = StudyRequest(bars, choice, horizons, numbers["main"], numbers["n_groups"], mode)
    return replace(made, name=name_of(made)), {}


def read_horizons(text: Any, errors: dict[str, str]) -> tuple[int, ...]:
    """Whole numbers of bars between commas."""
    parts = [part for part in str(text or "").replace(";", ",").split(",") if part.strip()]
    try:
        found = tuple(
            int(parse_number(part, whole=True, low=1, high=LONGEST, unit="bars")) for part in parts
        )
    except ValueError as error:
        errors["horizons"] = str(error)
        return ()
    if not 0 < len(set(found)) <= MOST_HORIZONS:
        errors["horizons"] = f"Enter 1 to {MOST_HORIZONS} horizons, as 1, 5, 20."
    return tuple(sorted(set(found)))


def name_of(request: StudyRequest) -> str:
    """What the job is called: the feature, and on what."""
    symbols = request.bars.symbols
    where = (
        symbols[0]
        if len(symbols) == 1
        else f"{len(symbols)} of {bars_form.dataset_title(request.bars.dataset)}"
    )
    title = feature_entry(request.choice.feature).title
    inner = request.choice.column.removeprefix(request.choice.feature)
    return f"{title}{inner} on {where}"[:SHORT_NAME]


def _earlier(job_id: str) -> StudyRequest | None:
    if not job_id:
        return None
    try:
        job = services().jobs.get(actor(), job_id)
        found = from_json(StudyRequest, dict(job.request)) if job.kind == "study" else None
    except (NotFound, InputError):
        return None
    return found if found and found.choice.feature in menu().features else None


def _group(title: str, controls: list[Any]) -> html.Div:
    return html.Div([html.H3(title), html.Div(controls, className="form-grid")],
                    className="bt-group")  # fmt: skip


def _text(name: str, label: str, value: str, **more: Any) -> html.Div:
    control = dcc.Input(
        id=field_id(FORM, name), type="text", value=value, autoComplete="off",
        className="number-input",
    )  # fmt: skip
    return labelled(label, control, id=field_id(FORM, name), error=error_id(FORM, name), **more)


def register() -> None:
    """Fields follow one another; the button starts the job."""
    bars_form.register(FORM)
    choice_form.register(FORM)
    params = choice_form.params_name(FORM)

    @guard.callback(
        Output(error_id(FORM, ALL), "children"),
        Output(error_id(params, ALL), "children"),
        Output("rs-study-notice", "children"),
        Input("rs-study-run", "n_clicks"),
        State(field_id(FORM, ALL), "value"),
        State(field_id(FORM, ALL), "id"),
        State(field_id(params, ALL), "value"),
        State(field_id(params, ALL), "id"),
        State(error_id(FORM, ALL), "id"),
        State(error_id(params, ALL), "id"),
        running=[(Output("rs-study-run", "disabled"), True, False)],
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
        job = services().jobs.submit(actor(), "study", request, title=request.name)
        navigate(f"/research/study/{job.id}")
        return *shown, ""


def field_words(errors: Mapping[str, str]) -> str:
    """How many fields are wrong."""
    return "1 field needs a change." if len(errors) == 1 else f"{len(errors)} fields need a change."
