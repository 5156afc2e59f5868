"""What is asked of a measurement of drift."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class DriftRequest:
    """Measure a registered model version against its baseline.

    Attributes
    ----------
    version : id of the version.
    dataset, symbols : those of its training where empty.
    start, end : sessions of the events that are judged, inclusive; start None: the last `sessions`
        sessions with events.
    """

    version: int
    dataset: str = ""
    symbols: tuple[str, ...] = ()
    start: date | None = None
    end: date | None = None
    sessions: int = 60
    name: str = ""
