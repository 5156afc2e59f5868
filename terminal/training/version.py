"""What the registry keeps of a training."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from terminal.db.repositories.models import NewVersion

PACKAGE, CARD, RESULT, BASELINE = (
    "package.zip", "model-card.html", "result.json", "baseline.json",
)  # fmt: skip
"""Files that every training leaves, whether its model is registered or not."""


def version_of(
    job_id: str,
    kind: str,
    result: Mapping[str, Any],
    weights_hash: str,
    manifest: Mapping[str, Any],
    package_sha256: str,
    baseline: Mapping[str, Any] | None,
) -> NewVersion:
    """A version from the result of its training and what identifies its package."""
    return NewVersion(
        job_id=job_id,
        kind=kind,
        weights_hash=weights_hash,
        package_sha256=package_sha256,
        manifest=manifest,
        recipe=result["recipe"],
        metrics={
            "out_of_sample": result["out_of_sample"],
            "cross_validation": result["cross_validation"]["pooled"],
            "profit": result["profit"],
        },
        verdict=result["verdict"],
        lineage=result["lineage"],
        baseline=baseline,
    )
