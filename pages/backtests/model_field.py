"""The model of a backtest: a registered version, or what an earlier run followed.

The parameter is the reference itself, as the request keeps it: a text of thousands of characters,
which stands in a hidden field. The list holds numbers of versions; a list indexes every part of its
values, and such a text would take the browser's memory.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dash import Input, Output, State, dcc, html, no_update

from pages.backtests.form_values import PARAMS
from pages.components.button import link_button
from pages.components.form import error_id, field_id, labelled, params_form
from pages.server import guard
from pages.server.context import actor, services
from terminal.db.repositories import models
from terminal.errors import InputError
from terminal.strategies.model.reference import parse_reference, reference_text
from terminal.strategies.model.strategy import ModelParams
from terminal.training.reference import reference_of

FIELD, CHOICE, KEPT = "model", "bt-model-choice", "kept"


def model_form(values: Mapping[str, Any] | None) -> html.Div:
    """The choice of the model, what is known of it, and the other parameters."""
    texts = _texts()
    options = [{"label": label, "value": key} for key, (label, _) in texts.items()]
    given = str((values or {}).get(FIELD) or "")
    chosen = next((key for key, (_, text) in texts.items() if text == given), None)
    if given and chosen is None:
        chosen = KEPT
        options.insert(0, {"label": "As in that run", "value": KEPT})
    if chosen is None and options:
        chosen = options[0]["value"]
    text = given or (texts[chosen][1] if chosen else "")
    choice = labelled(
        "Model",
        html.Div(
            [
                dcc.Dropdown(
                    options, chosen, id=CHOICE, clearable=False,
                    placeholder="No model is registered yet",
                ),
                dcc.Input(id=field_id(PARAMS, FIELD), type="hidden", value=text),
                dcc.Store(id="bt-model-kept", data=given),
                html.Div(words_of(text), id="bt-model-words", className="bt-note"),
            ]
        ),
        id=CHOICE,
        error=error_id(PARAMS, FIELD),
        help="Versions in the registry, newest first. A run keeps the recipe it was made with.",
        wide=True,
    )  # fmt: skip
    others = params_form(PARAMS, ModelParams, values)
    others.children = [choice, *others.children[1:]]
    train = link_button("Train a model", "/models?tab=train", small=True, icon="models")
    return html.Div([others, html.Div(train, className="form-actions")])


def _texts() -> dict[str, tuple[str, str]]:
    """Label and reference of own versions that are not archived, by number, newest first."""
    with services().db.read() as conn:
        rows = models.find(conn, actor())
    return {
        str(row.id): (
            f"{row.words} · {row.kind} · {row.stage}",
            reference_text(reference_of(row)),
        )
        for row in rows
        if row.stage != models.ARCHIVED
    }


def words_of(text: str | None) -> str:
    """What a person must know before choosing bars for it; what is wrong where it is none."""
    try:
        found = parse_reference(text or "")
    except InputError as error:
        return f"{error.message} {error.remedy}"
    return (
        f"Made on bars of {found.timeframe.value}, from {len(found.recipe.features.choices)} "
        f"features, {found.recipe.label} labels; trained until {found.trained_until[:10]}."
    )


def register() -> None:
    """Reference and words follow the choice."""

    @guard.callback(
        Output(field_id(PARAMS, FIELD), "value"),
        Output("bt-model-words", "children"),
        Input(CHOICE, "value"),
        State("bt-model-kept", "data"),
        prevent_initial_call=True,
        role="viewer",
    )
    def follow(chosen: str | None, kept: str) -> Any:
        text = kept if chosen == KEPT else _texts().get(str(chosen), ("", ""))[1]
        return (text, words_of(text)) if text else (no_update, no_update)
