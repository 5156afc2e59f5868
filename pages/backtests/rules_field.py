"""The rules of a backtest: one of the saved rule sets or examples, or what an earlier run followed.

The value of the choice is the rules themselves, as the request keeps them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dash import Input, Output, dcc, html

from pages.backtests.form_values import PARAMS
from pages.components.button import link_button
from pages.components.form import error_id, field_id, labelled, params_form
from pages.rule_builder.saved import own_sets
from pages.server import guard
from terminal.errors import InputError
from terminal.strategies.rules.examples import EXAMPLES
from terminal.strategies.rules.reading import parse_rules
from terminal.strategies.rules.strategy import RulesParams, rules_param
from terminal.strategies.rules.words import in_words

FIELD = "rules"


def rules_form(values: Mapping[str, Any] | None) -> html.Div:
    """The choice of the rules, their words, and the other parameters."""
    options = rule_options()
    given = values or {}
    chosen = str(given.get(FIELD) or options[0]["value"])
    if chosen not in {option["value"] for option in options}:
        options.insert(0, {"label": "As in that run", "value": chosen})
    own = field_id(PARAMS, FIELD)
    choice = labelled(
        "Rules",
        html.Div(
            [
                dcc.Dropdown(options, chosen, id=own, clearable=False),
                html.Div(words_of(chosen), id="bt-rules-words", className="bt-note"),
            ]
        ),
        id=own,
        error=error_id(PARAMS, FIELD),
        help="Saved rule sets first, then the examples. A run keeps the rules it was made with.",
        wide=True,
    )
    others = params_form(PARAMS, RulesParams, values)
    others.children = [choice, *others.children[1:]]
    builder = link_button("Open the rule builder", "/rules", small=True, icon="filter")
    return html.Div([others, html.Div(builder, className="form-actions")])


def rule_options() -> list[dict[str, str]]:
    """Saved ones by name and version, then examples; the same rules stand there once."""
    options: dict[str, str] = {}
    for row in own_sets():
        options.setdefault(row.rules, f"{row.name} (version {row.version})")
    for rules in EXAMPLES.values():
        options.setdefault(rules_param(rules), f"Example: {rules.name}")
    return [{"label": label, "value": value} for value, label in options.items()]


def words_of(text: str | None) -> str:
    """The rules as sentences; what is wrong with them where they cannot be read."""
    try:
        return in_words(parse_rules(text or ""))
    except InputError as error:
        return error.message


def register() -> None:
    """The words follow the choice."""

    @guard.callback(
        Output("bt-rules-words", "children"),
        Input(field_id(PARAMS, FIELD), "value"),
        prevent_initial_call=True,
        role="viewer",
    )
    def follow(text: str | None) -> str:
        return words_of(text)
