"""Transactions: all or nothing, no lost update, no starving, on both databases."""

from __future__ import annotations

import sys
import threading
import time
from datetime import UTC, datetime, timedelta, timezone
from multiprocessing import get_context
from pathlib import Path

import pytest
import sqlalchemy as sa

from benchmarks.transactions import race
from terminal import clock
from terminal.accounts.actor import Role
from terminal.db.database import Database
from terminal.db.queue import WriterQueue
from terminal.db.repositories import users
from terminal.db.schema import Json, UtcDateTime
from terminal.errors import Unavailable
from tests.effort import cases


def test_eight_processes_lose_no_update_and_never_see_locked(tmp_path: Path) -> None:
    each = cases(100, 500)
    outcome = race(f"sqlite+pysqlite:///{tmp_path / 'race.db'}", writers=8, each=each)
    assert outcome.failures == ()
    assert outcome.done == 8 * each
    assert outcome.lost == 0


def test_a_deferred_read_modify_write_would_lose_or_fail(tmp_path: Path) -> None:
    """The fault that `write()` prevents, seeded: two transactions that read before they lock."""
    database = Database(f"sqlite+pysqlite:///{tmp_path / 'deferred.db'}")
    with database.write() as conn:
        conn.exec_driver_sql("CREATE TABLE counter (value INTEGER)")
        conn.exec_driver_sql("INSERT INTO counter VALUES (0)")
    with database.engine.connect() as first, database.engine.connect() as second:
        for conn in (first, second):
            conn.exec_driver_sql("SELECT value FROM counter").scalar_one()
        first.exec_driver_sql("UPDATE counter SET value = 1")
        first.commit()
        with pytest.raises(sa.exc.OperationalError, match="locked"):
            second.exec_driver_sql("UPDATE counter SET value = 1")
    database.close()


def test_an_error_leaves_nothing_behind(database: Database) -> None:
    with pytest.raises(ZeroDivisionError), database.write() as conn:
        users.insert(conn, "ada", Role.VIEWER, "", clock.now())
        raise ZeroDivisionError
    with database.read() as conn:
        assert users.everyone(conn) == ()


def test_a_read_never_waits_for_a_writer_and_sees_one_snapshot(database: Database) -> None:
    with database.write() as writer:
        users.insert(writer, "ada", Role.VIEWER, "", clock.now())
        with database.read() as reader:
            assert users.everyone(reader) == ()


def test_a_read_cannot_leave_a_change_behind(database: Database) -> None:
    with database.read() as conn:
        users.insert(conn, "ada", Role.VIEWER, "", clock.now())
    with database.read() as conn:
        assert users.everyone(conn) == ()


def test_foreign_keys_are_enforced(database: Database) -> None:
    with pytest.raises(sa.exc.IntegrityError), database.write() as conn:
        conn.exec_driver_sql(
            "INSERT INTO preferences (user_id, key, value, updated_at) "
            "VALUES (12345, 'theme', '1', '2026-01-01 00:00:00')"
        )


def test_sqlite_uses_wal_only_from_the_version_that_cannot_corrupt_it(
    sqlite_database: Database,
) -> None:
    from pysqlite3 import dbapi2

    with sqlite_database.read() as conn:
        mode = conn.exec_driver_sql("PRAGMA journal_mode").scalar_one()
    assert (mode == "wal") == (dbapi2.sqlite_version_info >= (3, 51, 3))


def test_writers_of_one_process_take_turns(database: Database) -> None:
    with database.write() as conn:
        user = users.insert(conn, "ada", Role.VIEWER, "0", clock.now())

    def add() -> None:
        for _ in range(20):
            with database.write() as conn:
                query = sa.text("SELECT password_hash FROM users WHERE id = :id" + lock)
                count = int(conn.execute(query, {"id": user.id}).scalar_one())
                users.rehash(conn, user.id, str(count + 1))

    lock = "" if database.is_sqlite else " FOR UPDATE"
    crew = [threading.Thread(target=add) for _ in range(4)]
    for thread in crew:
        thread.start()
    for thread in crew:
        thread.join()
    with database.read() as conn:
        found = users.credentials(conn, "ada")
    assert found is not None
    assert found.password_hash == "80"


