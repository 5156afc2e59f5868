"""The portfolio engine: a panel, targets and costs in; a simulation out.

Decisions of bar t fill at the open of t + 1, or at its close where the source has closes only. The
loop is in `kernel`; this module prepares its arrays and names what comes out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from terminal.backtest import kernel
from terminal.backtest.costs import BASIS_POINT, Costs
from terminal.errors import InputError
from terminal.market.panel import FloatArray, Panel

CLOSE_ONLY_NOTE = (
    "The data has closes only: an order decided at one close fills at the close of the next bar."
)


@dataclass(frozen=True)
class Simulation:
    """What happened.

    Attributes
    ----------
    curve : indexed by `ts`; equity, cash, gross_exposure, net_exposure (fractions of equity),
        turnover (traded notional / equity at the close before), commission, slippage, dividends.
    positions : indexed by `ts`; units held at the close, a column per symbol.
    fills : bar, ts, symbol, side, quantity (> 0), price, reference_price, notional, commission,
        slippage, reason ("order", "delisted", "bankrupt", "cash in lieu" of a split's fraction).
    notes : what a reader of the result must know.
    """

    curve: pd.DataFrame
    positions: pd.DataFrame
    fills: pd.DataFrame
    notes: tuple[str, ...]


def simulate(
    panel: Panel,
    targets: FloatArray,
    *,
    capital: float,
    costs: Costs,
    fractional: bool = False,
    long_only: bool = True,
) -> Simulation:
    """Trade `targets` on the raw prices of `panel`.

    Parameters
    ----------
    targets : float64 (n_bars, n_instruments), share of equity to hold, decided at each close. A
        row that adds up to more than 1, long and short together, is scaled to 1: no leverage.
    capital : starting cash, > 0.
    long_only : negative targets become zero.

    Raises
    ------
    InputError : capital is not a positive number, targets do not match the panel, or the panel
        holds a price, split or dividend that no trade could be made at.
    """
    if not np.isfinite(capital) or capital <= 0:
        raise InputError(f"{capital} is not a starting capital above 0.", field="capital")
    if targets.shape != panel.close.shape:
        raise InputError(
            f"targets have shape {targets.shape}, the panel {panel.close.shape}.", field="targets"
        )
    if np.isinf(targets).any():
        raise InputError("a target weight is infinite.", field="targets")
    _require_prices(panel)
    # a bar without a close is no bar; one without an open (close-only data) fills at its close
    fill_price = np.where(np.isfinite(panel.open), panel.open, panel.close)
    fill_price = np.where(np.isfinite(panel.close), fill_price, np.nan)
    wanted = unlevered(targets, long_only=long_only)
    curve, positions, fills, bankrupt_bar = kernel.simulate(
        np.ascontiguousarray(fill_price),
        np.ascontiguousarray(panel.close),
        np.ascontiguousarray(panel.split),
        np.ascontiguousarray(panel.dividend),
        np.ascontiguousarray(wanted),
        last_bars(panel),
        # exactly these types: the compiled loop is made once a signature
        float(capital),
        float(costs.commission_per_share),
        float(costs.commission_bps * BASIS_POINT),
        float(costs.commission_minimum),
        float(costs.slippage_bps * BASIS_POINT),
        bool(fractional),
    )
    index = pd.DatetimeIndex(panel.ts, tz="UTC", name="ts")
    return Simulation(
        curve=_curve_frame(curve, index, capital),
        positions=pd.DataFrame(positions, index=index, columns=list(panel.symbols)),
        fills=_fills_frame(fills, panel, index),
        notes=_notes(panel, fills, bankrupt_bar, index),
    )


def unlevered(targets: FloatArray, *, long_only: bool) -> FloatArray:
    """Targets without shorts where those are not allowed, each row at most 1 gross."""
    allowed = np.maximum(targets, 0.0) if long_only else targets
    gross = np.nansum(np.abs(allowed), axis=1, keepdims=True)
    # weights that add up to 1 but for rounding stay as they are
    scale = np.where(gross > 1.0 + 1e-9, 1.0 / np.maximum(gross, 1.0), 1.0)
    return np.asarray(allowed * scale)


def _require_prices(panel: Panel) -> None:
    checks = (
        ("open", panel.open, ~(panel.open > 0) & ~np.isnan(panel.open)),
        ("close", panel.close, ~(panel.close > 0) & ~np.isnan(panel.close)),
        ("split", panel.split, ~(panel.split > 0)),
        ("dividend", panel.dividend, ~(panel.dividend >= 0)),
    )
    for name, values, wrong in checks:
        wrong = wrong | np.isinf(values)
        if wrong.any():
            t, j = np.argwhere(wrong)[0]
            raise InputError(
                f"The {name} of {panel.symbols[j]} on {pd.Timestamp(panel.ts[t]):%Y-%m-%d %H:%M} "
                f"UTC is {values[t, j]:g}; nothing can be traded at that.",
                field=name,
                remedy="Import the data again without that row, or leave the instrument out.",
            )


def warm_up() -> None:
    """Compile the loop, or load it from the cache, before somebody waits for it."""
    one = np.ones((2, 1))
    kernel.simulate(
        one, one, one, 0 * one, one, np.array([1], dtype=np.int64), 1.0, 0.0, 0.0, 0.0, 0.0, True
    )


def last_bars(panel: Panel) -> np.ndarray:
    """Row of the last bar of each instrument; -1 when it has none."""
    known = np.isfinite(panel.close)
    last = panel.n_bars - 1 - np.argmax(known[::-1], axis=0)
    return np.where(known.any(axis=0), last, -1).astype(np.int64)


def _curve_frame(curve: FloatArray, index: pd.DatetimeIndex, capital: float) -> pd.DataFrame:
    equity = curve[:, kernel.CURVE_EQUITY]
    before = np.concatenate([[capital], equity[:-1]])
    with np.errstate(divide="ignore", invalid="ignore"):
        per_equity = np.where(equity > 0, 1.0 / equity, np.nan)
        turnover = np.where(before > 0, curve[:, kernel.CURVE_TRADED] / before, np.nan)
    return pd.DataFrame(
        {
            "equity": equity,
            "cash": curve[:, kernel.CURVE_CASH],
            "gross_exposure": curve[:, kernel.CURVE_GROSS] * per_equity,
            "net_exposure": curve[:, kernel.CURVE_NET] * per_equity,
            "turnover": turnover,
            "commission": curve[:, kernel.CURVE_COMMISSION],
            "slippage": curve[:, kernel.CURVE_SLIPPAGE],
            "dividends": curve[:, kernel.CURVE_DIVIDENDS],
        },
        index=index,
    )


def _fills_frame(fills: FloatArray, panel: Panel, index: pd.DatetimeIndex) -> pd.DataFrame:
    bar = fills[:, kernel.FILL_BAR].astype(np.int64)
    quantity = fills[:, kernel.FILL_QUANTITY]
    price = fills[:, kernel.FILL_PRICE]
    reference = fills[:, kernel.FILL_REFERENCE]
    reasons = np.array(["order", "delisted", "bankrupt", "cash in lieu"])
    return pd.DataFrame(
        {
            "bar": bar,
            "ts": index[bar],
            "symbol": np.array(panel.symbols)[fills[:, kernel.FILL_COLUMN].astype(np.int64)],
            "side": np.where(quantity > 0, "buy", "sell"),
            "quantity": np.abs(quantity),
            "price": price,
            "reference_price": reference,
            "notional": np.abs(quantity) * price,
            "commission": fills[:, kernel.FILL_COMMISSION],
            "slippage": np.abs(quantity) * np.abs(price - reference),
            "reason": reasons[fills[:, kernel.FILL_KIND].astype(np.int64)],
        }
    )


def _notes(
    panel: Panel, fills: FloatArray, bankrupt_bar: int, index: pd.DatetimeIndex
) -> tuple[str, ...]:
    notes = [CLOSE_ONLY_NOTE] if panel.close_only else []
    gone = fills[fills[:, kernel.FILL_KIND] == kernel.DELISTED]
    if len(gone):
        names = sorted({panel.symbols[int(j)] for j in gone[:, kernel.FILL_COLUMN]})
        notes.append(
            f"Data of {', '.join(names)} ends before the range does; what was held is closed at "
            "the last known price."
        )
    if bankrupt_bar >= 0:
        notes.append(f"All equity was lost on {index[bankrupt_bar]:%Y-%m-%d}; trading ended there.")
    return tuple(notes)
