"""The choice of rules in the form of a backtest: short names in the list, the rules beside it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from dash import dcc, html

from pages.backtests import rules_field
from pages.backtests.rules_field import CHOICE, FIELD, KEPT, rules_form
from pages.components.form import field_id
from terminal.db.repositories.rule_sets import RuleSetRow
from terminal.strategies.rules.examples import EXAMPLES
from terminal.strategies.rules.strategy import rules_param

EXAMPLE = next(iter(EXAMPLES))
TEXTS = [rules_param(rules) for rules in EXAMPLES.values()]
NOW = datetime(2026, 1, 5, tzinfo=UTC)


def saved(id: int, text: str) -> RuleSetRow:
    return RuleSetRow(id, 1, f"Mine {id}", text, 2, NOW, 2)


@pytest.fixture
def own(monkeypatch: pytest.MonkeyPatch) -> list[RuleSetRow]:
    """The saved rule sets there are."""
    rows: list[RuleSetRow] = []
    monkeypatch.setattr(rules_field, "own_sets", lambda: rows)
    return rows


def parts(values: dict[str, Any] | None) -> tuple[dcc.Dropdown, str]:
    """(the list, the rules in the hidden field)."""
    found = list(rules_form(values)._traverse())
    chosen = [one for one in found if isinstance(one, dcc.Dropdown) and one.id == CHOICE]
    hidden = [
        one for one in found if getattr(one, "id", None) == field_id("backtest-params", FIELD)
    ]
    return chosen[0], hidden[0].value


def test_the_values_of_the_list_are_short_whatever_the_rules_are(own: list[RuleSetRow]) -> None:
    own += [saved(3, TEXTS[1].replace("name", "name", 1)), saved(4, TEXTS[1])]
    choice, text = parts(None)
    values = [option["value"] for option in choice.options]
    assert max(len(value) for value in values) < 60 < min(len(text) for text in TEXTS)
    assert len(set(values)) == len(values) == len(EXAMPLES)  # the same rules stand there once
    assert values[0] == choice.value == "3-2" and text == TEXTS[1]


def test_the_rules_of_an_earlier_run_are_kept_and_an_own_set_is_found_again(
    own: list[RuleSetRow],
) -> None:
    other = TEXTS[0].replace("{", "{ ", 1)
    assert other not in TEXTS
    choice, text = parts({FIELD: other})
    assert (choice.value, text) == (KEPT, other)
    assert choice.options[0] == {"label": "As in that run", "value": KEPT}
    own.append(saved(7, other))
    choice, text = parts({FIELD: other})
    assert (choice.value, text) == ("7-2", other)
    assert KEPT not in {option["value"] for option in choice.options}
    choice, text = parts({FIELD: TEXTS[0]})
    assert (choice.value, text) == (EXAMPLE, TEXTS[0])


def test_the_words_stand_below_the_list(own: list[RuleSetRow]) -> None:
    words = [one for one in rules_form(None)._traverse() if isinstance(one, html.Div)]
    assert any(getattr(one, "id", "") == "bt-rules-words" and one.children for one in words)
