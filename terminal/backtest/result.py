"""What a backtest leaves: frames and numbers with provenance. No behaviour, no data access."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from terminal.backtest.certificate.certificate import Certificate
from terminal.backtest.judged import Judged
from terminal.backtest.request import BacktestRequest
from terminal.backtest.universe import OtherData


@dataclass(frozen=True)
class Provenance:
    """What made a result, enough to make it again."""

    code_version: str
    data_version: str
    dataset_title: str
    dataset_source: str
    simulated: bool
    seed: int
    packages: Mapping[str, str]
    notes: tuple[str, ...]  # e.g. "close-only data: orders fill at the close of the next bar"
    certificate: Certificate | None = None  # None: made before certificates were issued
    calendar: str = ""  # of the data set: the one by whose sessions returns are counted
    others: tuple[OtherData, ...] = ()  # other data sets whose instruments were traded


@dataclass(frozen=True)
class BacktestResult:
    """A finished run.

    Attributes
    ----------
    curve : indexed by `ts` (bar open, UTC): equity, cash, gross_exposure and net_exposure
        (fractions of equity), turnover (traded notional / equity), commission, spread, slippage,
        impact, borrow, interest, dividends (currency, of that bar), benchmark (equity of the
        benchmark, same start), all as of the bar's close.
    fills : ts, symbol, side ("buy"/"sell"), quantity (> 0), price, reference_price, notional,
        commission, spread, slippage, impact (currency), reason.
    trades : round trips, first in first out: symbol, side ("long"/"short"), entry_ts, exit_ts,
        quantity, entry_price, exit_price, pnl (net, currency), return (net, fraction of entry
        notional), costs, bars_held, mae, mfe (fractions), open (True: marked at the last bar).
    positions : indexed by `ts`, a column per symbol: units held at the close.
    metrics, benchmark_metrics : by metric key; None where undefined, never a stand-in zero.
    judged : how far it is luck; None for runs of versions that did not ask.
    """

    request: BacktestRequest
    curve: pd.DataFrame
    fills: pd.DataFrame
    trades: pd.DataFrame
    positions: pd.DataFrame
    metrics: Mapping[str, float | None]
    benchmark_metrics: Mapping[str, float | None]
    provenance: Provenance
    judged: Judged | None = None
