"""A feature set: which features with which parameters, as data that can be saved and compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from terminal.market.timeframe import Timeframe

Value = float | int | str | bool


@dataclass(frozen=True)
class FeatureChoice:
    """One column.

    feature : slug in the catalogue. params : over its defaults.
    timeframe : None for the panel's own, or a coarser one of which only closed bars are seen.
    normaliser : "" or the slug of a rolling normaliser; window : its bars.
    """

    feature: str
    params: Mapping[str, Value] = field(default_factory=dict)
    timeframe: Timeframe | None = None
    normaliser: str = ""
    window: int = 0

    @property
    def column(self) -> str:
        """Its name in frames and reports: `rsi(window=14) 1h zscore(252)`."""
        inner = ", ".join(f"{name}={self.params[name]}" for name in sorted(self.params))
        parts = [f"{self.feature}({inner})" if inner else self.feature]
        if self.timeframe is not None:
            parts.append(self.timeframe.value)
        if self.normaliser:
            parts.append(f"{self.normaliser}({self.window})")
        return " ".join(parts)


@dataclass(frozen=True)
class FeatureSet:
    """Columns in their order; no two alike (checked where a set is validated)."""

    choices: tuple[FeatureChoice, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(choice.column for choice in self.choices)
