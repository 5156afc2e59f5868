"""The looks a person can choose, and what the server remembers of the choice.

A browser's own choice (local storage) wins; the server's is for a browser that has none yet.
"""

from __future__ import annotations

from pages.server.preferences import preferences

CHOICES: dict[str, tuple[str, ...]] = {
    "theme": ("dark", "light"),
    "palette": ("standard", "colour-blind"),
    "time-display": ("exchange", "utc", "local"),
}
"""Store id and preference key -> allowed values, the default first."""


def appearance() -> dict[str, str]:
    """Theme, palette and time display of the person who is signed in."""
    kept = preferences()
    return {
        key: kept[key] if kept.get(key) in allowed else allowed[0]
        for key, allowed in CHOICES.items()
    }
