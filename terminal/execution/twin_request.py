"""What is asked of a shadow twin."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class TwinRequest:
    """The replay of a session up to its newest decision.

    session_id : of a session that follows a strategy on a stored data set.
    """

    session_id: str
    name: str = ""
