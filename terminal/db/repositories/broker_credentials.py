"""Queries on stored broker keys; the owner filter is here, and what is stored is sealed.

Only a process that trades opens what is sealed; pages see a name and the key's last characters.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from terminal.accounts.actor import Actor
from terminal.db.tables.trading import BROKERS, broker_credentials, trading_accounts
from terminal.errors import Conflict, InputError, NotFound

_T = broker_credentials
HINT = 4
LONGEST_NAME = 64


@dataclass(frozen=True)
class CredentialRow:
    """Stored keys, without the keys. key_hint : the key's last four characters."""

    id: str
    owner_id: int
    broker: str
    name: str
    key_hint: str
    created_at: datetime


_SEEN = sa.select(_T.c.id, _T.c.owner_id, _T.c.broker, _T.c.name, _T.c.key_hint, _T.c.created_at)


def create(
    conn: sa.Connection,
    actor: Actor,
    broker: str,
    name: str,
    key: str,
    sealed: str,
    at: datetime,
) -> CredentialRow:
    """Store keys that `terminal.accounts.sealed.seal` has sealed; of `key` its end is kept.

    Raises
    ------
    InputError : the broker is unknown, or the name is empty or too long.
    """
    name = name.strip()
    if broker not in BROKERS:
        raise InputError(f"{broker!r} is none of {', '.join(BROKERS)}.", field="broker")
    if not 1 <= len(name) <= LONGEST_NAME:
        raise InputError(f"A name has 1 to {LONGEST_NAME} characters.", field="name")
    row = CredentialRow(
        id=secrets.token_hex(8),
        owner_id=actor.user_id,
        broker=broker,
        name=name,
        key_hint=key[-HINT:] if len(key) > 2 * HINT else "",
        created_at=at,
    )
    conn.execute(_T.insert().values(**vars(row), sealed=sealed))
    return row


def find(conn: sa.Connection, actor: Actor) -> list[CredentialRow]:
    """The actor's own, by name."""
    query = _SEEN.where(_T.c.owner_id == actor.user_id).order_by(_T.c.name, _T.c.created_at)
    return [CredentialRow(**row._mapping) for row in conn.execute(query)]


def sealed(conn: sa.Connection, owner_id: int, id: str) -> str:
    """What is sealed, of an account whose owner is `owner_id`.

    Raises
    ------
    NotFound : there is none, or it is somebody else's.
    """
    query = sa.select(_T.c.sealed).where(_T.c.id == id, _T.c.owner_id == owner_id)
    found: str | None = conn.execute(query).scalar_one_or_none()
    if found is None:
        raise NotFound(
            "The account's broker keys are gone.",
            field="credential",
            remedy="Enter the broker's keys again.",
        )
    return found


def delete(conn: sa.Connection, actor: Actor, id: str) -> None:
    """Remove the actor's own keys.

    Raises
    ------
    NotFound : there are none. Conflict : an open account needs them.
    """
    used = sa.select(trading_accounts.c.name).where(
        trading_accounts.c.credential_id == id, trading_accounts.c.closed_at.is_(None)
    )
    name = conn.execute(used).scalars().first()
    mine = conn.execute(_SEEN.where(_T.c.id == id, _T.c.owner_id == actor.user_id)).one_or_none()
    if mine is None:
        raise NotFound("There are no such keys.", field="credential")
    if name is not None:
        raise Conflict(
            f"The account {name!r} needs these keys.",
            field="credential",
            remedy="Close the account first.",
        )
    conn.execute(
        trading_accounts.update()
        .where(trading_accounts.c.credential_id == id)
        .values(credential_id=None)
    )
    conn.execute(_T.delete().where(_T.c.id == id))
