"""The first three stages: is the request allowed, features and labels, splits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from terminal.errors import InputError
from terminal.features.cache import FeatureCache
from terminal.features.frame import FeatureFrame
from terminal.features.pipeline import compute, look_back, validate_set, warmup
from terminal.jobs.context import JobContext
from terminal.labels.labels import IntArray, Labels
from terminal.market.adjust import forward_adjusted
from terminal.market.catalogue import Catalogue
from terminal.market.dataset import Dataset
from terminal.market.panel import Panel
from terminal.market.store import open_store
from terminal.models.fit_recipe import usable
from terminal.models.samples import Samples
from terminal.training.ground import Ground, lay, recipe_of, take
from terminal.training.request import TrainingRequest
from terminal.training.shelf import Shelf
from terminal.training.validate import Plan, validate_request
from terminal.validation.gap import AUTO, checked_gap
from terminal.validation.leakage.check import check_leakage
from terminal.validation.leakage.report import without
from terminal.validation.stratified import volatility_regimes

FEATURES = "features"
"""Folder of computed frames in the data folder."""


@dataclass(frozen=True)
class Allowed:
    """A request that may run: its parts, its data set and its bars."""

    plan: Plan
    dataset: Dataset
    panel: Panel


@dataclass(frozen=True)
class Leaks:
    """What the leakage checker found: sentences, its verdict, and columns that were left out."""

    findings: tuple[str, ...]
    words: str
    dropped: tuple[str, ...]


def allow(request: TrainingRequest, ctx: JobContext) -> Allowed:
    """Check the request against the catalogue and load its bars.

    Raises
    ------
    InputError : naming the field, what is wrong with it and what to do.
    """
    catalogue = Catalogue(ctx.db, open_store(ctx.settings, ctx.db))
    dataset = catalogue.dataset(ctx.actor, request.dataset)
    plan = validate_request(request, dataset, catalogue.series(ctx.actor, request.dataset))
    validate_set(request.features, request.timeframe)
    panel = catalogue.panel(
        ctx.actor, request.dataset, request.symbols, request.timeframe, request.start, request.end
    )
    return Allowed(plan, dataset, panel)


def prepare(
    request: TrainingRequest,
    allowed: Allowed,
    ctx: JobContext,
    shelf: Shelf,
    threads: int,
    tick: Callable[[float, str], None],
) -> tuple[Ground, Leaks, int]:
    """(events with features and labels, what the leakage checker says, warm-up bars).

    Raises
    ------
    InputError : too few events, or a gap that is too short; says the numbers.
    """
    plan, panel = allowed.plan, allowed.panel
    cache = FeatureCache(ctx.settings.storage.root / FEATURES)
    frame = cache.frame(
        panel,
        request.features,
        threads=threads,
        progress=lambda share, symbol: tick(0.6 * share, symbol),
    )
    require_known(frame)
    tick(0.6, "labels")
    labels = plan.label.make(panel, plan.label_params)
    back = look_back(request.features, request.timeframe)
    horizon = int(plan.label.horizon(plan.label_params))
    gap = checked_gap(AUTO if request.gap is None else request.gap, back, horizon)
    ground = _ground(request, plan, frame, labels, back, horizon, gap)
    tick(0.7, "leakage check")
    leaks = _checked(request, panel, ground, shelf, threads, tick)
    if leaks.dropped:
        ground = _ground(request, plan, without(frame, leaks.dropped), labels, back, horizon, gap)
    return ground, leaks, warmup(request.features, request.timeframe)


def require_known(frame: FeatureFrame) -> None:
    """InputError naming every feature that these bars say nothing of."""
    known = np.asarray(np.isfinite(frame.values).any(axis=(0, 1)))
    unknown = [name for name, there in zip(frame.columns, known.tolist(), strict=True) if not there]
    if unknown:
        raise InputError(
            f"{len(unknown)} of {len(frame.columns)} features have no value on these bars: "
            f"{', '.join(unknown)}.",
            field="features",
            remedy="Leave them out. They may need highs, lows or volumes that the data does not "
            "have, or more bars; the set “Closes” needs closes only.",
        )


def regime_of(plan: Plan, panel: Panel) -> IntArray | None:
    """Calm or wild for each row, where the splitter deals out regimes."""
    if not plan.splitter.needs_regime:
        return None
    return volatility_regimes(forward_adjusted(panel).close)


def _ground(
    request: TrainingRequest,
    plan: Plan,
    frame: FeatureFrame,
    labels: Labels,
    back: int,
    horizon: int,
    gap: int,
) -> Ground:
    return lay(
        request,
        plan,
        frame,
        take(labels, usable(Samples(frame, labels), recipe_of(request, plan))),
        look_back=back,
        horizon=horizon,
        gap=gap,
    )


def _checked(
    request: TrainingRequest,
    panel: Panel,
    ground: Ground,
    shelf: Shelf,
    threads: int,
    tick: Callable[[float, str], None],
) -> Leaks:
    """Judged on the events to learn from, so that the end of the data decides nothing."""
    kept = shelf.get("leakage")
    if kept is not None:
        values: dict[str, Any] = kept[0]
        return Leaks(tuple(values["findings"]), values["words"], tuple(values["dropped"]))

    def replayed(part: Panel) -> FeatureFrame:
        # the features of each cut are computed again: a cancel is answered between instruments
        return compute(
            part,
            request.features,
            threads=threads,
            progress=lambda _share, symbol: tick(0.7, f"leakage check, {symbol}"),
        )

    report = check_leakage(
        panel,
        ground.inside.frame,
        ground.inside.labels,
        compute=replayed,
        seed=request.seed,
        told=lambda: tick(0.7, "leakage check"),
    )
    dropped = report.drop if request.drop_leaks else ()
    if len(dropped) == len(request.features.choices):
        raise InputError(
            "The leakage checker found something in every feature.",
            field="features",
            remedy="Choose other features.",
        )
    found = _sentences(report.findings, report.overlaps, set(dropped))
    leaks = Leaks(found, report.words, dropped)
    shelf.put(
        "leakage",
        {"findings": list(found), "words": leaks.words, "dropped": list(dropped)},
    )
    return leaks


def _sentences(
    findings: Sequence[Any], overlaps: Sequence[str], dropped: set[str]
) -> tuple[str, ...]:
    kept = [finding.words for finding in findings if finding.column not in dropped]
    return (*kept, *overlaps)


def class_words(ground: Ground) -> str:
    """`1,204 events: 610 of -1, 594 of 1`."""
    labels = ground.inside.labels
    total = f"{len(labels):,} events to learn from, {len(ground.outside):,} out of sample"
    if not len(ground.classes):
        return f"{total}, a number each"
    each = ", ".join(
        f"{int(np.sum(labels.label == value)):,} of {value:g}" for value in ground.classes
    )
    return f"{total}; {each}"
