"""Bring a database up to (or down from) the schema of this code version."""

from __future__ import annotations

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from terminal.db.database import Database
from terminal.settings import ROOT


def upgrade(database: Database, revision: str = "head") -> None:
    """Run migrations up to `revision`; a no-op when already there.

    Two processes starting at once are serialised: by SQLite's write lock, or an advisory lock.
    """
    with database.write() as conn:
        if conn.dialect.name == "postgresql":
            conn.exec_driver_sql("SELECT pg_advisory_xact_lock(4711080500)")
        command.upgrade(_config(conn), revision)


def downgrade(database: Database, revision: str) -> None:
    """Run migrations down to `revision` ("base" removes everything)."""
    with database.write() as conn:
        command.downgrade(_config(conn), revision)


def current(database: Database) -> str | None:
    """The revision the database is at, None when it has none."""
    with database.read() as conn:
        return MigrationContext.configure(conn).get_current_revision()


def head() -> str:
    """The newest revision this code knows."""
    revision = ScriptDirectory.from_config(_config(None)).get_current_head()
    assert revision is not None  # noqa: S101  (the project ships migrations)
    return revision


def _config(connection: object) -> Config:
    config = Config()
    config.set_main_option("script_location", str(ROOT / "migrations"))
    config.attributes["connection"] = connection
    return config
