"""The events of a registered version on any bars: its own features and its own label, computed as
they were for its training. Explanations and drift are about these."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import numpy as np

from terminal.codec import from_json
from terminal.db.repositories.models import VersionRow
from terminal.errors import InputError
from terminal.features.pipeline import compute
from terminal.jobs.context import JobContext
from terminal.labels.labels import IntArray
from terminal.labels.registry import get_label
from terminal.market.catalogue import Catalogue
from terminal.market.dataset import Dataset
from terminal.market.panel import FloatArray, Panel
from terminal.market.store import open_store
from terminal.market.timeframe import Timeframe
from terminal.models.fit_recipe import usable
from terminal.models.recipe import Recipe
from terminal.models.samples import Samples
from terminal.params import validate


@dataclass(frozen=True)
class VersionEvents:
    """What a version would be asked, and what came of it.

    samples : every usable event of the bars, in the order of (bar, instrument).
    classes : all there can be; empty for a number.
    """

    samples: Samples
    panel: Panel
    dataset: Dataset
    recipe: Recipe
    classes: FloatArray
    gap: int

    def between(self, first: np.datetime64 | None, last: np.datetime64 | None) -> IntArray:
        """Positions of the events whose bar opens at `first` or later and before `last`."""
        ts = self.samples.frame.ts[self.samples.labels.bar]
        inside = np.ones(len(ts), dtype=np.bool_)
        if first is not None:
            inside &= ts >= first
        if last is not None:
            inside &= ts < last
        return np.flatnonzero(inside)

    def known_before(self, at: np.datetime64) -> IntArray:
        """Positions of the events whose outcome was known before a moment (open of a bar)."""
        frame = self.samples.frame
        return np.flatnonzero(frame.ts[self.samples.labels.end] < at)


def events_of_version(
    row: VersionRow,
    ctx: JobContext,
    *,
    dataset: str = "",
    symbols: tuple[str, ...] = (),
    end: date | None = None,
    threads: int = 1,
    tick: Callable[[float, str], None] = lambda _share, _words: None,
) -> VersionEvents:
    """Load the bars, compute features and labels.

    Parameters
    ----------
    dataset, symbols : those of the training where empty. Bars begin where its own began, so that
        every warm-up is that of the training; they end with `end`, or with the data.
    tick : told the share done and what of.

    Raises
    ------
    NotFound : the data set is no longer there.
    InputError : no event. Those of a meta-label are where the rule in its parameters takes a side.
    """
    lineage = row.lineage
    recipe = from_json(Recipe, dict(row.recipe))
    label = get_label(recipe.label)
    catalogue = Catalogue(ctx.db, open_store(ctx.settings, ctx.db))
    found = catalogue.dataset(ctx.actor, dataset or str(lineage["dataset"]))
    there = {part.symbol for part in catalogue.series(ctx.actor, found.slug)}
    wanted = [name for name in (symbols or lineage["symbols"]) if symbols or name in there]
    begun = dict(lineage.get("request") or {}).get("start")
    tick(0.0, "bars")
    panel = catalogue.panel(
        ctx.actor,
        found.slug,
        wanted,
        Timeframe(lineage["timeframe"]),
        date.fromisoformat(begun) if begun else None,
        end,
    )
    frame = compute(
        panel,
        recipe.features,
        threads=threads,
        progress=lambda share, symbol: tick(0.1 + 0.7 * share, symbol),
    )
    tick(0.8, "labels")
    params = validate(label.params_type, dict(recipe.label_params))
    every = Samples(frame, label.make(panel, params))
    samples = every.take(usable(every, recipe))
    if not len(samples):
        raise InputError(
            f"There is no event of {row.words} in these bars.",
            field="end",
            remedy="Choose a longer range.",
        )
    tick(1.0, f"{len(samples):,} events")
    return VersionEvents(
        samples=samples,
        panel=panel,
        dataset=found,
        recipe=recipe,
        classes=np.array(label.classes_of(params), dtype=np.float64),
        gap=int(lineage["gap"]),
    )


def moment(text: str) -> np.datetime64:
    """A time of a lineage (UTC, ISO 8601, with or without +00:00) as datetime64[ns]."""
    return np.datetime64(text.removesuffix("+00:00"), "ns")
