"""One queue for the writers of all processes, in front of SQLite's write lock.

SQLite lets a waiting writer poll with sleeps of up to 100 ms and promises no order, so somebody who
writes now and then starves among those who write all the time. The kernel's `flock` wakes waiters
in the order they came; writers therefore queue on a lock file beside the database. Measured with
`benchmarks/transactions.py` on 2 cores: among 4 constant writers an occasional one waited 7.0 s in
the median (15 s at most) without the queue and 13 ms (42 ms at most) with it; the slowest of 16,000
transactions of 8 processes fell from 1.7 s to 0.05 s, and the total rate from 4,600/s to 2,700/s.
The kernel releases the lock when a process dies, however it dies.

This orders; it does not protect: correctness rests on `BEGIN IMMEDIATE` alone.
"""

from __future__ import annotations

import fcntl
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from terminal.errors import Unavailable


class WriterQueue:
    """Turns among threads (a lock) and processes (a lock file)."""

    def __init__(self, lock_file: Path | None, timeout_s: float) -> None:
        self.lock_file = lock_file
        self.timeout_s = timeout_s
        self._threads = threading.Lock()

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Hold the only turn for the length of the block.

        Raises
        ------
        Unavailable : another writer kept the turn for longer than the timeout.
        """
        deadline = time.monotonic() + self.timeout_s
        if not self._threads.acquire(timeout=self.timeout_s):
            raise self._busy()
        try:
            if self.lock_file is None:
                yield
                return
            descriptor = self._lock(self.lock_file, deadline)
            try:
                yield
            finally:
                os.close(descriptor)  # releases the lock
        finally:
            self._threads.release()

    def _lock(self, path: Path, deadline: float) -> int:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if not _wait(descriptor, deadline - time.monotonic()):
                raise self._busy() from None
        return descriptor

    def _busy(self) -> Unavailable:
        return Unavailable(
            f"Another writer has kept the database for {self.timeout_s:.0f} s.",
            remedy="Try again; if it stays so, restart the terminal.",
            retry_after_s=5,
        )


def _wait(descriptor: int, seconds: float) -> bool:
    """Wait in line for the lock, at most so long.

    Only a blocking call stands in the kernel's line and it knows no timeout, so a thread makes
    it; where nobody waits any more, that thread gives the lock back as soon as it has it.
    """
    settled = threading.Lock()
    state = {"got": False, "left": False}
    arrived = threading.Event()

    def stand_in_line() -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        with settled:
            if state["left"]:
                os.close(descriptor)
            state["got"] = True
        arrived.set()

    threading.Thread(target=stand_in_line, name="writer-queue", daemon=True).start()
    arrived.wait(max(seconds, 0.0))
    with settled:
        state["left"] = not state["got"]
    return state["got"]
