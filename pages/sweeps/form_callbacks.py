"""What the form does: follow the strategy, say how many would run, run."""

from __future__ import annotations

from typing import Any

from dash import ALL, ClientsideFunction, Input, Output, State, clientside_callback, no_update

from pages.backtests.form_callbacks import summary
from pages.backtests.form_values import FORM
from pages.components.form import error_id, field_id
from pages.components.navigate import navigate
from pages.components.notice import notice
from pages.server import guard
from pages.server.context import actor, services
from pages.sweeps.form import OWN, VALUES, values_area
from pages.sweeps.form_reading import OWN_PREFIX, VALUES_PREFIX, check_sweep, read_sweep


def register() -> None:
    """Connect everything below."""
    clientside_callback(
        ClientsideFunction("terminalBacktest", "showFirstError"),
        Output("sw-sink", "children"),
        Input("sw-notice", "children"),
        prevent_initial_call=True,
    )

    @guard.callback(
        Output("sw-values", "children"),
        Input(field_id(FORM, "strategy"), "value"),
        prevent_initial_call=True,
        role="viewer",
    )
    def follow_strategy(strategy: str) -> Any:
        return values_area(strategy)

    names = (
        State(field_id(FORM, ALL), "id"),
        State(field_id(VALUES, ALL), "id"),
        State(field_id(OWN, ALL), "id"),
        State(error_id(VALUES, ALL), "id"),
        State(error_id(OWN, ALL), "id"),
    )

    @guard.callback(
        Output(error_id(VALUES, ALL), "children"),
        Output(error_id(OWN, ALL), "children"),
        Output("sw-check", "children"),
        Input(field_id(FORM, ALL), "value"),
        Input(field_id(VALUES, ALL), "value"),
        Input(field_id(OWN, ALL), "value"),
        *names,
        role="viewer",
    )
    def check_form(values: Any, texts: Any, own: Any, *ids: Any) -> Any:
        _request, errors, words = examine(values, texts, own, *ids[:3])
        return *placed(errors, ids[3], ids[4]), words_of(errors, words)

    @guard.callback(
        Output(error_id(VALUES, ALL), "children", allow_duplicate=True),
        Output(error_id(OWN, ALL), "children", allow_duplicate=True),
        Output("sw-check", "children", allow_duplicate=True),
        Output("sw-notice", "children"),
        Input("sw-run", "n_clicks"),
        State(field_id(FORM, ALL), "value"),
        State(field_id(VALUES, ALL), "value"),
        State(field_id(OWN, ALL), "value"),
        *names,
        running=[(Output("sw-run", "disabled"), True, False)],
        prevent_initial_call=True,
        role="trader",
    )
    def run(clicks: int, values: Any, texts: Any, own: Any, *ids: Any) -> Any:
        if not clicks:
            return no_update, no_update, no_update, no_update
        request, errors, words = examine(values, texts, own, *ids[:3])
        shown = (*placed(errors, ids[3], ids[4]), words_of(errors, words))
        if request is None or errors:
            loose = errors.get("", "")
            return *shown, notice(loose, "error") if loose else ""
        job = services().jobs.submit(actor(), "sweep", request, title=request.name)
        navigate(f"/sweep/{job.id}")
        return *shown, ""


def examine(
    values: Any, texts: Any, own: Any, ids: Any, value_ids: Any, own_ids: Any
) -> tuple[Any, dict[str, str], str]:
    """(request or None, errors by place, words about what would run)."""
    given = {item["name"]: value for item, value in zip(own_ids, own, strict=True)}
    request, errors = read_sweep(ids, values, value_ids, texts, given)
    if request is None:
        return None, errors, ""
    return check_sweep(
        request,
        {item["name"] for item in ids},
        {item["name"] for item in value_ids},
        set(given),
    )


def placed(errors: dict[str, str], places: Any, own_places: Any) -> tuple[list[str], list[str]]:
    """Errors in the order of the places the form has for them."""
    return (
        [errors.get(f"{VALUES_PREFIX}{item['name']}", "") for item in places],
        [errors.get(f"{OWN_PREFIX}{item['name']}", "") for item in own_places],
    )


def words_of(errors: dict[str, str], words: str) -> str:
    """What would run; an error that has no field of its own; or how many fields are wrong."""
    if list(errors) == [""]:
        return errors[""]
    return summary(errors, words)
