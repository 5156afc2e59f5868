from __future__ import annotations

import json

import pytest
from hypothesis import given

from pages.rule_builder.callbacks import choose_all, placed
from pages.rule_builder.draft import (
    at,
    blank,
    draft_of,
    new_condition,
    place_of,
    read_draft,
    with_texts,
)
from pages.rule_builder.editing import act, choose
from terminal.strategies.rules.examples import EXAMPLES
from terminal.strategies.rules.reading import MOST_TEXT, parse_rules, rules_text
from terminal.strategies.rules.rule_set import MOST_CONDITIONS, RuleSet
from terminal.strategies.rules.words import in_words
from tests.terminal.backtest.panels import examples
from tests.terminal.strategies.rules.made import rule_sets

DIP = draft_of(EXAMPLES["dip-in-a-trend"])


@examples(60)
@given(rules=rule_sets())
def test_rules_put_into_the_editor_and_read_back_are_the_same(rules: RuleSet) -> None:
    draft = json.loads(json.dumps(draft_of(rules)))
    if rules.most is None:
        draft["most"] = "  "
    assert read_draft(draft) == (rules, {})


def test_a_blank_draft_is_a_rule_set_already() -> None:
    rules, errors = read_draft(blank())
    assert errors == {} and rules is not None
    assert in_words(rules) == (
        "Enter long when close is above SMA 50. Leave long when close is below SMA 50. Equal slots."
    )


def test_every_wrong_field_gets_its_own_sentence() -> None:
    draft = with_texts(
        DIP,
        ["entry_long.0.right.window", "entry_long.1.0.right.value", "sizing.weight", "most"],
        ["1.5", "much", "101", "0"],
    )
    rules, errors = read_draft(draft)
    assert rules is None
    assert errors == {
        "entry_long.0.right.window": "Enter a whole number between 2 and 2000 bars; '1.5' is not "
        "one.",
        "entry_long.1.0.right.value": "Enter a number between -1e+12 and 1e+12; 'much' is not one.",
        "sizing.weight": "Enter a number between 0.1 and 100; 101 is outside.",
        "most": "Enter a whole number between 1 and 1000; 0 is outside.",
    }


def test_what_only_the_strict_reader_sees_is_said_at_its_place_too() -> None:
    draft = draft_of(EXAMPLES["golden-cross"])
    draft = with_texts(draft, ["entry_long.1.low.value"], ["90"])
    assert read_draft(draft) == (
        None, {"entry_long.1.high": "The span ends at 70, below its start."}
    )  # fmt: skip
    assert place_of("entry_long.all[1].any[0].left.window") == "entry_long.1.0.left.window"
    assert place_of("exit_long.any") == "exit_long"


def test_a_sentence_without_a_place_of_its_own_stands_at_the_last() -> None:
    assert placed({"most": "No."}, ["most", "rules"]) == ["No.", ""]
    assert placed({"elsewhere": "No."}, ["most", "rules"]) == ["", "No."]


def test_buttons_add_move_and_remove() -> None:
    more = act(DIP, "add", "exit_long")
    assert len(at(more, "exit_long")["items"]) == 3 and len(DIP["exit_long"]["items"]) == 2
    assert at(more, "exit_long.2") == new_condition()
    moved = act(more, "up", "exit_long.2")
    assert at(moved, "exit_long.1") == new_condition()
    assert act(moved, "down", "exit_long.1") == more
    assert act(more, "up", "exit_long.0") == more
    assert act(more, "remove", "exit_long.2") == DIP


def test_groups_nest_to_the_limit_and_no_further() -> None:
    once = act(DIP, "group", "entry_long.1")
    assert at(once, "entry_long.1.2")["join"] == "all"
    assert act(once, "group", "entry_long.1.2") == once
    assert read_draft(once)[0] is not None


def test_an_emptied_group_says_what_it_needs() -> None:
    gone = act(act(DIP, "remove", "exit_long.1"), "remove", "exit_long.0")
    assert read_draft(gone) == (None, {"exit_long": "Add at least one condition."})


def test_short_rules_come_and_go() -> None:
    both = act(DIP, "shorts", "")
    rules, _ = read_draft(both)
    assert rules is not None and rules.entry_short is not None and rules.exit_short is not None
    assert act(both, "no-shorts", "") == DIP


def test_buttons_and_texts_of_places_that_are_gone_change_nothing() -> None:
    for do in ("add", "group", "remove", "up"):
        assert act(DIP, do, "entry_long.7.3") == DIP
    assert with_texts(DIP, ["entry_long.9.left.window", "no.such"], ["3", "4"]) == DIP


def test_choices_bring_their_own_numbers() -> None:
    macd = choose(DIP, "entry_long.0.left.feature", "macd-line")
    assert at(macd, "entry_long.0.left") == {
        "feature": "macd-line", "fast": "12", "slow": "26", "signal": "9",
    }  # fmt: skip
    number = choose(DIP, "entry_long.0.right.feature", "number")
    assert at(number, "entry_long.0.right") == {"feature": "number", "value": "0"}
    assert choose(DIP, "entry_long.0.left.feature", "eval") == DIP
    assert choose(DIP, "entry_long.0.operator", "eval") == DIP
    assert at(choose(DIP, "entry_long.join", "any"), "entry_long.join") == "any"


def test_only_choices_that_differ_are_made() -> None:
    places = ["entry_long.join", "entry_long.0.operator", "gone.join"]
    assert choose_all(DIP, places, ["all", "above", None]) == DIP
    assert at(choose_all(DIP, places, ["any", "above", None]), "entry_long.join") == "any"


@pytest.mark.parametrize("slug", EXAMPLES)
def test_a_full_draft_stays_inside_what_is_read(slug: str) -> None:
    """As many conditions as are allowed fit into the text that is read back."""
    draft = draft_of(EXAMPLES[slug])
    wide = {
        **new_condition(),
        "left": {"feature": "macd-histogram", "fast": "1200", "slow": "1300", "signal": "1400"},
        "operator": "between",
        "low": {"feature": "bollinger-middle", "window": "1999", "deviations": "2.123456"},
        "high": {"feature": "bollinger-middle", "window": "1999", "deviations": "9.123456"},
    }
    draft["entry_short"] = draft["exit_short"] = None
    draft["entry_long"]["items"] = [wide] * (MOST_CONDITIONS // 2)
    draft["exit_long"]["items"] = [wide] * (MOST_CONDITIONS // 2)
    rules, errors = read_draft(draft)
    assert errors == {} and rules is not None
    assert len(rules_text(rules)) < MOST_TEXT and parse_rules(rules_text(rules)) == rules
