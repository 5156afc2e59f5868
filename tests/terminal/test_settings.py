"""Settings: files, then environment; a wrong value is named with its place and what is allowed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from terminal.errors import SettingsError
from terminal.settings import ROOT, SECTIONS, Settings, _own, load_settings

FIELDS = [
    (section, key, field)
    for section in SECTIONS
    for key, field in Settings.model_fields[section].annotation.model_fields.items()  # type: ignore[union-attr]
]


def comments(section: str) -> dict[str, str]:
    """The comment behind each key of a shipped file."""
    text = (ROOT / "config" / f"{section}.yaml").read_text(encoding="utf-8")
    return dict(re.findall(r"^(\w+):[^#\n]*#\s*(.+)$", text, flags=re.MULTILINE))


def number(text: str) -> str:
    """`1e6`, `1_000_000` and `1000000.0` alike."""
    return f"{float(text):g}"


@pytest.mark.parametrize(("section", "key", "field"), FIELDS, ids=lambda item: str(item)[:40])
def test_every_setting_stands_in_its_file_with_default_and_range(
    section: str, key: str, field: Any
) -> None:
    shipped = yaml.safe_load((ROOT / "config" / f"{section}.yaml").read_text(encoding="utf-8"))
    default = field.get_default(call_default_factory=True)
    assert key in shipped, f"config/{section}.yaml lacks {key}"
    assert str(shipped[key]) == str(default), "the file ships another value than the code's default"
    said = comments(section).get(key, "")
    assert said, f"{key} has no comment"
    bounds = {type(item).__name__: item for item in field.metadata}
    numbers = {number(found) for found in re.findall(r"\d+(?:\.\d+)?", said.replace("..", " .. "))}
    for name, side in (("Ge", "ge"), ("Le", "le")):
        if name in bounds:
            bound = number(str(getattr(bounds[name], side)))
            assert bound in numbers, f"the comment of {key} does not say {bound}"


@pytest.mark.parametrize("section", SECTIONS)
def test_a_file_has_no_key_that_is_no_setting(section: str) -> None:
    shipped = yaml.safe_load((ROOT / "config" / f"{section}.yaml").read_text(encoding="utf-8"))
    assert set(shipped) == set(Settings.model_fields[section].annotation.model_fields)  # type: ignore[union-attr]


@pytest.mark.parametrize(("section", "key", "field"), FIELDS, ids=lambda item: str(item)[:40])
def test_a_number_outside_its_range_is_refused_and_on_its_edge_taken(
    section: str, key: str, field: Any
) -> None:
    bounds = {type(item).__name__: item for item in field.metadata}
    name = f"ATT_{section.upper()}__{key.upper()}"
    for kind, side, step in (("Ge", "ge", -1), ("Le", "le", 1)):
        if kind not in bounds:
            continue
        edge = getattr(bounds[kind], side)
        loaded = load_settings(ROOT / "config", {name: str(edge)})
        assert getattr(getattr(loaded, section), key) == edge
        with pytest.raises(SettingsError) as caught:
            load_settings(ROOT / "config", {name: str(edge + step)})
        assert caught.value.field == f"{section}.{key}"


def test_the_environment_goes_over_the_file(tmp_path: Path) -> None:
    (tmp_path / "server.yaml").write_text("port: 9000\nthreads: 4\n")
    loaded = load_settings(tmp_path, {"ATT_SERVER__PORT": "9001", "PATH": "/bin"})
    assert (loaded.server.port, loaded.server.threads) == (9001, 4)
    assert loaded.jobs == Settings().jobs  # type: ignore[call-arg]


def test_a_wrong_value_in_a_file_names_file_key_given_and_allowed(tmp_path: Path) -> None:
    (tmp_path / "server.yaml").write_text("port: 99999\n")
    with pytest.raises(SettingsError) as caught:
        load_settings(tmp_path, {})
    said = str(caught.value)
    for part in ("server.port", str(tmp_path / "server.yaml"), "99999", "65535", "TCP port"):
        assert part in said


def test_a_wrong_value_in_the_environment_names_the_variable() -> None:
    with pytest.raises(SettingsError, match=r"'many' in environment variable ATT_SERVER__THREADS"):
        load_settings(ROOT / "config", {"ATT_SERVER__THREADS": "many"})


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("ATT_SERVER__COLOUR", "red", "known keys: host, port"),
        ("ATT_SERVR__PORT", "1", "names no setting"),
        ("ATT_PORT", "1", "names no setting"),
        ("ATT_SERVER__PUBLIC_URL", "terminal.example.com", "Address people type"),
        ("ATT_SERVER__PUBLIC_URL", "https://a.example/path", "Address people type"),
        ("ATT_STORAGE__BARS", "csv", "'parquet' or 'sql'"),
        ("ATT_STORAGE__DATABASE_URL", "mysql://root@db/x", "SQLAlchemy URL"),
        ("ATT_REDIS__URL", "localhost:6379", "Redis URL"),
        ("ATT_JOBS__SWEEP_S", "nan", "sweep"),
        ("ATT_MARKET__BUILT_IN", "perhaps", "boolean"),
    ],
)
def test_what_is_no_setting_or_no_value_is_refused_with_what_is_allowed(
    name: str, value: str, said: str
) -> None:
    with pytest.raises(SettingsError, match=re.escape(said)):
        load_settings(ROOT / "config", {name: value})


def test_a_password_in_a_wrong_url_is_not_shown() -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings(ROOT / "config", {"ATT_STORAGE__DATABASE_URL": "mysql://me:hunter2@db/x"})
    assert "hunter2" not in str(caught.value)
    assert "//***@db/x" in str(caught.value)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("server.yaml", "port: [1", "is not valid YAML"),
        ("server.yaml", "- 1\n- 2\n", "must hold `key: value` lines, not a list"),
        ("sever.yaml", "port: 1\n", "is not a settings file; allowed: server, storage"),
        ("server.yaml", "port: !!python/object/apply:os.getcwd []\n", "is not valid YAML"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(
    tmp_path: Path, name: str, content: str, said: str
) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(SettingsError, match=re.escape(said)) as caught:
        load_settings(tmp_path, {})
    assert str(tmp_path / name) in str(caught.value)


def test_an_empty_file_means_the_defaults(tmp_path: Path) -> None:
    (tmp_path / "server.yaml").write_text("# nothing\n")
    assert load_settings(tmp_path, {}).server.port == 8050


def test_settings_cannot_be_changed(settings: Settings) -> None:
    with pytest.raises(ValidationError):
        settings.server.port = 1


def test_derived_values(tmp_path: Path) -> None:
    plain = load_settings(tmp_path, {"ATT_SERVER__HOST": "0.0.0.0", "ATT_SERVER__PORT": "81"})
    assert plain.server.base_url == "http://localhost:81"
    assert not plain.server.secure_cookies
    public = load_settings(tmp_path, {"ATT_SERVER__PUBLIC_URL": "https://t.example"})
    assert public.server.base_url == "https://t.example"
    assert public.server.secure_cookies
    assert plain.storage.url == f"sqlite+pysqlite:///{ROOT / 'var' / 'terminal.db'}"
    named = load_settings(
        tmp_path,
        {
            "ATT_STORAGE__DATA_DIR": "/srv/att",
            "ATT_STORAGE__DATABASE_URL": "postgresql+psycopg://db/x",
        },
    )
    assert named.storage.root == Path("/srv/att")
    assert named.storage.url == "postgresql+psycopg://db/x"


def test_variables_of_the_tests_and_the_launcher_are_no_settings() -> None:
    environ = {"ATT_CONFIG_DIR": "x", "ATT_CODE_VERSION": "1", "ATT_TEST_POSTGRES_URL": "y",
               "ATT_SERVER__PORT": "1"}  # fmt: skip
    assert _own(environ) == {"ATT_SERVER__PORT": "1"}
