"""The portfolio engine: a panel, targets, an account and costs in; a simulation out.

Decisions of bar t fill at the open of t + 1, or at its close where the source has closes only. The
loop is in `kernel`, the law in docs/engine.md; this module names what comes out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from terminal.backtest.account import NO_EXITS, Account, ExitRules
from terminal.backtest.costs import FREE, Costs
from terminal.backtest.inputs import Market, plain, prepare, require_prices
from terminal.backtest.kernel import layout
from terminal.backtest.kernel.checks import fit_targets, fits
from terminal.backtest.kernel.targets import run_targets
from terminal.errors import InputError
from terminal.market.mixed import carried
from terminal.market.panel import FloatArray, Panel, TimeArray
from terminal.market.timeframe import Timeframe

CLOSE_ONLY_NOTE = (
    "The data has closes only: an order decided at one close fills at the close of the next bar."
)


@dataclass(frozen=True)
class Simulation:
    """What happened.

    Attributes
    ----------
    curve : indexed by `ts`; equity, cash, gross_exposure, net_exposure (fractions of equity),
        turnover (traded notional / equity at the close before), and of each bar, in currency:
        commission (fees included), spread, slippage, impact, borrow, interest, dividends.
    positions : indexed by `ts`; units held at the close, a column per symbol.
    fills : bar, ts, symbol, side, quantity (> 0), price, reference_price, notional, commission,
        spread, slippage, impact, reason (see `kernel.layout.REASONS`).
    notes : what a reader of the result must know.
    """

    curve: pd.DataFrame
    positions: pd.DataFrame
    fills: pd.DataFrame
    notes: tuple[str, ...]


def simulate(
    panel: Panel,
    targets: FloatArray,
    account: Account,
    costs: Costs = FREE,
    exits: ExitRules = NO_EXITS,
    sessions: TimeArray | None = None,
) -> Simulation:
    """Trade `targets` on the raw prices of `panel`.

    Parameters
    ----------
    targets : float64 (n_bars, n_instruments), share of equity to hold, decided at each close. A
        row that adds up to more than the leverage, long and short together, is scaled to it.
    sessions : session of each bar; None: one a UTC day.

    Raises
    ------
    InputError : targets do not match the panel, or the panel does not allow trading.
    """
    wanted = checked_targets(panel, targets, account)
    market = prepare(panel, account, costs, exits, sessions)
    return simulation_of(panel, account, run_market(market, wanted, account))


Outcome = tuple[FloatArray, FloatArray, FloatArray, int, int]
"""The kernel's (curve, positions, fills, bankrupt_bar, margin_calls)."""


def simulation_of(panel: Panel, account: Account, outcome: Outcome) -> Simulation:
    """The kernel's arrays with names."""
    curve, positions, fills, bankrupt_bar, margin_calls = outcome
    index = pd.DatetimeIndex(panel.ts, tz="UTC", name="ts")
    return Simulation(
        curve=curve_frame(curve, index, account.capital),
        positions=pd.DataFrame(positions, index=index, columns=list(panel.symbols), copy=False),
        fills=fills_frame(fills, panel, index),
        notes=notes_of(panel, fills, bankrupt_bar, margin_calls, index),
    )


def run_market(
    market: Market, targets: FloatArray, account: Account, *, keep: bool = True
) -> Outcome:
    """The kernel's arrays of one run: what a sweep runs many times on one `Market`."""
    n_bars, n = targets.shape
    # NumPy asks for large pages, a compiled loop does not and waits for thousands of small ones
    curve = np.empty((n_bars, len(layout.CURVE)))
    positions = np.empty((n_bars, n)) if keep else np.zeros((1, n))
    fills, bankrupt_bar, margin_calls = run_targets(
        market.prices,
        market.split,
        market.dividend,
        market.has_action,
        market.ends,
        market.month_starts,
        market.years,
        targets,
        market.last_bar,
        float(account.capital),
        market.rates,
        market.tiers,
        market.exits,
        market.liquidity,
        market.atr,
        curve,
        positions,
    )
    return curve, positions, fills, bankrupt_bar, margin_calls


def checked_targets(panel: Panel, targets: FloatArray, account: Account) -> FloatArray:
    """Targets as the account may hold them; InputError when they do not fit the panel.

    The same array where nothing had to be changed: it is to be read only.
    """
    if targets.shape != panel.close.shape:
        raise InputError(
            f"targets have shape {targets.shape}, the panel {panel.close.shape}.", field="targets"
        )
    standing = plain(carried(targets, panel))
    if fits(standing, account.long_only, account.leverage):
        return standing
    fitted = standing.copy()
    if not fit_targets(fitted, account.long_only, account.leverage):
        raise InputError("a target weight is infinite.", field="targets")
    return fitted


