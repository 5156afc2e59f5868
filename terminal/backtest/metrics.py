# ruff: noqa: E501  (the catalogue is a table: one metric a line)
"""The catalogue of metrics: one entry each with its formula, and the one function that computes it.

Page, tear sheet, comparison and documentation all read from here. Return-based metrics use one
return per session: intraday equity is first reduced to its last value in each session.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from terminal.backtest import return_metrics as r
from terminal.backtest import trade_metrics as tr
from terminal.backtest.costs import COST_COLUMNS
from terminal.market.panel import FloatArray

SESSIONS_PER_YEAR = 252.0


@dataclass(frozen=True)
class Inputs:
    """What metrics are computed from.

    equity : indexed by session (date or UTC time), the value at each session's end.
    benchmark : the benchmark's value on the same index, or None.
    curve : every bar: gross_exposure, turnover, `COST_COLUMNS`, interest, dividends.
    trades : round trips; an empty frame for a benchmark.
    """

    equity: pd.Series
    benchmark: pd.Series | None
    curve: pd.DataFrame
    trades: pd.DataFrame
    capital: float
    risk_free_rate: float = 0.0  # annual, simple
    periods: float = SESSIONS_PER_YEAR

    @cached_property
    def returns(self) -> FloatArray:
        """Session returns, the first against the starting capital."""
        return _returns(self.equity, self.capital)

    @cached_property
    def excess(self) -> FloatArray:
        """Returns above the risk-free rate."""
        return self.returns - self.risk_free_rate / self.periods

    @cached_property
    def benchmark_returns(self) -> FloatArray:
        """Session returns of the benchmark."""
        assert self.benchmark is not None  # noqa: S101  only called for metrics that need it
        return _returns(self.benchmark, self.capital)

    @cached_property
    def benchmark_excess(self) -> FloatArray:
        """The benchmark's returns above the risk-free rate."""
        return self.benchmark_returns - self.risk_free_rate / self.periods

    @cached_property
    def monthly(self) -> FloatArray:
        """Returns of calendar months."""
        index = pd.DatetimeIndex(self.equity.index).tz_localize(None)
        last = self.equity.groupby([index.year, index.month]).last()
        return _returns(last, self.capital)

    @property
    def years(self) -> float:
        """Length in years of `periods` sessions."""
        return len(self.returns) / self.periods


def _returns(value: pd.Series, start: float) -> FloatArray:
    levels = np.concatenate([[start], value.to_numpy(dtype=np.float64)])
    with np.errstate(divide="ignore", invalid="ignore"):
        out = np.where(levels[:-1] > 0, levels[1:] / levels[:-1] - 1.0, 0.0)
    return np.asarray(out, dtype=np.float64)


Compute = Callable[[Inputs], float | None]


@dataclass(frozen=True)
class Metric:
    """One measure: how it is called, computed and read."""

    key: str
    title: str
    group: str
    unit: str
    formula: str
    annualisation: str
    higher_is_better: bool | None
    compute: Compute
    needs: str = "returns"  # "returns", "benchmark" or "trades"


NONE = "not annualised"
ROOT = "× √252 (sessions in a year)"
_P = "percent"


def _costs_per_year(x: Inputs) -> float | None:
    mean = float(x.equity.mean())
    paid = float(x.curve[list(COST_COLUMNS)].sum().sum())
    return paid / mean / x.years if mean > 0 and x.years > 0 else None


def _per_year(total: float, x: Inputs) -> float | None:
    return total / x.years if x.years > 0 else None


def _group(
    group: str, needs: str, *entries: tuple[str, str, str, str, str, bool | None, Compute]
) -> tuple[Metric, ...]:
    return tuple(
        Metric(key, title, group, unit, formula, annual, better, compute, needs)
        for key, title, unit, formula, annual, better, compute in entries
    )


