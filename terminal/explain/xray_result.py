"""What an X-ray of a decision found, as a value that can be stored and shown without a model."""

from __future__ import annotations

from dataclasses import dataclass

from terminal.explain.aggregates import Waterfall

XRAY = "xray.json"
"""The file of an X-ray's job."""


@dataclass(frozen=True)
class Xray:
    """A decision at the close of a bar.

    Attributes
    ----------
    ts, close_ts : open of the bar and when it was known, UTC, ISO 8601. symbol : the instrument.
    columns, features, values : every feature, what it was (None where missing) and what it added.
    answers : the model's answer: probabilities in the order of `classes`, or one value.
    expected : as one number. waterfall : its largest parts. exact : False where estimated.
    """

    ts: str
    close_ts: str
    symbol: str
    columns: tuple[str, ...]
    features: tuple[float | None, ...]
    values: tuple[float, ...]
    classes: tuple[float, ...]
    answers: tuple[float, ...]
    expected: float
    waterfall: Waterfall
    method: str
    exact: bool
    residual: float
