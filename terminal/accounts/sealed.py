"""Broker keys at rest: encrypted (Fernet: AES-128-CBC with HMAC-SHA256) under a key that is not in
the database.

The key comes from the setting `trading.credentials_key` (an environment variable), else from a file
in the data folder that only its owner may read. Whoever has the database alone has nothing.
"""

from __future__ import annotations

import base64
import hashlib
import json

from cryptography.fernet import Fernet, InvalidToken

from terminal.accounts.secret_file import secret
from terminal.errors import SettingsError
from terminal.settings import Settings

KEY_FILE = "credentials.key"
_PURPOSE = b"alphatrade broker credentials 1|"


def seal(settings: Settings, key: str, secret_key: str) -> str:
    """A pair of keys as text for the database."""
    plain = json.dumps({"key": key, "secret": secret_key}).encode()
    return _box(settings).encrypt(plain).decode("ascii")


def unseal(settings: Settings, sealed: str) -> tuple[str, str]:
    """(key, secret).

    Raises
    ------
    SettingsError : sealed under another key, or changed since.
    """
    try:
        found = json.loads(_box(settings).decrypt(sealed.encode("ascii")))
    except (InvalidToken, ValueError):
        raise SettingsError(
            "The stored broker keys cannot be opened: they were sealed under another key.",
            field="trading.credentials_key",
            remedy="Bring back the key (data_dir/secrets), or enter the broker's keys again.",
        ) from None
    return str(found["key"]), str(found["secret"])


def _box(settings: Settings) -> Fernet:
    own = secret(settings, "trading", "credentials_key", KEY_FILE).encode()
    return Fernet(base64.urlsafe_b64encode(hashlib.sha256(_PURPOSE + own).digest()))
