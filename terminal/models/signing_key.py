"""The secret of this installation that seals model packages.

From the setting `training.signing_key` (an environment variable), else a file made once in the data
folder that only its owner may read. It is never in the database, a log or a package.
"""

from __future__ import annotations

import os
import secrets
import tempfile
from pathlib import Path

from terminal.errors import SettingsError
from terminal.settings import Settings

FILE = Path("secrets") / "models.key"
FEWEST_CHARACTERS = 32


def signing_key(settings: Settings) -> bytes:
    """The key; made at the first call of an installation.

    Raises
    ------
    SettingsError : the one given is too short, or others may read the file.
    """
    given = settings.training.signing_key.get_secret_value()
    if given:
        if len(given) < FEWEST_CHARACTERS:
            raise SettingsError(
                f"The signing key has {len(given)} characters; {FEWEST_CHARACTERS} or more are "
                "needed.",
                field="training.signing_key",
                remedy="Set ATT_TRAINING__SIGNING_KEY to a long random text.",
            )
        return given.encode()
    path = settings.storage.root / FILE
    try:
        return _read(path)
    except FileNotFoundError:
        _make(path)
        return _read(path)


def _read(path: Path) -> bytes:
    if path.stat().st_mode & 0o077:
        raise SettingsError(
            f"{path} may be read by others.",
            field="training.signing_key",
            remedy=f"Run: chmod 600 {path}",
        )
    return bytes.fromhex(path.read_text(encoding="ascii").strip())


def _make(path: Path) -> None:
    """A new key, whole or not at all; of two processes at once the first one's stays."""
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
