"""The model a run follows, put at hand before it begins: what a backtest's job and a sweep's parts
do that a pure strategy cannot."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime

from terminal.backtest.request import BacktestRequest
from terminal.db.repositories import models
from terminal.errors import InputError
from terminal.jobs.context import JobContext
from terminal.market.panel import Panel
from terminal.models.model import Fitted
from terminal.params import validate
from terminal.strategies.model.at_hand import at_hand
from terminal.strategies.model.reference import ModelReference
from terminal.strategies.model.strategy import AS_REGISTERED, MODEL, ModelParams


@contextmanager
def model_at_hand(request: BacktestRequest, panel: Panel, ctx: JobContext) -> Iterator[None]:
    """Within the block, the strategy of `request` finds the weights it follows.

    Raises
    ------
    InputError : the registry has no such weights, or the range ends before they were trained.
    NotFound : the version is not the actor's.
    """
    if request.strategy != MODEL.slug:
        yield
        return
    params = validate(ModelParams, request.params)
    packages: Mapping[str, Fitted] = {}
    if params.training == AS_REGISTERED:
        require_later_bars(panel, params.reference)
        packages = {params.reference.package: _weights(params.reference, ctx)}
    with at_hand(packages, threads=os.cpu_count() or 1):
        yield


def require_later_bars(panel: Panel, reference: ModelReference) -> None:
    """InputError when no bar comes after the model's training: there is nothing to trade on."""
    trained = datetime.fromisoformat(reference.trained_until)
    last = panel.close_ts[-1].astype("datetime64[s]").item()
    if last <= trained.replace(tzinfo=None):
        raise InputError(
            f"{reference.words} was trained on data until {trained:%Y-%m-%d}, and the range ends "
            f"on {last:%Y-%m-%d}: on bars it has learned from, any result would be a lie.",
            field="end",
            remedy="Choose a later end, or walk-forward training.",
        )


def _weights(reference: ModelReference, ctx: JobContext) -> Fitted:
    from terminal.models.registry import load_model

    with ctx.db.read() as conn:
        row = models.get(conn, ctx.actor, reference.version_id)
    if row.package_sha256 != reference.package:
        raise InputError(
            f"The registry holds other weights for {reference.words} than this run asks for.",
            field="model",
            remedy="Choose the model again from the list.",
        )
    return load_model(ctx.db, ctx.settings, ctx.actor, reference.version_id).fitted
