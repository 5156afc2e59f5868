"""A panel of bars: what strategies and the engine see.

Rows are bars, columns instruments. `ts[t]` is the open time of bar t (UTC), `close_ts[t]` the
time at which everything in row t is known. NaN means "no bar"; nothing is filled in. A close-only
source has NaN in `open`, `high`, `low` and `volume` throughout.

Instruments of several calendars stand on one axis of closes: a row ends with the close of at least
one bar and begins where the row before it ended. A bar stands in the row of its close; that it may
have opened rows earlier, in a row of its own in which only its open is known, says `begun`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from terminal.market.timeframe import Timeframe

FloatArray = npt.NDArray[np.float64]
TimeArray = npt.NDArray[np.datetime64]


@dataclass(frozen=True)
class Panel:
    """Bars of several instruments on one time axis.

    Attributes
    ----------
    ts, close_ts : datetime64[ns] of shape (n_bars,), UTC, strictly increasing.
    symbols : the n_instruments column names.
    open, high, low, close, volume : float64 of shape (n_bars, n_instruments), as stored (raw).
    split : float64 (n_bars, n_instruments); units per old unit that take effect at the open of
        bar t (1.0 = none; a 2-for-1 split is 2.0).
    dividend : float64 (n_bars, n_instruments); cash per unit going ex at the open of bar t.
    adjustment : of the raw prices: "as_traded", "split" or "split_dividend".
    timeframe, calendar : bar length and exchange calendar (MIC), of several the one by whose
        sessions returns are counted.
    begun : float64 (n_bars, n_instruments), the raw price of each bar's open in the row in which it
        opened, NaN elsewhere; None: every bar opens and closes in one row. `split` and `dividend`
        stand in that row.
    calendars : of each instrument where they differ; empty: `calendar` for all.
    dataset, data_version, simulated : provenance.
    sectors : of each instrument, "" where unknown; empty: of none.
    """

    timeframe: Timeframe
    calendar: str
    symbols: tuple[str, ...]
    ts: TimeArray
    close_ts: TimeArray
    open: FloatArray
    high: FloatArray
    low: FloatArray
    close: FloatArray
    volume: FloatArray
    split: FloatArray
    dividend: FloatArray
    adjustment: str = "as_traded"
    dataset: str = ""
    data_version: str = ""
    simulated: bool = False
    begun: FloatArray | None = None
    calendars: tuple[str, ...] = ()
    sectors: tuple[str, ...] = ()

    @property
    def n_bars(self) -> int:
        return len(self.ts)

    @property
    def n_instruments(self) -> int:
        return len(self.symbols)

    @property
    def close_only(self) -> bool:
        """True when the source has closes and nothing else."""
        # the first bar of most sources tells, and a look at all of them takes a while
        return not (np.isfinite(self.open[:1]).any() or np.isfinite(self.open).any())

    def truncated(self, n_bars: int) -> Panel:
        """The first `n_bars` rows: what was known then. Used to prove there is no look-ahead."""
        return self.rows(slice(0, n_bars))

    def rows(self, rows: slice) -> Panel:
        """A contiguous part of the time axis."""
        return replace(
            self,
            begun=None if self.begun is None else self.begun[rows],
            **{
                name: getattr(self, name)[rows]
                for name in (
                    "ts",
                    "close_ts",
                    "open",
                    "high",
                    "low",
                    "close",
                    "volume",
                    "split",
                    "dividend",
                )
            },
        )
