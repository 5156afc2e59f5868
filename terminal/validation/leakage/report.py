"""What the leakage checker found, in values and in words."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from terminal.features.frame import FeatureFrame


class Test(StrEnum):
    """Which test a finding comes from."""

    __test__ = False  # not pytest's

    REPLAY = "truncation replay"
    FUTURE = "future correlation"
    TARGET = "target leak"


class Verdict(StrEnum):
    """What a report comes to."""

    CLEAN = "clean"
    LEAKS = "leaks found"
    NOT_PROVEN = "not proven"


@dataclass(frozen=True)
class Finding:
    """One feature that knows what it cannot know.

    statistic : rows that change (replay), a rank correlation (future), or an AUC or share of
        information (target). p_value : adjusted for all features and tests (Holm); 0 where a
        replay is proof.
    """

    column: str
    test: Test
    statistic: float
    p_value: float
    words: str


@dataclass(frozen=True)
class Canary:
    """A leak planted by the checker itself, and whether its test found it."""

    name: str
    test: Test
    found: bool


@dataclass(frozen=True)
class LeakageReport:
    """Everything one check says.

    findings : by test and column. canaries : planted leaks. overlaps : sentences on splits whose
    training touches their test. tests : those that ran. checked : columns. blank : columns that
    had no value in the bars replayed (a longer warm-up), of which the replay says nothing.
    """

    findings: tuple[Finding, ...]
    canaries: tuple[Canary, ...]
    overlaps: tuple[str, ...]
    tests: tuple[Test, ...]
    checked: tuple[str, ...]
    blank: tuple[str, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """Leaks, if any were found; clean only if every planted leak was found too."""
        if self.findings or self.overlaps:
            return Verdict.LEAKS
        if not self.canaries or not all(canary.found for canary in self.canaries):
            return Verdict.NOT_PROVEN
        return Verdict.CLEAN

    @property
    def drop(self) -> tuple[str, ...]:
        """Columns to leave out, in their order."""
        leaky = {finding.column for finding in self.findings}
        return tuple(column for column in self.checked if column in leaky)

    @property
    def words(self) -> str:
        """The verdict in a sentence or two."""
        caught = sum(canary.found for canary in self.canaries)
        planted = f"{caught} of {len(self.canaries)} planted leaks were found"
        if self.blank:
            planted += f"; not replayed for want of values: {', '.join(self.blank)}"
        names = ", ".join(self.tests)
        if self.verdict is Verdict.CLEAN:
            return f"No leak in {len(self.checked)} features ({names}); {planted}."
        if self.verdict is Verdict.NOT_PROVEN:
            missed = ", ".join(c.name for c in self.canaries if not c.found) or "none planted"
            return f"Not proven: {planted} ({missed}), so silence about the rest says little."
        parts = [
            f"{len(self.drop)} of {len(self.checked)} features know the future"
            if self.drop
            else "",
            f"{len(self.overlaps)} splits overlap" if self.overlaps else "",
        ]
        return f"{'; '.join(part for part in parts if part)}. {planted}."


def without(frame: FeatureFrame, columns: Collection[str]) -> FeatureFrame:
    """A frame without these columns: the drop on request."""
    kept = [k for k, name in enumerate(frame.columns) if name not in columns]
    return replace(
        frame,
        columns=tuple(frame.columns[k] for k in kept),
        values=np.ascontiguousarray(frame.values[:, :, kept]),
    )
