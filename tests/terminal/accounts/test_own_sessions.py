from __future__ import annotations

import pytest

from terminal.accounts import service, setup
from terminal.accounts.actor import Role
from terminal.accounts.own_sessions import end_own_session, own_sessions
from terminal.accounts.sign_in import find_session, sign_in
from terminal.db.database import Database
from terminal.errors import NotFound
from terminal.settings import Settings

PASSWORD = "a long enough passphrase"


def test_only_own_live_sessions_are_listed_and_ended(
    sqlite_database: Database, settings: Settings
) -> None:
    db, limits = sqlite_database, settings.accounts
    token = (setup.issue_setup_link(db, settings) or "").rsplit("/", 1)[1]
    first = setup.create_first_user(db, settings, token, "ada", PASSWORD, address="::1")
    second = sign_in(db, limits, "ada", PASSWORD, address="::1")
    _user, link = service.create_user(db, settings, first.actor, "vic", Role.VIEWER)
    service.set_password_by_link(db, settings, link.rsplit("/", 1)[1], PASSWORD)
    stranger = sign_in(db, limits, "vic", PASSWORD, address="::1")

    listed = own_sessions(db, limits, first.actor)
    assert [item.actor.username for item in listed] == ["ada", "ada"]
    foreign = own_sessions(db, limits, stranger.actor)[0].id
    with pytest.raises(NotFound):
        end_own_session(db, limits, first.actor, foreign)
    assert find_session(db, limits, stranger.token) is not None

    newest = listed[0]
    end_own_session(db, limits, first.actor, newest.id)
    assert find_session(db, limits, second.token) is None
    assert find_session(db, limits, first.token) is not None
    with pytest.raises(NotFound):
        end_own_session(db, limits, first.actor, newest.id)
