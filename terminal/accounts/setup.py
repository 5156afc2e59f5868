"""The first administrator: a one-time link that works only while nobody has an account."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from terminal import clock
from terminal.accounts import names, passwords
from terminal.accounts.actor import SYSTEM, Role
from terminal.accounts.sign_in import SignedIn, open_session
from terminal.accounts.tokens import new_token, token_hash
from terminal.db.database import Database
from terminal.db.repositories import audit, links, users
from terminal.errors import NotFound
from terminal.settings import Settings

LINK_LIFE = timedelta(hours=24)
_LOCK = 4_711_080_503


def issue_setup_link(db: Database, settings: Settings) -> str | None:
    """A fresh link (older ones stop working), or None when there is a user already.

    It works once, for 24 hours, and dies when the first user exists.
    """
    at = clock.now()
    token = new_token()
    with db.write() as conn:
        _take_turns(conn)
        if users.any_exists(conn):
            return None
        links.replace(conn, "setup", None, token_hash(token), at, at + LINK_LIFE)
        audit.record(conn, SYSTEM, "setup.link", "setup", {})
    return f"{settings.server.base_url}/setup/{token}"


def nobody_yet(db: Database) -> bool:
    """True until the first person has an account."""
    with db.read() as conn:
        return not users.any_exists(conn)


def check_setup_link(db: Database, token: str) -> None:
    """Raise NotFound, with the remedy, when this link would not work now."""
    with db.read() as conn:
        usable = not users.any_exists(conn) and links.usable(
            conn, "setup", token_hash(token), clock.now()
        )
    if not usable:
        raise _spent()


def create_first_user(
    db: Database,
    settings: Settings,
    token: str,
    username: str,
    password: str,
    *,
    address: str,
    browser: str = "",
) -> SignedIn:
    """Use the link up: create the administrator and sign them in. All or nothing.

    Raises
    ------
    InputError : the name or the password is not acceptable; the link stays good.
    NotFound : the link was used, is too old or never was; or somebody has an account already.
    """
    check_setup_link(db, token)
    name = names.check_new(username)
    passwords.check_new(password, name, settings.accounts.min_password_length)
    hashed = passwords.hash_password(password)
    with db.write() as conn:
        _take_turns(conn)
        at = clock.now()
        if users.any_exists(conn) or not links.redeem(conn, "setup", token_hash(token), at):
            raise _spent()
        actor = users.insert(conn, name, Role.ADMIN, hashed, at).actor
        audit.record(conn, actor, "user.create", f"user:{actor.user_id}", {"role": "admin"})
        return open_session(conn, settings.accounts, actor, address, browser)


def _take_turns(conn: sa.Connection) -> None:
    """Nobody else may look whether there is a user while we are about to make one."""
    if conn.dialect.name == "postgresql":
        conn.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))


def _spent() -> NotFound:
    return NotFound(
        "This set-up link does not work: it was used, is older than a day, or a newer one exists.",
        remedy="Get a new one with: python -m terminal.accounts setup-link",
    )
