from __future__ import annotations

from terminal.effective_settings import effective_settings, mask_password
from terminal.settings import ROOT, Settings, load_settings


def test_every_setting_is_listed_once_with_meaning_and_origin() -> None:
    environ = {"ATT_SERVER__PORT": "9000"}
    rows = effective_settings(load_settings(ROOT / "config", environ), ROOT / "config", environ)
    expected = {
        (section, key)
        for section, field in Settings.model_fields.items()
        for key in field.annotation.model_fields
    }
    assert {(row.section, row.key) for row in rows} == expected
    assert len(rows) == len(expected)
    assert all(row.meaning for row in rows)
    port = next(row for row in rows if row.key == "port")
    assert (port.value, port.origin, port.allowed) == ("9000", "ATT_SERVER__PORT", "1 to 65,535")
    host = next(row for row in rows if row.key == "host")
    assert host.origin == "config/server.yaml"


def test_a_setting_in_no_file_and_no_variable_is_a_default(tmp_path) -> None:
    rows = effective_settings(load_settings(tmp_path, {}), tmp_path, {})
    assert {row.origin for row in rows} == {"default"}


def test_a_database_password_is_never_shown(tmp_path) -> None:
    environ = {"ATT_STORAGE__DATABASE_URL": "postgresql+psycopg://ada:s3cret@db:5432/att"}
    rows = effective_settings(load_settings(tmp_path, environ), tmp_path, environ)
    shown = next(row for row in rows if row.key == "database_url").value
    assert shown == "postgresql+psycopg://ada:***@db:5432/att"
    assert mask_password("redis://:pw@host/0") == "redis://:***@host/0"
