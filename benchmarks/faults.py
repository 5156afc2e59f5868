"""Trading under fire, with full counts: one row an experiment, and one for each guard removed.

    python benchmarks/faults.py                       # everything, hours on a small machine
    python benchmarks/faults.py --counts short        # as in the tests
    python benchmarks/faults.py --counts 0.1          # a tenth of the full counts
    python benchmarks/faults.py --only "killed at any" --only frozen

Lost: an order or fill that one side has and the other has not; duplicated: one that is there twice.
A guard counts as needed when the experiment fails without it.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
import traceback
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.faults.experiments import EXPERIMENTS, Experiment
from tests.faults.report import Report
from tests.faults.stage import Stage

ROOT = Path(__file__).resolve().parents[1]
HEAD = (
    f"{'experiment':<58} {'runs':>6} {'lost':>5} {'dupl.':>5} {'other':>5} {'worst s':>8}  verdict"
)
TESTS = (
    ("order state machine", "tests/terminal/execution/test_ledger_machine.py", "LEDGER_EXAMPLES",
     10_000),
    ("reconciliation of divergences", "tests/terminal/execution/test_reconcile.py",
     "RECONCILE_EXAMPLES", 500),
)  # fmt: skip


def count_of(experiment: Experiment, counts: str) -> int:
    """How often an experiment is run."""
    if counts in ("short", "full"):
        return int(getattr(experiment, counts))
    return max(1, round(experiment.full * float(counts)))


def row(name: str, report: Report, verdict: str, seconds: float) -> None:
    sys.stdout.write(
        f"{name:<58} {report.runs:>6} {len(report.lost):>5} {len(report.doubled):>5} "
        f"{len(report.other):>5} {report.worst_s:>8.1f}  {verdict} ({seconds:.0f} s)\n"
    )
    sys.stdout.flush()


def show(stage: Stage, experiment: Experiment, counts: str, *, guards: bool) -> bool:
    """Run one, and without each of its guards; whether all came out as they must."""
    began = time.monotonic()
    good = True
    try:
        report = experiment.run(stage, count_of(experiment, counts))
    except Exception:  # noqa: BLE001  the next experiment is run all the same
        traceback.print_exc()
        return False
    holds = report.clean and report.worst_s <= experiment.limit_s
    row(experiment.name, report, "holds" if holds else "FAILS", time.monotonic() - began)
    if not report.clean:
        sys.stdout.write(f"{report}\n")
    good = holds
    for guard, without in experiment.without.items() if guards else ():
        began = time.monotonic()
        try:
            report = without(stage)
        except AssertionError as error:
            report = Report(runs=1, other=[str(error)])
        noticed = not report.clean
        verdict = "noticed" if noticed else "NOT NOTICED"
        row(f"  without {guard}", report, verdict, time.monotonic() - began)
        good = good and noticed
    return good


def random_cases(counts: str) -> bool:
    """The machines of random cases, with as many examples as a night has room for."""
    share = {"short": 0.01, "full": 1.0}.get(counts) or float(counts)
    good = True
    for name, path, variable, full in TESTS:
        began = time.monotonic()
        environ = {**os.environ, variable: str(max(5, round(share * full)))}
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--timeout=0", path],
            cwd=ROOT, env=environ, capture_output=True, text=True, check=False,
        )  # fmt: skip
        last = done.stdout.strip().splitlines()[-1:]
        sys.stdout.write(f"{name:<58} {' '.join(last)} ({time.monotonic() - began:.0f} s)\n")
        good = good and done.returncode == 0
    return good


def main() -> int:
    """Run and print; 1 when anything came out otherwise than it must."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--counts", default="full", help="full, short, or a share of the full ones")
    parser.add_argument("--only", action="append", default=[], help="part of an experiment's name")
    parser.add_argument("--no-guards", action="store_true", help="do not remove guards")
    chosen = parser.parse_args()
    wanted = [e for e in EXPERIMENTS if not chosen.only or any(o in e.name for o in chosen.only)]
    sys.stdout.write(HEAD + "\n")
    good = True
    stage = Stage()
    stage.tell = lambda words: print(f"  {words.splitlines()[0]}", file=sys.stderr, flush=True)
    try:
        for experiment in wanted:
            good &= show(stage, experiment, chosen.counts, guards=not chosen.no_guards)
    finally:
        stage.close()
    if not chosen.only:
        good &= random_cases(chosen.counts)
    return 0 if good else 1


if __name__ == "__main__":
    raise SystemExit(main())
