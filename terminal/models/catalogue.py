"""Every model by its slug, described without loading a training library.

The entries' modules hold parameters and texts; what fits and loads is named in them and imported
by the process that does it, so that a web process stays small.
"""

from __future__ import annotations

import importlib
from typing import Any

from terminal.errors import InputError
from terminal.models.model import ModelKind

MODELS: dict[str, str] = {
    "logistic": "terminal.models.linear.kinds:LOGISTIC",
    "ridge": "terminal.models.linear.kinds:RIDGE",
    "random-forest": "terminal.models.trees.kinds:RANDOM_FOREST",
    "lightgbm": "terminal.models.trees.kinds:LIGHTGBM",
    "xgboost": "terminal.models.trees.kinds:XGBOOST",
    "catboost": "terminal.models.trees.kinds:CATBOOST",
    "lstm": "terminal.models.networks.kinds:LSTM",
    "transformer": "terminal.models.networks.kinds:TRANSFORMER",
    "stacking": "terminal.models.combinations:STACKING",
}
"""What a person can choose to fit."""

COMBINED: dict[str, str] = {"calibrated": "terminal.models.combinations:CALIBRATED"}
"""What is made of a fitted model."""


def get_model(slug: str) -> ModelKind:
    """The model called `slug`; InputError names those there are."""
    found: ModelKind = resolve(_address(slug))
    return found


def resolve(address: str) -> Any:
    """What "module:name" names; imported on first use."""
    module, _, name = address.partition(":")
    return getattr(importlib.import_module(module), name)


def _address(slug: str) -> str:
    try:
        return (MODELS | COMBINED)[slug]
    except KeyError:
        raise InputError(
            f"There is no model {slug!r}; known: {', '.join(MODELS)}.",
            field="model",
            remedy="Choose one of those.",
        ) from None
