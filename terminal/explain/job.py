"""Job `explain`: load a version, compute its features, explain, keep frames and the report."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import numpy as np
import orjson

from terminal.charts.theme import Palette, Theme
from terminal.codec import to_json
from terminal.db.repositories import models
from terminal.db.repositories.models import VersionRow
from terminal.errors import InputError
from terminal.explain.aggregates import importances, thinned
from terminal.explain.clusters import clusters
from terminal.explain.explained import About, Explained, events_frame
from terminal.explain.explanation import Explanation
from terminal.explain.permutation import permutation_importance
from terminal.explain.permutation_result import PermutationImportance
from terminal.explain.regimes import regimes
from terminal.explain.report import report_html
from terminal.explain.request import ExplainRequest
from terminal.explain.shap_values import explain
from terminal.explain.stored import ABOUT, REPORT
from terminal.jobs.context import JobContext
from terminal.jobs.values import Outcome
from terminal.labels.labels import IntArray
from terminal.market.adjust import forward_adjusted
from terminal.models.fit_recipe import fit_recipe
from terminal.models.model import FitContext, Fitted, inputs_of
from terminal.models.registry import load_model
from terminal.models.samples import Samples
from terminal.training.version_events import VersionEvents, events_of_version, moment
from terminal.validation.registry import get_splitter

JSON, HTML = "application/json", "text/html"
BACKGROUND = 500
MOST_TO_FIT = 40_000
"""Events that permutation importance fits on at most, evenly spaced."""
MOST_SAMPLE, FEWEST_SAMPLE = 50_000, 50


def run(request: ExplainRequest, ctx: JobContext) -> Outcome:
    """Explain and keep.

    Raises
    ------
    NotFound : there is no such version, or it is not the owner's to see.
    InputError : too few events in the range, or a kind that cannot be explained.
    """
    _check(request)
    threads = len(os.sched_getaffinity(0))
    ctx.progress(0.02, "Loading the model")
    with ctx.db.read() as conn:
        row = models.get(conn, ctx.actor, request.version)
    fitted = load_model(ctx.db, ctx.settings, ctx.actor, row.id).fitted
    events = events_of_version(
        row,
        ctx,
        dataset=request.dataset,
        symbols=request.symbols,
        end=request.end,
        threads=threads,
        tick=lambda share, words: ctx.progress(0.05 + 0.25 * share, "Features", words),
    )
    chosen = events.samples.take(_chosen(request, row, events))
    learned = events.samples.take(_learned(row, events))
    background = learned.take(thinned(len(learned), BACKGROUND))
    share = 0.45 if request.permutation else 0.9
    explanation = explain(
        fitted,
        inputs_of(fitted, chosen),
        inputs_of(fitted, background),
        threads=threads,
        seed=ctx.seed,
        progress=lambda done: ctx.progress(
            0.3 + (share - 0.3) * done, "SHAP values", f"{round(done * len(chosen)):,} predictions"
        ),
    )
    ctx.log(f"{explanation.method}; misses the answers by {explanation.residual:.1e}")
    measured = _permutation(request, events, learned, ctx, threads) if request.permutation else None
    ctx.progress(0.92, "Report")
    explained = _together(row, events, chosen, explanation, fitted, measured, ctx)
    palette: Palette = "colour-blind" if request.palette == "colour-blind" else "standard"
    content = report_html(explained, Theme("dark", palette))
    ctx.artifact(ABOUT, orjson.dumps(to_json(explained.about)), JSON)
    ctx.artifact(REPORT, content.encode("utf-8"), HTML)
    top = importances(explanation)[:3]
    return Outcome(
        summary={
            "version": row.id,
            "model": row.words,
            "n": len(explanation),
            "top": [one.column for one in top],
            "residual": explanation.residual,
            "output": explanation.output,
        },
        frames=explained.frames(),
        data_version=events.dataset.version,
    )


def _check(request: ExplainRequest) -> None:
    if not FEWEST_SAMPLE <= request.sample <= MOST_SAMPLE:
        raise InputError(
            f"{request.sample:,} predictions were asked for; allowed: {FEWEST_SAMPLE} to "
            f"{MOST_SAMPLE:,}.",
            field="sample",
            remedy="Enter an allowed number.",
        )
    if not (2 <= request.splits <= 20 and 1 <= request.repeats <= 20):
        raise InputError(
            "Permutation importance takes 2 to 20 splits and 1 to 20 shuffles.", field="splits"
        )


def _chosen(request: ExplainRequest, row: VersionRow, events: VersionEvents) -> IntArray:
    """Positions to explain: in the range, evenly spaced."""
    first = (
        moment(str(row.lineage["out_of_sample_from"]))
        if request.start is None
        else np.datetime64(request.start, "ns")
    )
    last = None if request.end is None else np.datetime64(request.end + timedelta(days=1), "ns")
    found = events.between(first, last)
    if len(found) < FEWEST_SAMPLE:
        raise InputError(
            f"There are {len(found)} events from {str(first)[:10]} on; at least {FEWEST_SAMPLE} "
            "are needed.",
            field="start",
            remedy="Choose an earlier start.",
        )
    return found[thinned(len(found), request.sample)]


def _learned(row: VersionRow, events: VersionEvents) -> IntArray:
    """Positions of events the version may have learned from; all where the data are others'."""
    found = events.known_before(moment(str(row.lineage["out_of_sample_from"])))
    return found if len(found) >= FEWEST_SAMPLE else np.arange(len(events.samples))


