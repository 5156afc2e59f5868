"""What a feature is: a named pure function of the past, and what people are told about it.

Row t of a feature uses rows <= t, so it is known at the close of bar t.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt

from terminal.features.flow import Flow
from terminal.market.panel import FloatArray, Panel, TimeArray
from terminal.market.timeframe import Timeframe


class Scope(StrEnum):
    """What a feature looks at: one instrument's own bars, or all instruments together."""

    INSTRUMENT = "instrument"
    PANEL = "panel"


ARRAYS = ("ts", "close_ts", "open", "high", "low", "close", "volume", "session")


@dataclass(frozen=True)
class Bars:
    """The bars of one instrument without gaps, adjusted to a total-return series, point in time.

    Attributes
    ----------
    ts, close_ts : datetime64[ns] (n,), UTC: the open of each bar, and when it is known.
    open, high, low, close, volume : float64 (n,), C-contiguous; volume in units adjusted as the
        prices are.
    session : datetime64[D] (n,), the exchange's session each bar belongs to.
    timeframe, calendar : bar length and exchange calendar (MIC).
    flow : what the catalogue's formulas are computed with; of these bars only.
    """

    ts: TimeArray
    close_ts: TimeArray
    open: FloatArray
    high: FloatArray
    low: FloatArray
    close: FloatArray
    volume: FloatArray
    session: npt.NDArray[np.datetime64]
    timeframe: Timeframe
    calendar: str
    flow: Flow = field(default_factory=Flow, init=False, repr=False, compare=False)

    @property
    def day(self) -> FloatArray:
        """The session as a number, float64 (n,)."""
        return self.session.astype("datetime64[D]").astype(np.int64).astype(np.float64)

    def through(self, flow: Flow) -> Bars:
        """The same bars with a flow that remembers the bars before them."""
        made = replace(self)
        object.__setattr__(made, "flow", flow)
        return made

    def rows(self, rows: slice) -> Bars:
        """Some of the bars in a row, with a flow of their own."""
        arrays: dict[str, Any] = {name: getattr(self, name)[rows] for name in ARRAYS}
        return replace(self, **arrays)

    def __len__(self) -> int:
        return len(self.ts)


@dataclass(frozen=True)
class Feature:
    """One entry of the catalogue.

    Attributes
    ----------
    slug : its name in code, files and the interface's addresses ("rsi").
    family : "trend", "momentum", "volatility", "volume", "range", "stationary", "microstructure",
        "cross-asset", "calendar", "regime".
    unit : of its values ("ratio", "0 - 100", "% a year", "log price", ...).
    source : paper or book with formula number, or "TA-Lib NAME".
    params_type : a frozen dataclass of `terminal.params.param` fields.
    compute : of an INSTRUMENT feature `compute(bars, params)` -> float64 (n,); of a PANEL feature
        `compute(panel, params)` -> float64 (n_bars, n_instruments). NaN before the warm-up.
    warmup : `warmup(params)` -> own bars before the first value can be known.
    memory : `memory(params)` -> bars before t that row t depends on, or None where it depends on
        all of them (recursive averages): what an incremental update must keep.
    scale_free : whether values of instruments of different price can be compared.
    heavy : fitted in the course of time (HMM, GARCH); left out of speed targets.
    flows : written as arithmetic on the bars and calls of their `flow`: a live bar costs one
        bar's work. What does not is computed again from the bars that `memory` says.
    """

    slug: str
    title: str
    family: str
    description: str
    unit: str
    source: str
    params_type: type[Any]
    warmup: Callable[[Any], int]
    compute: Callable[[Any, Any], FloatArray]
    scope: Scope = Scope.INSTRUMENT
    memory: Callable[[Any], int | None] = lambda _: None
    scale_free: bool = True
    heavy: bool = False
    flows: bool = False


PanelFeature = Callable[[Panel, Any], FloatArray]
BarsFeature = Callable[[Bars, Any], FloatArray]
