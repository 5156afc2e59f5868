"""Migrations go up and down on both databases and lead to exactly the schema of the code."""

from __future__ import annotations

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

import terminal.db.tables  # noqa: F401  (registers every table)
from terminal.db.database import Database
from terminal.db.migrate import current, downgrade, head, upgrade
from terminal.db.schema import UtcDateTime, metadata
from terminal.db.tables.accounts import users
from terminal.db.tables.jobs import jobs


def differences(database: Database) -> list[object]:
    """What alembic would still change to make the database equal the code."""
    with database.read() as conn:
        context = MigrationContext.configure(conn, opts={"compare_type": True})
        return list(compare_metadata(context, metadata))


def test_the_migrated_schema_equals_the_tables_in_the_code(database: Database) -> None:
    assert differences(database) == []


def test_a_forgotten_migration_is_noticed(database: Database) -> None:
    with database.write() as conn:
        conn.exec_driver_sql("ALTER TABLE preferences ADD COLUMN forgotten INTEGER")
    assert "forgotten" in repr(differences(database))


def test_down_to_base_leaves_nothing_and_up_again_gives_the_same(database: Database) -> None:
    assert current(database) == head()
    downgrade(database, "base")
    with database.read() as conn:
        assert set(sa.inspect(conn).get_table_names()) <= {"alembic_version"}
        if not database.is_sqlite:
            left = "SELECT count(*) FROM pg_proc WHERE proname LIKE 'audit_log%%'"
            assert conn.exec_driver_sql(left).scalar_one() == 0
    assert current(database) is None
    upgrade(database)
    assert differences(database) == []


def test_requests_of_the_first_version_keep_their_meaning(database: Database) -> None:
    """Whole units were `fractional: false` and are a lot of 1; what is no backtest stays."""
    upgrade(database)
    rows = {"whole": False, "parts": True}
    downgrade(database, "0004_backtest")
    with database.write() as conn:
        conn.execute(
            sa.insert(users).values(**required(users, id=77, username="first", role="trader"))
        )
        for name, fractional in rows.items():
            request = {"fractional": fractional, "capital": 5.0}
            values = required(jobs, id=name, kind="backtest", owner_id=77, request=request)
            conn.execute(sa.insert(jobs).values(**values))
        values = required(
            jobs, id="other", kind="self_test", owner_id=77, request={"fractional": 1}
        )
        conn.execute(sa.insert(jobs).values(**values))
    upgrade(database)
    with database.read() as conn:
        found = dict(conn.execute(sa.select(jobs.c.id, jobs.c.request)).tuples().all())
    assert found["whole"] == {"capital": 5.0, "lot": 1.0}
    assert found["parts"] == {"capital": 5.0, "lot": 0.0}
    assert found["other"] == {"fractional": 1}


def required(table: sa.Table, **given: object) -> dict[str, object]:
    """The given values, and some value for every other column that must have one."""
    made: dict[str, object] = {}
    for column in table.columns:
        if column.nullable or column.name in given or column.name == "state":
            continue
        kind = str(column.type)
        if isinstance(column.type, UtcDateTime):
            made[column.name] = datetime(2024, 1, 2, tzinfo=UTC)
        elif isinstance(column.type, sa.Boolean):
            made[column.name] = False
        else:
            made[column.name] = "" if kind.startswith(("VARCHAR", "TEXT")) else 1
    return {"state": "queued", **made, **given} if "state" in table.columns else {**made, **given}
