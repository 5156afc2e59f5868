"""What a kind of label is: how it is made from a panel, and what people are told about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from terminal.labels.labels import Labels


@dataclass(frozen=True)
class LabelKind:
    """One entry of the label browser.

    Attributes
    ----------
    params_type : a frozen dataclass of `terminal.params.param` fields.
    make : `make(panel, params)` -> Labels of a raw panel, which it adjusts itself. An event whose
        outcome lies beyond the data is left out. Of a meta-label also `make(panel, params, side)`.
    horizon : `horizon(params)` -> own bars after an event that its outcome depends on, at most.
    classes : what a model is to tell apart with default parameters; empty where it is a number.
    classes_of : the same for given parameters.
    needs_side : whether it judges a position taken before (a meta-label).
    """

    slug: str
    title: str
    description: str
    source: str
    params_type: type[Any]
    make: Callable[..., Labels]
    horizon: Callable[[Any], int]
    classes: tuple[float, ...]
    classes_of: Callable[[Any], tuple[float, ...]]
    needs_side: bool = False
