"""Can this training run? What a form can say at once, without loading a training library.

The job checks again on the bars themselves: features, splits and gap.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from terminal.errors import InputError
from terminal.labels.registry import get_label
from terminal.market.dataset import Dataset, Series
from terminal.models.catalogue import get_model
from terminal.models.combinations import CALIBRATIONS
from terminal.models.model import ModelKind, Task
from terminal.params import checked, describe, validate
from terminal.training.request import SearchRange, SearchRequest, TrainingRequest
from terminal.validation.registry import get_splitter

LONGEST_NAME = 80
MOST_COLUMNS = 1_000
MOST_TRIALS = 1_000
MOST_THREADS = 256


@dataclass(frozen=True)
class Plan:
    """The parts of a request that is allowed: what each slug names, and its parameters."""

    label: Any
    label_params: Any
    model: ModelKind
    model_params: Any
    splitter: Any
    splitter_params: Any
    task: Task


def validate_request(request: TrainingRequest, dataset: Dataset, series: Sequence[Series]) -> Plan:
    """What a request asks for.

    Parameters
    ----------
    series : those of `dataset`.

    Raises
    ------
    InputError : naming the field, what is wrong with it and what to do.
    """
    plan = plan_of(request)
    _require_universe(request, series)
    if request.timeframe.order < dataset.timeframe.order:
        raise InputError(
            f"{dataset.title} has bars of {dataset.timeframe}; finer ones cannot be made of them.",
            field="timeframe",
            remedy=f"Choose {dataset.timeframe} or coarser.",
        )
    return plan


def plan_of(request: TrainingRequest) -> Plan:
    """The parts of a request and every number in it, checked without its data; InputError."""
    label = get_label(request.label)
    model = get_model(request.model)
    splitter = get_splitter(request.splitter)
    task = Task.CLASSES if label.classes else Task.NUMBER
    if task not in model.tasks:
        wanted = "classes" if task is Task.CLASSES else "a number"
        raise InputError(
            f"{label.title} is to be predicted as {wanted}, which {model.title} does not do.",
            field="model",
            remedy="Choose another model or another label.",
        )
    plan = Plan(
        label=label,
        label_params=_params("label_params", label.params_type, request.label_params),
        model=model,
        model_params=_params("model_params", model.params_type, request.model_params),
        splitter=splitter,
        splitter_params=_params("splitter_params", splitter.params_type, request.splitter_params),
        task=task,
    )
    _require_columns(request)
    _require_numbers(request)
    _require_calibration(request, task)
    if request.search is not None:
        _require_search(request.search, model)
    return plan


def _params(field: str, params_type: type[Any], given: Any) -> Any:
    try:
        return validate(params_type, given)
    except InputError as error:
        raise InputError(
            error.message,
            field=f"{field}.{error.field}" if error.field else field,
            remedy=error.remedy,
        ) from error


def _require_columns(request: TrainingRequest) -> None:
    columns = request.features.columns
    if not columns:
        raise InputError(
            "There are no features to learn from.", field="features", remedy="Choose at least one."
        )
    if len(columns) > MOST_COLUMNS:
        raise InputError(
            f"There are {len(columns)} features; at most {MOST_COLUMNS} are allowed.",
            field="features",
            remedy="Leave some out.",
        )
    twice = sorted({name for name in columns if columns.count(name) > 1})
    if twice:
        raise InputError(
            f"Feature {twice[0]!r} is there twice.", field="features", remedy="Leave one out."
        )


def _require_numbers(request: TrainingRequest) -> None:
    if len(request.name) > LONGEST_NAME:
        raise InputError(
            f"The name has {len(request.name)} characters; at most {LONGEST_NAME} are kept.",
            field="name",
            remedy="Choose a shorter name.",
        )
    _require("out_of_sample", "The out-of-sample share", request.out_of_sample, 0.05, 0.5)
    _require("early_stopping", "The early-stopping share", request.early_stopping, 0.0, 0.4)
    _require("time_decay", "The weight of the oldest event", request.weights.time_decay, 0.0, 1.0)
    _require("confidence", "The confidence of the gate", request.gate.confidence, 0.5, 0.9999)
    _require("paths", "The share of paths", request.gate.paths, 0.5, 1.0)
    _require("every", "Taking each so-many-th bar", request.every, 1, 10_000)
    _require("threads", "The number of threads", request.threads, 0, MOST_THREADS)
    _require("seed", "The seed", request.seed, 0, 2**31 - 1)
    if request.gap is not None:
        _require("gap", "The gap in bars", request.gap, 0, 1_000_000)


def _require_calibration(request: TrainingRequest, task: Task) -> None:
    if not request.calibration:
        return
    if request.calibration not in CALIBRATIONS:
        raise InputError(
            f"There is no calibration {request.calibration!r}; known: {', '.join(CALIBRATIONS)}.",
            field="calibration",
            remedy="Choose one of those, or none.",
        )
    if task is not Task.CLASSES:
        raise InputError(
            "Only probabilities of classes can be calibrated.",
            field="calibration",
            remedy="Switch it off, or choose a label with classes.",
        )
    if request.early_stopping == 0.0:
        raise InputError(
            "Calibration needs events that a fit has not learned from.",
            field="calibration",
            remedy="Give the early-stopping slice a share, or switch calibration off.",
        )


def _require(field: str, title: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        raise InputError(
            f"{title} is {value:g}; allowed: {low:g} to {high:g}.",
            field=field,
            remedy="Enter an allowed value.",
        )


def _require_search(search: SearchRequest, model: ModelKind) -> None:
    _require("trials", "The number of trials", search.trials, 2, MOST_TRIALS)
    _require("folds", "The number of folds of the search", search.folds, 2, 20)
    if not search.ranges:
        raise InputError(
            "A search needs a parameter to vary.",
            field="search",
            remedy="Give a range, or switch the search off.",
        )
    specs = {spec.name: spec for spec in describe(model.params_type)}
    for name, wanted in search.ranges.items():
        if name not in specs:
            raise InputError(
                f"{model.title} has no parameter {name!r}; it has: {', '.join(specs)}.",
                field="search",
                remedy="Choose one of those.",
            )
        try:
            _require_range(wanted, specs[name])
        except InputError as error:
            raise _of_field(error, f"search.{name}") from error


def _require_range(wanted: SearchRange, spec: Any) -> None:
    if wanted.values:
        for value in wanted.values:
            checked(spec, value)
        return
    if spec.kind not in ("int", "float") or wanted.low is None or wanted.high is None:
        raise InputError(
            f"{spec.title} needs values to try" + (" or a range." if spec.kind != "bool" else "."),
            remedy="List them.",
        )
    for value in (wanted.low, wanted.high):
        checked(spec, value)
    if wanted.low >= wanted.high:
        raise InputError(
            f"{spec.title} goes from {wanted.low:g} to {wanted.high:g}.",
            remedy="Begin below the end.",
        )
    if wanted.log and wanted.low <= 0:
        raise InputError(
            f"{spec.title} begins at {wanted.low:g}, which a logarithmic scale does not have.",
            remedy="Begin above 0.",
        )


def _of_field(error: InputError, field: str) -> InputError:
    """The same words about another field."""
    return InputError(error.message, field=field, remedy=error.remedy)


def _require_universe(request: TrainingRequest, series: Sequence[Series]) -> None:
    if not request.symbols:
        raise InputError(
            "No instruments are chosen.", field="symbols", remedy="Choose at least one."
        )
    known = {part.symbol for part in series}
    unknown = [symbol for symbol in request.symbols if symbol not in known]
    if unknown:
        raise InputError(
            f"The data set has no instrument {unknown[0]!r}.",
            field="symbols",
            remedy="Choose from its list.",
        )
    if len(set(request.symbols)) != len(request.symbols):
        raise InputError("An instrument is chosen twice.", field="symbols", remedy="Leave one out.")
    if request.start is not None and request.end is not None and request.start > request.end:
        raise InputError(
            f"The training period begins on {request.start}, after its end {request.end}.",
            field="start",
            remedy="Choose an earlier begin.",
        )
