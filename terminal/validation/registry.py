"""Every kind of split by its slug, imported on first use."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from terminal.errors import InputError
from terminal.validation.split import Splitter


@dataclass(frozen=True)
class SplitterKind:
    """One entry of the list of splits.

    params_type : a frozen dataclass of `terminal.params.param` fields.
    make : `make(params, gap)` -> Splitter; with `needs_regime`, `make(params, gap, regime)`.
    past_only : whether all training lies before the test.
    """

    slug: str
    title: str
    description: str
    source: str
    params_type: type[Any]
    make: Callable[..., Splitter]
    past_only: bool = False
    needs_regime: bool = False


SPLITTERS: dict[str, str] = {
    "purged-kfold": "terminal.validation.splitters:PURGED_K_FOLD",
    "cpcv": "terminal.validation.splitters:COMBINATORIAL",
    "walk-forward": "terminal.validation.splitters:WALK_FORWARD",
    "regime-kfold": "terminal.validation.splitters:REGIME_K_FOLD",
}


def get_splitter(slug: str) -> SplitterKind:
    """The kind of split called `slug`; InputError names those there are."""
    try:
        module, _, name = SPLITTERS[slug].partition(":")
    except KeyError:
        raise InputError(
            f"There is no split {slug!r}; known: {', '.join(SPLITTERS)}.",
            field="split",
            remedy="Choose one of those.",
        ) from None
    found: SplitterKind = getattr(importlib.import_module(module), name)
    return found
