"""Job `import`: read uploaded files, report their quality, store them whole or not at all."""

from __future__ import annotations

import re
import shutil
import tempfile
from pathlib import Path

import orjson
import pandas as pd

from terminal import clock
from terminal.accounts.actor import Actor
from terminal.errors import InputError
from terminal.jobs.context import JobContext
from terminal.jobs.values import Outcome
from terminal.market.calendars import get_calendar
from terminal.market.dataset import Dataset
from terminal.market.findings import QualityReport
from terminal.market.import_request import ImportRequest
from terminal.market.importing.files import expand
from terminal.market.importing.read import read_files, refusal
from terminal.market.own_dataset import check_free, check_title, dataset_slug, guarded
from terminal.market.publish import publish, sweep
from terminal.market.store import open_store
from terminal.market.timeframe import Timeframe
from terminal.market.uploads import KEEP_S, Uploads
from terminal.settings import Settings


def uploads_of(settings: Settings) -> Uploads:
    """The uploaded files of this installation."""
    return Uploads(
        settings.storage.root / "uploads", settings.server.max_upload_mb,
        settings.storage.min_free_mb,
    )  # fmt: skip


def run(request: ImportRequest, ctx: JobContext) -> Outcome:
    """Read, check and (unless only a check was asked for) store.

    Raises
    ------
    InputError : the files cannot be imported; the first reason with file, row and remedy. All
        reasons stand in the job's log, and in the report of a run with `check_only`.
    Conflict : the owner has a data set of that title and did not ask to replace it.
    """
    dataset = _dataset(request, ctx.actor)
    uploads = uploads_of(ctx.settings)
    uploads.sweep()
    store = open_store(ctx.settings, ctx.db)
    sweep(ctx.db, store)
    if not request.check_only:
        with ctx.db.read() as conn:
            check_free(conn, ctx.actor, dataset, request.replace)
    work = ctx.settings.storage.root / "importing"
    work.mkdir(parents=True, exist_ok=True)
    _remove_leftovers(work)
    with tempfile.TemporaryDirectory(dir=work, prefix="job-") as folder:
        sources = [uploads.get(ctx.actor, upload) for upload in request.uploads]
        ctx.progress(0.0, "Unpacking", f"{len(sources)} files")
        (Path(folder) / "files").mkdir()
        files = expand(sources, Path(folder) / "files", ctx.settings.server.max_upload_mb)
        calendar = get_calendar(request.plan.calendar)
        result = read_files(files, request.plan, calendar, Path(folder), ctx.progress)
    report = result.report
    for finding in report.findings:
        ctx.log(f"{finding.severity.value}: {finding.sentence}")
    summary = _summary(report, dataset)
    frames = {"findings": _frame(report)}
    content = orjson.dumps(report.as_dict(), option=orjson.OPT_INDENT_2)
    ctx.artifact("quality.json", content, "application/json")
    if request.check_only:
        return Outcome(summary={**summary, "stored": False}, frames=frames)
    if report.blocking:
        raise refusal(report)
    ctx.progress(0.92, "Storing", f"{report.bars:,} bars")
    made, save = publish(store, _with_report(dataset, request, report), result.series, clock.now())
    return Outcome(
        summary={**summary, "stored": True},
        frames=frames,
        data_version=made.version,
        save=guarded(ctx.actor, made, request.replace, save),
    )


def _remove_leftovers(work: Path) -> None:
    """Folders of imports whose process was killed."""
    limit = clock.now().timestamp() - KEEP_S
    for path in work.iterdir():
        if path.stat().st_mtime <= limit:
            shutil.rmtree(path, ignore_errors=True)


def _dataset(request: ImportRequest, actor: Actor) -> Dataset:
    title = check_title(request.title)
    if not re.fullmatch(r"[A-Z]{3}", request.currency):
        raise InputError(
            f"{request.currency!r} is not a currency code.",
            field="currency",
            remedy="Use three letters such as USD.",
        )
    if not request.uploads:
        raise InputError("No file is chosen.", field="file", remedy="Upload at least one.")
    plan = request.plan
    if plan.timeframe.order > Timeframe.DAY_1.order:
        raise InputError(
            f"{plan.timeframe.value} bars are not imported.",
            field="plan.timeframe",
            remedy="Import daily bars; longer ones are made from them.",
        )
    return Dataset(
        slug=dataset_slug(actor, title),
        title=title,
        source=request.source.strip() or f"Imported by {actor.username}",
        licence=request.licence.strip() or "Not stated",
        adjustment=plan.adjustment,
        timeframe=plan.timeframe,
        calendar=plan.calendar,
        simulated=False,
        fields="close" if plan.columns.close_only else "ohlcv",
        currency=request.currency,
        version="",
        owner_id=actor.user_id,
    )


def _with_report(dataset: Dataset, request: ImportRequest, report: QualityReport) -> Dataset:
    plan = request.plan
    label = f"; times name the {plan.label.value} of a bar" if plan.timeframe.intraday else ""
    note = f"Read as {plan.time_format} in {plan.timezone or 'the zone given'}{label}."
    return Dataset(**{**vars(dataset), "note": note, "quality": report.as_dict()})


def _summary(report: QualityReport, dataset: Dataset) -> dict[str, object]:
    return {
        "dataset": dataset.slug,
        "title": dataset.title,
        "rows_read": report.rows_read,
        "bars": report.bars,
        "symbols": report.symbols,
        "errors": len(report.errors),
        "quality": report.as_dict(),
    }


def _frame(report: QualityReport) -> pd.DataFrame:
    lines = [
        (f.severity.value, f.code, f.count, f.sentence, "; ".join(map(str, f.places)))
        for f in report.findings
    ]
    return pd.DataFrame(lines, columns=["severity", "code", "count", "sentence", "first"])
