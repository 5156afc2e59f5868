"""Queries on saved feature sets; the owner filter is here. Every save is kept as a version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
import sqlalchemy as sa

from terminal.accounts.actor import Actor
from terminal.codec import from_json, to_json
from terminal.db.tables.models import feature_set_versions, feature_sets
from terminal.errors import Conflict, InputError, NotFound
from terminal.features.feature_set import FeatureSet

MOST_SETS = 500


@dataclass(frozen=True)
class FeatureSetRow:
    """A saved feature set with the features of one version.

    version, saved_at : of the features shown; newest : the last version there is.
    """

    id: int
    owner_id: int
    name: str
    features: FeatureSet
    version: int
    saved_at: datetime
    newest: int


_SELECT = sa.select(
    feature_sets.c.id,
    feature_sets.c.owner_id,
    feature_sets.c.name,
    feature_set_versions.c.features,
    feature_set_versions.c.version,
    feature_set_versions.c.created_at.label("saved_at"),
    feature_sets.c.version.label("newest"),
).join_from(
    feature_sets, feature_set_versions, feature_set_versions.c.feature_set_id == feature_sets.c.id
)


def find(conn: sa.Connection, actor: Actor) -> list[FeatureSetRow]:
    """The actor's own feature sets in their newest version, last changed first."""
    query = _SELECT.where(
        feature_sets.c.owner_id == actor.user_id,
        feature_set_versions.c.version == feature_sets.c.version,
    ).order_by(feature_sets.c.updated_at.desc(), feature_sets.c.id.desc())
    return [_row(row._mapping) for row in conn.execute(query)]


def get(conn: sa.Connection, actor: Actor, id: int, version: int | None = None) -> FeatureSetRow:
    """One feature set of the actor's own, in its newest version or the one asked for.

    Raises
    ------
    NotFound : there is none, it is somebody else's, or it has no such version.
    """
    wanted = feature_sets.c.version if version is None else version
    query = _SELECT.where(
        feature_sets.c.id == id,
        feature_sets.c.owner_id == actor.user_id,
        feature_set_versions.c.version == wanted,
    )
    row = conn.execute(query).one_or_none()
    if row is None:
        which = "" if version is None else f" in version {version}"
        raise NotFound(f"There is no feature set {id}{which}.", field="features")
    return _row(row._mapping)


def versions(conn: sa.Connection, actor: Actor, id: int) -> list[tuple[int, datetime]]:
    """(version, when it was saved), newest first; empty when it is not the actor's."""
    query = (
        sa.select(feature_set_versions.c.version, feature_set_versions.c.created_at)
        .join(feature_sets, feature_sets.c.id == feature_set_versions.c.feature_set_id)
        .where(feature_sets.c.id == id, feature_sets.c.owner_id == actor.user_id)
        .order_by(feature_set_versions.c.version.desc())
    )
    return [(row.version, row.created_at) for row in conn.execute(query)]


def create(conn: sa.Connection, actor: Actor, name: str, features: FeatureSet, at: datetime) -> int:
    """Save new features as version 1; answers the id.

    Raises
    ------
    Conflict : the actor has a feature set of that name.
    InputError : the actor has as many as are kept, or the name is empty.
    """
    own = sa.select(sa.func.count()).where(feature_sets.c.owner_id == actor.user_id)
    if int(conn.execute(own).scalar_one()) >= MOST_SETS:
        raise InputError(
            f"You have {MOST_SETS} feature sets, as many as are kept.",
            field="name",
            remedy="Delete one first.",
        )
    _require_free(conn, actor, name)
    made = conn.execute(
        feature_sets.insert()
        .values(owner_id=actor.user_id, name=name, version=1, created_at=at, updated_at=at)
        .returning(feature_sets.c.id)
    ).scalar_one()
    _keep(conn, int(made), 1, features, at)
    return int(made)


def save(conn: sa.Connection, actor: Actor, id: int, features: FeatureSet, at: datetime) -> int:
    """Keep changed features as a new version and answer its number; the same features stay what
    they are. NotFound when the feature set is not the actor's."""
    newest = get(conn, actor, id)
    if _text(newest.features) == _text(features):
        return newest.version
    # the update locks the row, so that two savers at once get two numbers
    version = conn.execute(
        feature_sets.update()
        .where(feature_sets.c.id == id, feature_sets.c.owner_id == actor.user_id)
        .values(version=feature_sets.c.version + 1, updated_at=at)
        .returning(feature_sets.c.version)
    ).scalar_one()
    _keep(conn, id, int(version), features, at)
    return int(version)


def rename(conn: sa.Connection, actor: Actor, id: int, name: str, at: datetime) -> None:
    """Another name; Conflict when the actor uses it already, NotFound when it is not theirs."""
    if get(conn, actor, id).name == name:
        return
    _require_free(conn, actor, name)
    conn.execute(
        feature_sets.update().where(feature_sets.c.id == id).values(name=name, updated_at=at)
    )


def delete(conn: sa.Connection, actor: Actor, id: int) -> None:
    """Remove it with all versions; NotFound when it is not the actor's. Trainings and models keep
    their features."""
    get(conn, actor, id)
    conn.execute(feature_set_versions.delete().where(feature_set_versions.c.feature_set_id == id))
    conn.execute(feature_sets.delete().where(feature_sets.c.id == id))


def _row(row: Mapping[Any, Any]) -> FeatureSetRow:
    values = dict(row)
    values["features"] = from_json(FeatureSet, orjson.loads(values["features"]))
    return FeatureSetRow(**values)


def _text(features: FeatureSet) -> str:
    return orjson.dumps(to_json(features), option=orjson.OPT_SORT_KEYS).decode()


def _keep(conn: sa.Connection, id: int, version: int, features: FeatureSet, at: datetime) -> None:
    conn.execute(
        feature_set_versions.insert().values(
            feature_set_id=id, version=version, features=_text(features), created_at=at
        )
    )


def _require_free(conn: sa.Connection, actor: Actor, name: str) -> None:
    if not name.strip():
        raise InputError(
            "A feature set needs a name.", field="name", remedy="Type one to save it under."
        )
    query = sa.select(feature_sets.c.id).where(
        feature_sets.c.owner_id == actor.user_id, feature_sets.c.name == name
    )
    if conn.execute(query).first() is not None:
        raise Conflict(
            f"You have a feature set called {name!r} already.",
            field="name",
            remedy="Choose another name.",
        )
