"""What the editor of sets does: add, take off, save, delete, compare, compute."""

from __future__ import annotations

from typing import Any

from dash import ALL, Input, Output, State, ctx, html, no_update

from pages.components.form import error_id, field_id
from pages.components.navigate import navigate
from pages.components.notice import notice
from pages.components.toasts import toast
from pages.researching import bars_form, choice_form
from pages.researching.saved_sets import (
    MOST_COLUMNS,
    as_data,
    from_data,
    keep,
    load,
    remove,
)
from pages.researching.sets import ADD, BUILD, columns_table, difference, state_words
from pages.researching.study_form import field_words
from pages.server import guard
from pages.server.context import actor, services
from terminal.accounts.actor import Role
from terminal.errors import Conflict, InputError
from terminal.features.feature_set import FeatureSet
from terminal.research.menu import menu
from terminal.research.requests import BuildRequest


def register() -> None:
    """Connect everything below."""
    choice_form.register(ADD)
    bars_form.register(BUILD)
    params = choice_form.params_name(ADD)

    @guard.callback(
        Output("rs-draft", "data"),
        Output(error_id(ADD, ALL), "children"),
        Output(error_id(params, ALL), "children"),
        Output("rs-add-notice", "children"),
        Input("rs-add-run", "n_clicks"),
        State(field_id(ADD, ALL), "value"),
        State(field_id(ADD, ALL), "id"),
        State(field_id(params, ALL), "value"),
        State(field_id(params, ALL), "id"),
        State(error_id(ADD, ALL), "id"),
        State(error_id(params, ALL), "id"),
        State("rs-draft", "data"),
        prevent_initial_call=True,
        role="trader",
    )
    def add(
        clicks: int, values: Any, ids: Any, chosen: Any, chosen_ids: Any, places: Any,
        chosen_places: Any, draft: Any,
    ) -> Any:  # fmt: skip
        if not clicks:
            return no_update, no_update, no_update, no_update
        errors: dict[str, str] = {}
        given = bars_form.by_name(ids, values)
        choice = choice_form.read_choice(given, chosen_ids, chosen, errors)
        features = from_data(draft)
        if choice is not None and choice.column in features.columns:
            errors["feature"] = f"{choice.column} is in the set already."
        if len(features.choices) >= MOST_COLUMNS:
            errors["feature"] = f"A set has at most {MOST_COLUMNS} columns."
        shown = (
            [errors.get(own["name"], "") for own in places],
            [errors.get(f"params.{own['name']}", "") for own in chosen_places],
        )
        if errors or choice is None:
            return no_update, *shown, ""
        grown = FeatureSet((*features.choices, choice))
        return as_data(grown), *shown, notice(f"{choice.column} was added.", "success")

    @guard.callback(
        Output("rs-draft", "data", allow_duplicate=True),
        Input({"type": "rs-remove", "at": ALL}, "n_clicks"),
        State("rs-draft", "data"),
        prevent_initial_call=True,
        role="trader",
    )
    def take_off(_clicks: list[int], draft: Any) -> Any:
        if not ctx.triggered_id or not ctx.triggered[0]["value"]:
            return no_update
        place = int(ctx.triggered_id["at"])
        return [item for k, item in enumerate(draft) if k != place]

    @guard.callback(
        Output("rs-columns", "children"),
        Output("rs-state", "children"),
        Input("rs-draft", "data"),
        State("rs-own", "data"),
        prevent_initial_call=True,
        role="viewer",
    )
    def show(draft: Any, own: dict[str, Any]) -> Any:
        features = from_data(draft)
        return (
            columns_table(features, actor().role.allows(Role.TRADER)),
            state_words(features, own or {}),
        )

    @guard.callback(
        Output("rs-name-error", "children"),
        Input("rs-save", "n_clicks"),
        State("rs-name", "value"),
        State("rs-draft", "data"),
        State("rs-own", "data"),
        prevent_initial_call=True,
        role="trader",
    )
    def save(clicks: int, name: str, draft: Any, own: dict[str, Any]) -> Any:
        if not clicks:
            return no_update
        try:
            row = keep((own or {}).get("id"), name, from_data(draft))
        except (InputError, Conflict) as error:
            return f"{error.message} {error.remedy or ''}".strip()
        toast(f"Saved as version {row.version} of {row.name}.", "success")
        navigate(f"/research?tab=sets&id={row.id}&saved={row.version}")
        return ""

    @guard.callback(
        Output("rs-delete", "submit_n_clicks"),
        Input("rs-delete", "submit_n_clicks"),
        State("rs-own", "data"),
        prevent_initial_call=True,
        role="trader",
    )
    def delete(clicks: int | None, own: dict[str, Any]) -> Any:
        if not clicks or (own or {}).get("id") is None:
            return no_update
        remove(int(own["id"]))
        toast(f"{own['name']} was deleted.", "info")
        navigate("/research?tab=sets")
        return no_update

    @guard.callback(
        Output("rs-difference", "children"),
        Input("rs-other", "value"),
        Input("rs-draft", "data"),
        prevent_initial_call=True,
        role="viewer",
    )
    def compare(other: str | None, draft: Any) -> Any:
        return difference(from_data(draft), other_set(other)) if other else html.Span()

    @guard.callback(
        Output(error_id(BUILD, ALL), "children"),
        Output("rs-build-notice", "children"),
        Input("rs-build-run", "n_clicks"),
        State(field_id(BUILD, ALL), "value"),
        State(field_id(BUILD, ALL), "id"),
        State(error_id(BUILD, ALL), "id"),
        State("rs-draft", "data"),
        State("rs-name", "value"),
        State("rs-own", "data"),
        running=[(Output("rs-build-run", "disabled"), True, False)],
        prevent_initial_call=True,
        role="trader",
    )
    def build(
        clicks: int, values: Any, ids: Any, places: Any, draft: Any, name: str, own: dict[str, Any]
    ) -> Any:
        if not clicks:
            return no_update, no_update
        errors: dict[str, str] = {}
        bars = bars_form.read_bars(bars_form.by_name(ids, values), errors)
        features = from_data(draft)
        if bars is not None and (lost := bars_form.unknown_dataset(bars)):
            errors["timeframe"] = lost
        shown = [errors.get(one["name"], "") for one in places]
        if not features.choices:
            return shown, notice("The set has no column yet.", "error")
        if errors or bars is None:
            return shown, notice(field_words(errors), "error")
        saved = (own or {}).get("id") if list(features.columns) == own.get("columns") else None
        request = BuildRequest(bars, features, saved, None, f"Compute {name or 'features'}"[:120])
        job = services().jobs.submit(actor(), "feature_build", request, title=request.name)
        navigate(f"/research/build/{job.id}")
        return shown, ""


def other_set(which: str) -> FeatureSet:
    """A set by what the list of others calls it: `preset:core`, `7:2`."""
    kind, _, rest = which.partition(":")
    if kind == "preset":
        return menu().presets[rest]
    return load(kind, rest).features
