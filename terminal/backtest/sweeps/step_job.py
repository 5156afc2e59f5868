"""Job `sweep_step`: all parts of a round have ended; plan the next round or make the result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd
import sqlalchemy as sa

from terminal import clock
from terminal.backtest.following import model_at_hand
from terminal.backtest.job import benchmark_panel
from terminal.backtest.run import benchmark_equity
from terminal.backtest.sweeps.evaluate import Evaluation, evaluate, returns_matrix
from terminal.backtest.sweeps.ground import Loaded, load, seen_from
from terminal.backtest.sweeps.honesty import Honesty, judge_sweep, looked_at
from terminal.backtest.sweeps.plan_job import leave_parts, seed_of
from terminal.backtest.sweeps.planning import parts_of, round_of
from terminal.backtest.sweeps.points import scores_of
from terminal.backtest.sweeps.request import StepRequest
from terminal.backtest.sweeps.surface import best_of
from terminal.backtest.sweeps.walk_forward import WalkForward, walk_forward
from terminal.backtest.truncation import truncation_check
from terminal.db.repositories import backtests, sweeps
from terminal.db.repositories.sweeps import CANCELLED, PointRow
from terminal.errors import Cancelled, TerminalError
from terminal.jobs.context import JobContext
from terminal.jobs.values import Outcome
from terminal.market.panel import FloatArray


def run(request: StepRequest, ctx: JobContext) -> Outcome:
    """Plan the next round, or judge what was found."""
    loaded = load(ctx, request.sweep_id)
    if loaded.row.state == CANCELLED:
        raise Cancelled("Cancelled by its owner.")
    with ctx.db.read() as conn:
        points = sweeps.points(conn, ctx.actor, request.sweep_id)
    ctx.progress(0.1, "Looking at what was found", f"{len(points):,} combinations")
    seen = seen_from(loaded.request, points)
    positions = round_of(
        loaded.request, loaded.space, seen, loaded.row.n_planned, seed_of(loaded.row.job_id)
    )
    if positions:
        return _next_round(loaded, points, positions, ctx)
    with model_at_hand(loaded.request.backtest, loaded.ground.panel, ctx):
        return _end(loaded, points, ctx)


def _next_round(
    loaded: Loaded, points: Sequence[PointRow], positions: Sequence[int], ctx: JobContext
) -> Outcome:
    row = loaded.row
    first_part = max((point.part for point in points), default=-1) + 1
    parts = parts_of(row.job_id, loaded.space, positions, first_part, len(points))

    def save(conn: sa.Connection) -> None:
        sweeps.add_round(conn, row.job_id, len(parts), row.n_planned)
        leave_parts(conn, parts, ctx)

    return Outcome(summary={"parts": len(parts)}, data_version=row.data_version, save=save)


def _end(loaded: Loaded, points: Sequence[PointRow], ctx: JobContext) -> Outcome:
    """Everything that is said about the whole sweep.

    Raises
    ------
    TerminalError : no point has a score, or the best one saw the future.
    """
    objective = loaded.request.objectives[0]
    scores = scores_of(points, objective)
    best = best_of(scores)
    if best is None:
        raise TerminalError(
            f"No combination has a {objective.replace('_', ' ')}: nothing was traded, or every run "
            "failed.",
            field="values",
            remedy="Look at the notes of the points, and try other values.",
        )
    space, ground = loaded.space, loaded.ground
    params = space.params(best)
    ctx.progress(0.2, "Look-ahead check of the best")
    check = truncation_check(space.strategy, params, ground.panel)
    if not check.passed:
        raise TerminalError(check.sentence, field="strategy")
    found = evaluate(ground, params)
    ctx.progress(0.3, "Returns of the best and of some at random")
    judged = _honesty(loaded, points, scores, ctx)
    ctx.progress(0.8, "Walk-forward")
    forward = _walk_forward(loaded, points)
    result: dict[str, Any] = {
        "best": best,
        "params": dict(space.values(best)),
        "metrics": dict(found.metrics),
        "periods": ground.periods,
        "honesty": asdict(judged) | {"sentences": list(judged.sentences)},
        "check": check.sentence,
        "walk_forward": None if forward is None else _forward_facts(forward),
    }
    frames = {"best": _curve(ground.session_dates, found, loaded.request.backtest.capital)}
    if forward is not None:
        frames["windows"] = forward.table
        capital = loaded.request.backtest.capital
        frames["walk_forward"] = _curve(forward.dates, forward.evaluation, capital)
    return Outcome(
        summary={"points": len(points), objective: found.metrics[objective]},
        frames=frames,
        data_version=loaded.row.data_version,
        save=lambda conn: sweeps.finish(conn, loaded.row.job_id, result, ctx.job_id, clock.now()),
    )


def _honesty(
    loaded: Loaded, points: Sequence[PointRow], scores: Mapping[int, float], ctx: JobContext
) -> Honesty:
    ground, row = loaded.ground, loaded.row
    seed = seed_of(row.job_id)
    chosen = looked_at(scores, seed)
    returns = returns_matrix(ground, [loaded.space.params(k) for k in chosen])
    with ctx.db.read() as conn:
        n_trials = backtests.count_trials(conn, row.owner_id, row.family, row.dataset)
    sharpes = [s for s in scores_of(points, "sharpe").values() if np.isfinite(s)]
    return judge_sweep(
        returns,
        sharpes,
        n_trials,
        ground.periods,
        seed=seed,
        risk_free_rate=loaded.request.backtest.risk_free_rate,
        benchmark=_benchmark_returns(loaded, ctx),
    )


def _benchmark_returns(loaded: Loaded, ctx: JobContext) -> FloatArray | None:
    """Session returns of the benchmark; None where there is none."""
    request, ground = loaded.request.backtest, loaded.ground
    panel = benchmark_panel(request, ground.panel, loaded.catalogue, ctx)
    equity = benchmark_equity(ground.panel, panel, request.capital)
    if isinstance(equity, float):
        return None
    value = np.concatenate([[request.capital], equity.to_numpy()[ground.kept]])
    return np.asarray(value[1:] / value[:-1] - 1.0)


def _walk_forward(loaded: Loaded, points: Sequence[PointRow]) -> WalkForward | None:
    windows = loaded.windows
    if not windows:
        return None
    scored = {point.position: point.windows for point in points if point.windows is not None}
    return walk_forward(
        loaded.ground,
        windows,
        {k: found["inside"] for k, found in scored.items()},
        {k: found["outside"] for k, found in scored.items()},
        loaded.space.params,
    )


def _forward_facts(forward: WalkForward) -> dict[str, Any]:
    return {
        "metrics": dict(forward.evaluation.metrics),
        "efficiency": forward.efficiency,
        "sentence": forward.sentence,
    }


def _curve(dates: np.ndarray, found: Evaluation, capital: float) -> pd.DataFrame:
    """Equity at the end of each session."""
    index = pd.DatetimeIndex(dates, name="session")
    return pd.DataFrame({"equity": capital * np.cumprod(1.0 + found.returns)}, index=index)
