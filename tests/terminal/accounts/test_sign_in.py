"""Signing in and out: sessions live in the database and die there."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher

from terminal.accounts import passwords, service
from terminal.accounts.actor import SYSTEM, Role
from terminal.accounts.sign_in import find_session, keep_alive, sign_in, sign_out
from terminal.accounts.throttle import TooManyAttempts
from terminal.accounts.tokens import csrf_token, new_token, token_hash
from terminal.db.database import Database
from terminal.db.repositories import audit
from terminal.db.tables.accounts import sessions, users
from terminal.errors import Unauthenticated
from terminal.settings import Settings
from tests.terminal.accounts.conftest import REAL_HASHER, Clock
from tests.terminal.accounts.people import ADDRESS, PASSWORD, person, signed_in


def actions(db: Database) -> list[tuple[str, str]]:
    with db.read() as conn:
        return [(entry.action, entry.object) for entry in audit.newest(conn, limit=50)]


def test_name_and_password_open_a_session(database: Database, settings: Settings) -> None:
    ada = person(database, "ada")
    opened = sign_in(database, settings.accounts, " Ada ", PASSWORD, address=ADDRESS, browser="B")
    assert opened.actor == ada
    found = find_session(database, settings.accounts, opened.token)
    assert found is not None
    assert (found.actor, found.address, found.browser) == (ada, ADDRESS, "B")
    assert actions(database) == [("login.ok", f"user:{ada.user_id}")]


def test_the_database_holds_no_token_and_no_password(
    database: Database, settings: Settings
) -> None:
    person(database, "ada")
    opened = sign_in(database, settings.accounts, "ada", PASSWORD, address=ADDRESS)
    with database.read() as conn:
        everything = repr([conn.execute(sa.select(table)).all() for table in (users, sessions)])
    assert opened.token not in everything
    assert csrf_token(opened.token) not in everything
    assert PASSWORD not in everything
    assert token_hash(opened.token) in everything
    assert "$argon2id$" in everything


def test_wrong_name_wrong_password_and_deactivated_read_the_same(
    database: Database, settings: Settings
) -> None:
    person(database, "root", Role.ADMIN)
    gone = person(database, "gone")
    person(database, "ada")
    service.set_active(database, SYSTEM, gone.user_id, False)
    said = set()
    for name, password in (("nobody", PASSWORD), ("ada", "wrong"), ("gone", PASSWORD)):
        with pytest.raises(Unauthenticated) as caught:
            sign_in(database, settings.accounts, name, password, address=ADDRESS)
        said.add(str(caught.value))
    assert len(said) == 1
    assert [what for what, _ in actions(database)[:3]] == ["login.failed"] * 3


def test_an_unknown_name_costs_a_real_hash(
    database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashes: list[str] = []

    class Counting:
        hash = REAL_HASHER.hash

        def verify(self, stored: str, password: str) -> bool:
            hashes.append(stored)
            return REAL_HASHER.verify(stored, password)

    monkeypatch.setattr(passwords, "_hasher", Counting())
    passwords._decoy.cache_clear()
    with pytest.raises(Unauthenticated):
        sign_in(database, settings.accounts, "nobody", PASSWORD, address=ADDRESS)
    assert len(hashes) == 1
    parameters = hashes[0].split("$")[1:4]
    assert parameters == ["argon2id", "v=19", "m=65536,t=3,p=4"]


def test_what_was_typed_as_an_unknown_name_is_not_written_down(
    database: Database, settings: Settings
) -> None:
    with pytest.raises(Unauthenticated):
        sign_in(database, settings.accounts, "my-secret-password", "x", address=ADDRESS)
    with database.read() as conn:
        assert "my-secret-password" not in repr(audit.newest(conn, limit=10))


def test_a_session_ends_after_its_hours_however_busy(
    database: Database, settings: Settings, time: Clock
) -> None:
    opened = signed_in(database, settings.accounts, person(database, "ada"))
    for _ in range(int(settings.accounts.session_hours)):
        found = find_session(database, settings.accounts, opened.token)
        assert found is not None
        keep_alive(database, found)
        time.advance(hours=1)
    assert find_session(database, settings.accounts, opened.token) is None


def test_an_unused_session_ends_after_the_idle_time(
    database: Database, settings: Settings, time: Clock
) -> None:
    opened = signed_in(database, settings.accounts, person(database, "ada"))
    time.advance(minutes=settings.accounts.idle_minutes - 0.1)
    assert find_session(database, settings.accounts, opened.token) is not None
    time.advance(minutes=0.1)
    assert find_session(database, settings.accounts, opened.token) is None


def test_sign_out_ends_the_session_on_the_server(database: Database, settings: Settings) -> None:
    ada = person(database, "ada")
    opened, other = (signed_in(database, settings.accounts, ada) for _ in range(2))
    found = find_session(database, settings.accounts, opened.token)
    assert found is not None
    sign_out(database, found)
    sign_out(database, found)
    assert find_session(database, settings.accounts, opened.token) is None
    assert find_session(database, settings.accounts, other.token) is not None
    assert actions(database) == [("logout", f"user:{ada.user_id}")]


def test_sessions_over_by_time_are_removed_at_the_next_sign_in(
    database: Database, settings: Settings, time: Clock
) -> None:
    ada = person(database, "ada")
    signed_in(database, settings.accounts, ada)
    time.advance(days=2)
    signed_in(database, settings.accounts, ada)
    with database.read() as conn:
        count = sa.select(sa.func.count()).select_from(sessions)
        assert conn.execute(count).scalar_one() == 1


def test_a_forged_token_finds_nothing(database: Database, settings: Settings) -> None:
    opened = signed_in(database, settings.accounts, person(database, "ada"))
    for token in (new_token(), token_hash(opened.token), "", opened.token[:-1]):
        assert find_session(database, settings.accounts, token) is None


def test_failed_sign_ins_pause_this_name_at_this_address_and_say_how_long(
    database: Database, settings: Settings, time: Clock
) -> None:
    person(database, "ada")
    person(database, "bob")
    accounts = settings.accounts
    for _ in range(accounts.login_attempts):
        with pytest.raises(Unauthenticated):
            sign_in(database, accounts, "ada", "wrong", address=ADDRESS)
        time.advance(seconds=10)
    with pytest.raises(TooManyAttempts, match=r"possible in 4 min 10 s\.") as caught:
        sign_in(database, accounts, "ada", PASSWORD, address=ADDRESS)
    assert caught.value.retry_after_s == 250
    sign_in(database, accounts, "bob", PASSWORD, address=ADDRESS)
    sign_in(database, accounts, "ada", PASSWORD, address="192.0.2.8")
    time.advance(seconds=249)
    with pytest.raises(TooManyAttempts, match=r"in 1 s\."):
        sign_in(database, accounts, "ada", PASSWORD, address=ADDRESS)
    time.advance(seconds=1)
    sign_in(database, accounts, "ada", PASSWORD, address=ADDRESS)


def test_an_unknown_name_is_paused_like_a_known_one(
    database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passwords, "verify", lambda password, stored: False)
    for _ in range(settings.accounts.login_attempts):
        with pytest.raises(Unauthenticated):
            sign_in(database, settings.accounts, "nobody", "x", address=ADDRESS)
    with pytest.raises(TooManyAttempts):
        sign_in(database, settings.accounts, "nobody", "x", address=ADDRESS)


def test_one_address_cannot_go_through_all_names(
    database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passwords, "verify", lambda password, stored: False)
    for number in range(10 * settings.accounts.login_attempts):
        with pytest.raises(Unauthenticated):
            sign_in(database, settings.accounts, f"user{number}", "x", address=ADDRESS)
    with pytest.raises(TooManyAttempts):
        sign_in(database, settings.accounts, "another", "x", address=ADDRESS)


def test_success_forgives_the_failures_before_it(database: Database, settings: Settings) -> None:
    person(database, "ada")
    for _ in range(settings.accounts.login_attempts - 1):
        with pytest.raises(Unauthenticated):
            sign_in(database, settings.accounts, "ada", "wrong", address=ADDRESS)
    sign_in(database, settings.accounts, "ada", PASSWORD, address=ADDRESS)
    with pytest.raises(Unauthenticated):
        sign_in(database, settings.accounts, "ada", "wrong", address=ADDRESS)


def test_an_outdated_hash_is_renewed_at_sign_in(database: Database, settings: Settings) -> None:
    ada = person(database, "ada")
    weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    with database.write() as conn:
        conn.execute(users.update().where(users.c.id == ada.user_id).values(password_hash=weak))
    sign_in(database, settings.accounts, "ada", PASSWORD, address=ADDRESS)
    with database.read() as conn:
        stored = conn.execute(
            sa.select(users.c.password_hash).where(users.c.id == ada.user_id)
        ).scalar_one()
    assert "m=512,t=1,p=1" in stored
    assert passwords.verify(PASSWORD, stored)
