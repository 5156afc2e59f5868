"""Which model a strategy follows, as the text a request keeps.

The text holds the recipe itself and what identifies the trained weights, so that whatever happens
to the registry later, the run says what it followed and can be made again.
"""

from __future__ import annotations

from dataclasses import dataclass

import orjson

from terminal.codec import from_json, to_json
from terminal.errors import InputError
from terminal.market.timeframe import Timeframe
from terminal.models.recipe import Recipe

LONGEST = 200_000
"""Characters of a reference at most; a full catalogue of features takes a fifth of it."""


@dataclass(frozen=True)
class ModelReference:
    """A registered version of a model.

    Attributes
    ----------
    version_id : of the registry. name, version : as people call it.
    package : SHA-256 of its package, which identifies the weights.
    timeframe : of the bars it was trained on; its signals have no meaning on others.
    bars_per_session : of those bars. look_back : bars its features need before their first value.
    horizon : bars an outcome may take.
    spread : standard deviation of the numbers it learned, of which a score is made; 1 for classes.
    trained_until : UTC, ISO 8601: when the last outcome it learned from was known.
    """

    version_id: int
    name: str
    version: int
    package: str
    timeframe: Timeframe
    bars_per_session: int
    look_back: int
    horizon: int
    spread: float
    trained_until: str
    recipe: Recipe

    @property
    def words(self) -> str:
        """How a person says it."""
        return f"{self.name} (version {self.version})"


def reference_text(reference: ModelReference) -> str:
    """The text a request keeps; equal references give equal texts."""
    return orjson.dumps(to_json(reference), option=orjson.OPT_SORT_KEYS).decode()


def parse_reference(text: str) -> ModelReference:
    """The reference a text holds.

    Raises
    ------
    InputError : it is none, or one of its values has another type.
    """
    if not text:
        raise InputError(
            "No model is chosen.", field="model", remedy="Choose a registered model, or train one."
        )
    try:
        if len(text) > LONGEST:
            raise InputError(f"It has {len(text):,} characters; at most {LONGEST:,} are read.")
        found = from_json(ModelReference, orjson.loads(text))
    except (InputError, orjson.JSONDecodeError) as error:
        reason = error.message if isinstance(error, InputError) else "It is no JSON."
        raise InputError(
            f"The model cannot be read: {reason}",
            field="model",
            remedy="Choose a registered model from the list.",
        ) from None
    return found
