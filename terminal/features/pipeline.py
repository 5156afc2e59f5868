"""From bars to a frame of features: point in time, one instrument after the other.

The pipeline adjusts the raw panel itself, so that row t knows the splits and dividends up to t and
no more. Values are computed in float64 and kept as float32.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue

import numpy as np

from terminal.features.across_bars import AcrossBars, across_bars, bar_known
from terminal.features.declare import OfPanel
from terminal.features.feature import Bars
from terminal.features.feature_set import FeatureSet
from terminal.features.flow import Flow
from terminal.features.frame import FeatureFrame, Float32Array
from terminal.features.hashing import data_hash, spec_hash
from terminal.features.kernels.turn import round_into, turn
from terminal.features.normalise import NORMALISERS
from terminal.features.own_bars import Coarse, coarse_bars, instrument_bars
from terminal.features.plan import Column, bars_of_one, resolve
from terminal.market.adjust import forward_adjusted
from terminal.market.panel import FloatArray, Panel
from terminal.market.timeframe import Timeframe

Progress = Callable[[float, str], None]
PART, ACROSS_PART = (
    8192,
    1024,
)  # bars computed at a time; what is remembered goes from one to the next

__all__ = [
    "compute",
    "data_hash",
    "look_back",
    "spec_hash",
    "validate_set",
    "warmup",
]


def validate_set(feature_set: FeatureSet, timeframe: Timeframe) -> None:
    """Raise InputError where a set cannot be computed from bars of a timeframe."""
    resolve(feature_set, timeframe)


def warmup(feature_set: FeatureSet, panel_timeframe: Timeframe) -> int:
    """Bars of the panel before every column can be known."""
    return max(
        (column.warmup() + (column.timeframe is not None))
        * bars_of_one(column.timeframe, panel_timeframe)
        for column in resolve(feature_set, panel_timeframe)
    )


def look_back(feature_set: FeatureSet, timeframe: Timeframe) -> int:
    """Bars before t that the row of t rests on, for the gap between training and test.

    A windowed feature rests on its memory. A recursive average rests on all of the past with
    weights that fade: of one of span n, which warms up in n - 1 bars, four times as many hold all
    but e^-8 of the weight.
    """
    longest = 0
    for column in resolve(feature_set, timeframe):
        memory, first = column.memory(), column.warmup()
        own = 4 * first if memory is None else max(memory, first)
        own += column.timeframe is not None
        longest = max(longest, own * bars_of_one(column.timeframe, timeframe))
    return longest


def compute(
    panel: Panel,
    feature_set: FeatureSet,
    *,
    threads: int = 1,
    progress: Progress | None = None,
    sectors: Mapping[str, str] | None = None,
) -> FeatureFrame:
    """Every column of a set for every instrument of a raw panel.

    Parameters
    ----------
    threads : instruments computed at the same time.
    progress : called with the fraction done and the instrument done last; an exception in it ends
        the work.
    sectors : sector by symbol, for features that compare within one; None: those of the panel.

    Raises
    ------
    InputError : the set cannot be computed from the panel (see `resolve`).
    """
    columns = resolve(feature_set, panel.timeframe)
    adjusted = forward_adjusted(panel)
    known = bar_known(adjusted)
    together = across(columns, adjusted, sectors)
    values = np.empty((panel.n_instruments, panel.n_bars, len(columns)), dtype=np.float32)

    workers = max(1, min(threads, panel.n_instruments))
    spaces: SimpleQueue[Float32Array] = SimpleQueue()
    for _ in range(workers):
        spaces.put(np.empty(len(columns) * panel.n_bars, dtype=np.float32))

    def one(instrument: int) -> None:
        bars, rows = instrument_bars(adjusted, instrument, known)
        space = spaces.get()
        try:
            found = space[: len(columns) * len(bars)].reshape(len(columns), len(bars))
            of_instrument(columns, bars, found)
            for j, array in together.items():
                found[j] = array[instrument, rows]
            turn(found, rows, values[instrument])
        finally:
            spaces.put(space)

    total = panel.n_instruments
    with ThreadPoolExecutor(max_workers=workers) as pool:
        for done, _ in enumerate(pool.map(one, range(total)), start=1):
            if progress is not None:
                progress(done / total, panel.symbols[done - 1])
    return FeatureFrame(
        columns=tuple(column.name for column in columns),
        symbols=panel.symbols,
        ts=panel.ts,
        close_ts=panel.close_ts,
        values=values,
        spec_hash=spec_hash(feature_set),
        data_hash=data_hash(panel, sectors),
    )


def across(
    columns: Sequence[Column],
    adjusted: Panel,
    sectors: Mapping[str, str] | None,
    flow: Flow | None = None,
) -> dict[int, Float32Array]:
    """Columns that look at all instruments together, float32 (n_instruments, n_bars) by place.

    `flow` keeps what they remember after the last bar.
    """
    chosen = [j for j, column in enumerate(columns) if column.across]
    flowing = [j for j in chosen if columns[j].feature.flows]
    shape = (adjusted.n_instruments, adjusted.n_bars)
    found = {j: np.empty(shape, dtype=np.float32) for j in chosen}
    remembers = Flow() if flow is None else flow
    for rows in _parts(adjusted.n_bars, ACROSS_PART) if flowing else ():
        part = adjusted.rows(rows)
        view = across_bars(part, sectors, remembers)
        for j in flowing:
            found[j][:, rows] = to_float32(across_column(columns[j], view, part))
    for j in set(chosen) - set(flowing):
        view = across_bars(adjusted, sectors)
        found[j][:] = to_float32(across_column(columns[j], view, adjusted))
    return found


def across_column(column: Column, view: AcrossBars, adjusted: Panel) -> FloatArray:
    """One such column before rounding, float64 (n_instruments, n_bars)."""
    formula = column.feature.compute
    if isinstance(formula, OfPanel):
        found = formula.of_view(view, column.params)
    else:
        found = np.ascontiguousarray(formula(adjusted, column.params).T)
    if column.normaliser:
        with np.errstate(all="ignore"):
            found = NORMALISERS[column.normaliser](view.flow, found, column.window)
    return np.where(view.live > 0.0, found, np.nan)


def of_instrument(
    columns: Sequence[Column], bars: Bars, into: Float32Array | None = None
) -> Float32Array:
    """Columns of one instrument, float32 (n_columns, n_bars); those across are left as they are.

    `into` is written where it is given.
    """
    out = np.empty((len(columns), len(bars)), dtype=np.float32) if into is None else into
    own = [(j, c) for j, c in enumerate(columns) if not c.across]
    flowing = [(j, c) for j, c in own if c.timeframe is None and c.feature.flows]
    for rows in _parts(len(bars), PART) if flowing else ():
        bars.flow.begin()
        part = bars.rows(rows).through(bars.flow)
        for j, column in flowing:
            round_into(np.ascontiguousarray(column_values(column, part)), out[j, rows])
    longer: dict[Timeframe, Coarse] = {}
    apart = bars.rows(slice(0, len(bars)))
    for j, column in own:
        if column.timeframe is not None:
            if column.timeframe not in longer:
                longer[column.timeframe] = coarse_bars(bars, column.timeframe)
            made = longer[column.timeframe]
            round_into(made.spread(column_values(column, made.bars)), out[j])
        elif not column.feature.flows:
            round_into(np.ascontiguousarray(column_values(column, apart)), out[j])
    return out


def _parts(n: int, length: int) -> list[slice]:
    """Rows in parts: arrays that fit the processor's cache, and no memory asked for in vain."""
    return [slice(first, min(first + length, n)) for first in range(0, max(n, 1), length)]


def column_values(column: Column, bars: Bars) -> FloatArray:
    """One column on bars of its own timeframe, float64 (n,)."""
    values = column.feature.compute(bars, column.params)
    if bars.flow.live is not None:  # a live bar: instruments without one have no time of day either
        values = np.where(bars.flow.live[:, 0] > 0.0, values, np.nan)
    if column.normaliser:
        with np.errstate(all="ignore"):
            values = NORMALISERS[column.normaliser](bars.flow, values, column.window)
    return values


def to_float32(values: FloatArray) -> Float32Array:
    """Rounded to float32; what float32 cannot hold is unknown."""
    with np.errstate(over="ignore"):
        rounded = values.astype(np.float32)
    return np.where(np.isfinite(rounded), rounded, np.float32(np.nan))
