"""A feature set resolved: what each column computes, in the order of the columns."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from terminal.errors import InputError
from terminal.features.catalogue import get_feature
from terminal.features.feature import Feature, Scope
from terminal.features.feature_set import FeatureChoice, FeatureSet
from terminal.features.normalise import NORMALISERS
from terminal.market.timeframe import Timeframe
from terminal.params import validate

LONGEST_NORMALISER = 5000
MOST_COLUMNS = 1000


@dataclass(frozen=True)
class Column:
    """One column: a feature with its parameters checked."""

    name: str
    feature: Feature
    params: Any
    timeframe: Timeframe | None
    normaliser: str
    window: int

    @property
    def across(self) -> bool:
        """Whether it looks at all instruments together."""
        return self.feature.scope is Scope.PANEL

    def warmup(self) -> int:
        """Bars of its own timeframe before the first value."""
        return self.feature.warmup(self.params) + (self.window - 1 if self.normaliser else 0)

    def memory(self) -> int | None:
        """Bars of its own timeframe that a value depends on; None where on all."""
        own = self.feature.memory(self.params)
        if own is None:
            return None
        return own + (self.window - 1 if self.normaliser else 0)


def resolve(feature_set: FeatureSet, timeframe: Timeframe) -> tuple[Column, ...]:
    """The columns of a set for bars of a timeframe.

    Raises
    ------
    InputError : an unknown feature, parameter or normaliser; a timeframe that is not longer than
        the bars; two columns alike; none or too many.
    """
    if not feature_set.choices:
        raise InputError(
            "The feature set is empty.", field="features", remedy="Choose at least one feature."
        )
    if len(feature_set.choices) > MOST_COLUMNS:
        raise InputError(
            f"The feature set has {len(feature_set.choices)} columns; "
            f"at most {MOST_COLUMNS} are allowed.",
            field="features",
            remedy="Choose fewer features.",
        )
    columns = tuple(_resolve(choice, timeframe) for choice in feature_set.choices)
    seen: dict[tuple[object, ...], str] = {}
    for column in columns:
        key = (
            column.feature.slug,
            column.params,
            column.timeframe,
            column.normaliser,
            column.window,
        )
        if key in seen:
            raise InputError(
                f"{column.name} is in the set twice.",
                field="features",
                remedy="Leave one of them out.",
            )
        seen[key] = column.name
    return columns


def _resolve(choice: FeatureChoice, timeframe: Timeframe) -> Column:
    feature = get_feature(choice.feature)
    params = validate(feature.params_type, choice.params)
    coarse = choice.timeframe
    if coarse is timeframe:
        coarse = None
    if coarse is not None and coarse.order < timeframe.order:
        raise InputError(
            f"{choice.column}: the data has bars of {timeframe}; "
            f"{coarse} bars cannot be made from them.",
            field="timeframe",
            remedy=f"Choose {timeframe} or longer.",
        )
    if coarse is not None and feature.scope is Scope.PANEL:
        raise InputError(
            f"{choice.column}: a feature across instruments is computed on the data's own bars.",
            field="timeframe",
            remedy="Leave the timeframe out.",
        )
    if choice.normaliser and choice.normaliser not in NORMALISERS:
        raise InputError(
            f"{choice.column}: there is no normaliser {choice.normaliser!r}.",
            field="normaliser",
            remedy=f"Choose one of {', '.join(NORMALISERS)}, or none.",
        )
    if choice.normaliser and not 2 <= choice.window <= LONGEST_NORMALISER:
        raise InputError(
            f"{choice.column}: the window of the normaliser is {choice.window} bars; "
            f"allowed: 2 to {LONGEST_NORMALISER}.",
            field="window",
            remedy="Enter an allowed window.",
        )
    return Column(
        name=choice.column,
        feature=feature,
        params=params,
        timeframe=coarse,
        normaliser=choice.normaliser,
        window=choice.window if choice.normaliser else 0,
    )


def bars_of_one(coarse: Timeframe | None, base: Timeframe) -> int:
    """Bars of `base` in one of `coarse` at most, in a market open around the clock."""
    if coarse is None or coarse is base:
        return 1
    minutes = {Timeframe.DAY_1: 1440, Timeframe.WEEK_1: 10080, Timeframe.MONTH_1: 44640}
    long = coarse.minutes if coarse.intraday else minutes[coarse]
    short = base.minutes if base.intraday else minutes[base]
    return math.ceil(long / short)
