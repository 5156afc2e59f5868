"""The first administrator comes by a link that works once and only while nobody is there."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from terminal.accounts.actor import Role
from terminal.accounts.setup import check_setup_link, create_first_user, issue_setup_link
from terminal.accounts.sign_in import find_session
from terminal.db.database import Database
from terminal.db.repositories import users
from terminal.db.tables.accounts import one_time_links
from terminal.errors import InputError, NotFound
from terminal.settings import Settings
from tests.terminal.accounts.conftest import Clock
from tests.terminal.accounts.people import ADDRESS, PASSWORD, person


def token(database: Database, settings: Settings) -> str:
    link = issue_setup_link(database, settings)
    assert link is not None
    address, _, found = link.rpartition("/")
    assert address == f"{settings.server.base_url}/setup"
    return found


def test_the_link_makes_one_administrator_and_signs_them_in(
    database: Database, settings: Settings
) -> None:
    link = token(database, settings)
    opened = create_first_user(database, settings, link, "Ada", PASSWORD, address=ADDRESS)
    assert (opened.actor.username, opened.actor.role) == ("ada", Role.ADMIN)
    assert find_session(database, settings.accounts, opened.token) is not None
    with pytest.raises(NotFound, match="does not work"):
        create_first_user(database, settings, link, "eve", PASSWORD, address=ADDRESS)
    assert issue_setup_link(database, settings) is None


def test_a_refused_password_leaves_the_link_good_and_no_user(
    database: Database, settings: Settings
) -> None:
    link = token(database, settings)
    for name, password in (("ada", "short"), ("a b", PASSWORD), ("system", PASSWORD)):
        with pytest.raises(InputError):
            create_first_user(database, settings, link, name, password, address=ADDRESS)
    with database.read() as conn:
        assert not users.any_exists(conn)
    create_first_user(database, settings, link, "ada", PASSWORD, address=ADDRESS)


def test_a_new_link_replaces_the_old(database: Database, settings: Settings) -> None:
    old, new = token(database, settings), token(database, settings)
    with pytest.raises(NotFound):
        check_setup_link(database, old)
    check_setup_link(database, new)


def test_the_link_is_too_old_after_a_day(
    database: Database, settings: Settings, time: Clock
) -> None:
    link = token(database, settings)
    time.advance(hours=24)
    with pytest.raises(NotFound):
        create_first_user(database, settings, link, "ada", PASSWORD, address=ADDRESS)


def test_the_link_dies_when_a_user_exists(database: Database, settings: Settings) -> None:
    link = token(database, settings)
    person(database, "bob")
    with pytest.raises(NotFound):
        create_first_user(database, settings, link, "ada", PASSWORD, address=ADDRESS)


def test_only_the_hash_of_the_link_is_stored(database: Database, settings: Settings) -> None:
    link = token(database, settings)
    with database.read() as conn:
        assert link not in repr(conn.execute(sa.select(one_time_links)).all())


def test_the_link_used_from_two_browsers_at_once_makes_one_user(
    database: Database, settings: Settings
) -> None:
    link = token(database, settings)

    def use(name: str) -> bool:
        try:
            create_first_user(database, settings, link, name, PASSWORD, address=ADDRESS)
        except NotFound:
            return False
        return True

    with ThreadPoolExecutor(4) as crew:
        assert sum(crew.map(use, ("ann", "bob", "cat", "dan"))) == 1
    with database.read() as conn:
        assert len(users.everyone(conn)) == 1