def warm_up() -> None:
    """Compile the loop, or load it from the cache, before somebody waits for it."""
    one = np.ones((2, 1))
    day = np.array(["2024-01-02", "2024-01-03"], dtype="datetime64[ns]")
    tiny = Panel(Timeframe.DAY_1, "XNYS", ("A",), day, day, one, one, one, one, one, one, 0.0 * one)
    simulate(tiny, one, Account())
    require_prices(tiny)
    checked_targets(tiny, 2.0 * one, Account())


def curve_frame(curve: FloatArray, index: pd.DatetimeIndex, capital: float) -> pd.DataFrame:
    """The kernel's curve with names, exposures as fractions of equity."""
    at = {name: curve[:, layout.CURVE.index(name)] for name in layout.CURVE}
    equity = at[layout.EQUITY]
    before = np.concatenate([[capital], equity[:-1]])
    with np.errstate(divide="ignore", invalid="ignore"):
        per_equity = np.where(equity > 0, 1.0 / equity, np.nan)
        turnover = np.where(before > 0, at[layout.TRADED] / before, np.nan)
    columns = {
        "equity": equity,
        "cash": at[layout.CASH],
        "gross_exposure": at[layout.GROSS] * per_equity,
        "net_exposure": at[layout.NET] * per_equity,
        "turnover": turnover,
        "commission": at[layout.COMMISSION],
        "spread": at[layout.SPREAD],
        "slippage": at[layout.SLIPPAGE],
        "impact": at[layout.IMPACT],
        "borrow": at[layout.BORROW],
        "interest": at[layout.INTEREST],
        "dividends": at[layout.DIVIDENDS],
    }
    # a column to a row of memory, as pandas keeps them: it need not be copied again
    table = np.stack(list(columns.values()))
    return pd.DataFrame(table.T, index=index, columns=list(columns), copy=False)


def fills_frame(fills: FloatArray, panel: Panel, index: pd.DatetimeIndex) -> pd.DataFrame:
    """The kernel's fills with names."""
    bar = fills[:, layout.FILL_BAR].astype(np.int64)
    quantity = fills[:, layout.FILL_QUANTITY]
    price = fills[:, layout.FILL_PRICE]
    return pd.DataFrame(
        {
            "bar": bar,
            "ts": index[bar],
            "symbol": _words(panel.symbols, fills[:, layout.FILL_COLUMN]),
            "side": _words(("sell", "buy"), quantity > 0),
            "quantity": np.abs(quantity),
            "price": price,
            "reference_price": fills[:, layout.FILL_REFERENCE],
            "notional": np.abs(quantity) * price,
            "commission": fills[:, layout.FILL_COMMISSION],
            "spread": fills[:, layout.FILL_SPREAD],
            "slippage": fills[:, layout.FILL_SLIPPAGE],
            "impact": fills[:, layout.FILL_IMPACT],
            "reason": _words(layout.REASONS, fills[:, layout.FILL_KIND]),
        }
    )


def _words(words: Sequence[str], at: np.ndarray) -> pd.Series:
    """The word of each row; made once each, because a text is dear to make."""
    return pd.Series(list(words), dtype="str").take(at.astype(np.int64)).reset_index(drop=True)


def notes_of(
    panel: Panel,
    fills: FloatArray,
    bankrupt_bar: int,
    margin_calls: int,
    index: pd.DatetimeIndex,
) -> tuple[str, ...]:
    """What a reader of the result must know."""
    notes = [CLOSE_ONLY_NOTE] if panel.close_only else []
    gone = fills[fills[:, layout.FILL_KIND] == layout.DELISTED]
    if len(gone):
        names = sorted({panel.symbols[int(j)] for j in gone[:, layout.FILL_COLUMN]})
        notes.append(
            f"Data of {', '.join(names)} ends before the range does; what was held is closed at "
            "the last known price."
        )
    if margin_calls:
        notes.append(
            f"Equity was below the maintenance margin at {margin_calls:,} closes; positions were "
            "cut at the next open."
        )
    if bankrupt_bar >= 0:
        notes.append(f"All equity was lost on {index[bankrupt_bar]:%Y-%m-%d}; trading ended there.")
    return tuple(notes)
