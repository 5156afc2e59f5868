"""Job `regimes`: which state the market of a data set is in, and how it came there."""

from __future__ import annotations

import numpy as np
import orjson

from terminal.codec import to_json
from terminal.errors import InputError
from terminal.holdings.prices import DailyPrices
from terminal.holdings.regimes_request import RegimesRequest
from terminal.jobs.context import JobContext
from terminal.jobs.values import Outcome
from terminal.market.catalogue import Catalogue
from terminal.market.store import open_store
from terminal.regimes.panel import regime_panel

FILE = "regimes.json"
LEAST = 300
MOST = 500
"""Instruments that are read, in the order of the data set."""


def run(request: RegimesRequest, ctx: JobContext) -> Outcome:
    """Read the data set's closes, name the states, keep the panel as a file.

    Raises
    ------
    NotFound : there is no such data set. InputError : it has too few sessions or instruments.
    """
    ctx.progress(0.05, "Reading closes")
    catalogue = Catalogue(ctx.db, open_store(ctx.settings, ctx.db))
    dataset = catalogue.dataset(ctx.actor, request.data)
    series = catalogue.series(ctx.actor, request.data)
    symbols = tuple(one.symbol for one in series if one.tradable)[:MOST]
    symbols = symbols or tuple(one.symbol for one in series)[:MOST]
    if request.market and request.market not in {one.symbol for one in series}:
        raise InputError(f"{request.market} is not in {dataset.title}.", field="market")
    prices = DailyPrices(catalogue)
    wanted = (*symbols, request.market) if request.market not in ("", *symbols) else symbols
    table = prices.table(ctx.actor, request.data, wanted)
    returns = table.total[1:] / table.total[:-1] - 1.0
    own = returns[:, : len(symbols)]
    if request.market:
        market = returns[:, wanted.index(request.market)]
    else:
        known = np.isfinite(own)
        market = np.where(known, own, 0.0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
    begun = np.isfinite(market) & np.isfinite(own).any(axis=1)
    first = int(begun.argmax())
    if not begun.any() or len(market) - first < LEAST:
        raise InputError(
            f"{dataset.title} has {len(market) - first} returns; {LEAST} are needed.",
            field="data",
            remedy="Choose a data set with a longer history.",
        )
    ctx.progress(0.3, "Naming states")
    found = regime_panel(table.days[1:][first:], market[first:], own[first:], symbols)
    ctx.progress(0.95, "Storing")
    ctx.artifact(FILE, orjson.dumps(to_json(found)), "application/json")
    return Outcome(
        summary={"data": request.data, "day": found.last.isoformat(),
                 "multiplier": round(found.multiplier, 4)},
        data_version=dataset.version,
    )  # fmt: skip
