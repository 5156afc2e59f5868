"""Cost models as small values: what a fill costs, and what holding costs.

The fill price is the reference price made worse by half the spread, slippage and market impact;
commission and fees come on top. Each part is booked under its own name, so that a result can say
where its gross return went.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, fields

import numpy as np

from terminal.backtest.kernel import layout
from terminal.errors import InputError
from terminal.market.panel import FloatArray

BASIS_POINT = 1e-4
FIXED, CORWIN_SCHULTZ, ROLL = "fixed", "corwin-schultz", "roll"
SPREAD_MODELS = (FIXED, CORWIN_SCHULTZ, ROLL)
COST_COLUMNS = ("commission", "spread", "slippage", "impact", "borrow")
"""The parts that costs are booked under; fees belong to the commission."""


@dataclass(frozen=True)
class Costs:
    """What trading and holding cost. Everything is at least 0.

    Attributes
    ----------
    commission_per_share, commission_bps, commission_minimum : the broker takes
        max(minimum, per_share * units + bps / 10,000 * notional) of a fill.
    commission_tiers : (units of this month from which it holds, commission a unit), ascending;
        replaces `commission_per_share` from the first tier's volume on.
    sell_fee_bps : of the notional of sales (US: the SEC's fee).
    sell_fee_per_share, sell_fee_maximum : of the units sold, at most that much a fill (US: TAF).
    half_spread_bps : half the quoted spread where `spread_model` is "fixed"; else it is estimated
        from the bars of past sessions ("corwin-schultz" 2012, "roll" 1984).
    slippage_bps : fixed; slippage_volatility : times the standard deviation of a session's return;
        slippage_volume_bps : times the order's share of an average session's volume.
    impact_root : Y of Y * sigma * sqrt(Q / V) (square-root law).
    impact_permanent, impact_temporary : gamma and eta of Almgren, Thum, Hauptmann and Li (2005),
        eq. 8-10, published as 0.314 and 0.142; half of the permanent impact is paid by the order
        itself. shares_outstanding_days : shares outstanding / average daily volume in it.
    open_close_multiplier : slippage and impact of bars that begin in the first or end in the last
        half hour of a session are multiplied by it (intraday bars only).
    borrow_bps : a year, of the value sold short.
    """

    commission_per_share: float = 0.0
    commission_bps: float = 0.0
    commission_minimum: float = 0.0
    commission_tiers: tuple[tuple[float, float], ...] = ()
    sell_fee_bps: float = 0.0
    sell_fee_per_share: float = 0.0
    sell_fee_maximum: float = 0.0
    spread_model: str = FIXED
    half_spread_bps: float = 0.0
    slippage_bps: float = 0.0
    slippage_volatility: float = 0.0
    slippage_volume_bps: float = 0.0
    impact_root: float = 0.0
    impact_permanent: float = 0.0
    impact_temporary: float = 0.0
    shares_outstanding_days: float = 250.0
    open_close_multiplier: float = 1.0
    borrow_bps: float = 0.0

    def __post_init__(self) -> None:
        if self.spread_model not in SPREAD_MODELS:
            raise InputError(
                f"{self.spread_model!r} is not a model of the spread.",
                field="spread_model",
                remedy=f"Choose one of {', '.join(SPREAD_MODELS)}.",
            )
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name in ("spread_model", "commission_tiers"):
                continue
            if not math.isfinite(value) or value < 0:
                raise InputError(
                    f"{value!r} is not a cost; it must be a number of at least 0.",
                    field=field.name,
                    remedy="Enter 0 where it costs nothing.",
                )
            if field.name.endswith("_bps") and value >= 1 / BASIS_POINT:
                raise InputError(
                    "Costs of 10,000 bps and more exceed the trade.",
                    field=field.name,
                    remedy="Enter basis points below 10,000; 1 is 0.01% of the trade.",
                )
        self._require_tiers()

    def _require_tiers(self) -> None:
        bounds = [units for units, _ in self.commission_tiers]
        rates = [rate for _, rate in self.commission_tiers]
        good = all(math.isfinite(value) and value >= 0 for value in (*bounds, *rates))
        if not good or any(b <= a for a, b in itertools.pairwise(bounds)):
            raise InputError(
                f"The commission tiers {self.commission_tiers} do not rise from one to the next.",
                field="commission_tiers",
                remedy="Give each tier as units a month and commission a unit, in rising order.",
            )

    @property
    def uses_liquidity(self) -> bool:
        """Whether a fill's cost depends on more than its size and price."""
        return bool(
            self.spread_model != FIXED
            or self.slippage_volatility
            or self.slippage_volume_bps
            or self.impact_root
            or self.impact_permanent
            or self.impact_temporary
            or self.open_close_multiplier != 1.0
        )

    def rates(self, execution_days: float = 1.0) -> FloatArray:
        """The kernel's vector, account terms left at 0.

        execution_days : over which an order is worked, in sessions; enters temporary impact.
        """
        out = np.zeros(layout.N_RATES)
        out[layout.PER_SHARE] = self.commission_per_share
        out[layout.COMMISSION_RATE] = self.commission_bps * BASIS_POINT
        out[layout.MINIMUM] = self.commission_minimum
        out[layout.SELL_RATE] = self.sell_fee_bps * BASIS_POINT
        out[layout.SELL_PER_SHARE] = self.sell_fee_per_share
        out[layout.SELL_MAXIMUM] = self.sell_fee_maximum or math.inf
        out[layout.HALF_SPREAD] = self.half_spread_bps * BASIS_POINT
        out[layout.SLIPPAGE_RATE] = self.slippage_bps * BASIS_POINT
        out[layout.SLIPPAGE_OF_SIGMA] = self.slippage_volatility
        out[layout.SLIPPAGE_OF_VOLUME] = self.slippage_volume_bps * BASIS_POINT
        out[layout.IMPACT_ROOT] = self.impact_root
        out[layout.IMPACT_PERMANENT] = self.impact_permanent * self.shares_outstanding_days**0.25
        out[layout.IMPACT_EXPONENT] = 0.6
        out[layout.IMPACT_TEMPORARY] = self.impact_temporary * execution_days**-0.6
        out[layout.BORROW_RATE] = self.borrow_bps * BASIS_POINT
        out[layout.USES_LIQUIDITY] = float(self.uses_liquidity)
        return out

    def tiers(self) -> FloatArray:
        """(k, 2) for the kernel."""
        return np.array(self.commission_tiers, dtype=np.float64).reshape(-1, 2)


FREE = Costs()
"""No costs at all: for benchmarks and for checks."""
