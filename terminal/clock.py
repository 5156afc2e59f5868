"""The only place that asks what time it is. Everything inside the house is UTC-aware."""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> datetime:
    """The current time, UTC-aware, microsecond resolution."""
    return datetime.now(UTC)
