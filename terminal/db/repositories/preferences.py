"""Queries on preferences: a JSON value per user and key."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from terminal.accounts.actor import Actor
from terminal.db.tables.accounts import preferences


def all_of(conn: sa.Connection, actor: Actor) -> dict[str, Any]:
    """Everything the actor has chosen."""
    query = sa.select(preferences.c.key, preferences.c.value)
    rows = conn.execute(query.where(preferences.c.user_id == actor.user_id))
    return {row.key: row.value for row in rows}


def put(conn: sa.Connection, actor: Actor, key: str, value: Any, at: datetime) -> None:
    """Set one; the last writer wins."""
    insert = postgresql.insert if conn.dialect.name == "postgresql" else sqlite.insert
    row = {"user_id": actor.user_id, "key": key, "value": value, "updated_at": at}
    statement = insert(preferences).values(row)
    conn.execute(
        statement.on_conflict_do_update(
            index_elements=["user_id", "key"], set_={"value": value, "updated_at": at}
        )
    )


def remove(conn: sa.Connection, actor: Actor, key: str) -> None:
    """Back to the default; nothing happens when there is none."""
    conn.execute(
        preferences.delete().where(preferences.c.user_id == actor.user_id, preferences.c.key == key)
    )
