"""What a person asks of research: a study of a feature, events of a label, a set to be computed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from terminal.features.feature_set import FeatureChoice, FeatureSet, Value
from terminal.market.timeframe import Timeframe

AUTO = "auto"


@dataclass(frozen=True)
class BarsRequest:
    """Which bars: a data set's slug, its symbols, their length, first and last session."""

    dataset: str
    symbols: tuple[str, ...]
    timeframe: Timeframe = Timeframe.DAY_1
    start: date | None = None  # None: the data's first
    end: date | None = None  # inclusive; None: the data's last


@dataclass(frozen=True)
class StudyRequest:
    """Measure one feature.

    mode : "across", "through", or "auto" (across where values can be compared and there are
    enough instruments). horizons : bars ahead; main : the one that single numbers are about.
    """

    bars: BarsRequest
    choice: FeatureChoice
    horizons: tuple[int, ...] = (1, 5, 10, 20, 60)
    main: int = 5
    n_groups: int = 5
    mode: str = AUTO
    name: str = ""


@dataclass(frozen=True)
class LabelStudyRequest:
    """Make the events of one kind of label and look at them."""

    bars: BarsRequest
    label: str
    params: Mapping[str, Value] = field(default_factory=dict)
    name: str = ""


@dataclass(frozen=True)
class BuildRequest:
    """Compute a feature set. set_id, version : where it was saved; None: nowhere."""

    bars: BarsRequest
    features: FeatureSet
    set_id: int | None = None
    version: int | None = None
    name: str = ""
