"""Job `label_study`: make the events of a label and keep what the browser of labels shows."""

from __future__ import annotations

import numpy as np

from terminal.errors import InputError
from terminal.jobs.context import JobContext
from terminal.jobs.values import Outcome
from terminal.labels.registry import get_label
from terminal.labels.weights import average_uniqueness
from terminal.params import validate
from terminal.research.bars import load_bars
from terminal.research.events import (
    class_frame,
    event_frame,
    instrument_frame,
    spread_frame,
)
from terminal.research.requests import LabelStudyRequest


def run(request: LabelStudyRequest, ctx: JobContext) -> Outcome:
    """Label the data as it is now.

    Raises
    ------
    InputError : the parameters do not fit the data, or there is no event.
    """
    kind = get_label(request.label)
    params = validate(kind.params_type, request.params)
    loaded = load_bars(request.bars, ctx)
    panel = loaded.panel
    ctx.progress(0.2, "Labelling", kind.title)
    labels = kind.make(panel, params)
    if not len(labels):
        raise InputError(
            "There is no event on these bars: the volatility they are measured in is not known "
            "before the range ends, or nothing passes the filters.",
            field="label",
            remedy="Choose a longer range, a shorter span, or a lower threshold.",
        )
    ctx.progress(0.6, "Uniqueness")
    uniqueness = average_uniqueness(labels.bar, labels.end, labels.instrument)
    classes = kind.classes_of(params)
    ctx.progress(0.75, "Tables")
    held = labels.end - labels.bar
    frames = {
        "events": event_frame(panel, labels, params),
        "classes": class_frame(labels, uniqueness, classes),
        "instruments": instrument_frame(panel, labels, uniqueness),
        "spread": spread_frame(labels, uniqueness),
    }
    touched = {name: int((labels.touched == value).sum()) for name, value in
               (("target", 1), ("stop", -1), ("time", 0))}  # fmt: skip
    return Outcome(
        summary={
            "label": request.label,
            "title": kind.title,
            "n_events": len(labels),
            "n_shown": len(frames["events"]),
            "n_bars": panel.n_bars,
            "n_instruments": panel.n_instruments,
            "timeframe": panel.timeframe.value,
            "simulated": panel.simulated,
            "uniqueness": float(uniqueness.mean()),
            "effective": float(uniqueness.sum()),
            "median_rows": float(np.median(held)),
            "longest_rows": int(held.max()),
            "mean_outcome": float(labels.outcome.mean()),
            "touched": touched,
            "number": not classes,
            "first": str(panel.ts[0].astype("datetime64[D]")),
            "last": str(panel.ts[-1].astype("datetime64[D]")),
        },
        frames=frames,
        data_version=loaded.dataset.version,
    )
