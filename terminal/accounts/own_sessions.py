"""The browsers in which a person is signed in, and signing one of them out from another."""

from __future__ import annotations

from terminal import clock
from terminal.accounts.actor import Actor
from terminal.accounts.sign_in import idle_limit
from terminal.db.database import Database
from terminal.db.repositories import audit, sessions
from terminal.db.repositories.sessions import Session
from terminal.errors import NotFound
from terminal.settings import AccountSettings


def own_sessions(db: Database, settings: AccountSettings, actor: Actor) -> tuple[Session, ...]:
    """The actor's live sessions, newest first."""
    with db.read() as conn:
        return sessions.of_user(conn, actor, clock.now(), idle_limit(settings))


def end_own_session(db: Database, settings: AccountSettings, actor: Actor, session_id: int) -> None:
    """End one of the actor's sessions; its cookie is worth nothing from then on.

    Raises
    ------
    NotFound : it has ended already, or it is somebody else's.
    """
    with db.write() as conn:
        live = sessions.of_user(conn, actor, clock.now(), idle_limit(settings))
        if session_id not in {session.id for session in live}:
            raise NotFound("That session has ended already.", field="session")
        sessions.end(conn, session_id)
        audit.record(conn, actor, "session.end", f"session:{session_id}", {})
