"""Sources of bars behind one protocol, named by dotted strings and imported on first use."""

from __future__ import annotations

import importlib
from typing import cast

from terminal.errors import NotFound
from terminal.market.providers.protocol import BarProvider, BarsWanted
from terminal.settings import Settings

__all__ = ["PROVIDERS", "BarProvider", "BarsWanted", "open_provider"]

PROVIDERS: dict[str, tuple[str, str]] = {
    "yahoo": ("Yahoo Finance", "terminal.market.providers.yahoo:create"),
}
"""Title and factory by slug."""


def open_provider(slug: str, settings: Settings) -> BarProvider:
    """The provider called `slug`; NotFound names those there are."""
    if slug not in PROVIDERS:
        raise NotFound(
            f"There is no data provider {slug!r}.",
            field="provider",
            remedy=f"Choose one of {', '.join(PROVIDERS)}.",
        )
    module, _, name = PROVIDERS[slug][1].partition(":")
    return cast(BarProvider, getattr(importlib.import_module(module), name)(settings))
