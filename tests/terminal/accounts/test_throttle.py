"""Many guesses at once are still only as many guesses as allowed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from terminal.accounts.throttle import TooManyAttempts, count_attempt
from terminal.accounts.words import spell_duration
from terminal.db.database import Database
from terminal.settings import Settings


def test_twenty_guesses_at_once_are_five(database: Database, settings: Settings) -> None:
    def guess(_: int) -> bool:
        try:
            count_attempt(database, settings.accounts, "ada", "192.0.2.7")
        except TooManyAttempts:
            return False
        return True

    with ThreadPoolExecutor(8) as crew:
        assert sum(crew.map(guess, range(20))) == settings.accounts.login_attempts


def test_durations_read_as_a_person_says_them() -> None:
    said = [spell_duration(seconds) for seconds in (0.2, 59.01, 60, 250, 3600, 7500)]
    assert said == ["1 s", "1 min", "1 min", "4 min 10 s", "1 h", "2 h 5 min"]
