"""A database that the tests of a room share."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest

from terminal.db.database import Database
from tests.services import postgresql_database


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def shared_database(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Database]:
    """A migrated database of each kind that tests share: a database of its own costs a second.

    For tests whose rows are told apart by an owner or an account of their own.
    """
    if request.param == "sqlite":
        path = tmp_path_factory.mktemp("shared") / "terminal.db"
        shutil.copyfile(request.getfixturevalue("migrated_sqlite"), path)
        database = Database(f"sqlite+pysqlite:///{path}")
        yield database
        database.close()
        return
    with postgresql_database(request.getfixturevalue("migrated_postgresql")) as url:
        database = Database(url)
        yield database
        database.close()
