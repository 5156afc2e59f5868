"""Several fits at once, watched by one thread that alone reports, saves and stops them.

Training libraries let go of the interpreter's lock while they work, so that threads keep all
processors busy and share the features in memory. A fit calls `progress` after every boosting round
or epoch; once the watcher wants to stop (a cancel), that call raises, and the fit ends there.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Generic, TypeVar

from terminal.models.model import Progress

T = TypeVar("T")
Step = Callable[[Progress], None]
TICK_S = 0.2


class Stopped(Exception):
    """The watcher ends this fit; never shown to anyone."""


class Watch(Generic[T]):
    """Tasks that run in threads.

    Parameters
    ----------
    tasks : each is called with a function to call at every step. threads : at once.
    tick : called by the watching thread with the share of all work that is done; what it raises
        ends everything.
    seen : called by the fits' own threads with (number of the task, step).
    """

    def __init__(
        self,
        tasks: Sequence[Callable[[Step], T]],
        threads: int,
        tick: Callable[[float], None],
        seen: Callable[[int, Progress], None] = lambda number, progress: None,
    ) -> None:
        self._tasks = tasks
        self._threads = max(1, min(threads, len(tasks)))
        self._tick = tick
        self._seen = seen
        self._stop = threading.Event()
        self._fraction = [0.0] * len(tasks)

    def results(self) -> Iterator[tuple[int, T]]:
        """(number, result) of each task, as they end. The first failure ends the others."""
        with ThreadPoolExecutor(self._threads, thread_name_prefix="fit") as pool:
            pending: dict[Future[T], int] = {
                pool.submit(self._run, number): number for number in range(len(self._tasks))
            }
            try:
                while pending:
                    ended, _ = wait(pending, timeout=TICK_S, return_when=FIRST_COMPLETED)
                    for future in sorted(ended, key=lambda item: pending[item]):
                        number = pending.pop(future)
                        self._fraction[number] = 1.0
                        yield number, future.result()
                    self._tick(sum(self._fraction) / len(self._tasks))
            finally:
                self._stop.set()
                for future in pending:
                    future.cancel()

    def _run(self, number: int) -> T:
        def step(progress: Progress) -> None:
            if self._stop.is_set():
                raise Stopped
            self._fraction[number] = min(0.999, progress.fraction)
            self._seen(number, progress)

        if self._stop.is_set():
            raise Stopped
        return self._tasks[number](step)
