"""POV: a fixed share of what everybody trades, ourselves included."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from terminal.execution.algorithms.params import AT_ONCE, Slicing
from terminal.execution.algorithms.parent import Market, ParentOrder, Progress
from terminal.execution.algorithms.plan import Due, whole_lots
from terminal.params import param

BURST = 2
"""Spread: at most this many times the rate of what traded in the last interval."""


@dataclass(frozen=True)
class PovParams(Slicing):
    """A share of the market's volume since the start."""

    rate: float = param(
        0.1, title="Share of volume", low=0.001, high=0.5, step=0.01,
        help="Of everything that trades, our own included.",
    )  # fmt: skip
    interval_s: float = param(
        60.0, title="Look every", low=1, high=3600, unit="s", help="At most one child in each."
    )


@dataclass(frozen=True)
class PovPlan:
    """Follows the volume; what it missed is worked off at no more than `BURST` times the rate,
    unless it may catch up at once."""

    parent: ParentOrder
    params: PovParams

    def due(self, progress: Progress, market: Market, now: datetime) -> Due:
        """One child in an interval, for volume that has traded: never more than the rate of it."""
        interval = timedelta(seconds=self.params.interval_s)
        number = (now - self.parent.start_at) // interval + 1
        next_at = min(self.parent.start_at + interval * number, self.parent.closing_at)
        if number <= progress.last_number:
            return Due(None, Decimal(0), next_at)
        rate = Decimal(repr(self.params.rate))
        wanted = rate * Decimal(repr(market.volume)) - progress.committed
        if self.params.catch_up != AT_ONCE:
            wanted = min(wanted, BURST * rate * Decimal(repr(market.recent_volume)))
        left = self.parent.quantity - progress.committed
        lots = left if wanted >= left else whole_lots(wanted, self.params.lots)
        return Due(number, max(lots, Decimal(0)), next_at)


def plan(parent: ParentOrder, params: PovParams) -> PovPlan:
    """The plan of a parent."""
    return PovPlan(parent, params)
