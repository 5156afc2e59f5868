"""Migrations go up and down on both databases and lead to exactly the schema of the code."""

from __future__ import annotations

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

import terminal.db.tables  # noqa: F401  (registers every table)
from terminal.db.database import Database
from terminal.db.migrate import current, downgrade, head, upgrade
from terminal.db.schema import metadata


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
