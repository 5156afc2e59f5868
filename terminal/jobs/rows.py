"""The row of a new job, and jobs that a job leaves behind."""

from __future__ import annotations

import uuid
from typing import Any

import sqlalchemy as sa

from terminal import clock
from terminal.accounts.actor import Actor
from terminal.codec import content_hash, to_json
from terminal.db.repositories import jobs as rows
from terminal.jobs.kinds import JobKind, get_kind
from terminal.jobs.lineage import code_version
from terminal.jobs.values import JobState
from terminal.settings import Settings

TITLE_LENGTH = 200


def new_row(
    settings: Settings, actor: Actor, kind: JobKind, request: Any, request_hash: str
) -> dict[str, Any]:
    """What every queued job has; `request` is JSON."""
    jobs = settings.jobs
    return {
        "id": uuid.uuid4().hex,
        "owner_id": actor.user_id,
        "kind": kind.name,
        "queue": kind.queue,
        "state": JobState.QUEUED,
        "request": request,
        "request_hash": request_hash,
        "fraction": 0.0,
        "stage": "queued",
        "message": "",
        "attempt": 0,
        "max_attempts": kind.max_attempts or jobs.max_attempts,
        "deadline_s": kind.deadline_s or jobs.deadline_s,
        "cancel_requested": False,
        "created_at": clock.now(),
        "code_version": code_version(),
        "data_version": "",
    }


def add_child(
    conn: sa.Connection,
    settings: Settings,
    actor: Actor,
    kind: str,
    request: Any,
    *,
    parent_id: str,
    title: str,
    seed: int,
) -> str:
    """Queue a job in the transaction in which its parent succeeds; returns its id.

    There is nothing to ring with here: the worker rings for it as soon as the parent has ended, and
    the sweeper would otherwise.
    """
    values = new_row(settings, actor, get_kind(kind), to_json(request), content_hash(request))
    values |= {"parent_id": parent_id, "title": title[:TITLE_LENGTH], "seed": seed}
    rows.insert(conn, values)
    return str(values["id"])
