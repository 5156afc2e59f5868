from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given

from terminal.errors import InputError
from terminal.strategies.rules.examples import EXAMPLES
from terminal.strategies.rules.reading import (
    MOST_TEXT,
    parse_rules,
    read_rules,
    rules_text,
    write_rules,
)
from terminal.strategies.rules.rule_set import MOST_CONDITIONS, RuleSet
from tests.terminal.backtest.panels import examples
from tests.terminal.strategies.rules.made import rule_sets

CLOSE = {"feature": "close"}
UP = {"left": CLOSE, "operator": "above", "right": {"feature": "sma", "window": 20}}
DOWN = {"left": CLOSE, "operator": "between", "low": 1, "high": 2.5}
WHOLE: dict[str, Any] = {
    "name": "Mine",
    "entry_long": {"all": [UP, {"any": [DOWN, UP]}]},
    "exit_long": {"any": [{"left": CLOSE, "operator": "falling", "bars": 3}]},
    "sizing": {"method": "fixed", "weight": 0.25},
    "most": 4,
    "ranking": {"by": {"feature": "rsi"}, "order": "lowest"},
}


def changed(path: str, value: Any) -> dict[str, Any]:
    """`WHOLE` with the value at `a.b.0.c` replaced, or added."""
    data = json.loads(json.dumps(WHOLE))
    *way, last = path.split(".")
    place: Any = data
    for part in way:
        place = place[int(part)] if isinstance(place, list) else place[part]
    if isinstance(place, list):
        place[int(last)] = value
    else:
        place[last] = value
    return data


@examples(60)
@given(rules=rule_sets(name="Any & every"))
def test_what_is_written_reads_back_as_the_same_rules(rules: RuleSet) -> None:
    text = rules_text(rules)
    assert parse_rules(text) == rules
    assert rules_text(parse_rules(text)) == text
    assert parse_rules(rules_text(rules, indent=2)) == rules


def test_defaults_are_filled_in_and_numbers_keep_their_kind() -> None:
    rules = read_rules(WHOLE)
    assert rules.ranking is not None and rules.ranking.by.params == (("window", 14.0),)
    written = write_rules(rules)
    assert written["ranking"] == {"by": {"feature": "rsi", "window": 14}, "order": "lowest"}
    assert written["entry_long"]["all"][1]["any"][0] == DOWN
    assert '"low":1,"high":2.5' in rules_text(rules)


@pytest.mark.parametrize(
    ("path", "value", "field", "words"),
    [
        ("entry_long.all.1.any.0.left.feature", "smaa", "entry_long.all[1].any[0].left.feature",
         "no feature 'smaa'; known: close"),
        ("entry_long.all.0.left", {"feature": "sma", "window": 0}, "entry_long.all[0].left.window",
         "0 is not from 2 to 2000"),
        ("entry_long.all.0.left", {"feature": "sma", "window": 2.5},
         "entry_long.all[0].left.window", "not a whole number"),
        ("entry_long.all.0.left", {"feature": "sma", "code": "1"}, "entry_long.all[0].left.code",
         "not known here; known: feature, window"),
        ("entry_long.all.0.right", "__import__('os')", "entry_long.all[0].right",
         "is not a number"),
        ("entry_long.all.0.right", float("nan"), "entry_long.all[0].right", "nan is not from"),
        ("entry_long.all.0.right", True, "entry_long.all[0].right", "True is not a number"),
        ("entry_long.all.0.right", 10**400, "entry_long.all[0].right", "a number of that size"),
        ("entry_long.all.0.operator", "eval", "entry_long.all[0].operator", "allowed: above"),
        ("entry_long.all.0.operator", ["above"], "entry_long.all[0].operator", "allowed: above"),
        ("entry_long.all.1.any.0.high", 0, "entry_long.all[1].any[0].high", "below its start"),
        ("exit_long.any.0.bars", 101, "exit_long.any[0].bars", "101 is not from 1 to 100"),
        ("exit_long.any.0.right", 3, "exit_long.any[0].right", "not known here"),
        ("exit_long", {"all": [], "any": [UP]}, "exit_long", 'either "all" or "any"'),
        ("exit_long.any", [], "exit_long.any", "1 to 40 items"),
        ("exit_long.any", "close", "exit_long.any", "is not a list"),
        ("exit_long", None, "exit_long", "None is not an object"),
        ("entry_short", {"all": [UP]}, "exit_short", "both an entry and an exit"),
        ("entry_long.all.1.any.0", {"all": [{"any": [UP]}]}, "entry_long.all[1].any[0].all[0]",
         "deeper than 3"),
        ("sizing.weight", 0, "sizing.weight", "0 is not from 0.001 to 1"),
        ("sizing.window", 5, "sizing.window", "not known here"),
        ("most", 2.5, "most", "not a whole number"),
        ("ranking", None, "ranking", "needs a ranking"),
        ("ranking.order", "up", "ranking.order", "'up' is not allowed"),
        ("name", "x" * 81, "name", "at most 80"),
        ("format", 2, "format", "reads 1"),
        ("targets", "lambda: 1", "targets", "not known here"),
        ("ranking.by", {"feature": "macd-line", "fast": 30}, "ranking.by.fast", "must be shorter"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_refused_at_its_place(
    path: str, value: Any, field: str, words: str
) -> None:
    with pytest.raises(InputError) as caught:
        read_rules(changed(path, value))
    assert caught.value.field == field
    assert words in caught.value.message


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "no JSON"),
        ("[" * 15_000, "no JSON"),
        (" " * (MOST_TEXT + 1), "at most 20,000"),
        ('{"name": "a", "name": "b"}', "stands twice"),
        ('{"most": NaN}', "NaN is not a number"),
        ('{"most": ' + "9" * 5_000 + "}", "no JSON"),
        ("[]", "is not an object"),
    ],
)
def test_text_that_is_no_rule_set_is_refused(text: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        parse_rules(text)


def test_the_number_of_conditions_is_limited_over_all_groups() -> None:
    half = {"any": [UP] * (MOST_CONDITIONS // 2)}
    assert read_rules({"entry_long": half, "exit_long": half})
    with pytest.raises(InputError, match="There are 41 conditions; at most 40"):
        read_rules({"entry_long": half, "exit_long": {"any": [*half["any"], UP]}})


def test_the_examples_are_valid_and_say_what_they_are() -> None:
    assert len(EXAMPLES) == 3
    for rules in EXAMPLES.values():
        assert rules.name
        assert read_rules(json.loads(rules_text(rules))) == rules
