"""What an administrator does with accounts, and what everybody does with their own.

Users are deactivated, never deleted: their jobs and the audit log keep a name. The last
administrator who can sign in can be neither demoted nor deactivated.
"""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from terminal import clock
from terminal.accounts import names, passwords
from terminal.accounts.actor import SYSTEM, Actor, Role
from terminal.accounts.throttle import count_attempt
from terminal.accounts.tokens import new_token, token_hash
from terminal.db.database import Database
from terminal.db.repositories import audit, links, login_attempts, sessions, users
from terminal.db.repositories.audit import AuditEntry
from terminal.db.repositories.users import User
from terminal.errors import Conflict, Forbidden, InputError, NotFound
from terminal.settings import Settings

RESET_LIFE = timedelta(hours=24)


def list_users(db: Database, actor: Actor) -> tuple[User, ...]:
    """Everybody with an account, by name."""
    _require_admin(actor)
    with db.read() as conn:
        return users.everyone(conn)


def list_audit(
    db: Database, actor: Actor, *, before: int | None = None, limit: int = 100
) -> tuple[AuditEntry, ...]:
    """The newest entries of the audit log, or those before entry `before`."""
    _require_admin(actor)
    with db.read() as conn:
        return audit.newest(conn, before=before, limit=limit)


def create_user(
    db: Database, settings: Settings, actor: Actor, username: str, role: Role
) -> tuple[User, str]:
    """A user without a password, and the one-time link with which they set it.

    Raises
    ------
    InputError : the name is not acceptable. Conflict : it is taken.
    """
    _require_admin(actor)
    name = names.check_new(username)
    with db.write() as conn:
        if users.credentials(conn, name) is not None:
            raise _taken(name)
        try:
            user = users.insert(conn, name, role, "", clock.now())
        except sa.exc.IntegrityError as error:  # somebody else took it since we looked
            raise _taken(name) from error
        detail = {"username": name, "role": role.value}
        link = _new_reset_link(conn, settings, user)
        audit.record(conn, actor, "user.create", f"user:{user.id}", detail)
    return user, link


def set_role(db: Database, actor: Actor, user_id: int, role: Role) -> User:
    """Change what a user may do, from their next request on.

    Raises
    ------
    Conflict : this would leave no administrator.
    """
    _require_admin(actor)
    with db.write() as conn:
        administrators = users.lock_administrators(conn)
        user = users.get(conn, user_id)
        if role is not Role.ADMIN:
            _keep_one(administrators, user)
        users.set_role(conn, user_id, role)
        detail = {"from": user.role.value, "to": role.value}
        audit.record(conn, actor, "user.role", f"user:{user_id}", detail)
        return users.get(conn, user_id)


def set_active(db: Database, actor: Actor, user_id: int, active: bool) -> User:
    """Let a user in again, or shut them out: their sessions and reset links die at once.

    Raises
    ------
    Conflict : this would leave no administrator.
    """
    _require_admin(actor)
    with db.write() as conn:
        administrators = users.lock_administrators(conn)
        user = users.get(conn, user_id)
        if not active:
            _keep_one(administrators, user)
            sessions.end_all(conn, user_id)
            links.withdraw(conn, "reset", user_id)
        users.set_active(conn, user_id, active)
        action = "user.activate" if active else "user.deactivate"
        audit.record(conn, actor, action, f"user:{user_id}", {})
        return users.get(conn, user_id)


def issue_reset_link(db: Database, settings: Settings, actor: Actor, user_id: int) -> str:
    """A link with which the user sets a new password: once, within a day.

    Raises
    ------
    Conflict : the user is deactivated.
    """
    _require_admin(actor)
    with db.write() as conn:
        user = users.get(conn, user_id)
        if not user.active:
            raise Conflict(f"{user.username} is deactivated.", remedy="Activate the user first.")
        link = _new_reset_link(conn, settings, user)
        audit.record(conn, actor, "user.reset_link", f"user:{user_id}", {})
    return link