def _permutation(
    request: ExplainRequest,
    events: VersionEvents,
    learned: Samples,
    ctx: JobContext,
    threads: int,
) -> PermutationImportance:
    samples = learned.take(thinned(len(learned), MOST_TO_FIT))
    kind = get_splitter("purged-kfold")
    splitter = kind.make(replace(kind.params_type(), folds=request.splits), events.gap)
    splits = list(splitter.split(samples.labels.bar, samples.labels.end))

    reached = 0.0

    def told(done: float) -> None:
        nonlocal reached
        reached = done
        ctx.progress(0.45 + 0.45 * done, "What helps out of sample")

    def fit(train: Samples) -> Fitted:
        # told while fitting, so that a cancel is heard
        context = FitContext(
            seed=events.recipe.seed, threads=threads, progress=lambda _: told(reached)
        )
        return fit_recipe(train, events.recipe, events.gap, context).fitted

    return permutation_importance(
        samples,
        splits,
        fit,
        clusters(samples.take(thinned(len(samples), 20_000)).rows()),
        repeats=request.repeats,
        seed=ctx.seed,
        progress=told,
    )


def _together(
    row: VersionRow,
    events: VersionEvents,
    chosen: Samples,
    explanation: Explanation,
    fitted: Fitted,
    measured: PermutationImportance | None,
    ctx: JobContext,
) -> Explained:
    labels, frame = chosen.labels, chosen.frame
    volatility, trend = regimes(forward_adjusted(events.panel).close, labels.bar, labels.instrument)
    attention: tuple[float, ...] = ()
    if hasattr(fitted, "attention"):
        attention = tuple(fitted.attention(inputs_of(fitted, chosen)).mean(axis=0).tolist())
    by_lag = explanation.by_lag
    return Explained(
        explanation,
        events_frame(
            frame.ts[labels.bar],
            np.array(frame.symbols, dtype=object)[labels.instrument],
            volatility,
            trend,
            labels.label,
        ),
        About(
            title=row.words,
            simulated=events.panel.simulated,
            lineage=lineage(row, events, ctx),
            base=explanation.base,
            output=explanation.output,
            method=explanation.method,
            exact=explanation.exact,
            residual=explanation.residual,
            by_lag=() if by_lag is None else tuple(tuple(bar) for bar in by_lag.tolist()),
            attention=attention,
            permutation=measured,
        ),
    )


def lineage(row: VersionRow, events: VersionEvents, ctx: JobContext) -> Mapping[str, str]:
    """What the explanation was made from and by, label and text."""
    return {
        "Model version": f"{row.words}, id {row.id}, {row.kind}",
        "Weights": row.weights_hash,
        "Trained until": str(row.lineage["trained_until"]),
        "Out of sample from": str(row.lineage["out_of_sample_from"]),
        "Data set": f"{events.dataset.title} ({events.dataset.source})",
        "Data version": events.dataset.version,
        "Features": events.samples.frame.spec_hash,
        "Code version": ctx.code_version,
        "Seed": str(ctx.seed),
    }
