"""What a certificate says: one frozen value, kept as JSON with the run, on its page and report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from terminal.errors import TerminalError

BEFORE = "made before certificates were issued"
"""Why a stored run may have none."""


class Verdict(StrEnum):
    """What became of one check."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_TESTABLE = "not testable"  # it was tried, and this run gives it nothing to find
    NOT_TESTED = "not tested"


class Status(StrEnum):
    """What all checks together allow to say."""

    CERTIFIED = "certified"
    LIMITED = "certified with limits"
    REFUSED = "refused"


@dataclass(frozen=True)
class Check:
    """One check.

    Attributes
    ----------
    tested : what was done, in words. finding : what came out, in words.
    numbers : what came out, by name; a p-value is a fraction.
    not_tested : what this check cannot see.
    """

    key: str
    title: str
    verdict: Verdict
    tested: str
    finding: str
    not_tested: str
    numbers: Mapping[str, float | int] = field(default_factory=dict)


@dataclass(frozen=True)
class Certificate:
    """All checks of a run.

    Attributes
    ----------
    seed : of the shuffled data.
    placebo_sharpes : annual Sharpe ratio, before costs, of each run on shuffled data.
    expected_sharpes : of the same positions had every bar brought the mean return; one a placebo.
    sharpe : of the run itself by the same measure; None where it has none.
    """

    checks: tuple[Check, ...]
    seed: int = 0
    placebo_sharpes: tuple[float, ...] = ()
    expected_sharpes: tuple[float, ...] = ()
    sharpe: float | None = None

    @property
    def status(self) -> Status:
        """Refused by any failure; limited where a check had nothing to find.

        What no run can test (`NOT_TESTED`) does not tell runs apart and limits none.
        """
        verdicts = {check.verdict for check in self.checks}
        if Verdict.FAILED in verdicts:
            return Status.REFUSED
        return Status.LIMITED if Verdict.NOT_TESTABLE in verdicts else Status.CERTIFIED

    @property
    def sentence(self) -> str:
        """Why the status is what it is."""
        if self.status is Status.CERTIFIED:
            return (
                "No hindsight found by any of the checks, and each of them could have found some."
            )
        wanted = Verdict.FAILED if self.status is Status.REFUSED else Verdict.NOT_TESTABLE
        titles = ", ".join(check.title.lower() for check in self.checks if check.verdict is wanted)
        if self.status is Status.REFUSED:
            return f"Failed: {titles}. The result must not be trusted."
        return f"No hindsight found, but this run gives some checks nothing to find: {titles}."

    def as_json(self) -> dict[str, Any]:
        """Plain JSON values, `status` included for lists that show nothing else."""
        return {**asdict(self), "status": self.status.value}


class LooksAhead(TerminalError):
    """The strategy decided with hindsight: there is no result, but a certificate that says why."""

    def __init__(self, message: str, certificate: Certificate, **where: Any) -> None:
        super().__init__(message, **where)
        self.certificate = certificate

    def as_dict(self) -> dict[str, Any]:
        """The one shape of errors, and the certificate."""
        return {**super().as_dict(), "certificate": self.certificate.as_json()}
