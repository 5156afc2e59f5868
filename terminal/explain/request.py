"""What is asked of an explanation, and of a trade's X-ray."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class ExplainRequest:
    """Explain predictions of a registered model version.

    Attributes
    ----------
    version : id of the version.
    dataset, symbols : those of its training where empty.
    start, end : sessions of the events, inclusive; start None: from the out-of-sample period on, so
        that no event explained was learned from.
    sample : predictions to explain at most, evenly spaced.
    permutation : also measure what helps out of sample, which fits the model once a split.
    splits, repeats : of that measure.
    palette : of the report.
    """

    version: int
    dataset: str = ""
    symbols: tuple[str, ...] = ()
    start: date | None = None
    end: date | None = None
    sample: int = 2_000
    permutation: bool = True
    splits: int = 5
    repeats: int = 3
    palette: str = "standard"
    name: str = ""


@dataclass(frozen=True)
class XrayRequest:
    """Take the decision behind a trade of a model backtest apart. trade : row of its trades."""

    backtest: str
    trade: int
    name: str = ""
