"""Drift by period: the columns of the heat map, and the score over time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from terminal.drift.report import DriftReport
from terminal.drift.severity import Severity

IntArray = npt.NDArray[np.int64]

MOST_PERIODS = 12
FEWEST_EVENTS = 100


@dataclass(frozen=True)
class Period:
    """One period measured by itself.

    last : its last session, ISO 8601. n : events. stability : index of each column, features first,
    then predictions. score, low, high : None where no outcome is known or there is no baseline of
    the score.
    """

    last: str
    n: int
    severity: Severity
    stability: tuple[float, ...]
    score: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class PeriodMap:
    """Periods in the order of time. columns : features, then predictions. training : the score of
    training and its title; None where it has none."""

    columns: tuple[str, ...]
    periods: tuple[Period, ...]
    training: float | None
    title: str


def cut(
    ts: npt.NDArray[np.datetime64], most: int = MOST_PERIODS, fewest: int = FEWEST_EVENTS
) -> list[IntArray]:
    """Positions by period: equally many events each, at most `most` periods of at least `fewest`
    events, cut between sessions.

    Parameters
    ----------
    ts : datetime64 (n,), ascending.
    """
    count = max(1, min(most, len(ts) // fewest))
    days = ts.astype("datetime64[D]")
    bounds = [0]
    for k in range(1, count):
        at = int(np.searchsorted(days, days[round(k * len(ts) / count)]))
        if at - bounds[-1] >= fewest // 2:
            bounds.append(at)
    bounds.append(len(ts))
    return [np.arange(first, last) for first, last in pairwise(bounds)]


def by_period(
    ts: npt.NDArray[np.datetime64],
    measured: Callable[[IntArray], DriftReport],
    told: Callable[[float], None] = lambda _: None,
) -> PeriodMap:
    """Measure every period of events in ascending order of time.

    Parameters
    ----------
    measured : the report of events at given positions.
    """
    parts = cut(ts)
    found: list[Period] = []
    columns: Sequence[str] = ()
    training, title = None, ""
    for k, part in enumerate(parts):
        report = measured(part)
        both = (*report.features, *report.predictions)
        columns = [column.name for column in both]
        fallen = report.decay
        if fallen is not None:
            training, title = fallen.training, fallen.title
        found.append(
            Period(
                str(ts[part[-1]].astype("datetime64[D]")),
                len(part),
                report.severity,
                tuple(column.stability for column in both),
                None if fallen is None else fallen.mean,
                None if fallen is None else fallen.low,
                None if fallen is None else fallen.high,
            )
        )
        told((k + 1) / len(parts))
    return PeriodMap(tuple(columns), tuple(found), training, title)
