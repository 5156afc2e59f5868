"""Administration of accounts, and a person's own."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from terminal.accounts import service
from terminal.accounts.actor import SYSTEM, Actor, Role
from terminal.accounts.preferences import get_preferences, set_preference
from terminal.accounts.sign_in import find_session, sign_in
from terminal.accounts.throttle import TooManyAttempts
from terminal.db.database import Database
from terminal.db.repositories import audit, users
from terminal.errors import Conflict, Forbidden, InputError, NotFound, Unauthenticated
from terminal.settings import Settings
from tests.terminal.accounts.conftest import Clock
from tests.terminal.accounts.people import ADDRESS, PASSWORD, person, signed_in

NEW = "another good sentence"


@pytest.fixture
def admin(database: Database) -> Actor:
    return person(database, "root", Role.ADMIN)


def test_an_invited_user_sets_their_password_by_link_and_signs_in(
    database: Database, settings: Settings, admin: Actor
) -> None:
    user, link = service.create_user(database, settings, admin, "Bob", Role.VIEWER)
    assert (user.username, user.role, user.has_password) == ("bob", Role.VIEWER, False)
    with pytest.raises(Unauthenticated):
        sign_in(database, settings.accounts, "bob", "", address=ADDRESS)
    service.set_password_by_link(database, settings, link.rpartition("/")[2], NEW)
    opened = sign_in(database, settings.accounts, "bob", NEW, address=ADDRESS)
    assert opened.actor.role is Role.VIEWER


def test_a_reset_link_works_once_ends_sessions_and_replaces_older_ones(
    database: Database, settings: Settings, admin: Actor
) -> None:
    bob = person(database, "bob")
    opened = signed_in(database, settings.accounts, bob)
    old, link = (
        service.issue_reset_link(database, settings, admin, bob.user_id).rpartition("/")[2]
        for _ in range(2)
    )
    with pytest.raises(NotFound):
        service.set_password_by_link(database, settings, old, NEW)
    with pytest.raises(InputError, match="user name"):
        service.set_password_by_link(database, settings, link, "the name is bob indeed")
    service.set_password_by_link(database, settings, link, NEW)
    assert find_session(database, settings.accounts, opened.token) is None
    with pytest.raises(NotFound):
        service.check_reset_link(database, link)
    with pytest.raises(NotFound):
        service.set_password_by_link(database, settings, link, PASSWORD)


def test_a_reset_link_is_too_old_after_a_day(
    database: Database, settings: Settings, admin: Actor, time: Clock
) -> None:
    link = service.issue_reset_link(database, settings, admin, admin.user_id).rpartition("/")[2]
    time.advance(hours=24)
    with pytest.raises(NotFound, match="older than a day"):
        service.set_password_by_link(database, settings, link, NEW)


def test_a_setup_link_is_no_reset_link(database: Database, settings: Settings) -> None:
    from terminal.accounts.setup import issue_setup_link

    link = issue_setup_link(database, settings)
    assert link is not None
    with pytest.raises(NotFound):
        service.set_password_by_link(database, settings, link.rpartition("/")[2], NEW)


def test_changing_the_password_ends_every_session(database: Database, settings: Settings) -> None:
    ada = person(database, "ada")
    opened = [signed_in(database, settings.accounts, ada) for _ in range(2)]
    service.change_own_password(database, settings, ada, PASSWORD, NEW)
    assert [find_session(database, settings.accounts, one.token) for one in opened] == [None] * 2
    with pytest.raises(Unauthenticated):
        sign_in(database, settings.accounts, "ada", PASSWORD, address=ADDRESS)
    sign_in(database, settings.accounts, "ada", NEW, address=ADDRESS)


@pytest.mark.parametrize(
    ("current", "new", "field"),
    [
        ("wrong", NEW, "current"),
        (PASSWORD, PASSWORD, "password"),
        (PASSWORD, "short", "password"),
        (PASSWORD, "aaaabbbbaaaabbbb", "password"),
        (PASSWORD, "Ada was here again", "password"),
        (PASSWORD, "long" * 65, "password"),
    ],
)
def test_a_bad_change_of_password_names_the_field_and_changes_nothing(
    sqlite_database: Database, settings: Settings, current: str, new: str, field: str
) -> None:
    ada = person(sqlite_database, "ada")
    opened = signed_in(sqlite_database, settings.accounts, ada)
    with pytest.raises(InputError) as caught:
        service.change_own_password(sqlite_database, settings, ada, current, new)
    assert caught.value.field == field
    assert find_session(sqlite_database, settings.accounts, opened.token) is not None


def test_a_stolen_session_cannot_guess_the_password(
    sqlite_database: Database, settings: Settings
) -> None:
    ada = person(sqlite_database, "ada")
    for _ in range(settings.accounts.login_attempts):
        with pytest.raises(InputError):
            service.change_own_password(sqlite_database, settings, ada, "guess", NEW)
    with pytest.raises(TooManyAttempts):
        service.change_own_password(sqlite_database, settings, ada, PASSWORD, NEW)


def test_deactivation_shuts_out_at_once_and_activation_lets_in(
    database: Database, settings: Settings, admin: Actor
) -> None:
    bob = person(database, "bob")
    opened = signed_in(database, settings.accounts, bob)
    link = service.issue_reset_link(database, settings, admin, bob.user_id).rpartition("/")[2]
    service.set_active(database, admin, bob.user_id, False)
    assert find_session(database, settings.accounts, opened.token) is None
    with pytest.raises(NotFound):
        service.set_password_by_link(database, settings, link, NEW)
    with pytest.raises(Conflict, match="deactivated"):
        service.issue_reset_link(database, settings, admin, bob.user_id)
    service.set_active(database, admin, bob.user_id, True)
    sign_in(database, settings.accounts, "bob", PASSWORD, address=ADDRESS)


def test_a_new_role_counts_from_the_next_request(
    database: Database, settings: Settings, admin: Actor
) -> None:
    bob = person(database, "bob", Role.ADMIN)
    opened = signed_in(database, settings.accounts, bob)
    service.set_role(database, admin, bob.user_id, Role.VIEWER)
    found = find_session(database, settings.accounts, opened.token)
    assert found is not None
    assert found.actor.role is Role.VIEWER


def test_the_last_administrator_stays(database: Database, settings: Settings, admin: Actor) -> None:
    invited, _ = service.create_user(database, settings, admin, "never-came", Role.ADMIN)
    assert not invited.has_password
    with pytest.raises(Conflict, match="last administrator"):
        service.set_role(database, admin, admin.user_id, Role.TRADER)
    with pytest.raises(Conflict, match="last administrator"):
        service.set_active(database, admin, admin.user_id, False)
    person(database, "second", Role.ADMIN)
    service.set_active(database, admin, admin.user_id, False)


def test_two_administrators_who_demote_each_other_at_once_leave_one(
    database: Database, admin: Actor
) -> None:
    other = person(database, "other", Role.ADMIN)

    def demote(pair: tuple[Actor, Actor]) -> bool:
        try:
            service.set_role(database, pair[0], pair[1].user_id, Role.VIEWER)
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(2) as crew:
        assert sum(crew.map(demote, ((admin, other), (other, admin)))) == 1
    with database.read() as conn:
        assert sum(user.role is Role.ADMIN for user in users.everyone(conn)) == 1


@pytest.mark.parametrize("role", [Role.VIEWER, Role.TRADER])
def test_only_administrators_administer(
    sqlite_database: Database, settings: Settings, role: Role
) -> None:
    db = sqlite_database
    somebody = person(db, "somebody", role)
    for act in (
        lambda: service.list_users(db, somebody),
        lambda: service.list_audit(db, somebody),
        lambda: service.create_user(db, settings, somebody, "x1", Role.ADMIN),
        lambda: service.set_role(db, somebody, somebody.user_id, Role.ADMIN),
        lambda: service.set_active(db, somebody, somebody.user_id, True),
        lambda: service.issue_reset_link(db, settings, somebody, somebody.user_id),
    ):
        with pytest.raises(Forbidden):
            act()


def test_a_name_is_taken_whatever_its_capitals(
    database: Database, settings: Settings, admin: Actor
) -> None:
    with pytest.raises(Conflict, match="taken"):
        service.create_user(database, settings, admin, "ROOT", Role.VIEWER)


@pytest.mark.parametrize(
    "name", ["", "a", "a b", "-a", "ü2", "a\n", "x" * 65, "<script>", "system"]
)
def test_odd_names_are_refused(sqlite_database: Database, settings: Settings, name: str) -> None:
    admin = person(sqlite_database, "root", Role.ADMIN)
    with pytest.raises(InputError, match=r"username: "):
        service.create_user(sqlite_database, settings, admin, name, Role.VIEWER)


def test_the_terminal_itself_is_not_an_account(
    database: Database, settings: Settings, admin: Actor
) -> None:
    assert [user.username for user in service.list_users(database, admin)] == ["root"]
    with pytest.raises(Unauthenticated):
        sign_in(database, settings.accounts, "system", "", address=ADDRESS)
    with pytest.raises(NotFound):
        service.set_active(database, admin, SYSTEM.user_id, True)
    with pytest.raises(NotFound):
        service.issue_reset_link(database, settings, admin, SYSTEM.user_id)


def test_every_change_of_a_user_is_in_the_audit_log(
    database: Database, settings: Settings, admin: Actor
) -> None:
    user, link = service.create_user(database, settings, admin, "bob", Role.VIEWER)
    service.set_password_by_link(database, settings, link.rpartition("/")[2], PASSWORD)
    service.set_role(database, admin, user.id, Role.TRADER)
    service.issue_reset_link(database, settings, admin, user.id)
    service.change_own_password(database, settings, user.actor, PASSWORD, NEW)
    service.set_active(database, admin, user.id, False)
    entries = service.list_audit(database, admin)[::-1]
    assert [(entry.actor_name, entry.action) for entry in entries] == [
        ("root", "user.create"),
        ("bob", "user.password"),
        ("root", "user.role"),
        ("root", "user.reset_link"),
        ("bob", "user.password"),
        ("root", "user.deactivate"),
    ]
    assert entries[2].detail == {"from": "viewer", "to": "trader"}
    newest = entries[-1].id
    assert [entry.id for entry in service.list_audit(database, admin, before=newest, limit=2)] == [
        newest - 1,
        newest - 2,
    ]
    with database.read() as conn:
        assert audit.verify(conn).intact


def test_preferences_belong_to_one_person_and_last(database: Database) -> None:
    ada, bob = person(database, "ada"), person(database, "bob")
    set_preference(database, ada, "theme", "light")
    set_preference(database, ada, "theme", "dark")
    set_preference(database, ada, "watchlist", ["AAPL", {"n": 1}])
    assert get_preferences(database, ada) == {"theme": "dark", "watchlist": ["AAPL", {"n": 1}]}
    assert get_preferences(database, bob) == {}
    set_preference(database, ada, "theme", None)
    assert "theme" not in get_preferences(database, ada)


def test_a_preference_set_from_many_tabs_at_once_is_kept_once(database: Database) -> None:
    ada = person(database, "ada")
    with ThreadPoolExecutor(8) as crew:
        list(crew.map(lambda n: set_preference(database, ada, "n", n), range(16)))
    assert get_preferences(database, ada)["n"] in range(16)


@pytest.mark.parametrize(
    ("key", "value"), [("Theme", 1), ("", 1), ("a" * 65, 1), ("x", "y" * 20_000), ("x", {1, 2})]
)
def test_a_preference_that_cannot_be_kept_is_refused(
    sqlite_database: Database, key: str, value: object
) -> None:
    ada = person(sqlite_database, "ada")
    with pytest.raises(InputError):
        set_preference(sqlite_database, ada, key, value)
    assert get_preferences(sqlite_database, ada) == {}


def test_preferences_cannot_fill_the_disk(sqlite_database: Database) -> None:
    from terminal.accounts.preferences import MOST

    ada = person(sqlite_database, "ada")
    with sqlite_database.write() as conn:
        conn.execute(
            sa.text(
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :most) "
                "INSERT INTO preferences SELECT :user, 'k' || i, '1', '2026-01-01 00:00:00' FROM n"
            ),
            {"most": MOST, "user": ada.user_id},
        )
    with pytest.raises(InputError, match=f"At most {MOST}"):
        set_preference(sqlite_database, ada, "another", 1)
    set_preference(sqlite_database, ada, "k1", 2)
