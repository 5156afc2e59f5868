"""The verdict on a stored run: its evidence, and how many trials stand behind it."""

from __future__ import annotations

from dataclasses import dataclass

from terminal.backtest.analysis import Analysis
from terminal.backtest.inference.verdict import Verdict


@dataclass(frozen=True)
class Trials:
    """Different requests of a strategy family run on a data set, and the spread of their Sharpes.

    variance : of the annual Sharpe ratios; None where too few are known.
    """

    count: int
    variance: float | None = None


@dataclass(frozen=True)
class Judged:
    """The analysis of a run with the ledger of trials, at the run and as it is now."""

    analysis: Analysis
    at_run: Trials
    now: Trials

    @property
    def verdict(self) -> Verdict:
        """After the trials there were when it was run."""
        return self.analysis.evidence.verdict(self.at_run.count, self.at_run.variance)

    @property
    def verdict_now(self) -> Verdict | None:
        """After the trials there are now; None where there are no more."""
        if self.now.count <= self.at_run.count:
            return None
        return self.analysis.evidence.verdict(self.now.count, self.now.variance)
