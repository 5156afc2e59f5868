"""The learning rate over time, as a factor of the one chosen.

A function of the step, or (plateau) of two numbers that a checkpoint keeps: nothing is lost when
training is cut off and resumed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

WARM, START, END = 0.3, 1 / 25, 1e-4
"""One-cycle (Smith, Topin 2018): share of steps going up, first and last factor."""
PLATEAU, WAIT, FLOOR = 0.5, 2, 1e-3
"""Plateau: the factor shrinks so after so many epochs without improvement, to this at least."""


@dataclass
class Schedule:
    """factor, since : state of the plateau; `best` is the lowest loss seen."""

    kind: str
    steps: int
    factor: float = 1.0
    best: float | None = None
    since: int = 0

    def at(self, step: int) -> float:
        """Factor of the learning rate at a step, 0 .. steps - 1."""
        done = step / max(self.steps - 1, 1)
        if self.kind == "cosine":
            return END + (1 - END) * 0.5 * (1 + math.cos(math.pi * done))
        if self.kind == "one-cycle":
            if done < WARM:
                return START + (1 - START) * 0.5 * (1 - math.cos(math.pi * done / WARM))
            down = (done - WARM) / (1 - WARM)
            return END + (1 - END) * 0.5 * (1 + math.cos(math.pi * down))
        return self.factor

    def after_epoch(self, loss: float) -> None:
        """Told the loss of an epoch; only the plateau listens."""
        if self.kind != "plateau":
            return
        if self.best is None or loss < self.best:
            self.best, self.since = loss, 0
            return
        self.since += 1
        if self.since > WAIT:
            self.factor, self.since = max(self.factor * PLATEAU, FLOOR), 0
