"""200 clicks while web, worker, sweeper and Redis are killed or emptied at random moments.

`python benchmarks/chaos.py [jobs]` prints clicks lost, jobs done twice and the slowest requeue,
with the settings a user has.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.workers.chaos import run_chaos

REQUEUE_LIMIT_S = 15.0


def main() -> int:
    """Run it; 1 when a job was lost or done twice, or came back too late."""
    n_jobs = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    report = run_chaos(n_jobs, seed=1, click_every_s=0.7, strike_every_s=5.0, limit_s=900)
    print(report)
    return int(report.lost + report.doubled > 0 or report.requeue_s > REQUEUE_LIMIT_S)


if __name__ == "__main__":
    raise SystemExit(main())
