"""Sign in, stay signed in, sign out.

The browser holds a random token; the database holds only its hash, with an end that nothing
extends (`session_hours`) and an idle limit. Signing out, changing the password and deactivating
the user delete the row, so a copied cookie is worth nothing afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from terminal import clock
from terminal.accounts import names, passwords
from terminal.accounts.actor import SYSTEM, Actor
from terminal.accounts.throttle import count_attempt
from terminal.accounts.tokens import new_token, token_hash
from terminal.db.database import Database
from terminal.db.repositories import audit, login_attempts, sessions, users
from terminal.db.repositories.sessions import Session
from terminal.errors import Unauthenticated
from terminal.settings import AccountSettings

TOUCH_EVERY = timedelta(seconds=60)
WRONG = "The user name or the password is wrong."


@dataclass(frozen=True)
class SignedIn:
    """A fresh session; `token` goes to the browser and is kept nowhere else."""

    token: str
    actor: Actor
    expires_at: datetime


def sign_in(
    db: Database,
    settings: AccountSettings,
    username: str,
    password: str,
    *,
    address: str,
    browser: str = "",
) -> SignedIn:
    """Check name and password and open a session.

    The slow hash runs outside any transaction: a guesser cannot hold the write lock.

    Raises
    ------
    TooManyAttempts : this name or address has failed too often; the sentence says how long.
    Unauthenticated : one sentence for a wrong name, a wrong password and a deactivated user.
    """
    name = names.normalise(username)
    count_attempt(db, settings, name, address)
    with db.read() as conn:
        found = users.credentials(conn, name)
    known = found.password_hash if found and found.user.active else None
    if not passwords.verify(password, known) or found is None:
        _note_failure(db, found, address)
        raise Unauthenticated(WRONG, remedy="Check both and try again.")
    fresh = passwords.hash_password(password) if passwords.outdated(found.password_hash) else None
    with db.write() as conn:
        now = users.credentials(conn, name)
        if now is None or not now.user.active or now.password_hash != found.password_hash:
            raise Unauthenticated(WRONG, remedy="Check both and try again.")
        if fresh:
            users.rehash(conn, now.user.id, fresh)
        login_attempts.forgive(conn, name, address)
        opened = open_session(conn, settings, now.user.actor, address, browser)
        users.note_login(conn, now.user.id, clock.now())
        audit.record(conn, now.user.actor, "login.ok", f"user:{now.user.id}", {"address": address})
    return opened


def open_session(
    conn: sa.Connection,
    settings: AccountSettings,
    actor: Actor,
    address: str,
    browser: str,
) -> SignedIn:
    """A session row for somebody whose identity has just been proven."""
    at = clock.now()
    token = new_token()
    expires_at = at + timedelta(hours=settings.session_hours)
    sessions.purge(conn, at, idle_limit(settings))
    sessions.insert(conn, actor.user_id, token_hash(token), at, expires_at, address, browser)
    return SignedIn(token, actor, expires_at)


def find_session(db: Database, settings: AccountSettings, token: str) -> Session | None:
    """The live session of a browser's token; None when it has ended or never was."""
    with db.read() as conn:
        return sessions.find(conn, token_hash(token), clock.now(), idle_limit(settings))


def keep_alive(db: Database, session: Session) -> None:
    """The person did something; written at most once a minute."""
    at = clock.now()
    if at - session.last_seen_at < TOUCH_EVERY:
        return
    with db.write() as conn:
        sessions.touch(conn, session.id, at)


def sign_out(db: Database, session: Session) -> None:
    """End this session."""
    with db.write() as conn:
        if sessions.end(conn, session.id):
            audit.record(conn, session.actor, "logout", f"user:{session.actor.user_id}", {})


def idle_limit(settings: AccountSettings) -> timedelta:
    return timedelta(minutes=settings.idle_minutes)


def _note_failure(db: Database, found: users.Credentials | None, address: str) -> None:
    """People type passwords into the name field, so an unknown name is not written down."""
    target = f"user:{found.user.id}" if found else "user:unknown"
    with db.write() as conn:
        audit.record(conn, SYSTEM, "login.failed", target, {"address": address})
