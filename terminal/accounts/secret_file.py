"""Secrets of this installation: from a setting (the environment), else a file made once in
`data_dir/secrets` that only its owner may read. Never in the database or a log.
"""

from __future__ import annotations

import os
import secrets
import tempfile
from pathlib import Path

from pydantic import SecretStr

from terminal.errors import SettingsError
from terminal.settings import Settings

FEWEST_CHARACTERS = 32


def secret(settings: Settings, section: str, key: str, file: str) -> str:
    """The secret of the setting `section.key`, or of `data_dir/secrets/<file>`; made at first use.

    Raises
    ------
    SettingsError : the one given is too short, or others may read the file.
    """
    setting: SecretStr = getattr(getattr(settings, section), key)
    given = setting.get_secret_value()
    field = f"{section}.{key}"
    if given:
        if len(given) < FEWEST_CHARACTERS:
            raise SettingsError(
                f"The secret has {len(given)} characters; {FEWEST_CHARACTERS} or more are needed.",
                field=field,
                remedy=f"Set ATT_{section.upper()}__{key.upper()} to a long random text.",
            )
        return given
    path = settings.storage.root / "secrets" / file
    try:
        return _read(path, field)
    except FileNotFoundError:
        _make(path)
        return _read(path, field)


def _read(path: Path, field: str) -> str:
    if path.stat().st_mode & 0o077:
        raise SettingsError(
            f"{path} may be read by others.", field=field, remedy=f"Run: chmod 600 {path}"
        )
    return path.read_text(encoding="ascii").strip()


def _make(path: Path) -> None:
    """A new secret, whole or not at all; of two processes at once the first one's stays."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, name = tempfile.mkstemp(dir=path.parent)  # mode 0600
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(32))
            file.flush()
            os.fsync(file.fileno())
        os.link(name, path)
    except FileExistsError:
        return
    finally:
        Path(name).unlink(missing_ok=True)
