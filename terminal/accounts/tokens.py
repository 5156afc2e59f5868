"""Random tokens: what a browser or a link carries, and what the database keeps of it.

A token has 256 random bits, so a plain SHA-256 of it cannot be turned back by guessing; the slow
password hash is for what people invent (see passwords.py).
"""

from __future__ import annotations

import hashlib
import hmac
import secrets


def new_token() -> str:
    """256 random bits, 43 URL-safe characters."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """What the database keeps instead of the token: SHA-256, 64 hex characters."""
    return hashlib.sha256(token.encode()).hexdigest()


def csrf_token(session_token: str) -> str:
    """The token that a page must echo with every change; one per session, derived from it.

    Scripts of our own pages can read it; the session token cannot be computed from it.
    """
    return hmac.new(session_token.encode(), b"csrf", hashlib.sha256).hexdigest()


def same(given: str, expected: str) -> bool:
    """Equality in a time that does not depend on where the difference is."""
    return hmac.compare_digest(given.encode(), expected.encode())
