"""Job `xray`: from a trade of a model backtest to the decision behind it, taken apart.

The model is the one that decided: the registered weights, or of a walk-forward the fit that was in
force at that bar, made again from the same events (a fit is a pure function of them).
"""

from __future__ import annotations

import os

import numpy as np
import orjson
import pandas as pd

from terminal.backtest.request import BacktestRequest
from terminal.backtest.stored import load_result, stored_run
from terminal.backtest.universe import others_of, panel_of
from terminal.codec import to_json
from terminal.db.repositories import jobs
from terminal.errors import InputError
from terminal.explain.aggregates import thinned
from terminal.explain.request import XrayRequest
from terminal.explain.xray import xray
from terminal.explain.xray_result import XRAY
from terminal.features.frame import FeatureFrame
from terminal.features.pipeline import compute
from terminal.jobs.artifacts import ArtifactStore
from terminal.jobs.context import JobContext
from terminal.jobs.values import Outcome
from terminal.labels.labels import Labels
from terminal.labels.registry import get_label
from terminal.market.catalogue import Catalogue
from terminal.market.panel import Panel
from terminal.market.store import open_store
from terminal.models.fit_recipe import fit_recipe, usable
from terminal.models.model import FitContext, Fitted, inputs_of
from terminal.models.registry import load_model
from terminal.models.samples import Samples
from terminal.params import validate
from terminal.strategies.model.retraining import learned_by
from terminal.strategies.model.strategy import AS_REGISTERED, MODEL, ModelParams, schedule_of

BACKGROUND = 500


def run(request: XrayRequest, ctx: JobContext) -> Outcome:
    """Take the decision apart and keep it.

    Raises
    ------
    NotFound : the backtest is not there or not the owner's to see.
    InputError : it followed no model, has no such trade, or nothing was known at that bar.
    """
    ctx.progress(0.05, "Reading the backtest")
    with ctx.db.read() as conn:
        job = jobs.get(conn, ctx.actor, request.backtest)
    row = stored_run(ctx.db, ctx.actor, request.backtest)
    store = ArtifactStore(ctx.settings.storage.root, ctx.settings.storage.min_free_mb)
    result = load_result(ctx.db, store, ctx.actor, job, row)
    made = result.request
    if made.strategy != MODEL.slug:
        raise InputError(
            "This backtest follows no model; only a model's decision can be taken apart.",
            field="backtest",
        )
    if not 0 <= request.trade < len(result.trades):
        raise InputError(
            f"The backtest has {len(result.trades)} trades; there is no number {request.trade}.",
            field="trade",
        )
    trade = result.trades.iloc[request.trade]
    params = validate(ModelParams, made.params)
    ctx.progress(0.15, "Features")
    panel = _panel(made, ctx)
    frame = compute(panel, params.reference.recipe.features, threads=_threads())
    bar, instrument = decision_bar(panel, str(trade["symbol"]), pd.Timestamp(trade["entry_ts"]))
    samples = _events(panel, frame, params)
    ctx.progress(0.45, "The model that decided")
    fitted, learned = _model(samples, panel, params, bar, ctx)
    ctx.progress(0.8, "SHAP values")
    background = inputs_of(fitted, learned.take(thinned(len(learned), BACKGROUND)))
    found = xray(fitted, frame, bar, instrument, background)
    ctx.artifact(XRAY, orjson.dumps(to_json(found)), "application/json")
    return Outcome(
        summary={"symbol": found.symbol, "ts": found.ts, "expected": found.expected,
                 "trade": request.trade, "backtest": request.backtest},
        data_version=row.data_version,
    )  # fmt: skip


def decision_bar(panel: Panel, symbol: str, entry: pd.Timestamp) -> tuple[int, int]:
    """(row, instrument) of the last bar of the instrument that closed before the entry was filled:
    the engine decides at a close and fills at the next open at the earliest."""
    instrument = panel.symbols.index(symbol)
    at = entry.tz_convert("UTC").tz_localize(None).to_datetime64().astype("datetime64[ns]")
    filled = int(np.searchsorted(panel.ts, at))
    before = np.flatnonzero(np.isfinite(panel.close[:filled, instrument]))
    if not len(before):
        raise InputError(
            f"{symbol} has no bar before its entry at {entry}.",
            field="trade",
            remedy="Choose another trade.",
        )
    return int(before[-1]), instrument


def learned_before(samples: Samples, panel: Panel, params: ModelParams, bar: int) -> Samples | None:
    """Events that the model in force at `bar` of a walk-forward was fitted on; None before the
    first fit."""
    plan = schedule_of(panel, params)
    for row, since in zip(plan.fitted_at[::-1].tolist(), plan.since[::-1].tolist(), strict=True):
        if row <= bar and (known := learned_by(samples, row, since)) is not None:
            return known
    return None


def _model(
    samples: Samples, panel: Panel, params: ModelParams, bar: int, ctx: JobContext
) -> tuple[Fitted, Samples]:
    """(the model that decided at a bar, events it learned from)."""
    reference = params.reference
    if params.training == AS_REGISTERED:
        fitted = load_model(ctx.db, ctx.settings, ctx.actor, reference.version_id).fitted
        known = np.flatnonzero(samples.labels.end <= bar)
        return fitted, samples.take(known) if len(known) else samples
    learned = learned_before(samples, panel, params, bar)
    if learned is None:
        raise InputError(
            "No model had been trained at that bar.", field="trade", remedy="Choose a later trade."
        )
    context = FitContext(
        seed=reference.recipe.seed,
        threads=_threads(),
        progress=lambda step: ctx.progress(0.45 + 0.35 * step.fraction, "The model that decided"),
    )
    gap = reference.look_back + reference.horizon
    return fit_recipe(learned, reference.recipe, gap, context).fitted, learned


def _events(panel: Panel, frame: FeatureFrame, params: ModelParams) -> Samples:
    recipe = params.reference.recipe
    kind = get_label(recipe.label)
    labels: Labels = kind.make(panel, validate(kind.params_type, recipe.label_params))
    every = Samples(frame, labels)
    return every.take(usable(every, recipe))


def _panel(request: BacktestRequest, ctx: JobContext) -> Panel:
    catalogue = Catalogue(ctx.db, open_store(ctx.settings, ctx.db))
    others = others_of(
        request,
        lambda slug: catalogue.dataset(ctx.actor, slug),
        lambda slug: catalogue.series(ctx.actor, slug),
    )
    return panel_of(
        request,
        others,
        lambda slug, symbols: catalogue.panel(
            ctx.actor, slug, symbols, request.timeframe, request.start, request.end
        ),
    )


def _threads() -> int:
    return os.cpu_count() or 1
