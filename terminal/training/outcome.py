"""What a training leaves: its result as JSON, the frames that a reproduction is compared with, and
the rows that are written in the transaction in which its job succeeds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from terminal.codec import content_hash, to_json
from terminal.market.panel import Panel
from terminal.training.cross_validation import Validated
from terminal.training.final import Judged
from terminal.training.fits import plain
from terminal.training.gate import Verdict
from terminal.training.ground import Ground
from terminal.training.packaging import Packed
from terminal.training.preparing import Leaks
from terminal.training.request import TrainingRequest
from terminal.training.score import Score
from terminal.training.search import Found
from terminal.training.shelf import asked
from terminal.training.significance import Profit


@dataclass(frozen=True)
class Trained:
    """Everything that came of the stages.

    numbers : events, splits, gap. looks : trainings that have looked at this out-of-sample period.
    """

    ground: Ground
    leaks: Leaks
    numbers: dict[str, Any]
    found: Found | None
    validated: Validated
    judged: Judged
    outside: Score
    looks: int
    profit: Profit
    verdict: Verdict
    lineage: dict[str, Any]
    seconds: float


def result_json(trained: Trained) -> dict[str, Any]:
    """The result as pages and the model card read it."""
    ground, validated, judged = trained.ground, trained.validated, trained.judged
    return {
        "numbers": trained.numbers,
        "model_title": ground.plan.model.title,
        "label_title": ground.plan.label.title,
        "recipe": to_json(ground.recipe),
        "lineage": trained.lineage,
        "leakage": asdict(trained.leaks),
        "search": _search(trained.found),
        "cross_validation": {
            "name": validated.pooled.name,
            "chance": validated.pooled.chance,
            "paths": _finite([path.value for path in validated.paths]),
            "pooled": score_json(validated.pooled),
            "folds": [
                {key: value for key, value in vars(fold).items() if key != "answers"}
                for fold in validated.folds
            ],
        },
        "out_of_sample": {
            "score": score_json(trained.outside),
            "figures": dict(judged.figures),
            "n_train": judged.n_train,
            "n_valid": judged.n_valid,
            "looks": trained.looks,
        },
        "profit": asdict(trained.profit),
        "verdict": asdict(trained.verdict) | {"words": trained.verdict.words},
        "seconds": trained.seconds,
    }


def frames_of(trained: Trained, panel: Panel, packed: Packed) -> dict[str, pd.DataFrame]:
    """Folds, paths, predictions, and the hash of the weights."""
    labels, validated = trained.ground.outside.labels, trained.validated
    folds = [
        {
            "fold": fold.number,
            "n_train": fold.n_train,
            "n_test": fold.n_test,
            "score": fold.score,
            "steps": fold.steps,
            **fold.figures,
        }
        for fold in validated.folds
    ]
    paths = {
        "path": np.arange(len(validated.paths)),
        "score": [path.value for path in validated.paths],
        "low": [path.low for path in validated.paths],
        "high": [path.high for path in validated.paths],
    }
    predictions = {
        "ts": pd.DatetimeIndex(panel.ts[labels.bar]).tz_localize("UTC"),
        "symbol": np.array(panel.symbols)[labels.instrument],
        "ends": pd.DatetimeIndex(panel.ts[labels.end]).tz_localize("UTC"),
        "label": labels.label,
        "outcome": labels.outcome,
        "predicted": trained.judged.predicted,
    }
    return {
        "folds": pd.DataFrame(folds),
        "paths": pd.DataFrame(paths),
        "predictions": pd.DataFrame(predictions),
        "model": pd.DataFrame({"weights_hash": [packed.weights_hash]}),
    }


def trials_of(request: TrainingRequest, trained: Trained) -> dict[str, float | None]:
    """Sharpe ratios by request hash: this training, and every trial of its search."""
    wanted = to_json(asked(request))
    tried: dict[str, float | None] = {content_hash(wanted): trained.profit.sharpe}
    for trial in trained.found.trials if trained.found is not None else ():
        tried[content_hash({"request": wanted, "trial": dict(trial.params)})] = None
    return tried


def score_json(found: Score) -> dict[str, Any]:
    """A score as JSON values: what is not finite becomes None."""
    return plain(asdict(found)) | {"words": found.words}


def _search(found: Found | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {
        "best": dict(found.best),
        "score": found.score,
        "trials": len(found.trials),
        "importance": dict(found.importance),
    }


def _finite(values: Sequence[float]) -> list[float | None]:
    return [float(value) if math.isfinite(value) else None for value in values]
