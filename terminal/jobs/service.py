"""What pages and schedules call: submit, look, cancel, retry, reproduce.

The row is committed before the doorbell rings; a doorbell that fails loses nothing, because the
sweeper rings again for rows nobody claimed.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from terminal import clock
from terminal.accounts.actor import Actor
from terminal.codec import content_hash, to_json
from terminal.db.database import Database
from terminal.db.repositories import artifacts as artifact_rows
from terminal.db.repositories import audit
from terminal.db.repositories import jobs as rows
from terminal.errors import Conflict, Forbidden
from terminal.jobs.artifacts import ArtifactStore
from terminal.jobs.kinds import JobKind, get_kind
from terminal.jobs.rows import TITLE_LENGTH, new_row
from terminal.jobs.values import (
    Artifact,
    Job,
    JobFilter,
    JobState,
    LogLine,
    OpenArtifact,
    QueueState,
)
from terminal.settings import Settings

Doorbell = Callable[[str, str], None]
"""`ring(job_id, queue)`: tell a worker; raises when nobody could be told."""

log = logging.getLogger(__name__)

WORKER_SILENT_S = 15.0


class JobService:
    """The life of job rows, on behalf of an actor."""

    def __init__(self, db: Database, settings: Settings, doorbell: Doorbell) -> None:
        self.db = db
        self.settings = settings
        self.doorbell = doorbell
        self.store = ArtifactStore(settings.storage.root, settings.storage.min_free_mb)

    def submit(
        self,
        actor: Actor,
        kind: str,
        request: Any,
        *,
        title: str = "",
        seed: int | None = None,
        parent_id: str | None = None,
        reproduce_of: str | None = None,
    ) -> Job:
        """Write the row, commit, ring. `seed` None: a fresh random one, kept on the row.

        Raises
        ------
        Forbidden : the actor's role is below the kind's.
        """
        found = self._allowed(actor, kind)
        values = self._new_row(actor, found, to_json(request), content_hash(request))
        values["title"] = (title or getattr(request, "name", "") or found.title)[:TITLE_LENGTH]
        values["seed"] = secrets.randbelow(2**31) if seed is None else seed
        values["parent_id"] = parent_id
        values["reproduce_of"] = reproduce_of
        return self._write_and_ring(actor, values)

    def _allowed(self, actor: Actor, kind: str) -> JobKind:
        found = get_kind(kind)
        if not actor.role.allows(found.min_role):
            raise Forbidden(
                f"The role {actor.role} cannot start a job of kind {kind}; "
                f"{found.min_role} is needed.",
                field="kind",
                remedy="Ask an administrator for that role.",
            )
        return found

    def _new_row(
        self, actor: Actor, kind: JobKind, request: Any, request_hash: str
    ) -> dict[str, Any]:
        return new_row(self.settings, actor, kind, request, request_hash)

    def _write_and_ring(self, actor: Actor, values: Mapping[str, Any]) -> Job:
        with self.db.write() as conn:
            rows.insert(conn, values)
            audit.record(conn, actor, "job.submit", values["id"], {"kind": values["kind"]})
        self.ring(values["id"], values["queue"])
        return self.get(actor, values["id"])

    def ring(self, job_id: str, queue: str) -> bool:
        """Tell a worker; False when nobody could be told (the sweeper will try again)."""
        try:
            self.doorbell(job_id, queue)
        except Exception as error:  # noqa: BLE001  any broker failure: the row stays queued
            log.warning("doorbell failed for job %s: %s", job_id, error)
            return False
        with self.db.write() as conn:
            rows.mark_rung(conn, job_id, clock.now())
        return True

    def get(self, actor: Actor, job_id: str) -> Job:
        """One job; NotFound when it is not the actor's to see."""
        with self.db.read() as conn:
            return rows.get(conn, actor, job_id)

    def list(self, actor: Actor, wanted: JobFilter | None = None) -> Sequence[Job]:
        """Newest first."""
        with self.db.read() as conn:
            return rows.find(conn, actor, wanted or JobFilter())

    def cancel(self, actor: Actor, job_id: str) -> Job:
        """Ask a job to stop; Conflict when it has ended already."""
        with self.db.write() as conn:
            job = rows.get(conn, actor, job_id)
            if job.state.final:
                raise Conflict(f"The job has already {job.state}.", field="job")
            rows.request_cancel(conn, job_id, clock.now())
            audit.record(conn, actor, "job.cancel", job_id, {})
            return rows.get(conn, actor, job_id)

    def retry(self, actor: Actor, job_id: str) -> Job:
        """Queue an ended job that did not succeed again; Conflict otherwise."""
        with self.db.write() as conn:
            job = rows.get(conn, actor, job_id)
            self._allowed(actor, job.kind)
            if not rows.reopen(conn, job_id):
                raise Conflict(
                    f"The job is {job.state}; only failed, cancelled or orphaned jobs run again.",
                    field="job",
                )
            audit.record(conn, actor, "job.retry", job_id, {})
        self.ring(job_id, job.queue)
        return self.get(actor, job_id)

    def reproduce(self, actor: Actor, job_id: str) -> Job:
        """Run a succeeded job's request and seed again and compare the results exactly."""
        original = self.get(actor, job_id)
        if original.state is not JobState.SUCCEEDED:
            raise Conflict(
                f"The job is {original.state}; only a finished result can be reproduced.",
                field="job",
            )
        kind = self._allowed(actor, original.kind)
        values = self._new_row(actor, kind, dict(original.request), original.request_hash)
        values["title"] = f"Reproduce: {original.title}"[:TITLE_LENGTH]
        values["seed"] = original.seed
        values["reproduce_of"] = original.id
        return self._write_and_ring(actor, values)

    def children(self, actor: Actor, job_id: str) -> Sequence[Job]:
        """The jobs it left behind, oldest first."""
        with self.db.read() as conn:
            return rows.children(conn, actor, job_id)

    def log_tail(self, actor: Actor, job_id: str, lines: int = 50) -> Sequence[LogLine]:
        """The newest log lines, oldest first."""
        with self.db.read() as conn:
            return rows.log_tail(conn, actor, job_id, lines)

    def artifacts(self, actor: Actor, job_id: str) -> Sequence[Artifact]:
        """A job's files."""
        with self.db.read() as conn:
            return artifact_rows.of_job(conn, actor, job_id)

    def open_artifact(self, actor: Actor, artifact_id: str) -> OpenArtifact:
        """A file and where its bytes are; NotFound when it is not the actor's."""
        with self.db.read() as conn:
            found = artifact_rows.get(conn, actor, artifact_id)
        path = self.store.open_path(found.sha256)
        return OpenArtifact(found.name, found.media_type, found.size, found.sha256, path)

    def queue_state(self, queue: str, job: Job | None = None) -> QueueState:
        """Workers and load of a queue, and how many jobs stand before `job`."""
        with self.db.read() as conn:
            running, ahead = rows.counts(conn, queue, job)
            seen = rows.live_workers(conn, clock.now(), WORKER_SILENT_S)
        serving = [worker for worker in seen if queue in worker.queues]
        return QueueState(
            workers=len(serving),
            slots=sum(worker.concurrency for worker in serving),
            running=running,
            ahead=ahead,
        )
