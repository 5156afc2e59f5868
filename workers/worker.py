"""A worker: `python -m workers.worker --queues backtest,data`.

Celery's thread pool listens; each thread hands a job to a `Slot`, which runs it in a process of its
own. The worker says in the database that it is there, so that pages can say when none is.
"""

from __future__ import annotations

import argparse
import logging
import os
import queue
import signal
import socket
import threading
import time
import uuid
from types import FrameType

from celery.signals import worker_ready

from terminal import clock
from terminal.db.database import Database, get_database
from terminal.db.repositories import jobs as rows
from terminal.jobs.service import JobService
from terminal.jobs.sweep import ring_again
from terminal.settings import Settings, get_settings
from workers.celery_app import QUEUES, TASK, app, queue_name
from workers.doorbell import ring
from workers.slot import Slot

log = logging.getLogger(__name__)

SETTLE_S = 2.0


class Worker:
    """Slots, a presence row, and the task that Celery calls."""

    def __init__(
        self,
        db: Database,
        settings: Settings,
        queues: list[str],
        concurrency: int | None = None,
        standby: bool = True,
    ) -> None:
        """`concurrency` None: the settings'; `standby`: keep a process warm for the next job."""
        self.db = db
        self.settings = settings
        self.queues = queues
        self.id = f"{socket.gethostname()[:40]}-{os.getpid()}-{uuid.uuid4().hex[:6]}"
        self.started_at = clock.now()
        self.service = JobService(db, settings, ring)
        self.stopping = threading.Event()
        n_slots = concurrency or settings.jobs.concurrency
        self.slots = [Slot(db, settings, self.id, standby=standby) for _ in range(n_slots)]
        self._free: queue.SimpleQueue[Slot] = queue.SimpleQueue()
        for slot in self.slots:
            self._free.put(slot)

    def run(self, job_id: str) -> None:
        """Run a job in a free slot (there are as many slots as Celery threads)."""
        slot = self._free.get()
        try:
            if not slot.run(job_id):
                log.info("job %s was already taken or has ended", job_id)
            else:
                ring_again(self.service)  # for the jobs it left behind
        finally:
            self._free.put(slot)

    def keep_present(self) -> None:
        """Renew the presence row until stopped."""
        while True:
            values = {
                "id": self.id,
                "host": socket.gethostname(),
                "pid": os.getpid(),
                "queues": self.queues,
                "concurrency": len(self.slots),
                "started_at": self.started_at,
                "heartbeat_at": clock.now(),
            }
            with self.db.write() as conn:
                rows.worker_seen(conn, values)
            if self.stopping.wait(self.settings.jobs.heartbeat_s):
                return

    def stop(self) -> None:
        """Kill what runs (it goes back to its queue) and take the presence row away."""
        self.stopping.set()
        for slot in self.slots:
            slot.stop()
        with self.db.write() as conn:
            rows.worker_gone(conn, self.id)


def main(arguments: list[str] | None = None) -> int:
    """Serve the queues until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(description="Run jobs from the queues.")
    parser.add_argument("--queues", default=",".join(QUEUES), help="comma-separated; default: all")
    parser.add_argument("--concurrency", type=int, help="jobs at a time; default: the settings'")
    parser.add_argument(
        "--no-standby",
        action="store_true",
        help="start a job's process when it comes: for few and long jobs, it saves memory",
    )
    given = parser.parse_args(arguments)
    queues = [name.strip() for name in given.queues.split(",")]
    unknown = sorted(set(queues) - set(QUEUES))
    if unknown:
        parser.error(f"unknown queue {unknown[0]!r}; there are: {', '.join(QUEUES)}")
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    worker = Worker(
        get_database(), get_settings(), queues, given.concurrency, standby=not given.no_standby
    )
    app.task(name=TASK)(worker.run)

    def on_stop(_number: int, _frame: FrameType | None) -> None:
        # Not Celery's warm shutdown, which waits for running jobs: they are killed, go back to
        # their queue without losing an attempt, and start again with the next worker.
        threading.Thread(target=_stop_and_leave, args=(worker,)).start()

    threading.Thread(target=worker.keep_present, daemon=True).start()
    for slot in worker.slots:
        slot.warm()

    @worker_ready.connect(weak=False)
    def _listen_for_stop(**_: object) -> None:
        signal.signal(signal.SIGTERM, on_stop)
        signal.signal(signal.SIGINT, on_stop)

    app.worker_main(
        [
            "worker", "--pool", "threads", "--concurrency", str(len(worker.slots)),
            "--queues", ",".join(queue_name(name) for name in queues),
            "--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", "INFO",
        ]
    )  # fmt: skip
    return 0


def _stop_and_leave(worker: Worker) -> None:
    worker.stop()
    deadline = time.monotonic() + SETTLE_S
    while any(slot.busy for slot in worker.slots) and time.monotonic() < deadline:
        time.sleep(0.02)  # the slots' threads give their jobs back
    os._exit(0)


if __name__ == "__main__":
    raise SystemExit(main())
