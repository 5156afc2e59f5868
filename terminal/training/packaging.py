"""The judged model as a sealed package, with its lineage; what the registry keeps of it."""

from __future__ import annotations

import hashlib
import importlib.metadata
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from terminal.codec import to_json
from terminal.features.frame import FeatureFrame
from terminal.jobs.lineage import package_versions
from terminal.labels.labels import Labels
from terminal.market.calendars import get_calendar
from terminal.market.dataset import Dataset
from terminal.market.panel import Panel
from terminal.models.archive import pack
from terminal.models.fit_recipe import label_spread
from terminal.models.model import Fitted
from terminal.models.package import write_package
from terminal.models.samples import Samples
from terminal.training.ground import Ground, spans
from terminal.training.request import TrainingRequest

LIBRARIES = ("scikit-learn", "lightgbm", "xgboost-cpu", "catboost", "torch", "optuna")
MOST_ROWS = 100_000
"""Rows a drift baseline is made of, evenly taken from the training events."""


@dataclass(frozen=True)
class Packed:
    """A package as bytes, and what identifies its weights.

    weights_hash : SHA-256 over the names and hashes of the native files, which says nothing of
    when, by whom or with what words it was packed.
    """

    content: bytes
    weights_hash: str
    manifest: dict[str, Any]


def pack_model(fitted: Fitted, about: Mapping[str, Any], key: bytes) -> Packed:
    """Seal a fitted model; the same model and words give the same bytes."""
    with tempfile.TemporaryDirectory(prefix="training-") as place:
        folder = Path(place) / "package"
        manifest = write_package(folder, fitted, fitted.params, about, key)
        digest = hashlib.sha256()
        for name in sorted(manifest.files):
            digest.update(f"{name}:{manifest.files[name].sha256}\n".encode())
        files = {
            name: {"sha256": entry.sha256, "size": entry.size}
            for name, entry in manifest.files.items()
        }
        return Packed(
            pack(folder),
            digest.hexdigest(),
            {"format": manifest.format, "files": files, "about": dict(manifest.about)},
        )


def lineage_of(
    request: TrainingRequest,
    ground: Ground,
    panel: Panel,
    dataset: Dataset,
    *,
    code_version: str,
    job_id: str,
) -> dict[str, Any]:
    """What a model was made from and by, JSON values."""
    frame, labels = ground.inside.frame, ground.inside.labels
    first, last = spans(panel.ts, labels.bar)
    return {
        "dataset": dataset.slug,
        "dataset_title": dataset.title,
        "data_version": dataset.version,
        "data_hash": frame.data_hash,
        "simulated": panel.simulated,
        "symbols": list(panel.symbols),
        "timeframe": panel.timeframe.value,
        "calendar": panel.calendar,
        "bars_per_session": bars_per_session(panel),
        "feature_set": request.feature_set,
        "spec_hash": frame.spec_hash,
        "columns": list(frame.columns),
        "n_events": len(labels),
        "first_event": first,
        "last_event": last,
        "trained_until": trained_until(frame, labels),
        "out_of_sample_from": str(ground.cut_ts.astype("datetime64[s]")),
        "look_back": ground.look_back,
        "horizon": ground.horizon,
        "gap": ground.gap,
        "spread": label_spread(ground.inside, ground.task),
        "seed": request.seed,
        "code_version": code_version,
        "packages": {**package_versions(), **_libraries()},
        "job_id": job_id,
        "request": to_json(request),
    }


def trained_until(frame: FeatureFrame, labels: Labels) -> str:
    """When the last outcome that was learned from was known, UTC, ISO 8601."""
    at = frame.close_ts[int(labels.end.max())]
    return f"{at.astype('datetime64[s]')}+00:00"


def bars_per_session(panel: Panel) -> int:
    """The usual number of bars of a session; 1 for daily bars and longer ones."""
    sessions = get_calendar(panel.calendar).session_of(panel.ts)
    _, counted = np.unique(sessions, return_counts=True)
    return max(1, round(float(np.median(counted))))


def baseline_of(ground: Ground, answers: np.ndarray, later: np.ndarray) -> dict[str, Any]:
    """What drift will be measured against: the training features, how good the answers of
    cross-validation were to events that no model of theirs had seen, and how the answers of the
    model itself spread over the out-of-sample period (`later`)."""
    from terminal.drift.baseline import make_baseline

    samples = _thinned(ground.inside)
    positions = _positions(len(ground.inside))
    made = make_baseline(
        samples.rows(),
        samples.columns,
        answers=answers[positions],
        task=ground.task,
        classes=ground.classes,
        outcome=samples.y,
        instrument=samples.labels.instrument,
        later=later,
        later_instrument=ground.outside.labels.instrument,
    )
    found: dict[str, Any] = to_json(made)
    return found


def _positions(n: int) -> np.ndarray:
    return np.unique(np.linspace(0, n - 1, min(n, MOST_ROWS)).astype(np.int64))


def _thinned(samples: Samples) -> Samples:
    return samples.take(_positions(len(samples)))


def _libraries() -> dict[str, str]:
    return {name: importlib.metadata.version(name) for name in LIBRARIES}
