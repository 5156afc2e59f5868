"""A person registers a model that the gate refused: with a reason, on record, never for production.

The verdict stays what it was. What such a version is for is to look at it: explain it, backtest it,
watch it drift.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import orjson
import sqlalchemy as sa

from terminal import clock
from terminal.accounts.actor import Actor
from terminal.db.database import Database
from terminal.db.repositories import artifacts, audit
from terminal.db.repositories import models as model_rows
from terminal.db.repositories import training as rows
from terminal.db.repositories.models import NewVersion, VersionRow
from terminal.errors import Conflict, InputError, NotFound
from terminal.jobs.artifacts import ArtifactStore
from terminal.models.registry import store_of
from terminal.models.signing_key import signing_key
from terminal.settings import Settings
from terminal.training.version import BASELINE, PACKAGE, RESULT, version_of

SHORTEST, LONGEST = 10, 500


def register_refused(
    db: Database, settings: Settings, actor: Actor, job_id: str, reason: str
) -> VersionRow:
    """Register what a finished training of the actor's own made, in spite of the gate.

    Raises
    ------
    InputError : the reason is too short or too long, or the package was changed.
    Conflict : the gate let it pass, it is registered already, or the training was a dry run.
    NotFound : the training is not the actor's, or its files are gone.
    """
    words = " ".join(reason.split())
    if not SHORTEST <= len(words) <= LONGEST:
        raise InputError(
            f"The reason has {len(words)} characters; {SHORTEST} to {LONGEST} are wanted.",
            field="reason",
            remedy="Say why the model is to be kept although its score is not better than luck.",
        )
    with db.read() as conn:
        row = rows.get(conn, actor, job_id)
        files = {item.name: item.sha256 for item in artifacts.of_job(conn, actor, job_id)}
    if row.owner_id != actor.user_id:
        raise NotFound(f"There is no training {job_id} of yours.", field="training")
    if row.passed is not False:
        raise Conflict(
            "The gate let this model pass, or has not spoken: there is nothing to overrule.",
            field="training",
        )
    store = store_of(settings)
    overruled = {"reason": words, "by": actor.username}
    package = _file(store, files, PACKAGE)
    manifest = _manifest(package, signing_key(settings))
    result: dict[str, Any] = orjson.loads(_file(store, files, RESULT))
    made = version_of(
        job_id,
        row.model,
        result | {"verdict": result["verdict"] | {"overruled": overruled}},
        str((row.result or {})["weights_hash"]),
        manifest,
        files[PACKAGE],
        orjson.loads(_file(store, files, BASELINE)),
    )
    with db.write() as conn:
        return _register(conn, actor, row.name, made, words)


def _register(
    conn: sa.Connection, actor: Actor, name: str, made: NewVersion, reason: str
) -> VersionRow:
    if model_rows.of_job(conn, actor, made.job_id) is not None:
        raise Conflict("This model is registered already.", field="training")
    version = model_rows.register(conn, actor, name, made, clock.now())
    audit.record(
        conn, actor, "model.overruled", f"{version.name} {version.version}", {"reason": reason}
    )
    return version


def _file(store: ArtifactStore, files: dict[str, str], name: str) -> bytes:
    if name not in files:
        raise NotFound(
            f"The file {name} of this training is missing.", field="training",
            remedy="Train the model again.",
        )  # fmt: skip
    return store.open_path(files[name]).read_bytes()


def _manifest(content: bytes, key: bytes) -> dict[str, Any]:
    from terminal.models.archive import unpack
    from terminal.models.package import read_manifest

    with tempfile.TemporaryDirectory(prefix="training-") as place:
        folder = Path(place) / "package"
        unpack(content, folder)
        found = read_manifest(folder, key)
    files = {name: {"sha256": one.sha256, "size": one.size} for name, one in found.files.items()}
    return {"format": found.format, "files": files, "about": dict(found.about)}
