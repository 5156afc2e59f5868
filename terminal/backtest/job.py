"""Job `backtest`: load bars, run, keep. The database is not held while the engine works."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

import orjson
import pandas as pd
import sqlalchemy as sa

from terminal import clock
from terminal.backtest import analysis
from terminal.backtest.engine import warm_up
from terminal.backtest.following import model_at_hand
from terminal.backtest.request import BacktestRequest
from terminal.backtest.run import Finished, frames_of, periods_per_year, run_backtest
from terminal.backtest.universe import (
    Other,
    data_version_of,
    kept,
    others_of,
    panel_of,
    symbols_of,
)
from terminal.backtest.validate import EQUAL_WEIGHT, NO_BENCHMARK, overlays_of, validate_request
from terminal.codec import content_hash, to_json
from terminal.db.repositories import backtests
from terminal.errors import InputError, NotFound
from terminal.jobs.context import JobContext
from terminal.jobs.lineage import package_versions
from terminal.jobs.values import Outcome
from terminal.market.calendars import get_calendar
from terminal.market.catalogue import Catalogue
from terminal.market.dataset import Dataset, Series
from terminal.market.panel import Panel
from terminal.market.store import open_store
from terminal.params import validate
from terminal.strategies.registry import get_strategy

USUAL_CALENDAR = "XNYS"
SUMMARY = ("total_return", "cagr", "sharpe", "max_drawdown", "n_trades")


def prepare() -> None:
    """What a process can do before it knows its job: load compiled code, build a calendar."""
    warm_up()
    get_calendar(USUAL_CALENDAR)


def run(request: BacktestRequest, ctx: JobContext) -> Outcome:
    """Run a request on the data as it is now.

    Raises
    ------
    InputError : the request does not fit the data.
    """
    catalogue = Catalogue(ctx.db, open_store(ctx.settings, ctx.db))
    ctx.progress(0.02, "Loading bars", f"{len(symbols_of(request))} instruments")
    dataset = catalogue.dataset(ctx.actor, request.dataset)
    calendar = get_calendar(dataset.calendar)
    series = catalogue.series(ctx.actor, request.dataset)
    others = others_of(
        request,
        lambda slug: catalogue.dataset(ctx.actor, slug),
        lambda slug: catalogue.series(ctx.actor, slug),
    )
    validate_request(request, dataset, series, calendar, others)
    panel = panel_of(request, others, _bars(request, catalogue, ctx))
    benchmark = benchmark_panel(request, panel, catalogue, ctx)
    ctx.log(f"{panel.n_bars:,} bars of {panel.n_instruments} instruments, {dataset.version[:12]}")
    with model_at_hand(request, panel, ctx):
        finished = run_backtest(request, panel, benchmark, calendar, ctx.progress, ctx.seed)
    ctx.log(", ".join(f"{name} {1000 * spent:.0f} ms" for name, spent in finished.seconds.items()))
    ctx.progress(0.85, "Evidence")
    made = analysis.analyse(
        request,
        frames_of(finished),
        panel,
        calendar.session_of(panel.ts),
        periods=periods_per_year(request.timeframe, calendar),
        seed=ctx.seed,
        sectors=sectors_of(request, series, others),
    )
    ctx.artifact(analysis.FILE, orjson.dumps(to_json(made)), "application/json")
    ctx.progress(0.95, "Saving")
    row = result_row(request, finished, dataset, others, panel, ctx)
    return Outcome(
        summary={key: finished.metrics.get(key) for key in SUMMARY}
        | {"look_ahead_check": finished.check.passed, "seconds": dict(finished.seconds)},
        frames=frames_of(finished),
        data_version=data_version_of(dataset, others),
        save=lambda conn: save(conn, row, request),
    )


def _bars(
    request: BacktestRequest, catalogue: Catalogue, ctx: JobContext
) -> Callable[[str, Sequence[str]], Panel]:
    return lambda slug, symbols: catalogue.panel(
        ctx.actor, slug, symbols, request.timeframe, request.start, request.end
    )


def sectors_of(
    request: BacktestRequest, series: Sequence[Series], others: Sequence[Other]
) -> dict[str, str]:
    """Sector of each instrument, as its own data set names it."""
    found = {part.symbol: part.sector for part in series if part.symbol in request.symbols}
    for other in others:
        found |= {part.symbol: part.sector for part in other.series if part.symbol in other.symbols}
    return found


def benchmark_panel(
    request: BacktestRequest, panel: Panel, catalogue: Catalogue, ctx: JobContext
) -> Panel | None:
    """Bars of the benchmark: the universe itself, an instrument beside it, or none.

    Raises
    ------
    InputError : there is no such instrument, or it has no bars in the range.
    """
    wanted = request.benchmark
    if wanted == NO_BENCHMARK:
        return None
    if wanted == EQUAL_WEIGHT:
        return panel
    slug, _, symbol = wanted.rpartition(":")
    try:
        found = catalogue.dataset(ctx.actor, slug or request.dataset)
        timeframe = max(found.timeframe, request.timeframe, key=lambda item: item.order)
        return catalogue.panel(
            ctx.actor, found.slug, [symbol], timeframe, request.start, request.end
        )
    except (InputError, NotFound) as error:
        raise InputError(error.message, field="benchmark", remedy=error.remedy) from error


def result_row(
    request: BacktestRequest,
    finished: Finished,
    dataset: Dataset,
    others: Sequence[Other],
    panel: Panel,
    ctx: JobContext,
) -> backtests.BacktestRow:
    """The row of a finished run, with everything needed to make it again."""
    strategy = get_strategy(request.strategy)
    return backtests.BacktestRow(
        job_id=ctx.job_id,
        owner_id=ctx.actor.user_id,
        name=request.name or strategy.title,
        strategy=request.strategy,
        family=strategy.family,
        params=dict(request.params),
        dataset=request.dataset,
        data_version=dataset.version,
        simulated=panel.simulated,
        first_ts=_time(finished.curve.index[0]),
        last_ts=_time(finished.curve.index[-1]),
        metrics=dict(finished.metrics),
        benchmark_metrics=dict(finished.benchmark_metrics),
        provenance={
            "code_version": ctx.code_version,
            "dataset_title": dataset.title,
            "dataset_source": dataset.source,
            "calendar": dataset.calendar,
            "others": [to_json(kept(other)) for other in others],
            "seed": ctx.seed,
            "packages": package_versions(),
            "notes": list(finished.notes),
            "close_only": panel.close_only,
            "check": {"passed": finished.check.passed, "cuts": list(finished.check.cuts)},
            "certificate": finished.certificate.as_json(),
            "seconds": dict(finished.seconds),
        },
        notes="",
        archived=False,
        created_at=clock.now(),
    )


def save(conn: sa.Connection, row: backtests.BacktestRow, request: BacktestRequest) -> None:
    """Row and trial, in the transaction that marks the job as succeeded."""
    trials = backtests.record_trial(
        conn,
        owner_id=row.owner_id,
        family=row.family,
        dataset=row.dataset,
        request_hash=trial_hash(request),
        sharpe=row.metrics.get("sharpe"),
        now=row.created_at,
    )
    ledger = backtests.trial_ledger(conn, row.owner_id, row.family, row.dataset)
    kept: dict[str, Any] = {
        **row.provenance,
        "trials": trials,
        "trials_variance": ledger.sharpe_variance,
    }
    backtests.insert(conn, replace(row, provenance=kept))


def trial_hash(request: BacktestRequest) -> str:
    """Equal for requests that make the same run: defaults filled in, the name left out."""
    strategy = get_strategy(request.strategy)
    params = asdict(validate(strategy.params_type, request.params))
    overlays = {type(overlay).__name__: vars(overlay) for overlay in overlays_of(request)}
    asked = to_json(replace(request, name="", params=params, overlays=overlays))
    if not request.also:
        del asked["also"]  # so that runs made before there was such a field are still known
    return content_hash(asked)


def _time(at: pd.Timestamp) -> datetime:
    moment: datetime = at.to_pydatetime()
    return moment
