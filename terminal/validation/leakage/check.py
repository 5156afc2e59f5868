"""The leakage check of a feature frame, its labels and its splits: all tests, one report."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from terminal.errors import InputError
from terminal.features.frame import FeatureFrame
from terminal.labels.labels import Labels
from terminal.market.panel import Panel
from terminal.validation.leakage.canaries import MARK, PLANTED, planted_in_frame, planting
from terminal.validation.leakage.future import future_findings, surprises
from terminal.validation.leakage.replay import Compute, replay, replay_findings
from terminal.validation.leakage.report import Canary, Finding, LeakageReport, Test
from terminal.validation.leakage.target import target_findings
from terminal.validation.split import Split
from terminal.validation.verify import LeakingSplit, verify


def check_leakage(
    panel: Panel,
    frame: FeatureFrame,
    labels: Labels,
    *,
    compute: Compute | None = None,
    splits: Sequence[Split] = (),
    gap: int = 0,
    alpha: float = 0.01,
    cuts: int = 8,
    most_bars: int = 4000,
    seed: int = 0,
    told: Callable[[], None] = lambda: None,
) -> LeakageReport:
    """Look for knowledge of the future in features, and for overlap in splits.

    Parameters
    ----------
    panel : raw, what `frame` was computed from. labels : what is to be predicted.
    compute : the features as a function of a raw panel; without it there is no replay, and leaks
        that leave no trace in correlations (a full-sample score) cannot be found.
    splits, gap : verified one by one.
    alpha : chance of any false alarm of each statistical test, over all features (Holm).
    cuts, most_bars : of the replay.
    told : called between the tests; what it raises (a cancel) ends the check.

    Raises
    ------
    InputError : frame and panel have different bars.
    """
    if frame.values.shape[:2] != (panel.n_instruments, panel.n_bars):
        raise InputError(
            f"The features have {frame.values.shape[1]} bars of {frame.values.shape[0]} symbols, "
            f"the panel {panel.n_bars} of {panel.n_instruments}.",
            field="features",
            remedy="Compute them on this panel.",
        )
    horizon = int(np.clip(np.median(labels.end - labels.bar), 1, 100)) if len(labels) else 1
    planted = planted_in_frame(frame, panel, labels, seed)
    known = surprises(panel, horizon)
    told()
    found = future_findings(planted, known, alpha=alpha, seed=seed)
    told()
    found += target_findings(planted, labels, alpha=alpha, seed=seed)
    told()
    tests = [Test.FUTURE, Test.TARGET]
    blank: tuple[str, ...] = ()
    if compute is not None:
        replayed = replay(planting(compute), panel, cuts=cuts, most_bars=most_bars, seed=seed)
        found = [*replay_findings(replayed), *found]
        blank = replayed.blank
        tests.insert(0, Test.REPLAY)
    return LeakageReport(
        findings=tuple(f for f in found if not f.column.startswith(MARK)),
        canaries=_canaries(found, tests),
        overlaps=tuple(_overlaps(splits, labels, gap)),
        tests=tuple(tests),
        checked=frame.columns,
        blank=blank,
    )


def _canaries(found: Sequence[Finding], tests: Sequence[Test]) -> tuple[Canary, ...]:
    seen = {(finding.column, finding.test) for finding in found}
    return tuple(
        Canary(name, test, (MARK + name, test) in seen)
        for name, test in PLANTED.items()
        if test in tests
    )


def _overlaps(splits: Sequence[Split], labels: Labels, gap: int) -> list[str]:
    said = []
    for number, split in enumerate(splits, start=1):
        try:
            verify(split, labels.bar, labels.end, gap)
        except LeakingSplit as error:
            said.append(f"Split {number}: {error.message}")
    return said
