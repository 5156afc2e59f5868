"""The eight stages of a training, as a person watches them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

VALIDATE, FEATURES, SPLIT, CROSS_VALIDATION = "validate", "features", "split", "cross-validation"
OUT_OF_SAMPLE, SIGNIFICANCE, REGISTER, REPORT = (
    "out-of-sample",
    "significance",
    "register",
    "report",
)
STAGES: Mapping[str, tuple[str, float]] = {
    VALIDATE: ("Validate", 0.01),
    FEATURES: ("Features and labels", 0.12),
    SPLIT: ("Splits", 0.03),
    CROSS_VALIDATION: ("Cross-validation", 0.60),
    OUT_OF_SAMPLE: ("Out of sample", 0.14),
    SIGNIFICANCE: ("Significance", 0.04),
    REGISTER: ("Registry", 0.02),
    REPORT: ("Report", 0.04),
}
"""Title of each stage and its usual share of the time."""

WAITING, RUNNING, DONE, SKIPPED = "waiting", "running", "done", "skipped"


class Board:
    """How far each stage is.

    Parameters
    ----------
    report : `report(fraction, title, message)`; may raise to stop the training.
    write : keeps the stages where pages read them.
    log : a line for the job's log.
    """

    def __init__(
        self,
        report: Callable[[float, str, str], None],
        write: Callable[[Sequence[Mapping[str, Any]]], None],
        log: Callable[[str], None],
    ) -> None:
        self._report, self._write, self._log = report, write, log
        self._stages: dict[str, dict[str, Any]] = {
            name: {"name": name, "title": title, "state": WAITING, "seconds": None, "words": ""}
            for name, (title, _) in STAGES.items()
        }
        self._current = VALIDATE

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The stages in order, JSON values."""
        return [dict(stage) for stage in self._stages.values()]

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Run a stage: timed, written when it begins and when it ends."""
        self._current = name
        own = self._stages[name]
        begun = time.monotonic()
        own["state"] = RUNNING
        self._write(self.rows)
        self.progress(0.0)
        yield
        own["seconds"] = round(time.monotonic() - begun, 3)
        own["state"] = DONE
        if own["words"]:
            self._log(f"{own['title']}: {own['words']}")
        self._write(self.rows)

    def say(self, words: str) -> None:
        """What came of the running stage, in a sentence."""
        self._stages[self._current]["words"] = words

    def skip(self, name: str, why: str) -> None:
        """A stage that does not take place."""
        self._stages[name] |= {"state": SKIPPED, "words": why}
        self._write(self.rows)

    def progress(self, fraction: float, message: str = "") -> None:
        """How far the running stage is, 0..1."""
        before = 0.0
        for name, (title, share) in STAGES.items():
            if name == self._current:
                self._report(before + share * min(1.0, max(0.0, fraction)), title, message)
                return
            before += share
