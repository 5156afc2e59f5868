"""A reference says all of a model that a run must keep, and refuses what is none."""

from __future__ import annotations

import orjson
import pytest

from terminal.errors import InputError
from terminal.features.feature_set import FeatureChoice, FeatureSet
from terminal.market.timeframe import Timeframe
from terminal.models.model import Task
from terminal.models.recipe import Recipe
from terminal.strategies.model.reference import ModelReference, parse_reference, reference_text

RECIPE = Recipe(
    features=FeatureSet((FeatureChoice("rsi", {"window": 14}, Timeframe.HOUR_1, "zscore", 252),)),
    label="triple-barrier",
    label_params={"vertical": 26},
    model="lightgbm",
    model_params={"rounds": 50},
    task=Task.CLASSES,
)
REFERENCE = ModelReference(
    version_id=7,
    name="Morning",
    version=2,
    package="ab" * 32,
    timeframe=Timeframe.MIN_15,
    bars_per_session=26,
    look_back=300,
    horizon=26,
    spread=1.0,
    trained_until="2021-03-01T20:00:00+00:00",
    recipe=RECIPE,
)


def test_what_is_written_is_read_again() -> None:
    assert parse_reference(reference_text(REFERENCE)) == REFERENCE


def test_equal_references_are_equal_text() -> None:
    again = parse_reference(reference_text(REFERENCE))
    assert reference_text(again) == reference_text(REFERENCE)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "No model is chosen"),
        ("{", "no JSON"),
        ("[]", "is not a ModelReference"),
        ('{"version_id": 1}', "incomplete"),
        (" " * 200_001, "at most 200,000"),
    ],
)
def test_what_is_no_reference_is_refused_by_name(text: str, said: str) -> None:
    with pytest.raises(InputError, match=said) as caught:
        parse_reference(text)
    assert caught.value.field == "model"


def test_an_unknown_word_is_refused() -> None:
    data = orjson.loads(reference_text(REFERENCE)) | {"code": "import os"}
    with pytest.raises(InputError, match="unknown field 'code'"):
        parse_reference(orjson.dumps(data).decode())
