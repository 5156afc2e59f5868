"""Job `sweep_part`: run a share of the points and write them as they come.

A part that is killed begins again where it stopped: points that are there are not run twice.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from terminal import clock
from terminal.backtest.following import model_at_hand
from terminal.backtest.job import trial_hash
from terminal.backtest.sweeps.evaluate import Evaluation, evaluate, leading, with_params
from terminal.backtest.sweeps.ground import Loaded, load
from terminal.backtest.sweeps.request import PartRequest, StepRequest
from terminal.backtest.sweeps.search import falls_behind
from terminal.backtest.sweeps.walk_forward import window_scores
from terminal.db.repositories import backtests, sweeps
from terminal.db.repositories.sweeps import DONE, FAILED, PRUNED, PointRow
from terminal.errors import InputError
from terminal.jobs.context import JobContext
from terminal.jobs.rows import add_child
from terminal.jobs.values import Outcome
from terminal.strategies.shared import sharing

LEADING_SHARE = 1 / 3
"""Of the sessions: the part on which a combination may be given up."""
WRITE_EVERY_S = 0.7
MOST_UNWRITTEN = 200
STEP_TITLE = "Sweep: what follows"


def run(request: PartRequest, ctx: JobContext) -> Outcome:
    """Run the points that are not there yet."""
    loaded = load(ctx, request.sweep_id)
    with ctx.db.read() as conn:
        there = sweeps.positions(conn, request.sweep_id)
        earlier = sweeps.points(conn, ctx.actor, request.sweep_id) if loaded.request.prune else []
    left = [k for k in request.positions if k not in there]
    if len(left) < len(request.positions):
        ctx.log(f"{len(request.positions) - len(left)} points are there already.")
    begun = time.monotonic()
    batch = _Batch(loaded, ctx)
    try:
        with model_at_hand(loaded.request.backtest, loaded.ground.panel, ctx):
            for point in _points(loaded, request, left, earlier):
                batch.add(point)
                done = len(request.positions) - len(left) + batch.count
                ctx.progress(
                    0.03 + 0.95 * done / len(request.positions),
                    "Running combinations",
                    f"{done} of {len(request.positions)}",
                )
    finally:
        batch.write()
    seconds = time.monotonic() - begun
    ctx.log(f"{batch.count} combinations in {seconds:.1f} s")
    return Outcome(
        summary={"points": batch.count, "seconds": seconds},
        data_version=loaded.row.data_version,
        save=lambda conn: _ended(conn, request, ctx),
    )


def _points(
    loaded: Loaded, request: PartRequest, left: Sequence[int], earlier: Sequence[PointRow]
) -> Iterator[PointRow]:
    """Every point of `left`, run one after another."""
    space, ground = loaded.space, loaded.ground
    objective = loaded.request.objectives[0]
    numbers = {position: request.first + k for k, position in enumerate(request.positions)}
    # judged by earlier rounds and this part alone, so that other workers change nothing
    judged = [
        point.leading
        for point in earlier
        if point.leading is not None
        and (point.number < request.round_first or point.part == request.part)
    ]
    head = leading(ground, LEADING_SHARE, loaded.calendar) if loaded.request.prune else None
    windows = loaded.windows
    with sharing(ground.adjusted):
        for position in left:
            params = space.params(position)
            made = PointRow(
                sweep_id=request.sweep_id,
                position=position,
                owner_id=loaded.row.owner_id,
                number=numbers[position],
                part=request.part,
                state=DONE,
                params=dict(space.values(position)),
                metrics={},
                leading=None,
                windows=None,
                note="",
                created_at=clock.now(),
            )
            try:
                if head is not None and space.strategy.warmup(params) < head.panel.n_bars:
                    begun = evaluate(head, params)
                    value = begun.metrics.get(objective)
                    behind = falls_behind(value, judged)
                    made = replace(made, leading=value)
                    if value is not None:
                        judged.append(value)
                    if behind:
                        yield replace(made, state=PRUNED, metrics=begun.metrics)
                        continue
                found = evaluate(ground, params)
            except InputError as error:
                yield replace(made, state=FAILED, note=str(error))
                continue
            yield replace(made, metrics=found.metrics, windows=_scores(loaded, windows, found))


def _scores(loaded: Loaded, windows: Any, found: Evaluation) -> dict[str, Any] | None:
    if not windows:
        return None
    request = loaded.request
    inside, outside = window_scores(
        found.returns,
        windows,
        request.objectives[0],
        loaded.ground.periods,
        request.backtest.risk_free_rate,
    )
    return {"inside": inside, "outside": outside}


class _Batch:
    """Points on their way to the database, with the trials they are."""

    def __init__(self, loaded: Loaded, ctx: JobContext) -> None:
        self.count = 0
        self._loaded = loaded
        self._ctx = ctx
        self._rows: list[PointRow] = []
        self._written = time.monotonic()

    def add(self, point: PointRow) -> None:
        self.count += 1
        self._rows.append(point)
        late = time.monotonic() - self._written > WRITE_EVERY_S
        if late or len(self._rows) >= MOST_UNWRITTEN:
            self.write()

    def write(self) -> None:
        rows, self._rows = self._rows, []
        row, run = self._loaded.row, self._loaded.request.backtest
        sharpes = {
            trial_hash(with_params(run, self._loaded.space.params(point.position))): (
                point.metrics.get("sharpe") if point.state == DONE else None
            )
            for point in rows
        }
        with self._ctx.db.write() as conn:
            sweeps.add_points(conn, rows)
            backtests.record_trials(
                conn,
                owner_id=row.owner_id,
                family=row.family,
                dataset=row.dataset,
                sharpes=sharpes,
                now=clock.now(),
            )
        self._written = time.monotonic()


def _ended(conn: sa.Connection, request: PartRequest, ctx: JobContext) -> None:
    """The last part of a round to end asks for what follows."""
    if sweeps.part_ended(conn, request.sweep_id, ctx.job_id):
        add_child(
            conn,
            ctx.settings,
            ctx.actor,
            "sweep_step",
            StepRequest(request.sweep_id),
            parent_id=request.sweep_id,
            title=STEP_TITLE,
            seed=ctx.seed,
        )
