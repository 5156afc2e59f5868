"""The process one job runs in: started in advance, used once.

It imports what jobs need, waits for one line on stdin (job id and claim token), runs that job and
ends. When stdin ends instead, whoever started it is gone and so is it, also in the
middle of a job.
"""

from __future__ import annotations

import importlib
import os
import sys
import threading

PRELOAD = ("terminal.jobs.execute",)
PREPARE = ("terminal.backtest.job:prepare", "terminal.backtest.sweeps.evaluate:warm_up")
"""Called while the process waits, so that the first job need not: compiled code, calendars."""


def main() -> int:
    """Prepare, wait, run one job."""
    for name in PRELOAD:
        importlib.import_module(name)
    from terminal.db.database import get_database
    from terminal.jobs.execute import execute
    from terminal.jobs.lineage import code_version, package_versions
    from terminal.settings import get_settings

    settings, database = get_settings(), get_database()
    code_version(), package_versions()
    preparing = threading.Thread(target=_prepare)
    preparing.start()  # compiling for the first time takes seconds; a job may come before its end
    with database.read():
        pass  # the first connection is made in advance too
    line = sys.stdin.readline().split()
    if not line:
        os._exit(0)  # nothing was begun: a thread that still compiles is not waited for
    threading.Thread(target=_end_with_starter, daemon=True).start()
    execute(database, settings, job_id=line[0], token=line[1])
    return 0


def _prepare() -> None:
    from terminal.jobs.kinds import load

    for dotted in PREPARE:
        load(dotted)()


def _end_with_starter() -> None:
    sys.stdin.read()
    os._exit(1)


if __name__ == "__main__":
    raise SystemExit(main())
