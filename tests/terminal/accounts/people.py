"""Accounts and open sessions for tests, without paying for a password hash each time."""

from __future__ import annotations

from functools import lru_cache

from argon2 import PasswordHasher

from terminal import clock
from terminal.accounts.actor import Actor, Role
from terminal.accounts.sign_in import SignedIn, open_session
from terminal.db.database import Database
from terminal.db.repositories import users
from terminal.settings import AccountSettings

PASSWORD = "correct horse battery"
ADDRESS = "192.0.2.7"
CHEAP = PasswordHasher(time_cost=1, memory_cost=512, parallelism=1)
"""Argon2id as in life, with a hundredth of the work."""


@lru_cache(maxsize=1)
def password_hash() -> str:
    return CHEAP.hash(PASSWORD)


def person(db: Database, username: str, role: Role = Role.TRADER) -> Actor:
    """An active user whose password is `PASSWORD`."""
    with db.write() as conn:
        return users.insert(conn, username, role, password_hash(), clock.now()).actor


def signed_in(db: Database, settings: AccountSettings, actor: Actor) -> SignedIn:
    """A live session of `actor`."""
    with db.write() as conn:
        return open_session(conn, settings, actor, ADDRESS, "test browser")
