"""Who trades and under which rules: the account's terms, and exits laid over any strategy."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

import numpy as np

from terminal.backtest.kernel import layout
from terminal.errors import InputError
from terminal.market.panel import FloatArray


def _within(name: str, value: float, low: float, high: float, unit: str) -> None:
    if not math.isfinite(value) or not low <= value <= high:
        raise InputError(
            f"{name.replace('_', ' ').capitalize()} is {value:g}; allowed: {low:g} to {high:g} "
            f"{unit}.",
            field=name,
            remedy="Enter an allowed value.",
        )


@dataclass(frozen=True)
class Account:
    """Terms of the account.

    Attributes
    ----------
    capital : starting cash, > 0.
    lot : units an order is rounded to; 0: fractions are allowed.
    long_only : negative targets become zero, and no order sells more than is held.
    leverage : gross exposure / equity allowed, from 1 up.
    maintenance : equity / gross exposure below which positions are cut at the next open, 0: never.
    participation : share of a bar's volume that an order may take; the rest waits. 0: no limit.
    cash_rate, debit_rate : a year, simple, on the account's own cash and on what it owes.
    """

    capital: float = 100_000.0
    lot: float = 1.0
    long_only: bool = True
    leverage: float = 1.0
    maintenance: float = 0.0
    participation: float = 0.0
    cash_rate: float = 0.0
    debit_rate: float = 0.0

    def __post_init__(self) -> None:
        if not math.isfinite(self.capital) or self.capital <= 0:
            raise InputError(
                f"{self.capital:g} is not a starting capital above 0.",
                field="capital",
                remedy="Enter the cash to start with, for example 100000.",
            )
        _within("lot", self.lot, 0.0, 1e6, "units; 0 allows fractions")
        _within("leverage", self.leverage, 1.0, 10.0, "times equity")
        _within("maintenance", self.maintenance, 0.0, 0.99, "of exposure; 0 for none")
        _within("participation", self.participation, 0.0, 1.0, "of the volume; 0 for no limit")
        _within("cash_rate", self.cash_rate, -0.5, 1.0, "a year")
        _within("debit_rate", self.debit_rate, 0.0, 1.0, "a year")
        if self.maintenance * self.leverage >= 1.0 and self.maintenance > 0.0:
            raise InputError(
                f"At leverage {self.leverage:g} equity is {1 / self.leverage:.0%} of exposure, "
                f"below the maintenance of {self.maintenance:.0%} from the first trade on.",
                field="maintenance",
                remedy="Lower the maintenance margin or the leverage.",
            )

    def onto(self, rates: FloatArray) -> FloatArray:
        """The account's terms written into the kernel's vector."""
        rates[layout.LEVERAGE] = self.leverage
        rates[layout.MAINTENANCE] = self.maintenance
        rates[layout.LOT] = self.lot
        rates[layout.PARTICIPATION] = self.participation
        rates[layout.CASH_RATE] = self.cash_rate
        rates[layout.DEBIT_RATE] = self.debit_rate
        rates[layout.LONG_ONLY] = float(self.long_only)
        return rates


@dataclass(frozen=True)
class ExitRules:
    """Exits of each position; 0 switches one off.

    Attributes
    ----------
    stop_loss, take_profit : fraction of the mean entry price lost or won.
    trailing_stop : fraction lost from the best price since entry.
    stop_atr, trailing_atr : the same in multiples of the average true range of `atr_bars` bars.
    longest : bars after which a position is closed at the next open.
    """

    stop_loss: float = 0.0
    take_profit: float = 0.0
    trailing_stop: float = 0.0
    stop_atr: float = 0.0
    trailing_atr: float = 0.0
    longest: int = 0
    atr_bars: int = 14

    def __post_init__(self) -> None:
        for name in ("stop_loss", "trailing_stop"):
            _within(name, getattr(self, name), 0.0, 0.99, "of the price; 0 for none")
        _within("take_profit", self.take_profit, 0.0, 100.0, "of the price; 0 for none")
        for name in ("stop_atr", "trailing_atr"):
            _within(name, getattr(self, name), 0.0, 100.0, "average true ranges; 0 for none")
        _within("longest", self.longest, 0, 1_000_000, "bars; 0 for no limit")
        _within("atr_bars", self.atr_bars, 2, 1_000, "bars")

    @property
    def uses_atr(self) -> bool:
        """Whether the average true range is needed."""
        return self.stop_atr > 0.0 or self.trailing_atr > 0.0

    @property
    def any(self) -> bool:
        """Whether there is an exit at all."""
        return any(getattr(self, f.name) > 0 for f in fields(self) if f.name != "atr_bars")

    def vector(self) -> FloatArray:
        """For the kernel."""
        out = np.zeros(6)
        out[layout.STOP_AT] = self.stop_loss
        out[layout.TARGET_AT] = self.take_profit
        out[layout.TRAIL_AT] = self.trailing_stop
        out[layout.STOP_ATR] = self.stop_atr
        out[layout.TRAIL_ATR] = self.trailing_atr
        out[layout.LONGEST] = self.longest
        return out


NO_EXITS = ExitRules()
