"""Passwords: Argon2id with the parameters of RFC 9106's second recommendation (64 MiB, t = 3).

Checking a password for a user who does not exist costs the same as for one who does: the guess is
compared with the hash of a random password.
"""

from __future__ import annotations

import secrets
from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY

from terminal.errors import InputError

LONGEST = 256
FEWEST_DIFFERENT = 5

_hasher = PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)


def hash_password(password: str) -> str:
    """The Argon2id string to store (salt and parameters included)."""
    return _hasher.hash(password)


def verify(password: str, stored: str | None) -> bool:
    """True when `password` gives `stored`; takes as long when there is nothing stored."""
    if len(password) > LONGEST:
        password = ""  # no such password was ever accepted; do not hash megabytes
    try:
        return _hasher.verify(stored or _decoy(), password) and bool(stored)
    except (VerificationError, InvalidHashError):
        return False


def outdated(stored: str) -> bool:
    """True when the hash was made with other parameters than today's."""
    return _hasher.check_needs_rehash(stored)


def check_new(password: str, username: str, shortest: int) -> None:
    """Refuse a password that is easy to guess.

    Raises
    ------
    InputError : naming the rule that is broken.
    """
    problem = None
    if len(password) < shortest:
        problem = f"The password has {len(password)} characters; at least {shortest} are needed."
    elif len(password) > LONGEST:
        problem = f"The password has {len(password)} characters; at most {LONGEST} are allowed."
    elif username.lower() in password.lower():
        problem = "The password must not contain the user name."
    elif len(set(password)) < FEWEST_DIFFERENT:
        problem = f"The password repeats fewer than {FEWEST_DIFFERENT} different characters."
    if problem:
        raise InputError(problem, field="password", remedy="Four random words do well.")


@lru_cache(maxsize=1)
def _decoy() -> str:
    return hash_password(secrets.token_urlsafe(32))
