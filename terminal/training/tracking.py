"""MLflow's record of a training. Our tables are the truth: a failure here is a warning, no more.

The local store is an SQLite file of its own: MLflow and Optuna both keep their migrations in a
table `alembic_version`, which must not be ours.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from terminal.settings import Settings
from terminal.training.request import TrainingRequest

OFF = "off"
EXPERIMENT = "AlphaTrade Terminal"
LONGEST = 500


@dataclass(frozen=True)
class Tracked:
    """Where MLflow keeps a run, or why it does not.

    run_id : "" where there is none. warning : "" where nothing failed.
    """

    uri: str
    run_id: str
    warning: str


def store_uri(settings: Settings) -> str:
    """The tracking store in force; "" where tracking is off."""
    given = settings.training.mlflow_uri
    if given == OFF:
        return ""
    return given or f"sqlite:///{settings.storage.root / 'mlflow' / 'mlflow.db'}"


def track_training(
    settings: Settings,
    name: str,
    request: TrainingRequest,
    result: Mapping[str, Any],
    job_id: str,
    weights_hash: str,
    card: str,
) -> Tracked:
    """Log a finished training: its parameters, its scores, where it is here, and its card."""
    outside = result["out_of_sample"]
    return track(
        settings,
        name,
        params={
            "model": request.model,
            "label": request.label,
            "dataset": request.dataset,
            "splitter": request.splitter,
            "seed": request.seed,
            **{f"model.{key}": value for key, value in result["recipe"]["model_params"].items()},
            **{f"label.{key}": value for key, value in result["recipe"]["label_params"].items()},
        },
        metrics={
            "out_of_sample.score": outside["score"]["value"],
            "cross_validation.score": result["cross_validation"]["pooled"]["value"],
            "sharpe_before_costs": result["profit"]["sharpe"],
            **{f"out_of_sample.{key}": value for key, value in outside["figures"].items()},
        },
        tags={
            "job": job_id,
            "weights": weights_hash,
            "gate": "passed" if result["verdict"]["passed"] else "failed",
        },
        texts={"model-card.html": card},
    )


def track(
    settings: Settings,
    name: str,
    *,
    params: Mapping[str, Any],
    metrics: Mapping[str, float | None],
    tags: Mapping[str, str],
    texts: Mapping[str, str],
) -> Tracked:
    """Log a finished training; never raises.

    Parameters
    ----------
    texts : files by name. tags : e.g. the job and the version.
    """
    uri = store_uri(settings)
    if not uri:
        return Tracked("", "", "")
    try:
        return Tracked(uri, _log(settings, uri, name, params, metrics, tags, texts), "")
    except Exception as error:  # noqa: BLE001  whatever a tracking server does: said, not fatal
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        return Tracked(uri, "", f"MLflow did not take the run: {reason[:LONGEST]}")


def _log(
    settings: Settings,
    uri: str,
    name: str,
    params: Mapping[str, Any],
    metrics: Mapping[str, float | None],
    tags: Mapping[str, str],
    texts: Mapping[str, str],
) -> str:
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "10")
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    folder = settings.storage.root / "mlflow"
    folder.mkdir(parents=True, exist_ok=True)

    from mlflow.entities import Metric, Param, RunTag
    from mlflow.tracking import MlflowClient

    client = MlflowClient(tracking_uri=uri)
    found = client.get_experiment_by_name(EXPERIMENT)
    if found is None:
        place = (folder / "artifacts").as_uri() if uri.startswith("sqlite:") else None
        experiment = client.create_experiment(EXPERIMENT, artifact_location=place)
    else:
        experiment = found.experiment_id
    run = client.create_run(experiment, run_name=name)
    run_id = str(run.info.run_id)
    now = int(run.info.start_time)
    client.log_batch(
        run_id,
        metrics=[Metric(key, value, now, 0) for key, value in metrics.items() if value is not None],
        params=[Param(key, str(value)[:LONGEST]) for key, value in params.items()],
        tags=[RunTag(key, value) for key, value in tags.items()],
    )
    for file, text in texts.items():
        client.log_text(run_id, text, file)
    client.set_terminated(run_id, "FINISHED")
    return run_id
