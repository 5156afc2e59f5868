"""The tests' own services start from pip-installed binaries when no server is at hand."""

from __future__ import annotations

import pytest
import redis
import sqlalchemy as sa

from tests import services


def test_a_private_redis_starts_and_is_gone_afterwards() -> None:
    with services.private_redis() as url:
        client = redis.Redis.from_url(url)
        client.set("key", "value")
        assert client.get("key") == b"value"
        client.close()
    assert not services._pings(url)


def test_a_private_postgresql_starts_when_none_is_named_or_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("ATT_TEST_POSTGRES_URL", raising=False)
    monkeypatch.setattr(services, "LOCAL_POSTGRES", "postgresql+psycopg://x@127.0.0.1:1/x")
    services.postgresql_admin_url.cache_clear()
    try:
        with services.postgresql_database() as url:
            engine = sa.create_engine(url)
            with engine.connect() as conn:
                assert conn.execute(sa.text("SELECT 40 + 2")).scalar_one() == 42
            engine.dispose()
    finally:
        services.postgresql_admin_url.cache_clear()
