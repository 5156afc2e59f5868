"""Implementation shortfall: fast where waiting is risky, slow where trading is dear.

The path of holdings is Almgren and Chriss's optimum (`almgren_chriss`), fixed when the parent is
given.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from terminal.errors import InputError
from terminal.execution.algorithms.almgren_chriss import Impact, from_spread, holdings
from terminal.execution.algorithms.params import TimeSlicing
from terminal.execution.algorithms.parent import ParentOrder
from terminal.execution.algorithms.plan import TimePlan, slice_times
from terminal.params import param


@dataclass(frozen=True)
class ShortfallParams(TimeSlicing):
    """What is known of the instrument, and how much risk weighs."""

    risk_aversion: float = param(
        1e-6, title="Risk aversion", low=0, high=1, unit="per currency",
        help="Expected cost one would pay to be rid of a unit of variance. 0: evenly over the "
        "window; 1e-6 is that of a large desk, more is faster.",
    )  # fmt: skip
    volatility_percent: float = param(
        2.0, title="Volatility", low=0, high=100, unit="% a session",
        help="Standard deviation of a session's return.",
    )  # fmt: skip
    spread_bps: float = param(5.0, title="Spread", low=0.01, high=2_000, unit="bp", help="Quoted.")
    daily_volume: float = param(
        1_000_000.0, title="Daily volume", low=1, unit="units", help="Mean of recent sessions."
    )
    session_hours: float = param(
        6.5, title="Length of a session", low=0.5, high=24, unit="h", help="6.5 in New York."
    )


def impact_of(parent: ParentOrder, params: ShortfallParams) -> Impact:
    """Impact at the arrival price.

    Raises
    ------
    InputError : there is no arrival price.
    """
    if parent.arrival_price is None:
        raise InputError(
            f"There is no price of {parent.symbol} to start from.",
            field="arrival_price",
            remedy="Wait for a price, or choose TWAP.",
        )
    return from_spread(
        float(parent.arrival_price),
        params.volatility_percent / 100,
        params.spread_bps / 1e4,
        params.daily_volume,
    )


def window(parent: ParentOrder, params: ShortfallParams) -> float:
    """Length of the window in sessions."""
    return (parent.closing_at - parent.start_at) / timedelta(hours=params.session_hours)


def plan(parent: ParentOrder, params: ShortfallParams) -> TimePlan:
    """Slice k brings the parent to 1 - x_(k+1) / X."""
    n = params.slices
    path = holdings(1.0, window(parent, params), n, params.risk_aversion, impact_of(parent, params))
    times = slice_times(parent, n, params.jitter)
    return TimePlan(parent, times, (*(1.0 - path[1:-1]).tolist(), 1.0))
