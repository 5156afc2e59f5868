"""The model of a backtest: a registered version, or what an earlier run followed.

The value of the choice is the reference itself, as the request keeps it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dash import Input, Output, dcc, html

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

FIELD = "model"


def model_form(values: Mapping[str, Any] | None) -> html.Div:
    """The choice of the model, what is known of it, and the other parameters."""
    options = model_options()
    given = str((values or {}).get(FIELD) or "")
    if given and given not in {option["value"] for option in options}:
        options.insert(0, {"label": "As in that run", "value": given})
    chosen = given or (options[0]["value"] if options else "")
    own = field_id(PARAMS, FIELD)
    choice = labelled(
        "Model",
        html.Div(
            [
                dcc.Dropdown(
                    options, chosen, id=own, clearable=False,
                    placeholder="No model is registered yet",
                ),
                html.Div(words_of(chosen), id="bt-model-words", className="bt-note"),
            ]
        ),
        id=own,
        error=error_id(PARAMS, FIELD),
        help="Versions in the registry, newest first. A run keeps the recipe it was made with.",
        wide=True,
    )  # fmt: skip
    others = params_form(PARAMS, ModelParams, values)
    others.children = [choice, *others.children[1:]]
    train = link_button("Train a model", "/models", small=True, icon="models")
    return html.Div([others, html.Div(train, className="form-actions")])


def model_options() -> list[dict[str, str]]:
    """Own versions that are not archived, newest first."""
    with services().db.read() as conn:
        rows = models.find(conn, actor())
    return [
        {"label": f"{row.words} · {row.kind} · {row.stage}",
         "value": reference_text(reference_of(row))}
        for row in rows
        if row.stage != models.ARCHIVED
    ]  # fmt: skip


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
    """The words follow the choice."""

    @guard.callback(
        Output("bt-model-words", "children"),
        Input(field_id(PARAMS, FIELD), "value"),
        prevent_initial_call=True,
        role="viewer",
    )
    def follow(text: str | None) -> str:
        return words_of(text)
