"""Bars of a request, as the jobs of research read them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from terminal.jobs.context import JobContext
from terminal.market.catalogue import Catalogue
from terminal.market.dataset import Dataset
from terminal.market.panel import Panel
from terminal.market.store import open_store
from terminal.research.requests import BarsRequest


@dataclass(frozen=True)
class LoadedBars:
    """The data set, its raw bars, and sectors by symbol where they are known."""

    dataset: Dataset
    panel: Panel
    sectors: Mapping[str, str]


def load_bars(asked: BarsRequest, ctx: JobContext) -> LoadedBars:
    """Bars of a request.

    Raises
    ------
    NotFound, InputError : the person has no such data set, or it no such instruments or bars.
    """
    catalogue = Catalogue(ctx.db, open_store(ctx.settings, ctx.db))
    ctx.progress(0.02, "Loading bars", f"{len(asked.symbols)} instruments")
    dataset = catalogue.dataset(ctx.actor, asked.dataset)
    timeframe = max(dataset.timeframe, asked.timeframe, key=lambda item: item.order)
    panel = catalogue.panel(
        ctx.actor, asked.dataset, asked.symbols, timeframe, asked.start, asked.end
    )
    ctx.log(f"{panel.n_bars:,} bars of {panel.n_instruments} instruments, {dataset.version[:12]}")
    series = catalogue.series(ctx.actor, asked.dataset)
    sectors = {one.symbol: one.sector for one in series if one.symbol in panel.symbols}
    return LoadedBars(dataset, panel, sectors)
