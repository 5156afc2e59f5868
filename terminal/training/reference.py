"""A registered version as the reference that a strategy keeps."""

from __future__ import annotations

from terminal.codec import from_json
from terminal.db.repositories.models import VersionRow
from terminal.market.timeframe import Timeframe
from terminal.models.recipe import Recipe
from terminal.strategies.model.reference import ModelReference


def reference_of(row: VersionRow) -> ModelReference:
    """What a backtest follows: the recipe, and what identifies the trained weights."""
    lineage = row.lineage
    return ModelReference(
        version_id=row.id,
        name=row.name,
        version=row.version,
        package=row.package_sha256,
        timeframe=Timeframe(lineage["timeframe"]),
        bars_per_session=int(lineage["bars_per_session"]),
        look_back=int(lineage["look_back"]),
        horizon=int(lineage["horizon"]),
        spread=float(lineage["spread"]),
        trained_until=str(lineage["trained_until"]),
        recipe=from_json(Recipe, dict(row.recipe)),
    )
