"""A job that exercises the job machinery: "Test the workers" in Settings, and the chaos tests."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass

import numpy as np
import pandas as pd

from terminal.errors import InputError
from terminal.jobs.context import JobContext
from terminal.jobs.values import Outcome


@dataclass(frozen=True)
class SelfTestRequest:
    """How long to work, in how many steps, and how to end.

    end : "succeed", "refuse" (a sentence for the user), "break" (an unexpected error), "die"
    (the process kills itself), "hang" (never reports again).
    """

    seconds: float = 1.0
    steps: int = 5
    end: str = "succeed"
    name: str = "Worker test"


def run(request: SelfTestRequest, ctx: JobContext) -> Outcome:
    """Random walk of `steps` steps from the job's seed."""
    values = np.random.default_rng(ctx.seed).normal(size=request.steps).cumsum()
    for step in range(request.steps):
        ctx.progress(step / request.steps, "working", f"step {step + 1} of {request.steps}")
        time.sleep(request.seconds / request.steps)
    match request.end:
        case "refuse":
            raise InputError(
                "This test was asked to refuse.", field="end", remedy="Choose succeed."
            )
        case "break":
            raise ZeroDivisionError("this test was asked to break")
        case "die":
            os.kill(os.getpid(), signal.SIGKILL)
        case "hang":
            time.sleep(3600)
    frame = pd.DataFrame({"step": np.arange(request.steps), "value": values})
    return Outcome(summary={"last": float(values[-1])}, frames={"walk": frame}, data_version="none")
