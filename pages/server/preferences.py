"""Preferences of the person who is signed in, for page code."""

from __future__ import annotations

from typing import Any

from pages.server.context import actor, services
from terminal.accounts.preferences import get_preferences, set_preference


def preferences() -> dict[str, Any]:
    """Everything the person has chosen; what was never set is absent."""
    return get_preferences(services().db, actor())


def save_preference(key: str, value: Any) -> None:
    """Keep a choice on the server, so that it follows the person to another browser."""
    set_preference(services().db, actor(), key, value)
