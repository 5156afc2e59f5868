"""Job `report`: the tear sheet of a finished backtest as PDF, which takes seconds."""

from __future__ import annotations

import re

from terminal.backtest.report_request import ReportRequest
from terminal.backtest.stored import load_result, stored_run
from terminal.charts.theme import Palette
from terminal.db.repositories import jobs
from terminal.errors import Conflict
from terminal.jobs.artifacts import ArtifactStore
from terminal.jobs.context import JobContext
from terminal.jobs.values import JobState, Outcome
from terminal.market.calendars import get_calendar

PDF = "application/pdf"


def run(request: ReportRequest, ctx: JobContext) -> Outcome:
    """Draw and store the file.

    Raises
    ------
    NotFound : there is no such backtest, or it is not the owner's to see.
    Conflict : it has not finished.
    """
    ctx.progress(0.05, "Reading the result")
    with ctx.db.read() as conn:
        job = jobs.get(conn, ctx.actor, request.backtest)
    if job.state is not JobState.SUCCEEDED:
        raise Conflict(f"The backtest is {job.state}; it has no result.", field="backtest")
    row = stored_run(ctx.db, ctx.actor, request.backtest)
    store = ArtifactStore(ctx.settings.storage.root, ctx.settings.storage.min_free_mb)
    result = load_result(ctx.db, store, ctx.actor, job, row)
    ctx.progress(0.2, "Drawing")
    from terminal.reports.tear_sheet_pdf import tear_sheet_pdf

    palette: Palette = "colour-blind" if request.palette == "colour-blind" else "standard"
    zone = get_calendar(str(row.provenance["calendar"])).timezone
    content = tear_sheet_pdf(result, palette=palette, timezone=zone)
    ctx.progress(0.95, "Storing")
    name = f"{file_stem(row.name)}-tear-sheet.pdf"
    made = ctx.artifact(name, content, PDF)
    return Outcome(summary={"file": made.name, "size": made.size}, data_version=row.data_version)


def file_stem(name: str) -> str:
    """A run's name as the beginning of a file name: lower case, digits and hyphens."""
    return re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-").lower()[:60] or "backtest"
