"""Iceberg: one small limit order at a time; the next when it is filled."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from terminal.execution.algorithms.params import FINISH, LEAVE, LIMIT, Slicing
from terminal.execution.algorithms.parent import Market, ParentOrder, Progress
from terminal.execution.algorithms.plan import Due, nearest_lots, uniform
from terminal.params import param


@dataclass(frozen=True)
class IcebergParams(Slicing):
    """What shows of the order. Its price is the worst price; without one, the last price when a
    child is placed, by the distance of limits."""

    child_type: str = param(
        LIMIT, title="Children", choices=(LIMIT,), help="An iceberg is made of limit orders."
    )
    at_end: str = param(
        LEAVE, title="At the end", choices=(LEAVE, FINISH),
        help="Leave the rest, or send it as one market order.",
    )  # fmt: skip
    display: float = param(
        100.0, title="Shown size", low=1e-9, unit="units", help="Units of one child."
    )
    variation: float = param(
        0.2, title="Variation", low=0, high=0.9,
        help="The shown size varies at random by up to this share, either way.",
    )  # fmt: skip

    @property
    def rests_at_worst(self) -> bool:
        return True


@dataclass(frozen=True)
class IcebergPlan:
    """Shows the next part when nothing of it works any more."""

    parent: ParentOrder
    params: IcebergParams

    def due(self, progress: Progress, market: Market, now: datetime) -> Due:
        """The next child, as soon as the last one has ended."""
        if progress.open:
            return Due(None, Decimal(0), self.parent.closing_at)
        number = progress.last_number + 1
        wander = 1.0 + self.params.variation * (2.0 * uniform(self.parent.seed, number) - 1.0)
        lot = self.params.lots
        shown = nearest_lots(Decimal(repr(self.params.display * wander)), lot)
        return Due(number, max(shown, lot), self.parent.closing_at)


def plan(parent: ParentOrder, params: IcebergParams) -> IcebergPlan:
    """The plan of a parent."""
    return IcebergPlan(parent, params)
