"""Round trips from fills: first in, first out.

A lot opens with a fill and closes against later fills of the other side, oldest first. Splits
change a lot's units and price, never its money; dividends paid (or owed) while a lot is open belong
to its profit. What is still open at the end is marked at the last known close.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np
import pandas as pd

from terminal.backtest.kernel.layout import CASH_IN_LIEU, REASONS
from terminal.market.adjust import last_known
from terminal.market.panel import FloatArray, Panel

COLUMNS = (
    "symbol",
    "side",
    "entry_ts",
    "exit_ts",
    "quantity",
    "entry_price",
    "exit_price",
    "pnl",
    "return",
    "costs",
    "bars_held",
    "mae",
    "mfe",
    "open",
)


@dataclass
class _Lot:
    bar: int
    units: float  # signed, in units of the entry bar
    price: float  # slippage included
    commission: float  # of the entry, for all units of the lot
    slippage: float


def round_trips(panel: Panel, fills: pd.DataFrame) -> pd.DataFrame:
    """Trades as described in `terminal.backtest.result`, ordered by entry.

    `pnl` is net of commission and slippage and includes dividends; `return` is pnl over the entry
    notional. `mae` and `mfe` are the worst and best excursions of the price from the entry price
    while open, as fractions, from highs and lows where the source has them; of the bar in which a
    trade is closed only the closing price counts, because what follows it is not the trade's.
    Quantities and prices are those of the entry bar's units.
    """
    units: FloatArray = np.cumprod(
        panel.split, axis=0, dtype=np.float64
    )  # units now per unit at the first bar
    cash_flow = np.cumsum(panel.dividend * units, axis=0)  # dividends per unit of the first bar
    close = last_known(panel.close)
    high = np.where(np.isfinite(panel.high), panel.high, panel.close) * units
    low = np.where(np.isfinite(panel.low), panel.low, panel.close) * units
    rows: list[dict[str, object]] = []
    for symbol, part in fills.groupby("symbol", sort=False):
        j = panel.symbols.index(str(symbol))
        column = _Column(str(symbol), units[:, j], cash_flow[:, j], high[:, j], low[:, j], rows)
        for bar, reason, quantity, side, price, commission, slippage in zip(
            part["bar"],
            part["reason"],
            part["quantity"],
            part["side"],
            part["price"],
            part["commission"],
            part["spread"] + part["slippage"] + part["impact"],
            strict=True,
        ):
            signed = quantity if side == "buy" else -quantity
            paid_out = reason == REASONS[CASH_IN_LIEU]
            column.fill(
                int(bar), signed, price, commission / quantity, slippage / quantity, paid_out
            )
        column.mark(panel.n_bars - 1, close[-1, j])
    if not rows:
        return pd.DataFrame({name: pd.Series(dtype=_dtype(name)) for name in COLUMNS})
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    index = pd.DatetimeIndex(panel.ts, tz="UTC")
    frame["entry_ts"] = index[frame["entry_ts"].to_numpy(dtype=np.int64)]
    frame["exit_ts"] = index[frame["exit_ts"].to_numpy(dtype=np.int64)]
    return frame.sort_values(["entry_ts", "exit_ts", "symbol"], kind="stable", ignore_index=True)


def _dtype(name: str) -> str:
    if name in ("symbol", "side"):
        return "str"
    if name in ("entry_ts", "exit_ts"):
        return "datetime64[ns, UTC]"
    return {"open": "bool", "bars_held": "int64"}.get(name, "float64")


class _Column:
    """The open lots of one instrument while its fills are read in order."""

    def __init__(
        self,
        symbol: str,
        units: FloatArray,
        cash_flow: FloatArray,
        high: FloatArray,
        low: FloatArray,
        rows: list[dict[str, object]],
    ) -> None:
        self.symbol = symbol
        self.units = units
        self.cash_flow = cash_flow
        self.high = high
        self.low = low
        self.rows = rows
        self.lots: deque[_Lot] = deque()

    def fill(
        self,
        bar: int,
        signed: float,
        price: float,
        commission: float,
        slippage: float,
        paid_out: bool = False,
    ) -> None:
        """One fill; commission and slippage per unit.

        paid_out : the fraction a split leaves, which is gone before the bar's dividend is paid.
        """
        left = signed
        while self.lots and left * self.lots[0].units < 0:
            lot = self.lots[0]
            held = abs(lot.units) * self.units[bar] / self.units[lot.bar]
            closing = min(abs(left), held)
            part = closing / held
            costs = commission * closing, slippage * closing
            self._close(lot, part, bar, price, *costs, paid_out=paid_out)
            left -= np.sign(left) * closing
            if part >= 1.0 - 1e-12:
                self.lots.popleft()
            else:
                lot.units *= 1.0 - part
                lot.commission *= 1.0 - part
                lot.slippage *= 1.0 - part
            if abs(left) < 1e-9:
                return
        self.lots.append(_Lot(bar, left, price, commission * abs(left), slippage * abs(left)))

    def mark(self, bar: int, price: float) -> None:
        """Value what is open at the end."""
        for lot in self.lots:
            self._close(lot, 1.0, bar, price, 0.0, 0.0, still_open=True)

    def _close(
        self,
        lot: _Lot,
        part: float,
        bar: int,
        price: float,
        commission: float,
        slippage: float,
        *,
        still_open: bool = False,
        paid_out: bool = False,
    ) -> None:
        """A row for the closed part of a lot; commission and slippage are those of the exit."""
        side = 1.0 if lot.units > 0 else -1.0
        quantity = abs(lot.units) * part
        exit_price = price * self.units[bar] / self.units[lot.bar]  # per unit of the entry bar
        dividends = (self.cash_flow[bar - paid_out] - self.cash_flow[lot.bar]) / self.units[lot.bar]
        commission += lot.commission * part
        slippage += lot.slippage * part
        pnl = side * quantity * (exit_price - lot.price + dividends) - commission
        window = slice(lot.bar, bar + 1 if still_open else bar)
        end = exit_price / lot.price
        highest, lowest = end, end
        if window.stop > window.start:
            scale = self.units[lot.bar] * lot.price
            highest = np.fmax(end, np.fmax.reduce(self.high[window]) / scale)
            lowest = np.fmin(end, np.fmin.reduce(self.low[window]) / scale)
        up, down = highest - 1.0, lowest - 1.0
        worst, best = (down, up) if side > 0 else (-up, -down)
        self.rows.append(
            {
                "symbol": self.symbol,
                "side": "long" if side > 0 else "short",
                "entry_ts": lot.bar,
                "exit_ts": bar,
                "quantity": quantity,
                "entry_price": lot.price,
                "exit_price": exit_price,
                "pnl": pnl,
                "return": pnl / (quantity * lot.price),
                "costs": commission + slippage,
                "bars_held": bar - lot.bar,
                "mae": min(0.0, worst),
                "mfe": max(0.0, best),
                "open": still_open,
            }
        )
