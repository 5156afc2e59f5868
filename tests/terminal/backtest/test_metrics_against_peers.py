"""Each metric against empyrical-reloaded and quantstats: equal, or different as is written down.

The differences are a table in `docs/reference.py`, from which docs/metrics.md is made; each of its
rows has a test here that states and holds it, and a row without one fails.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import empyrical
import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from scipy import stats

from terminal.backtest import trade_metrics as tr
from terminal.backtest.metrics import METRICS, compute_metrics
from tests.terminal.backtest.metric_inputs import inputs_of, trades_of
from tests.terminal.backtest.return_series import benchmark_of, series, walk
from tests.test_docs import reference

with mpl.rc_context():  # on import it restyles every figure of the process, our PDFs among them
    import quantstats.stats as qs

RATE = 0.04  # a year
Theirs = Callable[[pd.Series, pd.Series], float]

pytestmark = [  # theirs divide by zero, and speak of it
    pytest.mark.filterwarnings("ignore::RuntimeWarning"),
    pytest.mark.filterwarnings("ignore::UserWarning:quantstats"),
]

EMPYRICAL: dict[str, Theirs] = {
    "total_return": lambda r, b: empyrical.cum_returns_final(r),
    "cagr": lambda r, b: empyrical.cagr(r),
    "volatility": lambda r, b: empyrical.annual_volatility(r),
    "downside_deviation": lambda r, b: empyrical.downside_risk(r, RATE / 252),
    "max_drawdown": lambda r, b: empyrical.max_drawdown(r),
    "var_95": lambda r, b: empyrical.value_at_risk(r),
    "cvar_95": lambda r, b: empyrical.conditional_value_at_risk(r),
    "tail_ratio": lambda r, b: empyrical.tail_ratio(r),
    "stability": lambda r, b: empyrical.stability_of_timeseries(r),
    "sharpe": lambda r, b: empyrical.sharpe_ratio(r, RATE / 252),
    "sortino": lambda r, b: empyrical.sortino_ratio(r, RATE / 252),
    "calmar": lambda r, b: empyrical.calmar_ratio(r),
    "omega": lambda r, b: empyrical.omega_ratio(r, RATE / 252),
    "alpha": lambda r, b: empyrical.alpha(r, b, RATE / 252),
    "beta": lambda r, b: empyrical.beta(r, b, RATE / 252),
    "up_capture": lambda r, b: empyrical.up_capture(r, b),
    "down_capture": lambda r, b: empyrical.down_capture(r, b),
}

# quantstats turns an annual rate into a session's by compounding; it is given none here
QUANTSTATS: dict[str, Theirs] = {
    "total_return": lambda r, b: qs.comp(r),
    "cagr": lambda r, b: qs.cagr(r),
    "best_day": lambda r, b: qs.best(r),
    "worst_day": lambda r, b: qs.worst(r),
    "best_month": lambda r, b: qs.best(r, aggregate="ME"),
    "worst_month": lambda r, b: qs.worst(r, aggregate="ME"),
    "positive_months": lambda r, b: qs.win_rate(r, aggregate="ME"),
    "volatility": lambda r, b: qs.volatility(r),
    "max_drawdown": lambda r, b: qs.max_drawdown(r),
    "tail_ratio": lambda r, b: qs.tail_ratio(r),
    "sharpe": lambda r, b: qs.sharpe(r),
    "sortino": lambda r, b: qs.sortino(r),
    "calmar": lambda r, b: qs.calmar(r),
    "omega": lambda r, b: qs.omega(r),
    "beta": lambda r, b: qs.greeks(r, b)["beta"],
    "tracking_error": lambda r, b: qs.volatility(r - b),
}

# where quantstats has a number, or stops, and we say that there is none: held further down
UNDEFINED = {
    *(("calmar", name) for name in ("flat", "constant", "all positive")),
    ("sharpe", "constant"),
    ("sortino", "one return"),
    ("beta", "one return"),
}


def pair(name: str) -> tuple[pd.Series, pd.Series]:
    returns = series()[name]
    days = pd.bdate_range("2000-01-03", periods=returns.size)
    return pd.Series(returns, index=days), pd.Series(benchmark_of(name), index=days)


def ours(name: str, rate: float) -> dict[str, float | None]:
    return compute_metrics(inputs_of(series()[name], benchmark_of(name), risk_free_rate=rate))


def agree(found: float | None, theirs: float) -> None:
    if found is None:
        assert not math.isfinite(theirs)
    else:
        assert found == pytest.approx(theirs, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("name", series())
@pytest.mark.parametrize("key", EMPYRICAL)
def test_as_empyrical(name: str, key: str) -> None:
    agree(ours(name, RATE)[key], float(EMPYRICAL[key](*pair(name))))


@pytest.mark.parametrize(
    ("key", "name"),
    [(key, name) for key in QUANTSTATS for name in series() if (key, name) not in UNDEFINED],
)
def test_as_quantstats(key: str, name: str) -> None:
    agree(ours(name, 0.0)[key], float(QUANTSTATS[key](*pair(name))))


@pytest.mark.parametrize("name", ["walk", "AAPL", "with zero days"])
def test_measures_that_no_peer_has_by_name(name: str) -> None:
    """Moments as scipy's; correlation from quantstats' R², drawdowns from its table."""
    found, (returns, benchmark) = ours(name, 0.0), pair(name)
    below = qs.to_drawdown_series(returns)
    depths = qs.drawdown_details(below)["max drawdown"] / 100.0
    for key, theirs in {
        "skewness": stats.skew(returns),
        "kurtosis": stats.kurtosis(returns),
        "pain_index": -below.mean(),
        "average_drawdown": depths.mean(),
        "correlation": math.sqrt(qs.r_squared(returns, benchmark)),
        "information_ratio": qs.sharpe(returns - benchmark),
    }.items():
        assert found[key] == pytest.approx(theirs, rel=1e-9), key


# the differences that docs/metrics.md states, each held by a test called after its row


def _sortino_empyrical() -> None:
    assert ours("all positive", 0.0)["sortino"] is None
    assert empyrical.sortino_ratio(pair("all positive")[0]) == math.inf


def _tail_ratio_empyrical() -> None:
    returns = np.maximum(walk(1), 0.0)  # more than 5 % of them are zero, none is below
    assert compute_metrics(inputs_of(returns))["tail_ratio"] is None
    assert empyrical.tail_ratio(returns) == math.inf


def _sharpe_empyrical() -> None:
    assert ours("constant", 0.0)["sharpe"] is None
    assert empyrical.sharpe_ratio(pair("constant")[0]) == math.inf


def _sharpe_quantstats() -> None:
    assert abs(qs.sharpe(pair("constant")[0])) > 1e15
    found = compute_metrics(inputs_of(walk(1), risk_free_rate=RATE))["sharpe"]
    theirs = qs.sharpe(pair("walk")[0], rf=RATE)
    equal_rate = 252 * ((1 + RATE) ** (1 / 252) - 1)
    assert found != pytest.approx(theirs, rel=1e-6)
    same = compute_metrics(inputs_of(walk(1), risk_free_rate=equal_rate))["sharpe"]
    assert same == pytest.approx(theirs, rel=1e-9)


def _information_ratio_empyrical() -> None:
    theirs = empyrical.excess_sharpe(*pair("walk"))
    assert ours("walk", 0.0)["information_ratio"] == pytest.approx(theirs * math.sqrt(252))


def _information_ratio_quantstats() -> None:
    theirs = qs.information_ratio(*pair("walk"))
    assert ours("walk", 0.0)["information_ratio"] == pytest.approx(theirs * math.sqrt(252))


def _alpha_empyrical() -> None:
    returns, benchmark = np.array([-0.1, 0.1]), np.array([0.0060, 0.0061])
    assert compute_metrics(inputs_of(returns, benchmark))["alpha"] is None
    assert empyrical.alpha(returns, benchmark) > 1e6  # (−11)^252 is positive


def _alpha_quantstats() -> None:
    theirs = qs.greeks(*pair("walk"))["alpha"]
    found = ours("walk", 0.0)["alpha"]
    assert found == pytest.approx((1 + theirs / 252) ** 252 - 1)
    assert ours("walk", RATE)["alpha"] != pytest.approx(found, rel=1e-3)


def _beta_quantstats() -> None:
    assert qs.greeks(*pair("one return"))["beta"] == 0.0
    assert ours("one return", 0.0)["beta"] is None


def _calmar_quantstats() -> None:
    assert ours("all positive", 0.0)["calmar"] is None
    with pytest.raises(ZeroDivisionError):
        qs.calmar(pair("all positive")[0])


def _sortino_quantstats() -> None:
    assert math.isfinite(qs.sortino(pair("one return")[0]))
    assert ours("one return", 0.0)["sortino"] is None


def _positive_days_quantstats() -> None:
    returns = series()["with zero days"]
    moved = np.count_nonzero(returns) / returns.size
    assert moved < 0.7
    theirs = qs.win_rate(pair("with zero days")[0])
    assert ours("with zero days", 0.0)["positive_days"] == pytest.approx(theirs * moved)


def _skewness_quantstats() -> None:
    n, found = 750, ours("walk", 0.0)["skewness"]
    assert found is not None
    theirs = qs.skew(pair("walk")[0])
    assert theirs == pytest.approx(found * math.sqrt(n * (n - 1)) / (n - 2))


def _kurtosis_quantstats() -> None:
    n, found = 750, ours("walk", 0.0)["kurtosis"]
    assert found is not None
    sample = (n - 1) / ((n - 2) * (n - 3)) * ((n + 1) * found + 6)
    assert qs.kurtosis(pair("walk")[0]) == pytest.approx(sample)


def _ulcer_index_quantstats() -> None:
    n, found = 750, ours("walk", 0.0)["ulcer_index"]
    assert found is not None
    assert qs.ulcer_index(pair("walk")[0]) == pytest.approx(found * math.sqrt(n / (n - 1)))


def _martin_quantstats() -> None:
    found, returns = ours("walk", 0.0), pair("walk")[0]
    theirs = qs.ulcer_performance_index(returns)
    assert theirs == pytest.approx(qs.comp(returns) / qs.ulcer_index(returns))
    assert found["martin"] == pytest.approx(qs.cagr(returns) / _ours_number(found, "ulcer_index"))


def _var_95_quantstats() -> None:
    returns = pair("walk")[0]
    normal = stats.norm.ppf(0.05, returns.mean(), returns.std())
    assert qs.value_at_risk(returns) == pytest.approx(normal)
    assert ours("walk", 0.0)["var_95"] == pytest.approx(np.quantile(returns, 0.05))


def _cvar_95_quantstats() -> None:
    returns = pair("walk")[0]
    normal = returns.mean() - returns.std() * stats.norm.pdf(stats.norm.ppf(0.05)) / 0.05
    assert qs.conditional_value_at_risk(returns) == pytest.approx(normal)
    found = ours("walk", 0.0)["cvar_95"]
    assert found != pytest.approx(normal, rel=1e-2)
    historical = qs.conditional_value_at_risk(returns, method="historical")
    assert found == pytest.approx(historical)  # its other method is ours


def _longest_drawdown_quantstats() -> None:
    days = pd.bdate_range("2024-01-04", periods=4)  # Thursday to Tuesday
    returns = pd.Series([0.01, -0.02, 0.005, 0.1], index=days)
    table = qs.drawdown_details(qs.to_drawdown_series(returns))
    assert table["days"].tolist() == [4]  # Friday to Monday
    assert compute_metrics(inputs_of(returns.to_numpy()))["longest_drawdown"] == 2


def _trades() -> tuple[pd.DataFrame, pd.Series]:
    trades = trades_of([50.0, -20.0, 0.0, 30.0, -10.0, 0.0])
    return trades, pd.Series(trades["return"].to_numpy(), index=trades["exit_ts"])


def _win_rate_quantstats() -> None:
    trades, returns = _trades()
    assert tr.win_rate(trades) == 2 / 6
    assert qs.win_rate(returns) == 2 / 4


def _profit_factor_quantstats() -> None:
    trades, returns = _trades()
    assert tr.profit_factor(trades) == pytest.approx(80 / 30)
    assert qs.profit_factor(returns) == pytest.approx(80 / 30)
    won = trades[trades["pnl"] >= 0]
    assert tr.profit_factor(won) is None
    assert qs.profit_factor(returns[returns >= 0]) == math.inf


def _payoff_ratio_quantstats() -> None:
    trades, returns = _trades()
    assert tr.payoff_ratio(trades) == pytest.approx(40 / 15)
    assert qs.payoff_ratio(returns) == pytest.approx(40 / 15)


def _ours_number(found: dict[str, float | None], key: str) -> float:
    value = found[key]
    assert value is not None
    return value


@pytest.mark.parametrize(
    ("key", "peer"), [(key, peer) for key, peer, *_ in reference().DIFFERENCES]
)
def test_the_difference_that_the_documentation_states(key: str, peer: str) -> None:
    globals()[f"_{key}_{peer}"]()


def test_every_return_based_metric_is_compared_with_somebody() -> None:
    by_hand = {"skewness", "kurtosis", "pain_index", "average_drawdown", "correlation"}
    compared = {*EMPYRICAL, *QUANTSTATS, *by_hand}
    compared |= {key for key, *_ in reference().DIFFERENCES}
    assert {metric.key for metric in METRICS if metric.needs != "trades"} <= compared
