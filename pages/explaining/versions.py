"""The person's model versions as a list to choose from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pages.server.context import actor, services
from terminal.db.repositories import models
from terminal.db.repositories.models import VersionRow


def own_versions() -> Sequence[VersionRow]:
    """Every version of the person's models, newest first."""
    with services().db.read() as conn:
        return models.find(conn, actor())


def version_of(version_id: int) -> VersionRow:
    """One version; NotFound when it is not the person's to see."""
    with services().db.read() as conn:
        return models.get(conn, actor(), version_id)


def version_options(versions: Sequence[VersionRow]) -> list[dict[str, Any]]:
    """Options of a dropdown."""
    return [
        {"label": f"{row.words} · {row.kind} · {row.stage}", "value": row.id} for row in versions
    ]
