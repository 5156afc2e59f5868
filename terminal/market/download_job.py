"""Job `download`: bars from an online source into a data set of the owner's, all or nothing."""

from __future__ import annotations

import pandas as pd

from terminal import clock
from terminal.errors import InputError
from terminal.jobs.context import JobContext
from terminal.jobs.values import Outcome
from terminal.market.calendars import get_calendar
from terminal.market.dataset import Dataset, NewSeries
from terminal.market.download_request import DownloadRequest
from terminal.market.findings import Findings, QualityReport
from terminal.market.own_dataset import check_free, check_title, dataset_slug, guarded
from terminal.market.providers import BarProvider, BarsWanted, open_provider
from terminal.market.publish import publish, sweep
from terminal.market.quality import check_behaviour, check_gaps
from terminal.market.store import open_store

MAX_SYMBOLS = 200


def run(request: DownloadRequest, ctx: JobContext) -> Outcome:
    """Fetch every symbol, then store all of them.

    Raises
    ------
    InputError, NotFound, Unavailable : of the first symbol that cannot be had; nothing is stored.
    Conflict : the owner has a data set of that title and did not ask to replace it.
    """
    provider = open_provider(request.provider, ctx.settings)
    symbols = _symbols(request)
    dataset = _dataset(request, ctx, provider, symbols)
    with ctx.db.read() as conn:
        check_free(conn, ctx.actor, dataset, request.replace)
    parts = []
    for number, symbol in enumerate(symbols):
        ctx.progress(0.9 * number / len(symbols), "Downloading", symbol)
        wanted = BarsWanted(symbol, request.timeframe, request.start, request.end)
        parts.append(provider.fetch(wanted, clock.now()))
    report = _report(parts, request, provider)
    store = open_store(ctx.settings, ctx.db)
    sweep(ctx.db, store)
    ctx.progress(0.92, "Storing", f"{report.bars:,} bars")
    with_report = Dataset(**{**vars(dataset), "quality": report.as_dict()})
    made, save = publish(store, with_report, parts, clock.now())
    frame = pd.DataFrame(
        [(part.symbol, len(part.bars), part.bars.index[0], part.bars.index[-1]) for part in parts],
        columns=["symbol", "bars", "first", "last"],
    )
    return Outcome(
        summary={"dataset": made.slug, "title": made.title, "symbols": len(parts),
                 "bars": report.bars, "quality": report.as_dict()},
        frames={"series": frame},
        data_version=made.version,
        save=guarded(ctx.actor, made, request.replace, save),
    )  # fmt: skip


def _symbols(request: DownloadRequest) -> tuple[str, ...]:
    symbols = tuple(dict.fromkeys(s.strip().upper() for s in request.symbols if s.strip()))
    if not symbols:
        raise InputError("No symbol is given.", field="symbols", remedy="Give at least one.")
    if len(symbols) > MAX_SYMBOLS:
        raise InputError(
            f"{len(symbols)} symbols are more than {MAX_SYMBOLS} at once.",
            field="symbols",
            remedy="Download them in parts.",
        )
    return symbols


def _dataset(
    request: DownloadRequest, ctx: JobContext, provider: BarProvider, symbols: tuple[str, ...]
) -> Dataset:
    few = ", ".join(symbols[:3]) + (" and more" if len(symbols) > 3 else "")
    title = check_title(request.title or f"{provider.title} {few}")
    return Dataset(
        slug=dataset_slug(ctx.actor, title),
        title=title,
        source=f"{provider.title}, downloaded {clock.now():%Y-%m-%d}",
        licence=provider.licence,
        adjustment=provider.adjustment,
        timeframe=request.timeframe,
        calendar=provider.calendar,
        simulated=False,
        fields="ohlcv",
        currency=provider.currency,
        version="",
        owner_id=ctx.actor.user_id,
    )


def _report(
    parts: list[NewSeries], request: DownloadRequest, provider: BarProvider
) -> QualityReport:
    """Gaps and behaviour; values were checked when the answer came."""
    findings, calendar = Findings(), get_calendar(provider.calendar)
    for part in parts:
        index = pd.DatetimeIndex(part.bars.index).tz_convert(None)
        ts = index.to_numpy().astype("datetime64[ns]")
        fields = {str(name): part.bars[name].to_numpy() for name in part.bars}
        check_gaps(findings, ts, request.timeframe, calendar, part.symbol)
        check_behaviour(findings, ts, fields, request.timeframe, calendar, part.symbol)
    bars = sum(len(part.bars) for part in parts)
    return QualityReport(bars, bars, len(parts), findings.all())
