"""Queries on one-time links (first administrator, password reset). Only hashes are stored."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import sqlalchemy as sa

from terminal.db.tables.accounts import one_time_links as links

Purpose = Literal["setup", "reset"]


def replace(
    conn: sa.Connection,
    purpose: Purpose,
    user_id: int | None,
    token_hash: str,
    at: datetime,
    expires_at: datetime,
) -> None:
    """A new link; unused ones of the same purpose and user stop working."""
    withdraw(conn, purpose, user_id)
    conn.execute(
        links.insert().values(
            purpose=purpose,
            user_id=user_id,
            token_hash=token_hash,
            created_at=at,
            expires_at=expires_at,
        )
    )


def withdraw(conn: sa.Connection, purpose: Purpose, user_id: int | None) -> None:
    """Make unused links of this purpose and user stop working."""
    whose = links.c.user_id.is_(None) if user_id is None else links.c.user_id == user_id
    conn.execute(links.delete().where(links.c.purpose == purpose, whose, links.c.used_at.is_(None)))


def usable(conn: sa.Connection, purpose: Purpose, token_hash: str, at: datetime) -> bool:
    """True when the link would work now."""
    return (
        conn.execute(sa.select(links.c.id).where(*_open(purpose, token_hash, at))).first()
        is not None
    )


def redeem(conn: sa.Connection, purpose: Purpose, token_hash: str, at: datetime) -> bool:
    """Use the link up; True for exactly one caller, whoever else tries at the same time."""
    result = conn.execute(links.update().where(*_open(purpose, token_hash, at)).values(used_at=at))
    return result.rowcount == 1


def user_of(conn: sa.Connection, token_hash: str) -> int | None:
    """Whose password a reset link sets."""
    return conn.execute(
        sa.select(links.c.user_id).where(links.c.token_hash == token_hash)
    ).scalar_one_or_none()


def _open(purpose: Purpose, token_hash: str, at: datetime) -> list[sa.ColumnElement[bool]]:
    return [
        links.c.token_hash == token_hash,
        links.c.purpose == purpose,
        links.c.used_at.is_(None),
        links.c.expires_at > at,
    ]
