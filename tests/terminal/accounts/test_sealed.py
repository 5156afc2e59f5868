"""Broker keys at rest: sealed under a key that is not beside them, opened for their owner alone."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from terminal.accounts.actor import Actor, Role
from terminal.accounts.sealed import seal, unseal
from terminal.accounts.secret_file import secret
from terminal.db.database import Database
from terminal.db.repositories import broker_credentials, trading_accounts
from terminal.db.tables.accounts import users
from terminal.errors import Conflict, Forbidden, InputError, NotFound, SettingsError
from terminal.execution.brokers.registry import BROKERS, FEEDS, Keys, connect, store_keys
from terminal.settings import ROOT, Settings, load_settings

KEYS = Keys("PKABCDEFGHIJKLMNOPQR", "a-very-secret-secret-of-the-broker")
AT = datetime(2024, 3, 4, tzinfo=UTC)


@dataclass(frozen=True)
class Account:
    owner_id: int
    broker: str = "paper"
    environment: str = "paper"
    credential_id: str | None = None


def person(db: Database, name: str) -> Actor:
    with db.write() as conn:
        values = {
            column.name: {"username": name, "role": "trader"}.get(column.name, _any(column))
            for column in users.c
            if not column.primary_key and (not column.nullable or column.name == "role")
        }
        id_ = conn.execute(users.insert().values(**values)).inserted_primary_key[0]
    return Actor(int(id_), name, Role.TRADER)


def _any(column: sa.Column[object]) -> object:
    kind = column.type.python_type if not isinstance(column.type, sa.TypeDecorator) else datetime
    return {str: "x", int: 0, bool: False, float: 0.0}.get(kind, AT)


def test_sealed_keys_come_back_and_are_different_each_time(settings: Settings) -> None:
    first, second = (seal(settings, KEYS.key, KEYS.secret) for _ in range(2))
    assert first != second and KEYS.secret not in first and KEYS.key not in first
    assert unseal(settings, first) == unseal(settings, second) == (KEYS.key, KEYS.secret)


def test_another_key_or_a_changed_text_opens_nothing(settings: Settings, tmp_path: Path) -> None:
    sealed = seal(settings, KEYS.key, KEYS.secret)
    other = load_settings(
        ROOT / "config",
        {"ATT_STORAGE__DATA_DIR": str(tmp_path / "o"), "ATT_TRADING__CREDENTIALS_KEY": "k" * 32},
    )
    with pytest.raises(SettingsError, match="another key"):
        unseal(other, sealed)
    with pytest.raises(SettingsError):
        unseal(settings, sealed[:-4] + "AAA=")


def test_the_key_file_is_its_owners_alone(settings: Settings) -> None:
    seal(settings, "k", "s")
    path = settings.storage.root / "secrets" / "credentials.key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    os.chmod(path, 0o644)
    with pytest.raises(SettingsError, match="chmod 600"):
        seal(settings, "k", "s")


def test_a_short_secret_is_refused(tmp_path: Path) -> None:
    short = load_settings(
        ROOT / "config",
        {"ATT_STORAGE__DATA_DIR": str(tmp_path), "ATT_TRADING__EXCHANGE_TOKEN": "short"},
    )
    with pytest.raises(SettingsError, match="32 or more"):
        secret(short, "trading", "exchange_token", "exchange.token")


def test_keys_are_stored_sealed_and_listed_without_them(
    database: Database, settings: Settings
) -> None:
    owner, other = person(database, "ann"), person(database, "bob")
    row = store_keys(database, owner, settings, "paper", "mine", KEYS)
    assert row.key_hint == KEYS.key[-4:]
    with database.read() as conn:
        assert [found.id for found in broker_credentials.find(conn, owner)] == [row.id]
        assert broker_credentials.find(conn, other) == []
        stored = str(conn.execute(sa.text("SELECT * FROM broker_credentials")).one())
        assert KEYS.secret not in stored and KEYS.key not in stored
        with pytest.raises(NotFound):
            broker_credentials.sealed(conn, other.user_id, row.id)
    broker = connect(database, Account(owner.user_id, credential_id=row.id), settings)
    assert broker.name == "paper" and not broker.is_live
    with pytest.raises(NotFound):
        connect(database, Account(other.user_id, credential_id=row.id), settings)


def test_keys_that_an_account_needs_stay(sqlite_database: Database, settings: Settings) -> None:
    owner, other = person(sqlite_database, "ann"), person(sqlite_database, "bob")
    row = store_keys(sqlite_database, owner, settings, "paper", "mine", KEYS)
    with sqlite_database.write() as conn:
        account = trading_accounts.create(conn, owner, "a", "paper", AT, credential_id=row.id)
    with sqlite_database.write() as conn, pytest.raises(Conflict, match="needs these keys"):
        broker_credentials.delete(conn, owner, row.id)
    with sqlite_database.write() as conn, pytest.raises(NotFound):
        broker_credentials.delete(conn, other, row.id)
    assert account.credential_id == row.id
    spare = store_keys(sqlite_database, owner, settings, "alpaca", "spare", KEYS)
    with sqlite_database.write() as conn:
        broker_credentials.delete(conn, owner, spare.id)
        assert [found.id for found in broker_credentials.find(conn, owner)] == [row.id]


@pytest.mark.parametrize("key", ["", "with blank", "line\nbreak", "x" * 257])
def test_a_key_that_is_none_is_refused(
    sqlite_database: Database, settings: Settings, key: str
) -> None:
    with pytest.raises(InputError):
        store_keys(sqlite_database, person(sqlite_database, "ann"), settings, "paper", "n",
                   replace(KEYS, key=key))  # fmt: skip


def test_real_money_is_off_until_it_is_switched_on(
    sqlite_database: Database, tmp_path: Path
) -> None:
    given = {
        "ATT_STORAGE__DATA_DIR": str(tmp_path), "ATT_TRADING__ALPACA_KEY": "k",
        "ATT_TRADING__ALPACA_SECRET": "s",
    }  # fmt: skip
    live = Account(1, "alpaca", "live")
    with pytest.raises(Forbidden, match="switched off"):
        connect(sqlite_database, live, load_settings(ROOT / "config", given))
    allowed = load_settings(ROOT / "config", {**given, "ATT_TRADING__ALLOW_LIVE": "true"})
    broker = connect(sqlite_database, live, allowed)
    assert broker.is_live
    with pytest.raises(Forbidden):
        connect(
            sqlite_database, Account(1, "paper", "live", "x"), load_settings(ROOT / "config", given)
        )


def test_an_account_without_keys_says_what_to_do(
    sqlite_database: Database, settings: Settings
) -> None:
    with pytest.raises(SettingsError, match="no broker keys"):
        connect(sqlite_database, Account(1), settings)


def test_the_registries_name_functions_that_exist() -> None:
    from importlib import import_module

    for text in (*BROKERS.values(), *FEEDS.values()):
        module, _, function = text.partition(":")
        assert callable(getattr(import_module(module), function))


def test_keys_are_not_shown() -> None:
    assert KEYS.secret not in repr(KEYS) and KEYS.key not in repr(KEYS)
