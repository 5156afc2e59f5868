from __future__ import annotations

import json

import pytest

from terminal.errors import InputError
from terminal.params import validate
from terminal.strategies.registry import get_strategy
from terminal.strategies.rules.examples import EXAMPLES
from terminal.strategies.rules.reading import rules_text
from terminal.strategies.rules.strategy import RULES, RulesParams, rules_param
from terminal.strategies.rules.words import in_words

RULE_SET = EXAMPLES["dip-in-a-trend"]


def test_equal_rules_are_equal_parameters_whatever_their_name_and_spacing() -> None:
    kept = RulesParams(rules_param(RULE_SET))
    assert RulesParams(rules_text(RULE_SET, indent=4)) == kept
    assert RulesParams(rules_text(RULE_SET.named("Another"))) == kept
    assert kept.rule_set == RULE_SET.named("")
    assert validate(RulesParams, {"rules": kept.rules, "invested": 1.0}) == kept


def test_what_is_wrong_inside_is_said_with_its_place() -> None:
    data = json.loads(rules_text(RULE_SET))
    data["exit_long"]["any"][1]["left"]["window"] = 1
    with pytest.raises(InputError, match=r"exit_long\.any\[1\]\.left\.window: 1 is not") as caught:
        validate(RulesParams, {"rules": json.dumps(data)})
    assert caught.value.field == "rules"
    with pytest.raises(InputError, match="no JSON"):
        validate(RulesParams, {"rules": "import os"})


def test_the_strategy_speaks_of_its_rules() -> None:
    found = get_strategy("rules")
    params = RulesParams(rules_param(RULE_SET))
    assert found is RULES and found.warmup(params) == 199
    assert found.words is not None and found.words(params) + "." == in_words(RULE_SET)
    part = RulesParams(rules_param(RULE_SET), 0.5)
    assert found.words(part) == f"{in_words(RULE_SET)} Invested share 0.5"


def test_rules_in_words() -> None:
    assert in_words(RULE_SET) == (
        "Enter long when close is above SMA 200 and (RSI 3 is below 20 or close crosses below "
        "Bollinger 20, 2 lower band). Leave long when close is above EMA 10 or RSI 3 is above 70. "
        "10 % of equity a position. At most 10 positions, lowest RSI 3 first."
    )
