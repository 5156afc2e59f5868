"""What the nursery's processes do: they are the product's own code, started here."""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence

from terminal.db.database import get_database
from terminal.jobs.execute import execute
from terminal.settings import get_settings
from terminal.strategies.registry import STRATEGIES

STRATEGIES["flip"] = "tests.faults.flip:FLIP"


def session(job_id: str, token: str) -> None:
    """A claimed job, as `workers.job_process` runs it."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(process)d %(message)s")
    execute(get_database(), get_settings(), job_id, token)


def exchange(bars: str) -> None:
    """The paper exchange's own entry point."""
    from workers.paper_exchange.__main__ import main

    sys.exit(main(["--bars", bars]))


def command(*arguments: str) -> None:
    """`python -m terminal.execution ...`"""
    from terminal.execution.__main__ import main

    sys.exit(main(_words(arguments)))


def _words(arguments: Sequence[str]) -> list[str]:
    return [str(word) for word in arguments]