def check_reset_link(db: Database, token: str) -> None:
    """Raise NotFound, with the remedy, when this link would not work now."""
    with db.read() as conn:
        if not links.usable(conn, "reset", token_hash(token), clock.now()):
            raise _spent()


def set_password_by_link(db: Database, settings: Settings, token: str, password: str) -> None:
    """Use a reset link up. Every session of the user ends.

    Raises
    ------
    InputError : the password is not acceptable; the link stays good.
    NotFound : the link was used, is too old or never was.
    """
    check_reset_link(db, token)
    hashed_token = token_hash(token)
    with db.read() as conn:
        user = _owner(conn, hashed_token)
    passwords.check_new(password, user.username, settings.accounts.min_password_length)
    hashed = passwords.hash_password(password)
    with db.write() as conn:
        at = clock.now()
        if not links.redeem(conn, "reset", hashed_token, at):
            raise _spent()
        user = _owner(conn, hashed_token)
        users.set_password(conn, user.id, hashed, at)
        sessions.end_all(conn, user.id)
        audit.record(conn, user.actor, "user.password", f"user:{user.id}", {"by": "link"})


def change_own_password(
    db: Database, settings: Settings, actor: Actor, current: str, new: str
) -> None:
    """Change the actor's password. Every session ends, this one too: sign in again.

    Guesses of the current password are throttled like sign-ins: a stolen session must not turn
    into a stolen password.

    Raises
    ------
    InputError : `current` is wrong, or `new` is not acceptable.
    TooManyAttempts : the current password was wrong too often.
    """
    source = f"session of user {actor.user_id}"
    count_attempt(db, settings.accounts, actor.username, source)
    with db.read() as conn:
        found = users.credentials(conn, actor.username)
    if found is None or not passwords.verify(current, found.password_hash):
        raise InputError("The current password is wrong.", field="current", remedy="Type it again.")
    if new == current:
        raise InputError("The new password is the current one.", field="password")
    passwords.check_new(new, actor.username, settings.accounts.min_password_length)
    hashed = passwords.hash_password(new)
    with db.write() as conn:
        users.set_password(conn, actor.user_id, hashed, clock.now())
        login_attempts.forgive(conn, actor.username, source)
        links.withdraw(conn, "reset", actor.user_id)
        sessions.end_all(conn, actor.user_id)
        audit.record(conn, actor, "user.password", f"user:{actor.user_id}", {"by": "self"})


def operator_reset_link(db: Database, settings: Settings, username: str) -> str:
    """For the command line: a reset link by user name, also when no administrator can sign in."""
    with db.read() as conn:
        found = users.credentials(conn, names.normalise(username))
    if found is None:
        raise NotFound(
            f"There is no user {username!r}.",
            field="username",
            remedy="python -m terminal.accounts list-users shows the names.",
        )
    return issue_reset_link(db, settings, SYSTEM, found.user.id)


def _new_reset_link(conn: sa.Connection, settings: Settings, user: User) -> str:
    at = clock.now()
    token = new_token()
    links.replace(conn, "reset", user.id, token_hash(token), at, at + RESET_LIFE)
    return f"{settings.server.base_url}/reset/{token}"


def _owner(conn: sa.Connection, hashed_token: str) -> User:
    user_id = links.user_of(conn, hashed_token)
    if user_id is None:
        raise _spent()
    user = users.get(conn, user_id)
    if not user.active:
        raise _spent()
    return user


def _require_admin(actor: Actor) -> None:
    if not actor.is_admin:
        raise Forbidden("Only an administrator can do this.", remedy="Ask one.")


def _keep_one(administrators: frozenset[int], user: User) -> None:
    if administrators == {user.id}:
        raise Conflict(
            f"{user.username} is the last administrator.",
            field="user",
            remedy="Make somebody else administrator first; they must have set their password.",
        )


def _taken(name: str) -> Conflict:
    return Conflict(
        f"The user name {name!r} is taken.", field="username", remedy="Choose another one."
    )


def _spent() -> NotFound:
    return NotFound(
        "This link does not work: it was used, is older than a day, or a newer one exists.",
        remedy="Ask an administrator for a new one.",
    )
