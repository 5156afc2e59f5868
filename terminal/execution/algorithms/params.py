"""What all algorithms let a person choose; each adds its own to these."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from terminal.params import param

AT_ONCE, SPREAD = "at once", "spread"
MARKET, LIMIT = "market", "limit"
FINISH, LEAVE = "finish", "leave"


@dataclass(frozen=True)
class Slicing:
    """How children look, and what happens to what was missed and to what is left."""

    lot: float = param(
        1.0, title="Lot", low=1e-9, high=1e6, unit="units",
        help="Children are multiples of it; what is left over goes with the last one.",
    )  # fmt: skip
    child_type: str = param(
        MARKET, title="Children", choices=(MARKET, LIMIT),
        help="Market orders, or limit orders that are cancelled when the next slice is due.",
    )  # fmt: skip
    offset_bps: float = param(
        0.0, title="Distance of limits", low=-500, high=500, unit="bp",
        help="From the last price to the patient side; below 0: beyond it.",
    )  # fmt: skip
    tick: float = param(
        0.01, title="Tick", low=1e-6, high=100, unit="currency",
        help="Limits are rounded to it, to the patient side.",
    )  # fmt: skip
    worst_price: float = param(
        0.0, title="Worst price", low=0, unit="currency",
        help="No child pays more, or sells for less. 0: any price.",
    )  # fmt: skip
    catch_up: str = param(
        SPREAD, title="What was missed", choices=(SPREAD, AT_ONCE),
        help="After a pause or a slice that did not fill: over the slices that are left, or with "
        "the next one.",
    )  # fmt: skip
    at_end: str = param(
        FINISH, title="At the end", choices=(FINISH, LEAVE),
        help="Send the rest as one market order, or leave it.",
    )  # fmt: skip
    finish_s: float = param(
        60.0, title="Finish before the end", low=0, high=3600, unit="s",
        help="When the rest is sent; at most a tenth of the window.",
    )  # fmt: skip

    @property
    def rests_at_worst(self) -> bool:
        """Whether limit children name the worst price, where there is one."""
        return False

    @property
    def finish(self) -> timedelta:
        return timedelta(seconds=self.finish_s)

    @property
    def lots(self) -> Decimal:
        """The lot, exactly as it was typed."""
        return Decimal(repr(self.lot))


@dataclass(frozen=True)
class TimeSlicing(Slicing):
    """Slices at times known beforehand."""

    slices: int = param(
        12, title="Slices", low=1, high=2_000, help="Equal parts of the window, one child each."
    )
    jitter: float = param(
        0.5, title="Jitter", low=0, high=1,
        help="A slice is sent at random within this share of its part of the window, so that "
        "nobody can wait for it.",
    )  # fmt: skip
