from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from terminal.accounts.actor import Actor, Role
from terminal.db.database import Database
from terminal.db.repositories import rule_sets
from terminal.db.tables.accounts import users
from terminal.db.tables.rules import rule_set_versions
from terminal.errors import Conflict, InputError, NotFound
from tests.terminal.db.test_migrations import required

NOW = datetime(2024, 5, 6, 7, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
ANN, BOB = (Actor(number, name, Role.TRADER) for number, name in ((71, "ann"), (72, "bob")))


@pytest.fixture(autouse=True)
def people(database: Database) -> None:
    with database.write() as conn:
        for who in (ANN, BOB):
            given = required(users, id=who.user_id, username=who.username, role="trader")
            conn.execute(sa.insert(users).values(**given))


def test_every_save_is_a_version_and_the_same_rules_are_none(database: Database) -> None:
    with database.write() as conn:
        made = rule_sets.create(conn, ANN, "Mine", "one", NOW)
        assert rule_sets.save(conn, ANN, made, "one", LATER) == 1
        assert rule_sets.save(conn, ANN, made, "two", LATER) == 2
    with database.read() as conn:
        found = rule_sets.get(conn, ANN, made)
        assert (found.rules, found.version, found.newest, found.saved_at) == ("two", 2, 2, LATER)
        first = rule_sets.get(conn, ANN, made, 1)
        assert (first.rules, first.version, first.newest, first.saved_at) == ("one", 1, 2, NOW)
        assert rule_sets.versions(conn, ANN, made) == [(2, LATER), (1, NOW)]
        with pytest.raises(NotFound, match=r"no rule set \d+ in version 3"):
            rule_sets.get(conn, ANN, made, 3)


def test_nobody_reaches_the_rules_of_another(database: Database) -> None:
    with database.write() as conn:
        made = rule_sets.create(conn, ANN, "Mine", "one", NOW)
    attempts = (
        lambda conn: rule_sets.get(conn, BOB, made),
        lambda conn: rule_sets.save(conn, BOB, made, "two", LATER),
        lambda conn: rule_sets.rename(conn, BOB, made, "His", LATER),
        lambda conn: rule_sets.delete(conn, BOB, made),
    )
    for attempt in attempts:
        with pytest.raises(NotFound), database.write() as conn:
            attempt(conn)
    with database.read() as conn:
        assert rule_sets.find(conn, BOB) == []
        assert rule_sets.versions(conn, BOB, made) == []
        assert [row.rules for row in rule_sets.find(conn, ANN)] == ["one"]


def test_names_are_unique_for_a_person_and_not_between_people(database: Database) -> None:
    with database.write() as conn:
        first = rule_sets.create(conn, ANN, "Mine", "one", NOW)
        second = rule_sets.create(conn, ANN, "Other", "one", NOW)
        assert rule_sets.create(conn, BOB, "Mine", "one", NOW)
        rule_sets.rename(conn, ANN, first, "Mine", LATER)
        for attempt in (
            lambda: rule_sets.create(conn, ANN, "Mine", "two", NOW),
            lambda: rule_sets.rename(conn, ANN, second, "Mine", NOW),
        ):
            with pytest.raises(Conflict, match="called 'Mine'") as caught:
                attempt()
            assert caught.value.field == "name"
        rule_sets.rename(conn, ANN, second, "Third", LATER)
        assert [row.name for row in rule_sets.find(conn, ANN)] == ["Third", "Mine"]
        assert rule_sets.free_name(conn, ANN, "New", 80) == "New"
        assert rule_sets.free_name(conn, ANN, "Mine", 80) == "Mine 2"
        assert rule_sets.free_name(conn, ANN, "Third", 5) == "Thi 2"


def test_what_is_deleted_leaves_no_version(database: Database) -> None:
    with database.write() as conn:
        made = rule_sets.create(conn, ANN, "Mine", "one", NOW)
        rule_sets.save(conn, ANN, made, "two", LATER)
        rule_sets.delete(conn, ANN, made)
        assert rule_sets.find(conn, ANN) == []
        count = sa.select(sa.func.count()).select_from(rule_set_versions)
        assert conn.execute(count).scalar_one() == 0


def test_there_is_an_end_to_how_many_are_kept(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rule_sets, "MOST_SETS", 1)
    with database.write() as conn:
        rule_sets.create(conn, ANN, "Mine", "one", NOW)
        with pytest.raises(InputError, match="You have 1 rule sets"):
            rule_sets.create(conn, ANN, "Other", "one", NOW)
