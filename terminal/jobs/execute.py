"""Run one claimed job in this process, from request to committed result.

Everything that makes the job succeed (rows the handler saves, its files, the state) is one
transaction that only goes through while the claim still holds.
"""

from __future__ import annotations

import io
import logging
import resource
import sys
import traceback
import uuid
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from terminal import clock
from terminal.accounts.actor import SYSTEM, Actor, Role
from terminal.codec import from_json
from terminal.db.database import Database
from terminal.db.repositories import artifacts as artifact_rows
from terminal.db.repositories import jobs as rows
from terminal.db.repositories import users
from terminal.errors import Cancelled, TerminalError
from terminal.jobs.artifacts import ArtifactStore
from terminal.jobs.context import JobContext, LostClaim
from terminal.jobs.kinds import get_kind, load
from terminal.jobs.lineage import code_version, package_versions
from terminal.jobs.reproduce import Verdict, compare
from terminal.jobs.values import JobState, Outcome
from terminal.settings import Settings

log = logging.getLogger(__name__)

PARQUET = "application/vnd.apache.parquet"


def execute(db: Database, settings: Settings, job_id: str, token: str) -> None:
    """Run the job that was claimed with `token`; its end is on the row, nothing is returned."""
    with db.read() as conn:
        job = rows.get(conn, SYSTEM, job_id)
        owner = users.actor(conn, job.owner_id) if job.owner_id != SYSTEM.user_id else SYSTEM
    store = ArtifactStore(settings.storage.root, settings.storage.min_free_mb)
    ctx = JobContext(
        job_id=job_id,
        token=token,
        actor=owner,
        seed=job.seed,
        code_version=code_version(),
        db=db,
        settings=settings,
        store=store,
    )
    try:
        kind = get_kind(job.kind)
        _require_role(owner, kind.min_role)
        request = from_json(load(kind.request), dict(job.request))
        outcome: Outcome = load(kind.handler)(request, ctx)
        _succeed(ctx, outcome, job.reproduce_of)
    except LostClaim:
        log.warning("job %s was given to another process; its result is dropped", job_id)
    except Cancelled as error:
        _end(ctx, JobState.CANCELLED, error.as_dict())
    except TerminalError as error:
        ctx.log(str(error), "error")
        _end(ctx, JobState.FAILED, error.as_dict())
    except Exception as error:  # noqa: BLE001  the boundary: a defect becomes a sentence and a trace
        _end(ctx, JobState.FAILED, _defect(ctx, error))


def _require_role(owner: Actor, minimum: Role) -> None:
    """The owner may have lost the role while the job waited."""
    if not owner.role.allows(minimum):
        raise TerminalError(f"{owner.username} no longer has the role {minimum}.", field="role")


def _succeed(ctx: JobContext, outcome: Outcome, reproduce_of: str | None) -> None:
    for name, frame in outcome.frames.items():
        ctx.artifact(f"{name}.parquet", frame_bytes(frame), PARQUET)
    verdict = _verdict(ctx, outcome, reproduce_of) if reproduce_of else None
    with ctx.db.write() as conn:
        if outcome.save is not None:
            outcome.save(conn)
        for artifact in ctx.files.values():
            artifact_rows.insert(conn, artifact)
        held = rows.finish(
            conn,
            ctx.job_id,
            ctx.token,
            JobState.SUCCEEDED,
            clock.now(),
            fraction=1.0,
            stage="done",
            message="",
            summary=dict(outcome.summary),
            data_version=outcome.data_version,
            verdict=verdict.as_json() if verdict else None,
            **_run_facts(ctx),
        )
        if not held:
            raise LostClaim("The job was given to another process.")  # rolls everything back
        _close_log(conn, ctx)


def _end(ctx: JobContext, state: JobState, error: dict[str, Any]) -> None:
    with ctx.db.write() as conn:
        if rows.finish(
            conn, ctx.job_id, ctx.token, state, clock.now(), error=error, **_run_facts(ctx)
        ):
            _close_log(conn, ctx)


def _close_log(conn: Any, ctx: JobContext) -> None:
    rows.append_log(conn, ctx.job_id, ctx.take_lines(), ctx.settings.jobs.keep_log_lines)


def _defect(ctx: JobContext, error: Exception) -> dict[str, Any]:
    incident = uuid.uuid4().hex[:8]
    log.exception("incident %s in job %s", incident, ctx.job_id)
    ctx.log(f"Unexpected error, incident {incident}.", "error")
    ctx.log("".join(traceback.format_exception(error)), "trace")
    return TerminalError(
        f"Something unexpected went wrong (incident {incident}).",
        remedy="Try again; an administrator finds the details in this job's log.",
    ).as_dict()


def _run_facts(ctx: JobContext) -> dict[str, Any]:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    unit = 1024**2 if sys.platform == "darwin" else 1024  # bytes there, KiB elsewhere
    return {
        "code_version": ctx.code_version,
        "packages": package_versions(),
        "peak_memory_mb": usage.ru_maxrss / unit,
        "cpu_s": usage.ru_utime + usage.ru_stime,
    }


def frame_bytes(frame: pd.DataFrame) -> bytes:
    """Parquet of a frame; the same frame gives the same bytes."""
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_pandas(frame), sink, compression="zstd")
    return sink.getvalue()


def _verdict(ctx: JobContext, outcome: Outcome, original_id: str) -> Verdict:
    store = ArtifactStore(ctx.settings.storage.root, ctx.settings.storage.min_free_mb)
    with ctx.db.read() as conn:
        original = rows.get(conn, ctx.actor, original_id)
        files = artifact_rows.of_job(conn, ctx.actor, original_id)
    frames = {
        file.name.removesuffix(".parquet"): pd.read_parquet(store.open_path(file.sha256))
        for file in files
        if file.media_type == PARQUET
    }
    again = {
        name: pd.read_parquet(io.BytesIO(frame_bytes(frame)))
        for name, frame in outcome.frames.items()
    }
    notes = []
    if original.code_version != ctx.code_version:
        notes.append(f"code changed from {original.code_version} to {ctx.code_version}")
    if original.data_version != outcome.data_version:
        notes.append("the data changed since the original run")
    return compare(frames, again, tuple(notes))
