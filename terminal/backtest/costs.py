"""Cost models as the engine takes them: a few plain numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

from terminal.errors import InputError

BASIS_POINT = 1e-4


@dataclass(frozen=True)
class Costs:
    """What a fill costs.

    commission = max(minimum, per_share * units + bps / 10,000 * notional); the fill price is the
    reference price made worse by `slippage_bps`.
    """

    commission_per_share: float = 0.0
    commission_bps: float = 0.0
    commission_minimum: float = 0.0
    slippage_bps: float = 0.0

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if not math.isfinite(value) or value < 0:
                raise InputError(
                    f"{value!r} is not a cost; it must be a number of at least 0.",
                    field=field.name,
                    remedy="Enter 0 where it costs nothing.",
                )
        for name in ("commission_bps", "slippage_bps"):
            if getattr(self, name) >= 1 / BASIS_POINT:
                raise InputError(
                    "Costs of 10,000 bps and more exceed the trade.",
                    field=name,
                    remedy="Enter basis points below 10,000; 1 is 0.01% of the trade.",
                )


FREE = Costs()
"""No costs at all: for benchmarks and for checks."""
