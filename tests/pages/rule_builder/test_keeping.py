from __future__ import annotations

import base64

import pytest

from pages.rule_builder.keeping import LARGEST_FILE, file_stem, rules_of_file
from terminal.errors import InputError
from terminal.strategies.rules.examples import EXAMPLES
from terminal.strategies.rules.reading import rules_text


def sent(content: bytes) -> str:
    return "data:application/json;base64," + base64.b64encode(content).decode()


@pytest.mark.parametrize("slug", EXAMPLES)
def test_an_exported_file_comes_back_as_the_same_rules(slug: str) -> None:
    rules = EXAMPLES[slug].named("Größer & besser")
    assert rules_of_file(sent(rules_text(rules, indent=2).encode())) == rules


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\xff\xfe\x00", "no text"),
        (b"import os", "no JSON"),
        (b'{"entry_long": {"all": [{}]}, "exit_long": {}}', r"entry_long\.all\[0\]\.operator: "),
        (b" " * (LARGEST_FILE + 3), "larger than"),
    ],
)
def test_a_file_that_holds_no_rules_is_refused_with_the_reason(content: bytes, words: str) -> None:
    with pytest.raises(InputError, match=words) as caught:
        rules_of_file(sent(content))
    assert caught.value.field == "file"


def test_what_is_no_upload_at_all_is_refused() -> None:
    with pytest.raises(InputError, match="no text"):
        rules_of_file("data:text/plain;base64,***")


def test_a_file_is_called_like_its_rules() -> None:
    assert file_stem("Golden cross, with RSI (14)!") == "golden-cross-with-rsi-14"
    assert file_stem("???") == "rules"
