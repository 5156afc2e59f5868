"""MLflow's record in a store of its own, and what happens when it cannot be kept."""

from __future__ import annotations

import os
import sqlite3
import stat
from pathlib import Path

import pytest
import sqlalchemy as sa

from terminal.db.database import Database
from terminal.db.migrate import current, head
from terminal.errors import SettingsError
from terminal.models.signing_key import FILE, signing_key
from terminal.settings import ROOT, Settings, load_settings
from terminal.training.tracking import track


def settings_in(folder: Path, **more: str) -> Settings:
    return load_settings(ROOT / "config", {"ATT_STORAGE__DATA_DIR": str(folder), **more})


def test_a_run_lies_in_a_file_of_its_own_that_is_not_our_database(
    tmp_path: Path, sqlite_database: Database
) -> None:
    settings = settings_in(tmp_path)
    assert settings.storage.url == sqlite_database.url
    found = track(
        settings,
        "Follower",
        params={"model": "lightgbm", "long": "x" * 9000},
        metrics={"score": 0.56, "unknown": None},
        tags={"job": "j1"},
        texts={"model-card.html": "<p>card</p>"},
    )
    assert found.warning == ""
    assert found.run_id
    with sqlite3.connect(tmp_path / "mlflow" / "mlflow.db") as own:
        metrics = own.execute("SELECT key, value FROM metrics").fetchall()
        params = dict(own.execute("SELECT key, value FROM params").fetchall())
    assert metrics == [("score", 0.56)]
    assert params["model"] == "lightgbm"
    cards = list((tmp_path / "mlflow" / "artifacts").rglob("model-card.html"))
    assert [card.read_text() for card in cards] == ["<p>card</p>"]
    with sqlite_database.read() as conn:
        tables = sa.inspect(conn).get_table_names()
        assert current(sqlite_database) == head()
    assert "experiments" not in tables


def test_a_store_that_fails_is_a_warning_and_never_an_error(tmp_path: Path) -> None:
    settings = settings_in(
        tmp_path / "var", ATT_TRAINING__MLFLOW_URI=f"sqlite:///{tmp_path}/not/there/m.db"
    )
    (tmp_path / "not").write_text("a file where a folder must be")
    found = track(settings, "x", params={}, metrics={}, tags={}, texts={})
    assert found.run_id == ""
    assert found.warning.startswith("MLflow did not take the run: ")


def test_tracking_can_be_off(tmp_path: Path) -> None:
    settings = settings_in(tmp_path / "var", ATT_TRAINING__MLFLOW_URI="off")
    found = track(settings, "x", params={}, metrics={}, tags={}, texts={})
    assert (found.uri, found.run_id, found.warning) == ("", "", "")
    assert not (tmp_path / "var" / "mlflow").exists()


def test_the_signing_key_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    settings = settings_in(tmp_path / "var")
    key = signing_key(settings)
    assert len(key) == 32
    assert signing_key(settings) == key
    path = tmp_path / "var" / FILE
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [item.name for item in path.parent.iterdir()] == [path.name]
    os.chmod(path, 0o644)
    with pytest.raises(SettingsError, match="may be read by others"):
        signing_key(settings)


def test_a_given_key_is_used_hidden_and_must_be_long(tmp_path: Path) -> None:
    secret = "s3cret-" * 6
    settings = settings_in(tmp_path / "var", ATT_TRAINING__SIGNING_KEY=secret)
    assert signing_key(settings) == secret.encode()
    assert secret not in repr(settings)
    assert not (tmp_path / "var" / FILE).exists()
    with pytest.raises(SettingsError, match="has 5 characters; 32"):
        signing_key(settings_in(tmp_path / "var", ATT_TRAINING__SIGNING_KEY="short"))
