"""The scheduler process: `python -m workers.sweeper`. Any number may run."""

from __future__ import annotations

import logging
import signal
import threading

from sqlalchemy.exc import OperationalError

from terminal.db.database import get_database
from terminal.drift.schedule import request_checks
from terminal.execution.alerts import deliver
from terminal.execution.nightly import request_twins, thin_marks
from terminal.jobs.service import JobService
from terminal.jobs.sweep import remove_unused_files, sweep
from terminal.market.first_start import request_built_in
from terminal.settings import get_settings
from workers.doorbell import ring

log = logging.getLogger(__name__)

FILES_EVERY_S = 3600.0
DRIFT_EVERY_S = 300.0


def main() -> int:
    """Sweep until SIGTERM or SIGINT."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    settings = get_settings()
    service = JobService(get_database(), settings, ring)
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    try:
        for job in request_built_in(service.db, service, settings):
            log.info("asked for: %s", job.title)
    except OperationalError as error:
        log.error("the built-in data could not be asked for: %s", error)
    rounds_between_files = max(1, int(FILES_EVERY_S / settings.jobs.sweep_s))
    rounds_between_checks = max(1, int(DRIFT_EVERY_S / settings.jobs.sweep_s))
    round_number = 0
    while not stopping.wait(settings.jobs.sweep_s):
        try:
            sweep(service)
            deliver(service.db, settings.trading)
            if round_number % rounds_between_files == 0:
                remove_unused_files(service.db, service.store)
                thin_marks(service.db)
            if round_number % rounds_between_checks == 0:
                for job in (*request_checks(service), *request_twins(service)):
                    log.info("asked for: %s", job.title)
        except OperationalError as error:
            log.error("the database did not answer; trying again: %s", error)
        round_number += 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
