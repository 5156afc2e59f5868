"""A backtest result built by hand: consistent frames of any size, without the engine."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd

from terminal.backtest.metrics import METRICS
from terminal.backtest.request import BacktestRequest
from terminal.backtest.result import BacktestResult, Provenance

EVIL = "<script>alert(1)</script>\"'&<img src=x onerror=alert(1)>"


def sample_bars(n: int = 500, seed: int = 1, freq: str = "D") -> pd.DataFrame:
    """Bars of one instrument; `freq` "D" gives week days at 14:30 UTC, "15min" sessions of 26."""
    rng = np.random.default_rng(seed)
    if freq == "D":
        index = pd.bdate_range("2015-01-02 14:30", periods=n, tz="UTC", name="ts")
    else:
        days = pd.bdate_range("2015-01-02 14:30", periods=-(-n // 26), tz="UTC")
        steps = pd.to_timedelta(np.arange(26) * 15, unit="min")
        index = pd.DatetimeIndex([d + s for d in days for s in steps][:n], name="ts")
    close = 100 * np.exp(np.cumsum(rng.normal(0.0003, 0.012, n)))
    open_ = np.r_[close[:1], close[:-1]] * np.exp(rng.normal(0, 0.003, n))
    high = np.maximum(open_, close) * np.exp(np.abs(rng.normal(0, 0.004, n)))
    low = np.minimum(open_, close) * np.exp(-np.abs(rng.normal(0, 0.004, n)))
    volume = rng.integers(100_000, 9_000_000, n).astype(float)
    return pd.DataFrame(
        {"open": open_, "high": high, "low": low, "close": close, "volume": volume}, index=index
    )


def sample_result(
    n_bars: int = 1_000, n_symbols: int = 4, seed: int = 7, simulated: bool = False
) -> BacktestResult:
    """A run of `n_bars` sessions over `n_symbols`, long one bar in two, with fills and trades."""
    rng = np.random.default_rng(seed)
    index = pd.bdate_range("1990-01-02 14:30", periods=n_bars, tz="UTC", name="ts")
    returns = rng.standard_t(4, n_bars) * 0.007 + 0.0004
    returns[0] = 0.0
    market = rng.standard_t(4, n_bars) * 0.006 + 0.0003 + 0.5 * returns
    market[0] = 0.0
    equity = 100_000.0 * np.cumprod(1 + returns)
    symbols = tuple(f"SYM{k:02d}" for k in range(n_symbols))
    gross = np.clip(0.6 + 0.4 * np.sin(np.arange(n_bars) / 40), 0, 1)
    turnover = np.where(rng.random(n_bars) < 0.1, rng.random(n_bars) * 0.3, 0.0)
    curve = pd.DataFrame(
        {
            "equity": equity,
            "cash": equity * (1 - gross),
            "gross_exposure": gross,
            "net_exposure": gross * 0.8,
            "turnover": turnover,
            "commission": turnover * equity * 1e-4,
            "spread": turnover * equity * 1e-4,
            "slippage": turnover * equity * 2e-4,
            "impact": 0.0,
            "borrow": 0.0,
            "interest": 0.0,
            "dividends": np.where(rng.random(n_bars) < 0.02, 20.0, 0.0),
            "benchmark": 100_000.0 * np.cumprod(1 + market),
        },
        index=index,
    )
    trades = _trades(rng, index, symbols, equity)
    request = BacktestRequest(
        strategy="sma_crossover",
        params={"fast": 20, "slow": 100},
        dataset="sample",
        symbols=symbols,
        start=date(1990, 1, 2),
        name="SMA crossover on a sample",
    )
    values = dict(zip((m.key for m in METRICS), rng.normal(0.2, 0.3, len(METRICS)), strict=True))
    values |= {"total_return": equity[-1] / 1e5 - 1, "max_drawdown": -0.31, "n_trades": len(trades)}
    known = {m.key for m in METRICS}
    metrics: dict[str, float | None] = {k: float(v) for k, v in values.items() if k in known}
    metrics[METRICS[-1].key] = None
    return BacktestResult(
        request=request,
        curve=curve,
        fills=_fills(trades),
        trades=trades,
        positions=pd.DataFrame(0.0, index=index, columns=list(symbols)),
        metrics=metrics,
        benchmark_metrics=dict.fromkeys(list(metrics)[:12], 0.1),
        provenance=Provenance(
            code_version="0.1.0+abc1234",
            data_version="sha256:0123456789abcdef",
            dataset_title="Sample of prices",
            dataset_source="made for the tests",
            simulated=simulated,
            seed=seed,
            packages={"numpy": "2.4.6", "pandas": "3.1.1"},
            notes=("Close-only data: orders fill at the close of the next bar.",),
        ),
    )


def evil_result() -> BacktestResult:
    """A run whose every text tries to be markup."""
    result = sample_result(300, 2)
    request = replace(
        result.request, name=EVIL, strategy=EVIL, params={EVIL: EVIL}, benchmark=EVIL,
        symbols=(EVIL, "B"),
    )  # fmt: skip
    made = replace(
        result.provenance, code_version=EVIL, data_version=EVIL, dataset_title=EVIL,
        dataset_source=EVIL, packages={EVIL: EVIL}, notes=(EVIL,),
    )  # fmt: skip
    trades = result.trades.assign(symbol=EVIL)
    return replace(result, request=request, provenance=made, trades=trades)


def _trades(
    rng: np.random.Generator, index: pd.DatetimeIndex, symbols: tuple[str, ...], equity: np.ndarray
) -> pd.DataFrame:
    rows = []
    for symbol in symbols:
        at = int(rng.integers(5, 40))
        while at < len(index) - 3:
            held = int(rng.integers(2, 60))
            leave = min(at + held, len(index) - 1)
            price = float(rng.uniform(20, 200))
            change = float(rng.normal(0.01, 0.06))
            quantity = float(int(equity[at] / len(symbols) / price))
            rows.append(
                {
                    "symbol": symbol,
                    "side": "long",
                    "entry_ts": index[at],
                    "exit_ts": index[leave],
                    "quantity": quantity,
                    "entry_price": price,
                    "exit_price": price * (1 + change),
                    "pnl": quantity * price * change,
                    "return": change,
                    "costs": quantity * price * 6e-4,
                    "bars_held": leave - at,
                    "mae": -0.02,
                    "mfe": 0.03,
                    "open": leave == len(index) - 1,
                }
            )
            at = leave + int(rng.integers(5, 60))
    return pd.DataFrame(rows).sort_values("entry_ts", kind="stable").reset_index(drop=True)


def _fills(trades: pd.DataFrame) -> pd.DataFrame:
    sides = []
    for side, ts, price in (("buy", "entry_ts", "entry_price"), ("sell", "exit_ts", "exit_price")):
        part = trades[["symbol", "quantity"]].assign(
            ts=trades[ts], side=side, price=trades[price], reference_price=trades[price]
        )
        sides.append(part)
    fills = pd.concat(sides).sort_values("ts", kind="stable").reset_index(drop=True)
    notional = fills["quantity"] * fills["price"]
    return fills.assign(
        notional=notional,
        commission=notional * 1e-4,
        spread=notional * 1e-4,
        slippage=notional * 2e-4,
        impact=0.0,
        reason="order",
    )
