"""docs/rules.md says what the code does."""

from __future__ import annotations

import json
import re

import pytest

from terminal.settings import ROOT
from terminal.strategies.rules.catalogue import FEATURES
from terminal.strategies.rules.examples import EXAMPLES
from terminal.strategies.rules.reading import MOST_TEXT, parse_rules
from terminal.strategies.rules.rule_set import MOST_CONDITIONS, SizingMethod
from terminal.strategies.rules.words import VERBS

PAGE = (ROOT / "docs" / "rules.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", FEATURES)
def test_every_feature_is_documented_with_its_parameters(name: str) -> None:
    (row,) = [line for line in PAGE.splitlines() if f"`{name}`" in line and line.startswith("|")]
    assert FEATURES[name].title in row
    for spec in FEATURES[name].params:
        assert spec.name in row


def test_the_file_in_the_documentation_is_a_rule_set() -> None:
    (text,) = re.findall(r"```json\n(.*?)```", PAGE, flags=re.DOTALL)
    rules = parse_rules(text)
    assert rules.name == json.loads(text)["name"] and rules.most == 10


def test_comparisons_sizes_examples_and_limits_are_documented() -> None:
    words = [*VERBS.values(), *(f"`{slug}`" for slug in ("dip-in-a-trend", "channel-breakout"))]
    words += [f"`{method.value}`" for method in SizingMethod]
    words += [f"{MOST_TEXT:,} characters", f"{MOST_CONDITIONS}\nconditions"]
    assert [word for word in words if word not in PAGE] == []
    assert all(slug in PAGE for slug in EXAMPLES)
