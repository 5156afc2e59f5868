"""The registry of models, for pages and jobs: load a version, change its stage, compare, roll back.

Every change of a stage is in the audit log. A package is loaded only for those who may see the
version, only if its bytes are those that were registered, its seal is this installation's, and its
manifest says the same owner.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from terminal import clock
from terminal.accounts.actor import Actor
from terminal.db.database import Database
from terminal.db.repositories import audit
from terminal.db.repositories import models as rows
from terminal.db.repositories.models import VersionRow
from terminal.errors import Conflict, InputError
from terminal.jobs.artifacts import ArtifactStore
from terminal.models.signing_key import signing_key
from terminal.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from terminal.models.package import Package


def store_of(settings: Settings) -> ArtifactStore:
    """Where packages lie."""
    return ArtifactStore(settings.storage.root, settings.storage.min_free_mb)


def load_model(db: Database, settings: Settings, actor: Actor, version_id: int) -> Package:
    """The fitted model of a version and its manifest.

    Raises
    ------
    NotFound : there is no such version, it is not the actor's, or its file is missing.
    InputError : the package was changed, has another seal or another owner.
    """
    from terminal.models.package import read_package

    with db.read() as conn:
        row = rows.get(conn, actor, version_id)
    with _unpacked(settings, row) as folder:
        package = read_package(folder, signing_key(settings))
    if package.manifest.about.get("owner_id") != row.owner_id:
        raise InputError(
            f"The package of {row.words} belongs to another person.",
            field="model",
            remedy="Train the model again.",
        )
    return package


@contextmanager
def _unpacked(settings: Settings, row: VersionRow) -> Iterator[Path]:
    from terminal.models.archive import unpack

    content = package_bytes(settings, row)
    with tempfile.TemporaryDirectory(prefix="model-") as place:
        folder = Path(place) / "package"
        unpack(content, folder)
        yield folder


def package_bytes(settings: Settings, row: VersionRow) -> bytes:
    """The zip of a version, checked against its hash: what a download sends."""
    content = store_of(settings).open_path(row.package_sha256).read_bytes()
    if hashlib.sha256(content).hexdigest() != row.package_sha256:
        raise InputError(
            f"The package of {row.words} was changed on disk.",
            field="model",
            remedy="Restore it from a backup, or train the model again.",
        )
    return content


def move(db: Database, actor: Actor, version_id: int, stage: str) -> VersionRow:
    """Give a version of the actor's own another stage; the version as it is then.

    The version that production is taken from is archived.
    """
    with db.write() as conn:
        before = rows.get(conn, actor, version_id)
        replaced = rows.set_stage(conn, actor, version_id, stage, clock.now())
        after = rows.get(conn, actor, version_id)
        if after.stage != before.stage:
            detail: dict[str, Any] = {"from": before.stage, "to": after.stage}
            if replaced is not None:
                detail["replaced"] = replaced.version
            audit.record(conn, actor, "model.stage", f"{after.name} {after.version}", detail)
    return after


def roll_back(
    db: Database, actor: Actor, model_id: int, version_id: int | None = None
) -> VersionRow:
    """Put an earlier version back into production: the one named, or the one before.

    Raises
    ------
    Conflict : there is none that was in production before.
    NotFound : the version is not of this model, or not the actor's.
    """
    with db.write() as conn:
        if version_id is None:
            found = rows.before_production(conn, actor, model_id)
            if found is None:
                raise Conflict(
                    "No other version of this model has been in production.",
                    field="model",
                    remedy="Move the version you want into production.",
                )
        else:
            found = rows.get(conn, actor, version_id)
            if found.model_id != model_id:
                raise Conflict("The version is of another model.", field="model")
        replaced = rows.set_stage(conn, actor, found.id, rows.PRODUCTION, clock.now())
        after = rows.get(conn, actor, found.id)
        detail = {"to": after.version, "from": None if replaced is None else replaced.version}
        audit.record(conn, actor, "model.rollback", after.name, detail)
    return after


@dataclass(frozen=True)
class Difference:
    """One thing in which two versions differ, or agree."""

    group: str
    name: str
    left: Any
    right: Any

    @property
    def same(self) -> bool:
        return bool(self.left == self.right)


GROUPS = ("metrics", "recipe", "lineage")


def compare(left: VersionRow, right: VersionRow) -> list[Difference]:
    """Two versions side by side: figures, recipe and lineage, in a fixed order."""
    found = [
        Difference("model", name, getattr(left, name), getattr(right, name))
        for name in ("name", "version", "kind", "stage", "weights_hash", "created_at")
    ]
    for group in GROUPS:
        ours, theirs = _flat(getattr(left, group)), _flat(getattr(right, group))
        found += [
            Difference(group, name, ours.get(name), theirs.get(name))
            for name in [*ours, *(key for key in theirs if key not in ours)]
        ]
    return found


def _flat(values: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    """Nested values under dotted names."""
    out: dict[str, Any] = {}
    for key, value in values.items():
        if isinstance(value, Mapping):
            out |= _flat(value, f"{before}{key}.")
        else:
            out[f"{before}{key}"] = value
    return out
