"""Job `drift`: features, answers and score of a registered version, now and by period, against what
was kept of its training."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta

import numpy as np
import sqlalchemy as sa

from terminal import clock
from terminal.codec import from_json, to_json
from terminal.db.repositories import drift, models
from terminal.db.repositories.models import VersionRow
from terminal.drift.baseline import Baseline
from terminal.drift.measure import measure
from terminal.drift.periods import by_period
from terminal.drift.report import DriftReport
from terminal.drift.request import DriftRequest
from terminal.errors import InputError
from terminal.jobs.context import JobContext
from terminal.jobs.values import Outcome
from terminal.labels.labels import IntArray
from terminal.models.fitting import predict
from terminal.models.registry import load_model
from terminal.training.version_events import VersionEvents, events_of_version, moment

FEWEST_EVENTS = 20
MOST_EVENTS = 100_000
"""Events since training that are looked at, evenly spaced where there are more."""


def run(request: DriftRequest, ctx: JobContext) -> Outcome:
    """Measure and keep.

    Raises
    ------
    NotFound : there is no such version, or it is not the owner's to see.
    InputError : the version has no baseline, or no event lies in the range.
    """
    threads = len(os.sched_getaffinity(0))
    ctx.progress(0.02, "Loading the model")
    with ctx.db.read() as conn:
        row = models.get(conn, ctx.actor, request.version)
    if row.baseline is None:
        raise InputError(
            f"{row.words} keeps no baseline, so there is nothing to compare with.",
            field="version",
            remedy="Train it again; a training keeps one.",
        )
    baseline = from_json(Baseline, dict(row.baseline))
    fitted = load_model(ctx.db, ctx.settings, ctx.actor, row.id).fitted
    events = events_of_version(
        row,
        ctx,
        dataset=request.dataset,
        symbols=request.symbols,
        end=request.end,
        threads=threads,
        tick=lambda share, words: ctx.progress(0.05 + 0.45 * share, "Features", words),
    )
    since = _since_training(request, row, events)
    ctx.progress(0.55, "Answers", f"{len(since):,} events")
    samples = events.samples.take(since)
    answers = predict(fitted, samples)
    rows, labels = samples.rows(), samples.labels
    ts = samples.frame.ts[labels.bar]

    def measured(part: IntArray) -> DriftReport:
        return measure(
            baseline,
            rows[part],
            answers=answers[part],
            task=fitted.task,
            classes=fitted.classes,
            outcome=labels.label[part],
            instrument=labels.instrument[part],
        )

    periods = by_period(ts, measured, lambda done: ctx.progress(0.6 + 0.3 * done, "Periods"))
    ctx.progress(0.92, "Now")
    judged = _judged(request, ts)
    report = measured(judged)
    ctx.log(f"{report.severity}: {report.recommendation}")
    made = drift.DriftRow(
        job_id=ctx.job_id,
        owner_id=row.owner_id,
        version_id=row.id,
        severity=report.severity.value,
        features=report.features_severity.value,
        predictions=report.predictions_severity.value,
        decay=report.decay_severity.value,
        recommendation=report.recommendation,
        first_ts=_time(ts[judged[0]]),
        last_ts=_time(ts[judged[-1]]),
        n_events=len(judged),
        data_version=events.dataset.version,
        report=to_json(report),
        periods=to_json(periods),
        created_at=clock.now(),
    )

    def save(conn: sa.Connection) -> None:
        drift.insert(conn, made)

    return Outcome(
        summary={
            "version": row.id,
            "model": row.words,
            "severity": made.severity,
            "recommendation": made.recommendation,
            "n": made.n_events,
        },
        data_version=events.dataset.version,
        save=save,
    )


def _since_training(request: DriftRequest, row: VersionRow, events: VersionEvents) -> IntArray:
    """Positions of the events that the version has not learned from, up to the range's end."""
    last = None if request.end is None else np.datetime64(request.end + timedelta(days=1), "ns")
    found = events.between(moment(str(row.lineage["out_of_sample_from"])), last)
    if len(found) < FEWEST_EVENTS:
        raise InputError(
            f"{len(found)} events have ended since {row.words} was trained; at least "
            f"{FEWEST_EVENTS} are needed.",
            field="end",
            remedy="Wait for newer bars, or download them.",
        )
    if len(found) > MOST_EVENTS:
        found = found[np.unique(np.linspace(0, len(found) - 1, MOST_EVENTS).astype(np.int64))]
    return found


def _judged(request: DriftRequest, ts: np.ndarray) -> IntArray:
    """Positions of the events the report is about."""
    days = ts.astype("datetime64[D]")
    if request.start is not None:
        first = np.datetime64(request.start, "D")
    else:
        sessions = np.unique(days)
        first = sessions[max(0, len(sessions) - request.sessions)]
    found = np.flatnonzero(days >= first)
    if len(found) < FEWEST_EVENTS:
        raise InputError(
            f"There are {len(found)} events from {first} on; at least {FEWEST_EVENTS} are needed.",
            field="start",
            remedy="Choose an earlier start.",
        )
    return found


def _time(at: np.datetime64) -> datetime:
    moment_: datetime = at.astype("datetime64[s]").item()
    return moment_.replace(tzinfo=UTC)
