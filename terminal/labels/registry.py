"""Every kind of label by its slug, imported on first use."""

from __future__ import annotations

import importlib

from terminal.errors import InputError
from terminal.labels.kind import LabelKind

LABELS: dict[str, str] = {
    "fixed-horizon": "terminal.labels.fixed_horizon:FIXED_HORIZON",
    "forward-return": "terminal.labels.fixed_horizon:FORWARD_RETURN",
    "triple-barrier": "terminal.labels.triple_barrier:TRIPLE_BARRIER",
    "quantile-rank": "terminal.labels.quantile_rank:QUANTILE_RANK",
    "meta": "terminal.labels.meta:META",
}


def get_label(slug: str) -> LabelKind:
    """The kind of label called `slug`; InputError names those there are."""
    try:
        module, _, name = LABELS[slug].partition(":")
    except KeyError:
        raise InputError(
            f"There is no label {slug!r}; known: {', '.join(LABELS)}.",
            field="label",
            remedy="Choose one of those.",
        ) from None
    found: LabelKind = getattr(importlib.import_module(module), name)
    return found
