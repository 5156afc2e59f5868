"""What stands in the forms of Research becomes a request, or a sentence at its field."""

from __future__ import annotations

from typing import Any

import pytest

from pages.researching.choice_form import NONE, SAME, read_choice
from pages.researching.study_form import read_horizons
from terminal.features.feature_set import FeatureChoice
from terminal.market.timeframe import Timeframe

PLAIN = {"feature": "rsi", "coarser": SAME, "normaliser": NONE, "window": "252"}


def choice(
    given: dict[str, Any], params: dict[str, Any]
) -> tuple[FeatureChoice | None, dict[str, str]]:
    errors: dict[str, str] = {}
    ids = [{"name": name} for name in params]
    return read_choice(given, ids, list(params.values()), errors), errors


def test_a_parameter_at_its_default_is_left_out_so_that_a_column_has_one_name() -> None:
    assert choice(PLAIN, {"window": "14"}) == (FeatureChoice("rsi"), {})
    assert choice(PLAIN, {"window": "10"}) == (FeatureChoice("rsi", {"window": 10}), {})


def test_bar_length_and_normaliser_are_read_and_a_window_counts_only_with_one() -> None:
    found, errors = choice(
        PLAIN | {"coarser": "1w", "normaliser": "zscore", "window": "100"}, {"window": "14"}
    )
    assert errors == {} and found is not None
    assert found == FeatureChoice("rsi", {}, Timeframe.WEEK_1, "zscore", 100)
    assert found.column == "rsi 1w zscore(100)"
    assert choice(PLAIN | {"window": "nonsense"}, {"window": "14"})[1] == {}


@pytest.mark.parametrize(
    ("given", "params", "field"),
    [
        ({"feature": "nothing"}, {}, "feature"),
        ({"feature": None}, {}, "feature"),
        ({}, {"window": "one"}, "params.window"),
        ({}, {"window": "1"}, "params.window"),
        ({"normaliser": "rank", "window": "1"}, {"window": "14"}, "window"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(
    given: dict[str, Any], params: dict[str, Any], field: str
) -> None:
    found, errors = choice(PLAIN | given, params)
    assert found is None and list(errors) == [field]


def test_horizons_are_sorted_each_once_and_counted() -> None:
    errors: dict[str, str] = {}
    assert read_horizons("20, 1; 5,5", errors) == (1, 5, 20) and errors == {}
    for text in ("", "1, x", "0", "6000", ", ".join(str(k) for k in range(1, 15)), "1.5"):
        errors = {}
        read_horizons(text, errors)
        assert list(errors) == ["horizons"], text