def hold_turn(path: str, ready: object, leave: object) -> None:
    """A process that keeps the writers' turn until told, or killed."""
    with WriterQueue(Path(path), 60).turn():
        ready.set()  # type: ignore[attr-defined]
        leave.wait(60)  # type: ignore[attr-defined]


def test_a_writer_gives_up_with_a_sentence_when_another_process_keeps_the_turn(
    tmp_path: Path,
) -> None:
    path = tmp_path / "queue"
    context = get_context("spawn")
    ready, leave = context.Event(), context.Event()
    holder = context.Process(target=hold_turn, args=(str(path), ready, leave))
    holder.start()
    assert ready.wait(30)
    queue = WriterQueue(path, 0.2)
    began = time.monotonic()
    with pytest.raises(Unavailable, match=r"Another writer has kept the database"), queue.turn():
        pass
    assert time.monotonic() - began < 5
    leave.set()
    holder.join()
    # The thread that was still in line gives the turn back: the next writer gets it.
    with WriterQueue(path, 10).turn():
        pass


def test_a_killed_process_frees_the_turn(tmp_path: Path) -> None:
    path = tmp_path / "queue"
    context = get_context("spawn")
    ready, leave = context.Event(), context.Event()
    holder = context.Process(target=hold_turn, args=(str(path), ready, leave))
    holder.start()
    assert ready.wait(30)
    threading.Timer(0.2, holder.kill).start()
    with WriterQueue(path, 30).turn():
        pass
    holder.join()


def test_a_second_write_inside_a_write_is_refused_and_does_not_hang(tmp_path: Path) -> None:
    queue = WriterQueue(tmp_path / "queue", 0.2)
    with queue.turn(), pytest.raises(Unavailable), queue.turn():
        pass


def test_file_descriptors_do_not_leak(sqlite_database: Database) -> None:
    if not sys.platform.startswith("linux"):
        pytest.skip("counts /proc/self/fd")
    open_files = Path("/proc/self/fd")
    with sqlite_database.write():
        pass
    before = len(list(open_files.iterdir()))
    for _ in range(50):
        with sqlite_database.write() as conn:
            conn.execute(sa.select(1))
    assert len(list(open_files.iterdir())) <= before


def test_times_come_back_aware_equal_and_in_utc(database: Database) -> None:
    table = sa.Table("times", sa.MetaData(), sa.Column("at", UtcDateTime))
    given = datetime(2024, 3, 10, 1, 59, 59, 123456, tzinfo=timezone(timedelta(hours=-5)))
    with database.write() as conn:
        table.create(conn)
        conn.execute(table.insert().values(at=given))
    with database.read() as conn:
        found = conn.execute(sa.select(table.c.at)).scalar_one()
    assert found == given
    assert found.tzinfo is UTC or found.utcoffset() == timedelta(0)


def test_a_naive_time_never_reaches_the_database(database: Database) -> None:
    table = sa.Table("times", sa.MetaData(), sa.Column("at", UtcDateTime))
    with database.write() as conn:
        table.create(conn)
    with pytest.raises(sa.exc.StatementError, match="naive datetime"), database.write() as conn:
        conn.execute(table.insert().values(at=datetime(2024, 1, 1)))


def test_json_comes_back_equal(database: Database) -> None:
    table = sa.Table("values", sa.MetaData(), sa.Column("value", Json))
    given = {"a": [1, 2.5, None, "ä"], "b": {"c": True}}
    with database.write() as conn:
        table.create(conn)
        conn.execute(table.insert().values(value=given))
    with database.read() as conn:
        assert conn.execute(sa.select(table.c.value)).scalar_one() == given
