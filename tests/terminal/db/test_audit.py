"""The audit log cannot be changed through the database, and a change around it is found."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from terminal.accounts.actor import SYSTEM
from terminal.db.database import Database
from terminal.db.repositories import audit
from terminal.db.tables.accounts import audit_log


def fill(database: Database, entries: int = 5) -> None:
    for number in range(entries):
        with database.write() as conn:
            audit.record(conn, SYSTEM, "test.note", f"note:{number}", {"n": number, "x": 0.1})


def disarm(conn: sa.Connection) -> None:
    """What somebody with the database's own password could do first."""
    if conn.dialect.name == "postgresql":
        conn.exec_driver_sql("ALTER TABLE audit_log DISABLE TRIGGER ALL")
        return
    for name in ("audit_log_no_update", "audit_log_no_delete", "audit_log_append"):
        conn.exec_driver_sql(f"DROP TRIGGER {name}")


def test_an_untouched_log_is_intact(database: Database) -> None:
    with database.read() as conn:
        assert audit.verify(conn) == audit.Verification(0, audit.GENESIS, None, "")
    fill(database)
    with database.read() as conn:
        found = audit.verify(conn)
        assert (found.intact, found.entries) == (True, 5)
        assert audit.verify(conn, (5, found.head)).intact
        assert audit.newest(conn, limit=1)[0].detail == {"n": 4, "x": 0.1}


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_log SET action = 'x' WHERE id = 2",
        "UPDATE audit_log SET id = 9 WHERE id = 5",
        "DELETE FROM audit_log WHERE id = 5",
        "DELETE FROM audit_log",
        "INSERT INTO audit_log SELECT 9, at, actor_id, actor_name, action, object, detail,"
        " previous_hash, hash FROM audit_log WHERE id = 5",
    ],
)
def test_the_database_refuses_to_change_the_log(database: Database, statement: str) -> None:
    fill(database)
    with pytest.raises(sa.exc.DBAPIError, match="append-only"), database.write() as conn:
        conn.exec_driver_sql(statement)
    with database.read() as conn:
        assert audit.verify(conn).entries == 5


def test_replace_does_not_slip_past_the_triggers(sqlite_database: Database) -> None:
    fill(sqlite_database)
    with pytest.raises(sa.exc.DBAPIError, match="append-only"), sqlite_database.write() as conn:
        conn.exec_driver_sql(
            "INSERT OR REPLACE INTO audit_log SELECT id, at, actor_id, actor_name, 'x', object,"
            " detail, previous_hash, hash FROM audit_log WHERE id = 5"
        )


def test_truncate_does_not_slip_past_the_triggers(database: Database) -> None:
    if database.is_sqlite:
        pytest.skip("SQLite has no TRUNCATE")
    fill(database)
    with pytest.raises(sa.exc.DBAPIError, match="append-only"), database.write() as conn:
        conn.exec_driver_sql("TRUNCATE audit_log")


@pytest.mark.parametrize(
    ("tampering", "broken", "reason"),
    [
        ("UPDATE audit_log SET object = 'note:9' WHERE id = 3", 3, "contents were changed"),
        ("UPDATE audit_log SET detail = '{\"n\":7}' WHERE id = 1", 1, "contents were changed"),
        ("UPDATE audit_log SET at = '2020-01-01 00:00:00+00:00' WHERE id = 5", 5, "changed"),
        ("UPDATE audit_log SET actor_id = 1 WHERE id = 2", 2, "contents were changed"),
        ("DELETE FROM audit_log WHERE id = 2", 2, "missing"),
        ("DELETE FROM audit_log WHERE id = 1", 1, "missing"),
        ("UPDATE audit_log SET hash = previous_hash WHERE id = 4", 4, "contents were changed"),
    ],
)
def test_tampering_around_the_triggers_is_found_at_its_place(
    database: Database, tampering: str, broken: int, reason: str
) -> None:
    fill(database)
    with database.write() as conn:
        disarm(conn)
        conn.execute(sa.text(tampering.replace(":9", r"\:9").replace(":7", r"\:7")
                             .replace(":00", r"\:00")))  # fmt: skip
    with database.read() as conn:
        found = audit.verify(conn)
    assert found.broken == broken
    assert reason in found.reason


def test_a_rewritten_entry_with_a_fitting_hash_breaks_the_next_link(database: Database) -> None:
    fill(database)
    with database.write() as conn:
        disarm(conn)
        row = conn.execute(sa.select(audit_log).where(audit_log.c.id == 3)).one()
        forged = {**row._asdict(), "object": "note:forged"}
        conn.execute(
            audit_log.update()
            .where(audit_log.c.id == 3)
            .values(object="note:forged", hash=audit.entry_hash(forged))
        )
    with database.read() as conn:
        assert audit.verify(conn).broken == 4


def test_a_cut_off_end_or_a_new_chain_is_found_by_a_head_noted_earlier(
    database: Database,
) -> None:
    fill(database)
    with database.read() as conn:
        noted = (5, audit.verify(conn).head)
    with database.write() as conn:
        disarm(conn)
        conn.execute(audit_log.delete().where(audit_log.c.id > 3))
    with database.read() as conn:
        assert audit.verify(conn).intact
        assert audit.verify(conn, noted).broken == 4
    fill(database, 2)
    with database.read() as conn:
        assert audit.verify(conn).intact
        assert audit.verify(conn, noted).broken == 5


def test_an_entry_vanishes_with_its_transaction(database: Database) -> None:
    with pytest.raises(ZeroDivisionError), database.write() as conn:
        audit.record(conn, SYSTEM, "test.note", "note:1", {})
        raise ZeroDivisionError
    fill(database, 1)
    with database.read() as conn:
        assert audit.verify(conn).entries == 1


def test_entries_written_at_once_form_one_chain(database: Database) -> None:
    def note(number: int) -> None:
        with database.write() as conn:
            audit.record(conn, SYSTEM, "test.note", f"note:{number}", {})

    with ThreadPoolExecutor(8) as crew:
        list(crew.map(note, range(40)))
    with database.read() as conn:
        found = audit.verify(conn)
    assert (found.intact, found.entries) == (True, 40)
