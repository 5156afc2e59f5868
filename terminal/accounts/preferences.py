"""What a person has chosen (theme, palette, ...): small JSON values by key, kept on the server."""

from __future__ import annotations

import re
from typing import Any

import orjson

from terminal import clock
from terminal.accounts.actor import Actor
from terminal.db.database import Database
from terminal.db.repositories import preferences
from terminal.errors import InputError

LARGEST = 16_384  # bytes of JSON in one value
MOST = 200  # keys of one user
_KEY = re.compile(r"[a-z][a-z0-9._-]{0,63}")


def get_preferences(db: Database, actor: Actor) -> dict[str, Any]:
    """Every preference of the actor; what was never set is absent."""
    with db.read() as conn:
        return preferences.all_of(conn, actor)


def set_preference(db: Database, actor: Actor, key: str, value: Any) -> None:
    """Keep `value` (anything JSON can hold); None goes back to the default.

    Raises
    ------
    InputError : the key is malformed, the value is not JSON or too large, or there are too many.
    """
    if not _KEY.fullmatch(key):
        raise InputError(
            f"{key[:64]!r} cannot be a preference.",
            field="key",
            remedy="Use up to 64 of a-z 0-9 . _ -, beginning with a letter.",
        )
    with db.write() as conn:
        if value is None:
            preferences.remove(conn, actor, key)
            return
        _check_value(key, value)
        if len(preferences.all_of(conn, actor).keys() | {key}) > MOST:
            raise InputError(f"At most {MOST} preferences can be kept.", field=key)
        preferences.put(conn, actor, key, value, clock.now())


def _check_value(key: str, value: Any) -> None:
    try:
        size = len(orjson.dumps(value))
    except TypeError as error:
        raise InputError(f"The value is not JSON: {error}", field=key) from error
    if size > LARGEST:
        raise InputError(f"The value has {size} bytes; at most {LARGEST} are kept.", field=key)
