"""The rules of a backtest: one of the saved rule sets or examples, or what an earlier run followed.

The parameter is the rules themselves, as the request keeps them: a text of hundreds of characters,
which stands in a hidden field. The list holds short names; a list indexes every part of its values,
and such texts would take the browser's memory.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dash import Input, Output, State, dcc, html, no_update

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

FIELD, CHOICE, KEPT = "rules", "bt-rules-choice", "kept"


def rules_form(values: Mapping[str, Any] | None) -> html.Div:
    """The choice of the rules, their words, and the other parameters."""
    texts = rule_texts()
    options = [{"label": label, "value": key} for key, (label, _) in texts.items()]
    given = str((values or {}).get(FIELD) or "")
    chosen = next((key for key, (_, text) in texts.items() if text == given), None)
    if given and chosen is None:
        chosen = KEPT
        options.insert(0, {"label": "As in that run", "value": KEPT})
    if chosen is None:
        chosen = options[0]["value"]
    text = given or texts[chosen][1]
    choice = labelled(
        "Rules",
        html.Div(
            [
                dcc.Dropdown(options, chosen, id=CHOICE, clearable=False),
                dcc.Input(id=field_id(PARAMS, FIELD), type="hidden", value=text),
                dcc.Store(id="bt-rules-kept", data=given),
                html.Div(words_of(text), id="bt-rules-words", className="bt-note"),
            ]
        ),
        id=CHOICE,
        error=error_id(PARAMS, FIELD),
        help="Saved rule sets first, then the examples. A run keeps the rules it was made with.",
        wide=True,
    )
    others = params_form(PARAMS, RulesParams, values)
    others.children = [choice, *others.children[1:]]
    builder = link_button("Open the rule builder", "/rules", small=True, icon="filter")
    return html.Div([others, html.Div(builder, className="form-actions")])


def rule_texts() -> dict[str, tuple[str, str]]:
    """Label and rules by the name in the list: saved ones by name and version, then examples.

    The same rules stand there once.
    """
    found: dict[str, tuple[str, str]] = {}
    for row in own_sets():
        found[f"{row.id}-{row.version}"] = f"{row.name} (version {row.version})", row.rules
    for name, rules in EXAMPLES.items():
        found[name] = f"Example: {rules.name}", rules_param(rules)
    once: dict[str, str] = {}
    for key, (_, text) in found.items():
        once.setdefault(text, key)
    return {key: found[key] for key in once.values()}


def words_of(text: str | None) -> str:
    """The rules as sentences; what is wrong with them where they cannot be read."""
    try:
        return in_words(parse_rules(text or ""))
    except InputError as error:
        return error.message


def register() -> None:
    """Rules and words follow the choice."""

    @guard.callback(
        Output(field_id(PARAMS, FIELD), "value"),
        Output("bt-rules-words", "children"),
        Input(CHOICE, "value"),
        State("bt-rules-kept", "data"),
        prevent_initial_call=True,
        role="viewer",
    )
    def follow(chosen: str | None, kept: str) -> Any:
        text = kept if chosen == KEPT else rule_texts().get(str(chosen), ("", ""))[1]
        return (text, words_of(text)) if text else (no_update, no_update)
