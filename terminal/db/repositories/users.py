"""Queries on users. User 0 is the terminal itself and never among those listed or changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from terminal.accounts.actor import SYSTEM, Actor, Role
from terminal.db.tables.accounts import users
from terminal.errors import NotFound


@dataclass(frozen=True)
class User:
    """An account as an administrator sees it; without its password."""

    id: int
    username: str
    role: Role
    active: bool
    has_password: bool
    created_at: datetime
    last_login_at: datetime | None

    @property
    def actor(self) -> Actor:
        return Actor(self.id, self.username, self.role)


@dataclass(frozen=True)
class Credentials:
    """What sign-in needs of a user."""

    user: User
    password_hash: str


_PEOPLE = users.c.id != SYSTEM.user_id


def actor(conn: sa.Connection, user_id: int) -> Actor:
    """The active user with this id; NotFound otherwise."""
    row = conn.execute(sa.select(users).where(users.c.id == user_id, users.c.active)).one_or_none()
    if row is None:
        raise NotFound(f"There is no active user {user_id}.", field="user")
    return Actor(row.id, row.username, Role(row.role))


def get(conn: sa.Connection, user_id: int) -> User:
    """The user with this id, active or not; NotFound otherwise."""
    row = conn.execute(sa.select(users).where(_PEOPLE, users.c.id == user_id)).one_or_none()
    if row is None:
        raise NotFound(f"There is no user {user_id}.", field="user")
    return _user(row)


def credentials(conn: sa.Connection, username: str) -> Credentials | None:
    """The user of this (normalised) name with the password hash; None when unknown."""
    row = conn.execute(sa.select(users).where(_PEOPLE, users.c.username == username)).one_or_none()
    return Credentials(_user(row), row.password_hash) if row is not None else None


def everyone(conn: sa.Connection) -> tuple[User, ...]:
    """All people, by name."""
    rows = conn.execute(sa.select(users).where(_PEOPLE).order_by(users.c.username))
    return tuple(_user(row) for row in rows)


def any_exists(conn: sa.Connection) -> bool:
    """True once the first person has an account."""
    return conn.execute(sa.select(users.c.id).where(_PEOPLE).limit(1)).first() is not None


def lock_administrators(conn: sa.Connection) -> frozenset[int]:
    """Ids of the administrators who can act, locked until this transaction ends.

    The lock makes two administrators who demote each other at once take turns.
    """
    query = sa.select(users.c.id).where(
        _PEOPLE, users.c.active, users.c.role == Role.ADMIN.value, users.c.password_hash != ""
    )
    rows = conn.execute(query.order_by(users.c.id).with_for_update())
    return frozenset(rows.scalars())


def insert(
    conn: sa.Connection, username: str, role: Role, password_hash: str, at: datetime
) -> User:
    """A new, active user; the name must be free (a unique constraint says so too)."""
    result = conn.execute(
        users.insert().values(
            username=username,
            password_hash=password_hash,
            role=role.value,
            active=True,
            created_at=at,
            password_changed_at=at if password_hash else None,
        )
    )
    key = result.inserted_primary_key
    assert key is not None  # noqa: S101  (an INSERT of one row always has one)
    return get(conn, key[0])


def set_password(conn: sa.Connection, user_id: int, password_hash: str, at: datetime) -> None:
    _update(conn, user_id, password_hash=password_hash, password_changed_at=at)


def rehash(conn: sa.Connection, user_id: int, password_hash: str) -> None:
    """The same password under today's parameters; not a change of password."""
    _update(conn, user_id, password_hash=password_hash)


def set_role(conn: sa.Connection, user_id: int, role: Role) -> None:
    _update(conn, user_id, role=role.value)


def set_active(conn: sa.Connection, user_id: int, active: bool) -> None:
    _update(conn, user_id, active=active)


def note_login(conn: sa.Connection, user_id: int, at: datetime) -> None:
    _update(conn, user_id, last_login_at=at)


def _update(conn: sa.Connection, user_id: int, **values: Any) -> None:
    result = conn.execute(users.update().where(_PEOPLE, users.c.id == user_id).values(**values))
    if result.rowcount != 1:
        raise NotFound(f"There is no user {user_id}.", field="user")


def _user(row: Any) -> User:
    return User(
        id=row.id,
        username=row.username,
        role=Role(row.role),
        active=row.active,
        has_password=bool(row.password_hash),
        created_at=row.created_at,
        last_login_at=row.last_login_at,
    )
