"""What the form of a training does: fields follow one another, and the buttons start the job."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from dash import ALL, Input, Output, State, ctx, no_update

from pages.components.form import error_id, field_id, parse_number, read_params
from pages.components.navigate import navigate
from pages.components.notice import notice
from pages.modelling.form import (
    FORM,
    LABEL,
    MODEL,
    RANGES,
    SPLITTER,
    kind_note,
    kind_params,
    search_fields,
)
from pages.modelling.start import (
    AUTO,
    SEARCH,
    SETS,
    chosen_set,
    fitting_set,
    search_values,
    set_words,
    usual_every,
)
from pages.researching import bars_form
from pages.researching.study_form import field_words
from pages.server import guard
from pages.server.context import actor, services
from terminal.errors import InputError, NotFound
from terminal.labels.registry import get_label
from terminal.models.catalogue import get_model
from terminal.training.request import (
    GateRequest,
    SearchRange,
    SearchRequest,
    TrainingRequest,
    WeightsRequest,
)
from terminal.training.validate import plan_of
from terminal.validation.registry import get_splitter

PARTS = {
    LABEL: ("label", get_label),
    MODEL: ("model", get_model),
    SPLITTER: ("splitter", get_splitter),
}
NUMBERS: dict[str, tuple[float, float, bool]] = {
    "every": (1, 10_000, True),
    "time_decay": (0, 1, False),
    "early_stopping": (0, 0.4, False),
    "seed": (0, 2**31 - 1, True),
    "out_of_sample": (0.05, 0.5, False),
    "confidence": (0.5, 0.9999, False),
    "paths": (0.5, 1, False),
    "trials": (2, 1000, True),
    "folds": (2, 20, True),
}
SWITCHES = ("uniqueness", "drop_leaks", "count_trainings", "prune")


def read_request(
    given: Mapping[str, Any], parts: Mapping[str, tuple[Any, Any]], ranges: Mapping[str, Any]
) -> tuple[TrainingRequest | None, dict[str, str]]:
    """(the request or None, errors by field) of all controls.

    Parameters
    ----------
    given : values of the plain fields. parts : ids and values of each kind's parameters, by form.
    ranges : texts of the search's ranges by parameter.
    """
    errors: dict[str, str] = {}
    bars = bars_form.read_bars(given, errors)
    if bars is not None and (lost := bars_form.unknown_dataset(bars)):
        errors["timeframe"] = lost
    read: dict[str, Any] = {}
    for form, (name, get) in PARTS.items():
        try:
            kind: Any = get(str(given.get(name) or ""))
        except InputError as error:
            errors[name] = error.message
            continue
        found, wrong = read_params(kind.params_type, *parts[form])
        errors |= {f"{form}.{key}": text for key, text in wrong.items()}
        read[name] = dict(vars(found)) if found is not None else {}
    numbers = _numbers(given, errors)
    try:
        features, set_name = chosen_set(str(given.get(SETS) or ""))
    except (InputError, NotFound) as error:
        errors[SETS] = error.message
    search = _search(given, ranges, numbers, errors)
    if errors or bars is None:
        return None, errors
    yes = {name: bool(given.get(name)) for name in SWITCHES}
    request = TrainingRequest(
        dataset=bars.dataset,
        symbols=bars.symbols,
        timeframe=bars.timeframe,
        features=features,
        label=str(given["label"]),
        model=str(given["model"]),
        splitter=str(given["splitter"]),
        start=bars.start,
        end=bars.end,
        feature_set=set_name,
        label_params=read["label"],
        model_params=read["model"],
        splitter_params=read["splitter"],
        weights=WeightsRequest(yes["uniqueness"], float(numbers["time_decay"])),
        every=int(numbers["every"]),
        gap=numbers["gap"],
        out_of_sample=float(numbers["out_of_sample"]),
        early_stopping=float(numbers["early_stopping"]),
        calibration=str(given.get("calibration") or ""),
        gate=GateRequest(
            float(numbers["confidence"]), float(numbers["paths"]), yes["count_trainings"]
        ),
        search=search,
        drop_leaks=yes["drop_leaks"],
        seed=int(numbers["seed"]),
        name=" ".join(str(given.get("name") or "").split()),
    )
    try:
        plan_of(request)
    except InputError as error:
        return None, {_own_field(error.field or "model"): error.message}
    return request, {}


def parse_range(text: str, whole: bool) -> SearchRange | None:
    """`10, 200 log`; None where nothing is typed. ValueError with a sentence otherwise."""
    cleaned = text.replace("–", ",").strip().lower()
    if not cleaned:
        return None
    log = cleaned.endswith("log")
    parts = [
        part for part in cleaned.removesuffix("log").replace(";", ",").split(",") if part.strip()
    ]
    if len(parts) != 2:
        raise ValueError("Enter two numbers with a comma between them, as 10, 200.")
    low, high = (parse_number(part, whole=whole) for part in parts)
    return SearchRange(float(low), float(high), log)


def _numbers(given: Mapping[str, Any], errors: dict[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, (low, high, whole) in NUMBERS.items():
        try:
            found[name] = parse_number(given.get(name), whole=whole, low=low, high=high)
        except ValueError as error:
            errors[name] = str(error)
    text = str(given.get("gap") or "").strip().lower()
    found["gap"] = None
    if text not in ("", AUTO):
        try:
            found["gap"] = int(parse_number(text, whole=True, low=0, high=1_000_000, unit="bars"))
        except ValueError as error:
            errors["gap"] = f"{error} Or type auto."
    return found


def _search(
    given: Mapping[str, Any],
    ranges: Mapping[str, Any],
    numbers: Mapping[str, Any],
    errors: dict[str, str],
) -> SearchRequest | None:
    try:
        specs = get_model(str(given.get("model") or "")).params_type.__dataclass_fields__
    except InputError:
        return None
    wanted: dict[str, SearchRange] = {}
    for name, text in ranges.items():
        if name not in specs:
            continue
        try:
            found = parse_range(str(text or ""), specs[name].type == "int")
        except ValueError as error:
            errors[f"{RANGES}.{name}"] = str(error)
            continue
        if found is not None:
            wanted[name] = found
    if not wanted or "trials" not in numbers or "folds" not in numbers:
        return None
    return SearchRequest(
        wanted, int(numbers["trials"]), bool(given.get("prune")), int(numbers["folds"])
    )


def _own_field(field: str) -> str:
    """Where on the form a field of the request stands."""
    head, _, name = field.partition(".")
    forms = {"label_params": LABEL, "model_params": MODEL, "splitter_params": SPLITTER,
             "search": RANGES}  # fmt: skip
    return f"{forms[head]}.{name}" if head in forms and name else head


def _shown(form: str, places: Sequence[Mapping[str, Any]], errors: Mapping[str, str]) -> list[str]:
    before = "" if form == FORM else f"{form}."
    return [errors.get(f"{before}{own['name']}", "") for own in places]


def register() -> None:
    """Connect everything."""
    bars_form.register(FORM)
    for form, (name, _) in PARTS.items():
        _follow(form, name)
    forms = (FORM, LABEL, MODEL, SPLITTER, RANGES)

    @guard.callback(
        Output("md-search-area", "children"),
        Input(field_id(FORM, "model"), "value"),
        prevent_initial_call=True,
        role="viewer",
    )
    def ranges(slug: str) -> Any:
        return search_fields(slug, search_values(SEARCH))

    @guard.callback(
        Output(field_id(FORM, SETS), "value"),
        Output(field_id(FORM, "every"), "value"),
        Input(field_id(FORM, "dataset"), "value"),
        State(field_id(FORM, SETS), "value"),
        prevent_initial_call=True,
        role="viewer",
    )
    def fit_to_data(dataset: str, chosen: str) -> Any:
        bars = services().catalogue.dataset(actor(), dataset)
        return fitting_set(str(chosen or ""), dataset), usual_every(bars.timeframe.value)

    @guard.callback(
        Output("md-features-note", "children"),
        Input(field_id(FORM, SETS), "value"),
        prevent_initial_call=True,
        role="viewer",
    )
    def features(which: str) -> str:
        return set_words(str(which or ""))

    @guard.callback(
        *(Output(error_id(form, ALL), "children") for form in forms),
        Output("md-notice", "children"),
        Input("md-run", "n_clicks"),
        Input("md-dry", "n_clicks"),
        *(State(field_id(form, ALL), "id") for form in forms),
        *(State(field_id(form, ALL), "value") for form in forms),
        *(State(error_id(form, ALL), "id") for form in forms),
        running=[
            (Output("md-run", "disabled"), True, False),
            (Output("md-dry", "disabled"), True, False),
        ],
        prevent_initial_call=True,
        role="trader",
    )
    def start(_run: int, _dry: int, *states: Any) -> Any:
        if not ctx.triggered_id or not ctx.triggered[0]["value"]:
            return [no_update] * (len(forms) + 1)
        n = len(forms)
        ids, values, places = states[:n], states[n : 2 * n], states[2 * n :]
        request, errors = read_request(
            bars_form.by_name(ids[0], values[0]),
            {form: (ids[k], values[k]) for k, form in enumerate(forms[1:4], start=1)},
            bars_form.by_name(ids[4], values[4]),
        )
        shown = [_shown(form, places[k], errors) for k, form in enumerate(forms)]
        if request is None:
            placed = {text for texts in shown for text in texts}
            loose = [text for text in errors.values() if text not in placed]
            return [*shown, notice(loose[0] if loose else field_words(errors), "error")]
        if ctx.triggered_id == "md-dry":
            request = replace(request, dry_run=True)
        title = request.name or get_model(request.model).title
        job = services().jobs.submit(
            actor(), "training", request, title=f"Dry run: {title}" if request.dry_run else title
        )
        navigate(f"/models/training/{job.id}")
        return [*shown, ""]


def _follow(form: str, name: str) -> None:
    """Parameters and note follow the choice."""

    @guard.callback(
        Output(f"{form}-area", "children"),
        Output(f"{form}-note", "children"),
        Input(field_id(FORM, name), "value"),
        prevent_initial_call=True,
        role="viewer",
    )
    def follow(slug: str) -> Any:
        return kind_params(form, slug), kind_note(form, slug)