METRICS: tuple[Metric, ...] = (
    *_group(
        "return", "returns",
        ("total_return", "Total return", _P, "end / start − 1", NONE, True, lambda x: r.total_return(x.returns)),
        ("cagr", "CAGR", _P, "(end / start)^(252 / sessions) − 1", "compounded to 252 sessions", True, lambda x: r.cagr(x.returns, x.periods)),
        ("best_day", "Best session", _P, "max(r)", NONE, True, lambda x: float(x.returns.max())),
        ("worst_day", "Worst session", _P, "min(r)", NONE, True, lambda x: float(x.returns.min())),
        ("best_month", "Best month", _P, "max of calendar-month returns", NONE, True, lambda x: float(x.monthly.max())),
        ("worst_month", "Worst month", _P, "min of calendar-month returns", NONE, True, lambda x: float(x.monthly.min())),
        ("positive_days", "Positive sessions", _P, "sessions with r > 0 / sessions", NONE, True, lambda x: r.share_positive(x.returns)),
        ("positive_months", "Positive months", _P, "months with return > 0 / months", NONE, True, lambda x: r.share_positive(x.monthly)),
        ("stability", "Stability", "ratio", "R² of cumulative log return on time", NONE, True, lambda x: r.stability(x.returns)),
    ),
    *_group(
        "risk", "returns",
        ("volatility", "Volatility", _P, "standard deviation of r (ddof 1)", ROOT, False, lambda x: r.volatility(x.returns, x.periods)),
        ("downside_deviation", "Downside deviation", _P, "√mean(min(r − rf, 0)²)", ROOT, False, lambda x: r.downside_deviation(x.excess, x.periods)),
        ("max_drawdown", "Max drawdown", _P, "min(value / highest value so far − 1)", NONE, True, lambda x: r.max_drawdown(x.returns)),
        ("average_drawdown", "Average drawdown", _P, "mean of the depths of all drawdowns", NONE, True, lambda x: r.average_drawdown(x.returns)),
        ("longest_drawdown", "Longest drawdown", "sessions", "most sessions from one high to the next", NONE, False, lambda x: r.longest_drawdown(x.returns)),
        ("ulcer_index", "Ulcer index", _P, "√mean(drawdown²)", NONE, False, lambda x: r.ulcer_index(x.returns)),
        ("pain_index", "Pain index", _P, "mean(−drawdown)", NONE, False, lambda x: r.pain_index(x.returns)),
        ("var_95", "VaR 95 %", _P, "5 % quantile of r (a loss is negative)", NONE, True, lambda x: r.value_at_risk(x.returns)),
        ("cvar_95", "CVaR 95 %", _P, "mean of the ⌊(n − 1) × 5 %⌋ + 1 worst r (a loss is negative)", NONE, True, lambda x: r.conditional_value_at_risk(x.returns)),
        ("skewness", "Skewness", "ratio", "mean((r − mean)³) / sd³ (ddof 0)", NONE, True, lambda x: r.skewness(x.returns)),
        ("kurtosis", "Excess kurtosis", "ratio", "mean((r − mean)⁴) / sd⁴ − 3 (ddof 0)", NONE, None, lambda x: r.excess_kurtosis(x.returns)),
        ("tail_ratio", "Tail ratio", "ratio", "|95 % quantile| / |5 % quantile| of r", NONE, True, lambda x: r.tail_ratio(x.returns)),
    ),
    *_group(
        "risk-adjusted", "returns",
        ("sharpe", "Sharpe ratio", "ratio", "mean(r − rf) / sd(r − rf) (ddof 1)", ROOT, True, lambda x: r.sharpe(x.excess, x.periods)),
        ("sortino", "Sortino ratio", "ratio", "mean(r − rf) × 252 / downside deviation", "mean × 252, deviation × √252", True, lambda x: r.sortino(x.excess, x.periods)),
        ("calmar", "Calmar ratio", "ratio", "CAGR / |max drawdown|", "through CAGR", True, lambda x: r.calmar(x.returns, x.periods)),
        ("omega", "Omega ratio", "ratio", "Σ max(r − rf, 0) / Σ max(rf − r, 0)", NONE, True, lambda x: r.omega(x.excess)),
        ("martin", "Martin ratio", "ratio", "(CAGR − rf) / ulcer index", "through CAGR", True, lambda x: r.martin(x.returns, x.periods, x.risk_free_rate)),
    ),
    *_group(
        "against benchmark", "benchmark",
        ("alpha", "Alpha", _P, "intercept of r − rf on the benchmark's excess return", "(1 + α)^252 − 1", True, lambda x: r.alpha(x.excess, x.benchmark_excess, x.periods)),
        ("beta", "Beta", "ratio", "cov(r, b) / var(b) of excess returns", NONE, None, lambda x: r.beta(x.excess, x.benchmark_excess)),
        ("correlation", "Correlation", "ratio", "correlation of r and b", NONE, None, lambda x: r.correlation(x.returns, x.benchmark_returns)),
        ("tracking_error", "Tracking error", _P, "standard deviation of r − b (ddof 1)", ROOT, None, lambda x: r.tracking_error(x.returns, x.benchmark_returns, x.periods)),
        ("information_ratio", "Information ratio", "ratio", "mean(r − b) / sd(r − b)", ROOT, True, lambda x: r.information_ratio(x.returns, x.benchmark_returns, x.periods)),
        ("up_capture", "Up capture", "ratio", "CAGR over sessions with b > 0 / the benchmark's", "both compounded to 252 sessions", True, lambda x: r.capture(x.returns, x.benchmark_returns, x.periods, 1)),
        ("down_capture", "Down capture", "ratio", "CAGR over sessions with b < 0 / the benchmark's", "both compounded to 252 sessions", False, lambda x: r.capture(x.returns, x.benchmark_returns, x.periods, -1)),
    ),
    *_group(
        "trades", "trades",
        ("n_trades", "Trades", "count", "round trips, first in first out", NONE, None, lambda x: float(len(x.trades))),
        ("win_rate", "Win rate", _P, "trades with net profit > 0 / trades", NONE, True, lambda x: tr.win_rate(x.trades)),
        ("profit_factor", "Profit factor", "ratio", "Σ profits / |Σ losses|, net", NONE, True, lambda x: tr.profit_factor(x.trades)),
        ("payoff_ratio", "Payoff ratio", "ratio", "mean profit / |mean loss|, net", NONE, True, lambda x: tr.payoff_ratio(x.trades)),
        ("expectancy", "Expectancy", "currency", "mean net profit of a trade", NONE, True, lambda x: tr.expectancy(x.trades)),
        ("average_trade", "Average trade", _P, "mean(net profit / entry notional)", NONE, True, lambda x: tr.mean_of(x.trades, "return")),
        ("best_trade", "Best trade", _P, "max(net profit / entry notional)", NONE, True, lambda x: tr.extreme(x.trades, best=True)),
        ("worst_trade", "Worst trade", _P, "min(net profit / entry notional)", NONE, True, lambda x: tr.extreme(x.trades, best=False)),
        ("average_bars", "Average holding", "bars", "mean bars from entry to exit", NONE, None, lambda x: tr.mean_of(x.trades, "bars_held")),
        ("losing_streak", "Longest losing streak", "count", "most losing trades in a row by exit", NONE, False, lambda x: tr.longest_losing_streak(x.trades)),
        ("system_quality", "System quality number", "ratio", "√n × mean(profit) / sd(profit)", NONE, True, lambda x: tr.system_quality(x.trades)),
    ),
    *_group(
        "activity and costs", "trades",
        ("time_in_market", "Time in market", _P, "bars with a position / bars", NONE, None, lambda x: float((x.curve["gross_exposure"] > 0).mean())),
        ("average_exposure", "Average exposure", _P, "mean of gross position value / equity", NONE, None, lambda x: float(x.curve["gross_exposure"].mean())),
        ("turnover", "Turnover", _P, "Σ traded notional / equity before", "per 252 sessions", False, lambda x: _per_year(float(x.curve["turnover"].sum()), x)),
        ("commission", "Commission", "currency", "Σ commission", NONE, False, lambda x: float(x.curve["commission"].sum())),
        ("spread", "Spread", "currency", "Σ units × reference price × half spread", NONE, False, lambda x: float(x.curve["spread"].sum())),
        ("slippage", "Slippage", "currency", "Σ units × reference price × slippage", NONE, False, lambda x: float(x.curve["slippage"].sum())),
        ("impact", "Market impact", "currency", "Σ units × reference price × impact", NONE, False, lambda x: float(x.curve["impact"].sum())),
        ("borrow", "Borrow fees", "currency", "Σ value sold short × fee × time", NONE, False, lambda x: float(x.curve["borrow"].sum())),
        ("interest", "Interest", "currency", "Σ own cash × rate × time", NONE, None, lambda x: float(x.curve["interest"].sum())),
        ("cost_drag", "Cost drag", _P, "(commission + spread + slippage + impact + borrow) / mean equity", "per 252 sessions", False, _costs_per_year),
        ("dividends", "Dividends", "currency", "Σ dividends received − owed", NONE, None, lambda x: float(x.curve["dividends"].sum())),
    ),
)  # fmt: skip


