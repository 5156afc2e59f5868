"""What was asked of a training, as its page says it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pages.modelling.request_view import recipe_rows, training_facts
from terminal.codec import to_json
from terminal.training.request import SearchRange, SearchRequest
from tests.terminal.training.conftest import REQUEST


def words(node: Any) -> list[str]:
    """Every text below a component, in order."""
    if isinstance(node, list | tuple):
        return [text for part in node for text in words(part)]
    if isinstance(node, str):
        return [node]
    return words(node.children) if node is not None else []


def test_a_request_is_told_in_the_words_of_its_form() -> None:
    search = SearchRequest({"leaves": SearchRange(4.0, 64.0, log=True)})
    found = words(training_facts(to_json(replace(REQUEST, search=search))))
    told = dict(zip(found[::2], found[1::2], strict=True))
    assert told["Model"] == "LightGBM"
    assert told["Features: own columns"].split(", ") == list(REQUEST.features.columns)
    assert told["4 instruments"] == ", ".join(REQUEST.symbols)
    assert told["Search: leaves"] == "4, 64 log"
    assert not [text for text in found if "{" in text]  # no value of Python's


def test_a_request_of_another_version_is_told_in_a_sentence() -> None:
    gone = {**to_json(REQUEST), "model": "oracle"}
    found = words(training_facts(gone))
    assert found[0] == "Request"
    assert found[1].startswith("This version of the terminal cannot read it.")


def test_a_recipe_of_a_kind_that_is_gone_keeps_its_own_words() -> None:
    recipe = {
        "label": "triple-barrier", "label_params": {"horizon": 7},
        "model": "oracle", "model_params": {"depth": 3},
        "uniqueness": True, "time_decay": 1.0, "early_stopping": 0.1, "seed": 4,
    }  # fmt: skip
    told = {"".join(words([name])): value for name, value in recipe_rows(recipe)}
    assert told["Label"] == "Triple barrier"
    assert told["Horizon"] == "7 bars"
    assert (told["Model"], told["depth"]) == ("oracle", "3")
