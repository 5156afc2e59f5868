"""Queries on saved rule sets; the owner filter is here. Every save is kept as a version."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from terminal.accounts.actor import Actor
from terminal.db.tables.rules import rule_set_versions, rule_sets
from terminal.errors import Conflict, InputError, NotFound

MOST_SETS = 500


@dataclass(frozen=True)
class RuleSetRow:
    """A saved rule set with the rules of one version.

    version, saved_at : of the rules shown; newest : the last version there is.
    """

    id: int
    owner_id: int
    name: str
    rules: str
    version: int
    saved_at: datetime
    newest: int


_SELECT = sa.select(
    rule_sets.c.id,
    rule_sets.c.owner_id,
    rule_sets.c.name,
    rule_set_versions.c.rules,
    rule_set_versions.c.version,
    rule_set_versions.c.created_at.label("saved_at"),
    rule_sets.c.version.label("newest"),
).join_from(rule_sets, rule_set_versions, rule_set_versions.c.rule_set_id == rule_sets.c.id)


def find(conn: sa.Connection, actor: Actor) -> list[RuleSetRow]:
    """The actor's own rule sets in their newest version, last changed first."""
    query = _SELECT.where(
        rule_sets.c.owner_id == actor.user_id, rule_set_versions.c.version == rule_sets.c.version
    ).order_by(rule_sets.c.updated_at.desc(), rule_sets.c.id.desc())
    return [RuleSetRow(**row._mapping) for row in conn.execute(query)]


def get(conn: sa.Connection, actor: Actor, id: int, version: int | None = None) -> RuleSetRow:
    """One rule set of the actor's own, in its newest version or the one asked for.

    Raises
    ------
    NotFound : there is none, it is somebody else's, or it has no such version.
    """
    wanted = rule_sets.c.version if version is None else version
    query = _SELECT.where(
        rule_sets.c.id == id,
        rule_sets.c.owner_id == actor.user_id,
        rule_set_versions.c.version == wanted,
    )
    row = conn.execute(query).one_or_none()
    if row is None:
        which = "" if version is None else f" in version {version}"
        raise NotFound(f"There is no rule set {id}{which}.", field="rules")
    return RuleSetRow(**row._mapping)


def versions(conn: sa.Connection, actor: Actor, id: int) -> list[tuple[int, datetime]]:
    """(version, when it was saved), newest first; empty when it is not the actor's."""
    query = (
        sa.select(rule_set_versions.c.version, rule_set_versions.c.created_at)
        .join(rule_sets, rule_sets.c.id == rule_set_versions.c.rule_set_id)
        .where(rule_sets.c.id == id, rule_sets.c.owner_id == actor.user_id)
        .order_by(rule_set_versions.c.version.desc())
    )
    return [(row.version, row.created_at) for row in conn.execute(query)]


def create(conn: sa.Connection, actor: Actor, name: str, rules: str, at: datetime) -> int:
    """Save new rules as version 1; answers the id.

    Raises
    ------
    Conflict : the actor has a rule set of that name.
    InputError : the actor has as many as are kept.
    """
    own = sa.select(sa.func.count()).where(rule_sets.c.owner_id == actor.user_id)
    if int(conn.execute(own).scalar_one()) >= MOST_SETS:
        raise InputError(
            f"You have {MOST_SETS} rule sets, as many as are kept.",
            field="name",
            remedy="Delete one first.",
        )
    _require_free(conn, actor, name)
    made = conn.execute(
        rule_sets.insert()
        .values(owner_id=actor.user_id, name=name, version=1, created_at=at, updated_at=at)
        .returning(rule_sets.c.id)
    ).scalar_one()
    _keep(conn, int(made), 1, rules, at)
    return int(made)


def save(conn: sa.Connection, actor: Actor, id: int, rules: str, at: datetime) -> int:
    """Keep changed rules as a new version and answer its number; the same rules stay what they
    are. NotFound when the rule set is not the actor's."""
    newest = get(conn, actor, id)
    if newest.rules == rules:
        return newest.version
    # the update locks the row, so that two savers at once get two numbers
    version = conn.execute(
        rule_sets.update()
        .where(rule_sets.c.id == id, rule_sets.c.owner_id == actor.user_id)
        .values(version=rule_sets.c.version + 1, updated_at=at)
        .returning(rule_sets.c.version)
    ).scalar_one()
    _keep(conn, id, int(version), rules, at)
    return int(version)


def rename(conn: sa.Connection, actor: Actor, id: int, name: str, at: datetime) -> None:
    """Another name; Conflict when the actor uses it already, NotFound when it is not theirs."""
    if get(conn, actor, id).name == name:
        return
    _require_free(conn, actor, name)
    conn.execute(rule_sets.update().where(rule_sets.c.id == id).values(name=name, updated_at=at))


def delete(conn: sa.Connection, actor: Actor, id: int) -> None:
    """Remove it with all versions; NotFound when it is not the actor's. Runs keep their rules."""
    get(conn, actor, id)
    conn.execute(rule_set_versions.delete().where(rule_set_versions.c.rule_set_id == id))
    conn.execute(rule_sets.delete().where(rule_sets.c.id == id))


def free_name(conn: sa.Connection, actor: Actor, name: str, longest: int) -> str:
    """`name`, with a number behind it where the actor uses it already."""
    query = sa.select(rule_sets.c.name).where(rule_sets.c.owner_id == actor.user_id)
    taken = {row.name for row in conn.execute(query)}
    found, number = name, 1
    while found in taken:
        number += 1
        tail = f" {number}"
        found = name[: longest - len(tail)] + tail
    return found


def _keep(conn: sa.Connection, id: int, version: int, rules: str, at: datetime) -> None:
    values: dict[str, Any] = {"rule_set_id": id, "version": version, "rules": rules}
    conn.execute(rule_set_versions.insert().values(**values, created_at=at))


def _require_free(conn: sa.Connection, actor: Actor, name: str) -> None:
    query = sa.select(rule_sets.c.id).where(
        rule_sets.c.owner_id == actor.user_id, rule_sets.c.name == name
    )
    if conn.execute(query).first() is not None:
        raise Conflict(
            f"You have a rule set called {name!r} already.",
            field="name",
            remedy="Choose another name.",
        )
