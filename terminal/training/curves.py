"""Loss curves on their way to the page: bounded in number, gathered by threads, written by one."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Sequence

from terminal.db.repositories.training import CurvePoint
from terminal.models.model import Progress

MOST_POINTS = 12_000
"""Points kept of all fits of a training together."""
POINTS_A_FIT = 150
WRITE_EVERY_S = 0.5


class Curves:
    """Losses of several fits.

    Parameters
    ----------
    write : keeps points; called by `flush` only.
    fits : how many there will be, so that all of them together stay within bounds.
    """

    def __init__(self, write: Callable[[Sequence[CurvePoint]], None], fits: int) -> None:
        self._write = write
        self._each = min(POINTS_A_FIT, MOST_POINTS // max(fits, 1))
        self._lock = threading.Lock()
        self._points: list[CurvePoint] = []
        self._last: dict[str, CurvePoint] = {}
        self._written = 0.0

    def add(self, fit: str, progress: Progress) -> None:
        """A step of a fit; every so-many-th is kept, and always the last one."""
        if self._each < 2 or not (
            math.isfinite(progress.train_loss) or math.isfinite(progress.valid_loss)
        ):
            return
        point = CurvePoint(
            fit, progress.step, _known(progress.train_loss), _known(progress.valid_loss)
        )
        steps = progress.step / progress.fraction if progress.fraction > 0 else 1.0
        stride = max(1, math.ceil(steps / self._each))
        with self._lock:
            if progress.step % stride == 0 or progress.step == 1:
                self._points.append(point)
                self._last.pop(fit, None)
            else:
                self._last[fit] = point

    def ended(self, fit: str) -> None:
        """A fit has ended: its last step is kept too."""
        with self._lock:
            last = self._last.pop(fit, None)
            if last is not None:
                self._points.append(last)

    def flush(self, *, force: bool = False) -> None:
        """Write what has gathered, at most a few times a second unless forced."""
        now = time.monotonic()
        if not force and now - self._written < WRITE_EVERY_S:
            return
        with self._lock:
            points, self._points = self._points, []
        if points:
            self._write(points)
        self._written = now


def _known(loss: float) -> float | None:
    return loss if math.isfinite(loss) else None
