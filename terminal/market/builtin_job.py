"""Job `load_builtin`: put the built-in data sets into the terminal. Doing it twice changes nothing.

Real data sets become visible one by one, so that the terminal is of use within seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pandas as pd

from terminal import clock
from terminal.accounts.actor import SYSTEM
from terminal.errors import InputError, NotFound
from terminal.jobs.context import JobContext
from terminal.jobs.values import Outcome
from terminal.market import builtin, simulate
from terminal.market.builtin_request import BuiltinRequest
from terminal.market.calendars import get_calendar
from terminal.market.catalogue import Catalogue
from terminal.market.dataset import Dataset, NewSeries
from terminal.market.publish import publish, sweep
from terminal.market.store import BarStore, SqlStore, open_store
from terminal.market.store.sql import prepare

Loader = Callable[[], tuple[Dataset, Sequence[NewSeries]]]


def run(request: BuiltinRequest, ctx: JobContext) -> Outcome:
    """Load what is asked for; returns the versions by slug.

    Raises
    ------
    InputError : nothing is asked for.
    """
    loaders: list[Loader] = [*builtin.BUILT_IN] if request.real else []
    if request.simulated:
        seed = ctx.settings.market.simulation_seed if request.seed is None else request.seed
        loaders.append(lambda: _simulated(seed, ctx))
    if not loaders:
        raise InputError(
            "Nothing to load is chosen.", field="real", remedy="Choose real or simulated data."
        )
    store = open_store(ctx.settings, ctx.db)
    ctx.progress(0.0, "Sweeping")
    sweep(ctx.db, store)
    if isinstance(store, SqlStore) and prepare(ctx.db):
        ctx.log("bars lie in a compressed TimescaleDB hypertable")
    loaded = []
    for number, loader in enumerate(loaders):
        ctx.progress(number / len(loaders), "Reading", f"{number + 1} of {len(loaders)}")
        dataset, parts = loader()
        ctx.progress((number + 0.7) / len(loaders), "Storing", dataset.title)
        made, save = publish(store, dataset, parts, clock.now())
        if _is_there(ctx, store, made):
            ctx.log(f"{made.title}: already loaded")
        else:
            with ctx.db.write() as conn:
                save(conn)
            ctx.log(f"{made.title}: {len(parts)} series")
        loaded.append((made.slug, made.version, len(parts), sum(len(p.bars) for p in parts)))
    frame = pd.DataFrame(loaded, columns=["dataset", "version", "series", "bars"])
    return Outcome(
        summary={
            "datasets": [slug for slug, *_ in loaded],
            "series": int(frame["series"].sum()),
            "bars": int(frame["bars"].sum()),
        },
        frames={"datasets": frame},
        data_version=loaded[-1][1],
    )


def _simulated(seed: int, ctx: JobContext) -> tuple[Dataset, Sequence[NewSeries]]:
    spec = simulate.SimulationSpec(seed)
    parts = []
    for part in simulate.simulate(spec, get_calendar("XNYS")):
        parts.append(part)
        ctx.progress(0.6 * len(parts) / spec.n_symbols, "Simulating", part.symbol)
    return simulate.dataset(spec), parts


def _is_there(ctx: JobContext, store: BarStore, made: Dataset) -> bool:
    try:
        found = Catalogue(ctx.db, store).dataset(SYSTEM, made.slug)
    except NotFound:
        return False
    return found.version == made.version and found.title == made.title
