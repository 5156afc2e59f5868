"""Job `risk_report`: the risk report of a portfolio as PDF, which takes seconds."""

from __future__ import annotations

from dataclasses import fields

from terminal.backtest.report_job import PDF, file_stem
from terminal.charts.theme import Palette
from terminal.holdings.prices import DailyPrices
from terminal.holdings.risk_book import RiskView, risk_of
from terminal.holdings.risk_report_request import RiskReportRequest
from terminal.jobs.artifacts import ArtifactStore
from terminal.jobs.context import JobContext
from terminal.jobs.values import Outcome
from terminal.market.catalogue import Catalogue
from terminal.market.store import open_store


def view_of(request: RiskReportRequest) -> RiskView:
    """What the page would show."""
    return RiskView(**{part.name: getattr(request, part.name) for part in fields(RiskView)})


def run(request: RiskReportRequest, ctx: JobContext) -> Outcome:
    """Measure, draw and store the file.

    Raises
    ------
    NotFound, InputError, Conflict : as `risk_of`.
    """
    ctx.progress(0.05, "Measuring")
    store = ArtifactStore(ctx.settings.storage.root, ctx.settings.storage.min_free_mb)
    prices = DailyPrices(Catalogue(ctx.db, open_store(ctx.settings, ctx.db)))
    found = risk_of(ctx.db, store, prices, ctx.actor, view_of(request))
    ctx.progress(0.4, "Drawing")
    from terminal.reports.risk_report_pdf import risk_report_pdf

    palette: Palette = "colour-blind" if request.palette == "colour-blind" else "standard"
    content = risk_report_pdf(found.panel, found.title, palette=palette, simulated=found.simulated)
    ctx.progress(0.95, "Storing")
    made = ctx.artifact(f"{file_stem(found.title)}-risk-{found.day}.pdf", content, PDF)
    return Outcome(summary={"file": made.name, "size": made.size, "day": found.day.isoformat()})
