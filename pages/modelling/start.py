"""What the form of a training begins with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pages.researching import bars_form
from pages.researching.saved_sets import load, own_sets
from pages.server.context import actor, services
from terminal.codec import from_json
from terminal.errors import InputError, NotFound
from terminal.features.feature_set import FeatureSet
from terminal.market.dataset import Dataset
from terminal.market.timeframe import Timeframe
from terminal.research.menu import menu
from terminal.research.requests import BarsRequest
from terminal.training.request import SearchRange, SearchRequest, TrainingRequest

SETS = "features"
AS_BEFORE = "from:"
AUTO = "auto"
CORE, CLOSES = "preset:core", "preset:closes"
DEFAULTS = TrainingRequest("", (), Timeframe.DAY_1, FeatureSet(()), "", "")
SEARCH = SearchRequest()


@dataclass(frozen=True)
class Start:
    """First values: of the bars, of the choices and their parameters, and of the plain fields.

    sets : options of feature sets; features : the one chosen, e.g. "preset:core", "7:2".
    """

    bars: Mapping[str, Any]
    sets: list[dict[str, str]]
    features: str
    feature_words: str
    label: str
    label_params: Mapping[str, Any]
    model: str
    model_params: Mapping[str, Any]
    splitter: str
    splitter_params: Mapping[str, Any]
    values: Mapping[str, Any]
    ranges: Mapping[str, str]


def start_values(datasets: Sequence[Dataset], query: Mapping[str, str]) -> Start:
    """For `?feature_set=<id>&version=`, `?preset=<name>`, `?from=<job>`, or a new training."""
    earlier = earlier_request(query.get("from", ""))
    if earlier is not None and earlier.dataset not in {one.slug for one in datasets}:
        earlier = None
    request = earlier or DEFAULTS
    options = set_options()
    fresh = bars_form.bars_values(datasets, query)
    chosen = _chosen(query, options) or fitting_set("", str(fresh["dataset"]))
    if earlier is not None:
        chosen = f"{AS_BEFORE}{query['from']}"
        words = earlier.feature_set or f"{len(earlier.features.choices)} columns"
        options = [{"label": f"As in that training: {words}", "value": chosen}, *options]
    bars = (
        fresh
        if earlier is None
        else bars_form.values_of(
            BarsRequest(
                earlier.dataset, earlier.symbols, earlier.timeframe, earlier.start, earlier.end
            )
        )
    )
    search = request.search or SEARCH
    return Start(
        bars=bars,
        sets=options,
        features=chosen,
        feature_words=set_words(chosen),
        label=request.label or "triple-barrier",
        label_params=request.label_params,
        model=request.model or "lightgbm",
        model_params=request.model_params,
        splitter=request.splitter,
        splitter_params=request.splitter_params,
        values={
            "every": request.every if earlier else usual_every(str(fresh["timeframe"])),
            "uniqueness": request.weights.uniqueness,
            "time_decay": f"{request.weights.time_decay:g}",
            "early_stopping": f"{request.early_stopping:g}",
            "calibration": request.calibration,
            "gap": AUTO if request.gap is None else request.gap,
            "drop_leaks": request.drop_leaks,
            "seed": request.seed,
            "out_of_sample": f"{request.out_of_sample:g}",
            "confidence": f"{request.gate.confidence:g}",
            "paths": f"{request.gate.paths:g}",
            "count_trainings": request.gate.count_trainings,
            "name": request.name,
            **search_values(search),
        },
        ranges={name: range_text(item) for name, item in search.ranges.items()},
    )


def search_values(search: SearchRequest) -> dict[str, Any]:
    """The plain fields of a search."""
    return {"trials": search.trials, "folds": search.folds, "prune": search.prune}


def range_text(wanted: SearchRange) -> str:
    """A range as it is typed."""
    if wanted.low is None or wanted.high is None:
        return ""
    return f"{wanted.low:g}, {wanted.high:g}{' log' if wanted.log else ''}"


def set_options() -> list[dict[str, str]]:
    """Feature sets to choose from: those that come along, then the person's own."""
    options = [
        {"label": f"{name.capitalize()} ({len(found.choices)} columns)", "value": f"preset:{name}"}
        for name, found in menu().presets.items()
    ]
    return options + [
        {
            "label": f"{row.name}, version {row.version} ({len(row.features.choices)} columns)",
            "value": f"{row.id}:{row.version}",
        }
        for row in own_sets()
    ]


def chosen_set(which: str) -> tuple[FeatureSet, str]:
    """(the set, what it is called) by the value of its option.

    Raises
    ------
    InputError, NotFound : there is none.
    """
    kind, _, rest = which.partition(":")
    if kind == "preset" and rest in menu().presets:
        return menu().presets[rest], rest.capitalize()
    if kind == "from":
        found = earlier_request(rest)
        if found is not None:
            return found.features, found.feature_set
    if kind.isdecimal():
        row = load(kind, rest)
        return row.features, f"{row.name}, version {row.version}"
    raise InputError("Choose a feature set.", field=SETS)


def set_words(which: str) -> str:
    """The first columns of a set."""
    try:
        features, _ = chosen_set(which)
    except (InputError, NotFound) as error:
        return error.message
    shown = ", ".join(features.columns[:6])
    more = len(features.columns) - 6
    return f"{shown}, and {more} more." if more > 0 else f"{shown}."


def earlier_request(job_id: str) -> TrainingRequest | None:
    """The request of a training; None where there is none of that address."""
    if not job_id:
        return None
    try:
        job = services().jobs.get(actor(), job_id)
        if job.kind != "training":
            return None
        return from_json(TrainingRequest, dict(job.request))
    except (NotFound, InputError):
        return None


def fitting_set(chosen: str, dataset: str) -> str:
    """The set that comes along for a data set's bars; one a person has chosen stays."""
    if chosen not in ("", CORE, CLOSES):
        return chosen
    return CLOSES if services().catalogue.dataset(actor(), dataset).fields == "close" else CORE


def usual_every(timeframe: str) -> int:
    """Bars from event to event: within a session, neighbours tell the same story."""
    return 4 if Timeframe(timeframe).intraday else 1


def _chosen(query: Mapping[str, str], options: Sequence[Mapping[str, str]]) -> str:
    """What the address asks for, or ""."""
    known = [option["value"] for option in options]
    if query.get("preset"):
        wanted = f"preset:{query['preset']}"
        return wanted if wanted in known else ""
    if query.get("feature_set"):
        row = load(query["feature_set"], query.get("version"))
        return f"{row.id}:{row.version}"
    return ""
