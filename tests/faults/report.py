"""What an experiment counts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from tests.faults.checker import Findings
from tests.faults.floor import Session


@dataclass
class Report:
    """One experiment.

    runs : faults that happened. lost, doubled, other : sentences of what was wrong.
    recovery_s : from a fault until the session traded again, each time it was measured.
    sent : orders that reached the exchange, where an experiment counts them.
    """

    runs: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    other: list[str] = field(default_factory=list)
    recovery_s: list[float] = field(default_factory=list)
    sent: int = 0

    @property
    def worst_s(self) -> float:
        return max(self.recovery_s, default=0.0)

    @property
    def clean(self) -> bool:
        return not (self.lost or self.doubled or self.other)

    def add(self, found: Findings) -> None:
        self.lost += found.lost
        self.doubled += found.doubled
        self.other += found.other

    def merge(self, another: Report) -> None:
        self.runs += another.runs
        self.lost += another.lost
        self.doubled += another.doubled
        self.other += another.other
        self.recovery_s += another.recovery_s

    def __str__(self) -> str:
        head = (
            f"{self.runs} runs, {len(self.lost)} lost, {len(self.doubled)} doubled, "
            f"{len(self.other)} other, worst recovery {self.worst_s:.1f} s"
        )
        said = [*self.lost[:8], *self.doubled[:8], *self.other[:8]]
        return "\n".join([head, *said])


def at_once(
    sessions: Sequence[Session], runs: int, what: Callable[[Session, int, Report], None]
) -> Report:
    """`what(session, number, report)` for each of the sessions in a thread of its own, `runs`
    numbers shared out among them; one report of all."""
    total = Report()

    def one(place: int) -> Report:
        own = Report()
        try:
            for number in range(place, runs, len(sessions)):
                what(sessions[place], number, own)
        except AssertionError as error:  # the others go on
            own.other.append(f"session {place}: {error}")
        return own

    with ThreadPoolExecutor(len(sessions)) as pool:
        for own in pool.map(one, range(len(sessions))):
            total.merge(own)
    return total
