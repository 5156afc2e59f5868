"""Detectors that read a stream, one value after another, and say when its mean has changed.

The stream is usually a model's errors, 1 for a wrong answer and 0 for a right one. After a
detection a detector starts afresh with the next value. Parameters and conventions are those of the
papers as river (online-ml) runs them, whose detections the tests compare with.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Protocol


class Detector(Protocol):
    """Reads a stream."""

    def update(self, value: float) -> bool:
        """Take the next value in; True where a change is detected."""
        ...


def detections(detector: Detector, stream: Iterable[float]) -> list[int]:
    """Positions of a stream, from 0, at which a change is detected."""
    return [k for k, value in enumerate(stream) if detector.update(float(value))]


class Ddm:
    """Drift detection method (Gama et al. 2004): the error rate plus its deviation leaves the
    lowest seen by more than `threshold` deviations."""

    def __init__(self, warm_start: int = 30, threshold: float = 3.0) -> None:
        self.warm_start, self.threshold = warm_start, threshold
        self._start()

    def _start(self) -> None:
        self.n, self.rate = 0, 0.0
        self.lowest_rate = self.lowest_deviation = math.inf

    def update(self, value: float) -> bool:
        """An error (1) or none (0)."""
        self.n += 1
        self.rate += (value - self.rate) / self.n
        deviation = math.sqrt(self.rate * (1.0 - self.rate) / self.n)
        if self.n <= self.warm_start:
            return False
        if self.rate + deviation <= self.lowest_rate + self.lowest_deviation:
            self.lowest_rate, self.lowest_deviation = self.rate, deviation
        limit = self.lowest_rate + self.threshold * self.lowest_deviation
        if self.rate + deviation > limit:
            self._start()
            return True
        return False


class Eddm:
    """Early drift detection method (Baena-García et al. 2006): errors come closer together. The
    mean distance between errors plus two deviations falls below `share` of the highest seen."""

    def __init__(self, warm_start: int = 30, share: float = 0.9) -> None:
        self.warm_start, self.share = warm_start, share
        self._start()

    def _start(self) -> None:
        self.n = self.last_error = self.errors = 0
        self.mean = self.squares = 0.0
        self.highest = -1.0

    def update(self, value: float) -> bool:
        """An error (1) or none (0)."""
        self.n += 1
        if value != 1.0:
            return False
        self.errors += 1
        distance = self.n - self.last_error
        self.last_error = self.n
        before = distance - self.mean
        self.mean += before / self.errors
        self.squares += before * (distance - self.mean)
        if self.n <= self.warm_start:
            return False
        variance = self.squares / (self.errors - 1) if self.errors > 1 else 0.0
        reach = self.mean + 2.0 * math.sqrt(variance)
        if reach > self.highest:
            self.highest = reach
        elif self.errors > self.warm_start and reach / self.highest < self.share:
            self._start()
            return True
        return False


@dataclass(frozen=True)
class _Weighted:
    """An exponentially weighted mean and the sum of its squared weights."""

    mean: float = 0.0
    squares: float = 1.0
    empty: bool = True

    def with_value(self, value: float, weight: float) -> _Weighted:
        mean = value if self.empty else weight * value + (1.0 - weight) * self.mean
        squares = weight**2 + (1.0 - weight) ** 2 * self.squares
        return replace(self, mean=mean, squares=squares, empty=False)


class HddmW:
    """Drift detection by McDiarmid's bound on exponentially weighted means (Frías-Blanco et al.
    2015, HDDM_W, one-sided): the mean since the best cut exceeds the mean before it."""

    def __init__(self, confidence: float = 0.001, weight: float = 0.05) -> None:
        self.confidence, self.weight = confidence, weight
        self._start()

    def _start(self) -> None:
        self.total = self.before = self.since = _Weighted()
        self.cut = math.inf

    def _bound(self, squares: float) -> float:
        return math.sqrt(squares * math.log(1.0 / self.confidence) / 2.0)

    def update(self, value: float) -> bool:
        """An error (1) or none (0)."""
        self.total = self.total.with_value(value, self.weight)
        highest = self.total.mean + self._bound(self.total.squares)
        if highest < self.cut:
            self.cut, self.before, self.since = highest, self.total, _Weighted()
        else:
            self.since = self.since.with_value(value, self.weight)
        if self.before.empty or self.since.empty:
            return False
        bound = self._bound(self.before.squares + self.since.squares)
        if self.since.mean - self.before.mean > bound:
            self._start()
            return True
        return False


@dataclass
class _Window:
    """A run of values: how many, their sum, and their sum of squared deviations."""

    n: float = 0.0
    total: float = 0.0
    squares: float = 0.0

    def _between(self, other: _Window) -> float:
        """Squared deviations that lie between two runs (Babcock et al. 2003)."""
        if not self.n or not other.n:
            return 0.0
        apart = self.total / self.n - other.total / other.n
        return self.n * other.n * apart * apart / (self.n + other.n)

    def add(self, other: _Window) -> None:
        self.squares += other.squares + self._between(other)
        self.n += other.n
        self.total += other.total

    def remove(self, other: _Window) -> None:
        self.n -= other.n
        self.total -= other.total
        self.squares -= other.squares + self._between(other)


class Adwin:
    """Adaptive windowing (Bifet and Gavaldà 2007, ADWIN2): the window is kept in buckets whose
    sizes are powers of two, and ends where two parts of it differ in their means by more than the
    bound."""

    BUCKETS = 5
    """Buckets of each size; one more, and the two oldest become one of twice the size."""

    def __init__(
        self, delta: float = 0.002, every: int = 32, shortest: int = 5, grace: int = 10
    ) -> None:
        self.delta, self.every, self.shortest, self.grace = delta, every, shortest, grace
        self._start()

    def _start(self) -> None:
        self.window = _Window()
        self.levels: list[list[_Window]] = [[]]  # of each size, the oldest first
        self.ticks = 0

    def update(self, value: float) -> bool:
        """Any number, best between 0 and 1."""
        self.levels[0].append(_Window(1.0, value))
        self.window.add(_Window(1.0, value))
        self._merge()
        self.ticks += 1
        if self.ticks % self.every or self.window.n <= self.grace:
            return False
        if self._differs():
            self._start()
            return True
        return False

    def _merge(self) -> None:
        for k, level in enumerate(self.levels):
            if len(level) <= self.BUCKETS:
                return
            if k + 1 == len(self.levels):
                self.levels.append([])
            first, second = level[:2]
            del level[:2]
            first.add(second)
            self.levels[k + 1].append(first)

    def _differs(self) -> bool:
        old, new = _Window(), replace(self.window)
        for level in reversed(self.levels):
            for bucket in level:
                old.add(bucket)
                new.remove(bucket)
                enough = min(old.n, new.n) >= self.shortest
                if enough and abs(old.total / old.n - new.total / new.n) > self._limit(old, new):
                    return True
        return False

    def _limit(self, old: _Window, new: _Window) -> float:
        """Theorem 3.1's bound with its normal approximation."""
        chance = math.log(2.0 * math.log(self.window.n) / self.delta)
        inverse = sum(1.0 / (part.n - self.shortest + 1.0) for part in (old, new))
        variance = self.window.squares / self.window.n
        return math.sqrt(2.0 * inverse * variance * chance) + 2.0 / 3.0 * chance * inverse
