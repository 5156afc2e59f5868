"""Slow down password guessing: sign-ins count per user name and address, in the database.

An attempt is counted before its password is checked, in one transaction with the counting, so a
hundred at once are not a hundred free guesses. One address may try `ADDRESS_FACTOR` times as often
over all names together. An unknown name is counted like a known one.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from terminal import clock
from terminal.accounts.words import spell_duration
from terminal.db.database import Database
from terminal.db.repositories import login_attempts as attempts
from terminal.errors import Unavailable
from terminal.settings import AccountSettings

ADDRESS_FACTOR = 10


class TooManyAttempts(Unavailable):
    """Too many failed sign-ins; `retry_after_s` says when the next one is looked at."""

    status = 429


def count_attempt(db: Database, settings: AccountSettings, username: str, address: str) -> None:
    """Count one more attempt, or refuse it.

    Raises
    ------
    TooManyAttempts : with the time left.
    """
    at = clock.now()
    window = timedelta(seconds=settings.login_window_s)
    limits = ((username, settings.login_attempts), (None, settings.login_attempts * ADDRESS_FACTOR))
    with db.write() as conn:
        attempts.lock(conn)
        attempts.purge(conn, at - window)
        for name, limit in limits:
            times = attempts.times(conn, address, at - window, name)
            if len(times) >= limit:
                raise _refusal(times[-limit] + window, at)
        attempts.insert(conn, username, address, at)


def _refusal(free_at: datetime, at: datetime) -> TooManyAttempts:
    left = max((free_at - at).total_seconds(), 1.0)
    return TooManyAttempts(
        f"Too many failed sign-ins. The next one is possible in {spell_duration(left)}.",
        field="username",
        retry_after_s=left,
    )
