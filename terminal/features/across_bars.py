"""The bars of all instruments side by side, as formulas across instruments read them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from terminal.features.flow import Flow
from terminal.market.panel import FloatArray, Panel, TimeArray


@dataclass(frozen=True)
class AcrossBars:
    """k instruments, n bars, adjusted; NaN where an instrument has no bar.

    Attributes
    ----------
    open, high, low, close, volume : float64 (k, n), C-contiguous.
    live : float64 (k, n), 1 where there is a bar.
    market : int64 (k,) of zeros: all instruments are one group. sector : int64 (k,), numbers of
        groups; without sectors all are one.
    """

    ts: TimeArray
    open: FloatArray
    high: FloatArray
    low: FloatArray
    close: FloatArray
    volume: FloatArray
    live: FloatArray
    market: npt.NDArray[np.int64]
    sector: npt.NDArray[np.int64]
    flow: Flow = field(default_factory=Flow)


def across_bars(
    panel: Panel, sectors: Mapping[str, str] | None = None, flow: Flow | None = None
) -> AcrossBars:
    """A panel, adjusted already, as formulas across instruments read it."""
    known = np.ascontiguousarray(bar_known(panel).T)
    arrays = {
        name: np.where(known, np.ascontiguousarray(getattr(panel, name).T), np.nan)
        for name in ("open", "high", "low", "close", "volume")
    }
    live = known.astype(np.float64)
    made = Flow() if flow is None else flow
    made.begin(live)
    return AcrossBars(
        ts=panel.ts,
        live=live,
        market=np.zeros(panel.n_instruments, dtype=np.int64),
        sector=sector_numbers(panel.symbols, sectors_of(panel, sectors)),
        flow=made,
        **arrays,
    )


def bar_known(panel: Panel) -> npt.NDArray[np.bool_]:
    """Which rows are bars, (n_bars, n_instruments): all four prices are known, or the close alone.

    Decided row by row, so that no row depends on what comes later.
    """
    there = [np.isfinite(values) for values in (panel.open, panel.high, panel.low)]
    whole = there[0] & there[1] & there[2]
    close_alone = ~(there[0] | there[1] | there[2])
    return np.asarray(np.isfinite(panel.close) & (whole | close_alone))


def sectors_of(panel: Panel, sectors: Mapping[str, str] | None = None) -> Mapping[str, str]:
    """Sector by symbol: those given, else those the panel names; empty where none is known."""
    if sectors is None:
        sectors = dict(zip(panel.symbols, panel.sectors, strict=False))
    known = {symbol: sectors.get(symbol, "") for symbol in panel.symbols}
    return known if any(known.values()) else {}


def sector_numbers(
    symbols: tuple[str, ...], sectors: Mapping[str, str] | None
) -> npt.NDArray[np.int64]:
    """A number per instrument, equal within a sector; those without one are a group."""
    named = [(sectors or {}).get(symbol, "") for symbol in symbols]
    number = {name: i for i, name in enumerate(dict.fromkeys(named))}
    return np.array([number[name] for name in named], dtype=np.int64)
