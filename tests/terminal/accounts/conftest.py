"""A clock that tests can turn, and cheap password hashes (one test looks at the real ones)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from terminal import clock
from terminal.accounts import passwords
from tests.terminal.accounts.people import CHEAP

REAL_HASHER = passwords._hasher


@pytest.fixture(autouse=True)
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """`CHEAP` in place of the real one, also for names that do not exist."""
    monkeypatch.setattr(passwords, "_hasher", CHEAP)
    passwords._decoy.cache_clear()


class Clock:
    """Stands still until told."""

    def __init__(self) -> None:
        self.at = datetime(2026, 3, 2, 14, 30, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at

    def advance(self, **by: float) -> None:
        self.at += timedelta(**by)


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The terminal's clock, standing at 2026-03-02 14:30 UTC."""
    own = Clock()
    monkeypatch.setattr(clock, "now", own)
    return own
