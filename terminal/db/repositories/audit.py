"""The append-only, hash-chained audit log.

Every entry's hash covers its own fields and the hash of the entry before it, so a changed, removed
or inserted entry breaks the chain at a place that can be named. Database triggers refuse UPDATE
and DELETE. What no chain shows by itself is a cut-off end: compare with a head (`id`, `hash`) noted
down elsewhere.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
import sqlalchemy as sa

from terminal import clock
from terminal.accounts.actor import Actor
from terminal.db.tables.accounts import audit_log

GENESIS = "0" * 64
OBJECT_LENGTH = 200
_LOCK = 4_711_080_501


@dataclass(frozen=True)
class AuditEntry:
    """Who did what to which object, when; `detail` holds no secrets."""

    id: int
    at: datetime
    actor_id: int
    actor_name: str
    action: str
    object: str
    detail: Mapping[str, Any]
    hash: str


@dataclass(frozen=True)
class Verification:
    """Outcome of walking the chain: `entries` read, the `head` hash, the first broken id."""

    entries: int
    head: str
    broken: int | None
    reason: str

    @property
    def intact(self) -> bool:
        return self.broken is None


def record(
    conn: sa.Connection, actor: Actor, action: str, object: str, detail: Mapping[str, Any]
) -> None:
    """Append an entry inside the caller's write transaction; it commits or vanishes with it.

    Entries take turns until commit (PostgreSQL: an advisory lock): call it last in a transaction.
    """
    if conn.dialect.name == "postgresql":
        conn.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
    last = conn.execute(
        sa.select(audit_log.c.id, audit_log.c.hash).order_by(audit_log.c.id.desc()).limit(1)
    ).one_or_none()
    entry = {
        "id": last.id + 1 if last else 1,
        "at": clock.now(),
        "actor_id": actor.user_id,
        "actor_name": actor.username,
        "action": action,
        "object": object[:OBJECT_LENGTH],
        "detail": orjson.dumps(dict(detail), option=orjson.OPT_SORT_KEYS).decode(),
        "previous_hash": last.hash if last else GENESIS,
    }
    conn.execute(audit_log.insert().values(**entry, hash=entry_hash(entry)))


def entry_hash(entry: Mapping[str, Any]) -> str:
    """SHA-256 over every field of the entry, the previous hash included."""
    fields = [
        entry["id"],
        entry["at"].isoformat(),
        entry["actor_id"],
        entry["actor_name"],
        entry["action"],
        entry["object"],
        entry["detail"],
        entry["previous_hash"],
    ]
    return hashlib.sha256(orjson.dumps(fields)).hexdigest()


def verify(conn: sa.Connection, noted: tuple[int, str] | None = None) -> Verification:
    """Walk the whole chain and name the first entry that does not hold.

    `noted` is a head (id, hash) written down earlier: it must still be in the chain, which shows
    a log that was cut off or written anew.
    """
    previous, expected = GENESIS, 1
    noted_id, noted_hash = noted or (0, GENESIS)
    for row in conn.execute(sa.select(audit_log).order_by(audit_log.c.id)):
        reason = _flaw(row._asdict(), expected, previous)
        if not reason and row.id == noted_id and row.hash != noted_hash:
            reason = "it is not the entry that was noted down"
        if reason:
            return Verification(expected - 1, previous, expected, reason)
        previous, expected = row.hash, expected + 1
    if noted_id >= expected:
        reason = "the log ends before the entry that was noted down"
        return Verification(expected - 1, previous, expected, reason)
    return Verification(expected - 1, previous, None, "")


def newest(conn: sa.Connection, *, before: int | None = None, limit: int) -> tuple[AuditEntry, ...]:
    """The last entries, newest first; `before` continues an earlier list."""
    query = sa.select(audit_log).order_by(audit_log.c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(audit_log.c.id < before)
    return tuple(
        AuditEntry(
            id=row.id,
            at=row.at,
            actor_id=row.actor_id,
            actor_name=row.actor_name,
            action=row.action,
            object=row.object,
            detail=orjson.loads(row.detail),
            hash=row.hash,
        )
        for row in conn.execute(query)
    )


def _flaw(entry: Mapping[str, Any], expected: int, previous: str) -> str:
    """What is wrong with an entry in its place; empty when nothing is."""
    if entry["id"] != expected:
        return "it is missing"
    if entry["previous_hash"] != previous:
        return "it does not follow the entry before it"
    if entry["hash"] != entry_hash(entry):
        return "its contents were changed"
    return ""
