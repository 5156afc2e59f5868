"""User names: lower case, so that nobody can look like somebody else by a capital letter."""

from __future__ import annotations

import re

from terminal.accounts.actor import SYSTEM
from terminal.errors import InputError

LONGEST = 64
_ALLOWED = re.compile(r"[a-z0-9][a-z0-9._@+-]{1,63}")


def normalise(username: str) -> str:
    """The name as it is stored and looked up; at most 64 characters of what was typed."""
    return username.strip().lower()[:LONGEST]


def check_new(username: str) -> str:
    """The normalised name of a new user.

    Raises
    ------
    InputError : when it has other characters than the allowed ones, or is reserved.
    """
    name = username.strip().lower()
    if not _ALLOWED.fullmatch(name):
        raise InputError(
            f"{username.strip()[:LONGEST]!r} cannot be a user name.",
            field="username",
            remedy="Use 2 to 64 of a-z 0-9 . _ @ + -, beginning with a letter or a digit.",
        )
    if name == SYSTEM.username:
        raise InputError(
            f"The name {name!r} belongs to the terminal itself.",
            field="username",
            remedy="Choose another one.",
        )
    return name
