"""Job `sweep`: plan, write the sweep's row, leave the parts of the first round behind.

The plan holds no place in a worker while its parts run: it ends, the parts are jobs of their own,
and the last part of a round to end leaves a `sweep_step` that plans the next or makes the result.
"""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from terminal import clock
from terminal.backtest.sweeps.planning import parts_of, plan_sweep, round_of
from terminal.backtest.sweeps.request import PartRequest, SweepRequest
from terminal.backtest.universe import data_version_of, others_of
from terminal.codec import to_json
from terminal.db.repositories import sweeps
from terminal.db.repositories.sweeps import RUNNING, SweepRow
from terminal.jobs.context import JobContext
from terminal.jobs.rows import add_child
from terminal.jobs.values import Outcome
from terminal.market.calendars import get_calendar
from terminal.market.catalogue import Catalogue
from terminal.market.store import open_store


def run(request: SweepRequest, ctx: JobContext) -> Outcome:
    """Plan a sweep.

    Raises
    ------
    InputError : the request cannot be, or does not fit the data.
    """
    catalogue = Catalogue(ctx.db, open_store(ctx.settings, ctx.db))
    ctx.progress(0.1, "Planning")
    slug = request.backtest.dataset
    dataset = catalogue.dataset(ctx.actor, slug)
    series = catalogue.series(ctx.actor, slug)
    others = others_of(
        request.backtest,
        lambda other: catalogue.dataset(ctx.actor, other),
        lambda other: catalogue.series(ctx.actor, other),
    )
    version = data_version_of(dataset, others)
    planned = plan_sweep(request, dataset, series, get_calendar(dataset.calendar), others)
    ctx.log(planned.sentence)
    positions = round_of(request, planned.space, (), planned.n_points, seed_of(ctx.job_id))
    parts = parts_of(ctx.job_id, planned.space, positions, 0, 0)
    strategy = planned.space.strategy
    row = SweepRow(
        job_id=ctx.job_id,
        owner_id=ctx.actor.user_id,
        name=request.name or f"{strategy.title}: {planned.n_points:,} combinations",
        strategy=request.backtest.strategy,
        family=strategy.family,
        dataset=slug,
        data_version=version,
        simulated=dataset.simulated or any(other.dataset.simulated for other in others),
        request=to_json(request),
        n_bars=planned.plan.bars,
        n_planned=planned.n_points,
        state=RUNNING,
        parts_left=len(parts),
        result=None,
        end_job_id=None,
        created_at=clock.now(),
        finished_at=None,
    )

    def save(conn: sa.Connection) -> None:
        sweeps.insert(conn, row)
        leave_parts(conn, parts, ctx)

    return Outcome(
        summary={"points": planned.n_points, "parts": len(parts)},
        data_version=version,
        save=save,
    )


def seed_of(sweep_id: str) -> int:
    """The seed of everything a sweep draws: its own name, so that every job of it knows it."""
    return int(sweep_id[:7], 16)


def leave_parts(conn: sa.Connection, parts: Sequence[PartRequest], ctx: JobContext) -> None:
    """Queue the parts of a round as children of the sweep."""
    for part in parts:
        add_child(
            conn,
            ctx.settings,
            ctx.actor,
            "sweep_part",
            part,
            parent_id=part.sweep_id,
            title=f"Sweep part {part.part + 1}: {len(part.positions):,} combinations",
            seed=ctx.seed,
        )
