"""What every job of a sweep reads: the request, the bars it was planned on, the space."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from terminal.backtest.sweeps.evaluate import Ground, prepare_ground
from terminal.backtest.sweeps.points import space_from
from terminal.backtest.sweeps.request import SweepRequest
from terminal.backtest.sweeps.search import Seen, objective_values
from terminal.backtest.sweeps.space import Space
from terminal.backtest.sweeps.windows import Window, make_windows
from terminal.backtest.universe import data_version_of, others_of, panel_of, symbols_of
from terminal.codec import from_json
from terminal.db.repositories import sweeps
from terminal.db.repositories.sweeps import PRUNED, PointRow, SweepRow
from terminal.errors import TerminalError
from terminal.jobs.context import JobContext
from terminal.market.calendars import TradingCalendar, get_calendar
from terminal.market.catalogue import Catalogue
from terminal.market.store import open_store


@dataclass(frozen=True)
class Loaded:
    """A sweep with its bars."""

    row: SweepRow
    request: SweepRequest
    space: Space
    ground: Ground
    calendar: TradingCalendar
    catalogue: Catalogue

    @property
    def windows(self) -> tuple[Window, ...]:
        """Of the walk-forward; none where there is none."""
        if self.request.walk_forward is None:
            return ()
        n_sessions = int(self.ground.kept.sum())
        return make_windows(self.request.walk_forward, n_sessions, self.ground.bars_a_session)


def load(ctx: JobContext, sweep_id: str) -> Loaded:
    """Read a sweep and prepare its ground.

    Raises
    ------
    TerminalError : the data changed since the sweep was planned: its points would not compare.
    """
    with ctx.db.read() as conn:
        row = sweeps.get(conn, ctx.actor, sweep_id)
    request = from_json(SweepRequest, dict(row.request))
    catalogue = Catalogue(ctx.db, open_store(ctx.settings, ctx.db))
    run = request.backtest
    ctx.progress(0.01, "Loading bars", f"{len(symbols_of(run))} instruments")
    dataset = catalogue.dataset(ctx.actor, run.dataset)
    others = others_of(
        run,
        lambda slug: catalogue.dataset(ctx.actor, slug),
        lambda slug: catalogue.series(ctx.actor, slug),
    )
    if data_version_of(dataset, others) != row.data_version:
        titles = " or ".join([dataset.title, *(other.dataset.title for other in others)])
        raise TerminalError(
            f"{titles} has changed since this sweep began; its points would not compare.",
            field="dataset",
            remedy="Start the sweep again.",
        )
    calendar = get_calendar(dataset.calendar)
    panel = panel_of(
        run,
        others,
        lambda slug, symbols: catalogue.panel(
            ctx.actor, slug, symbols, run.timeframe, run.start, run.end
        ),
    )
    ctx.progress(0.02, "Preparing", f"{panel.n_bars:,} bars of {panel.n_instruments} instruments")
    ground = prepare_ground(run, panel, calendar)
    return Loaded(row, request, space_from(request, row.n_bars), ground, calendar, catalogue)


def seen_from(request: SweepRequest, points: Sequence[PointRow]) -> list[Seen]:
    """Finished points as a search sees them."""
    return [
        Seen(
            point.position,
            objective_values(dict(point.metrics), request.objectives)
            if point.state != PRUNED
            else None,
            point.leading if point.state == PRUNED else None,
        )
        for point in points
    ]