def compute_metrics(inputs: Inputs) -> dict[str, float | None]:
    """Every metric by key; None where it is undefined for these inputs.

    Raises
    ------
    ValueError : there is not a single session, or a value of equity, benchmark, curve or trades
        that a metric reads is not a number.
    """
    _require_numbers(inputs)
    missing = "benchmark" if inputs.benchmark is None else ""
    out = {
        metric.key: None if metric.needs == missing else metric.compute(inputs)
        for metric in METRICS
    }
    return _defined(out)


def _require_numbers(inputs: Inputs) -> None:
    """NaN would be left out by one metric and counted by another: none may come in."""
    if inputs.equity.empty:
        raise ValueError("metrics need at least one session")
    if not (np.isfinite(inputs.capital) and inputs.capital > 0):
        raise ValueError(f"capital is {inputs.capital}; it must be a number above 0")
    columns = {"equity": inputs.equity, "benchmark": inputs.benchmark}
    columns |= {name: inputs.curve[name] for name in (*COST_COLUMNS, "interest", "dividends")}
    columns |= {name: inputs.trades[name] for name in ("pnl", "return") if len(inputs.trades)}
    for name, values in columns.items():
        if values is None:
            continue
        wrong = ~np.isfinite(values.to_numpy(dtype=np.float64))
        if wrong.any():
            row = int(wrong.argmax())
            raise ValueError(f"{name} is {values.iloc[row]} at {values.index[row]}")


def benchmark_metrics(inputs: Inputs) -> dict[str, float | None]:
    """The return-based metrics of the benchmark itself."""
    if inputs.benchmark is None:
        return {}
    own = Inputs(
        inputs.benchmark,
        None,
        inputs.curve,
        inputs.trades,
        inputs.capital,
        inputs.risk_free_rate,
        inputs.periods,
    )
    return _defined({m.key: m.compute(own) for m in METRICS if m.needs == "returns"})


def _defined(values: dict[str, float | None]) -> dict[str, float | None]:
    """Without infinities and NaN: what is undefined is None."""
    return {
        key: float(value) if value is not None and np.isfinite(value) else None
        for key, value in values.items()
    }


def session_last(values: pd.Series, sessions: np.ndarray) -> pd.Series:
    """The last value of each session; `sessions` labels every row with its session date."""
    last = values.groupby(sessions, sort=True).last()
    last.index = pd.DatetimeIndex(last.index, name="session")
    return last
