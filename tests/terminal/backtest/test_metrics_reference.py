"""Published and peer-made numbers for every metric that has one; the case's id is the test's.

The cases lie beside the project. Where a published measure is not in the catalogue but is a plain
combination of two that are (a ratio of ours to ours), the combination is written here, so that both
parts are held. Left out is what no metric of ours takes part in: Sharpe-ratio significance (its own
module), Burke's and Kahneman's measures, Gaussian and Cornish-Fisher VaR, volatility models.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from terminal.backtest import return_metrics as m
from terminal.backtest.metrics import Inputs, compute_metrics
from terminal.market.panel import FloatArray
from tests.terminal.backtest.metric_inputs import inputs_of
from tests.terminal.market.reference import cases

Case = dict[str, Any]
Answer = Callable[[Case, Path], Any]
PERIODS = {"daily": 252.0, "weekly": 52.0, "monthly": 12.0}


@lru_cache
def _series(folder: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((folder / "data/empyrical_series.json").read_text())
    return loaded


def series(case: Case, folder: Path, name: str = "returns") -> FloatArray:
    """Returns of a case. A missing first return is left out: empyrical skips it, we refuse it."""
    values = np.array(_series(folder)[case["inputs"][name]]["values"], dtype=np.float64)
    return values[np.isfinite(values)]


def both(case: Case, folder: Path, other: str) -> tuple[FloatArray, FloatArray]:
    """Two series on the dates on which both are known, which is how empyrical pairs them."""
    known = [
        np.array(_series(folder)[case["inputs"][name]]["values"], dtype=np.float64)
        for name in ("returns", other)
    ]
    there = np.isfinite(known[0]) & np.isfinite(known[1])
    return known[0][there], known[1][there]


def excess(case: Case, folder: Path, name: str) -> FloatArray:
    """Returns above a rate for one period, or above a series: our functions take the difference."""
    rate = case["inputs"][name]
    if isinstance(rate, str):
        ours, theirs = both(case, folder, name)
        return ours - theirs
    return series(case, folder) - rate


def periods(case: Case) -> float:
    return PERIODS[case["inputs"].get("period", "daily")]


def _omega(case: Case, folder: Path) -> float:
    assert case["inputs"]["required_return_annual"] == 0.0  # ours has no second threshold
    value = m.omega(excess(case, folder, "risk_free"))
    assert value is not None
    return value


def _annual_return_counting_missing(case: Case, folder: Path, name: str) -> float:
    """empyrical counts a missing return as a period of time without a return; we have none."""
    values = np.array(_series(folder)[case["inputs"][name]]["values"], dtype=np.float64)
    growth = m.cagr(np.nan_to_num(values), 252.0)
    assert growth is not None
    return growth


def _capture(case: Case, folder: Path) -> float:
    ours = _annual_return_counting_missing(case, folder, "returns")
    return ours / _annual_return_counting_missing(case, folder, "benchmark")


def _side_capture(case: Case, folder: Path) -> float:
    pair = both(case, folder, "benchmark")
    up, down = m.capture(*pair, 252.0, 1), m.capture(*pair, 252.0, -1)
    assert up is not None and down is not None
    return up / down if case["inputs"]["function"] == "up_down_capture" else down


def _windows(case: Case, folder: Path, of: Callable[..., Any], *others: str) -> list[Any]:
    columns = (
        [series(case, folder)] if not others else [*both_with_missing(case, folder, others[0])]
    )
    size = case["inputs"]["window"]
    count = len(columns[0]) - size + 1
    return [of(*(column[k : k + size] for column in columns)) for k in range(count)]


def both_with_missing(case: Case, folder: Path, other: str) -> tuple[FloatArray, FloatArray]:
    """Windows are laid over all dates; a date with a missing return takes up its place in one."""
    first, second = (
        np.array(_series(folder)[case["inputs"][name]]["values"], dtype=np.float64)
        for name in ("returns", other)
    )
    return first, second


def _alpha_beta(ours: FloatArray, benchmark: FloatArray) -> list[float | None]:
    there = np.isfinite(ours) & np.isfinite(benchmark)
    ours, benchmark = ours[there], benchmark[there]
    return [m.alpha(ours, benchmark, 252.0), m.beta(ours, benchmark)]


def _wealth_of_100(case: Case, folder: Path) -> list[float]:
    return list(100.0 * m.wealth(series(case, folder)))


def _months(case: Case, folder: Path) -> list[float]:
    stored = _series(folder)[case["inputs"]["returns"]]
    index = pd.DatetimeIndex(stored["dates"])
    return list(inputs_of(np.array(stored["values"]), index=index).monthly)


def _value_at_risk(case: Case, folder: Path) -> list[float | None]:
    return [
        m.value_at_risk(np.array(item["returns"], dtype=np.float64), item["cutoff"])
        for item in case["inputs"]
    ]


EMPYRICAL: dict[str, Answer] = {
    "emp-mdd-": lambda c, f: m.max_drawdown(series(c, f)),
    "emp-annret-|emp-cagr": lambda c, f: m.cagr(series(c, f), periods(c)),
    "emp-annvol-": lambda c, f: m.volatility(series(c, f), periods(c)),
    "emp-calmar-": lambda c, f: m.calmar(series(c, f), periods(c)),
    "emp-omega-": _omega,
    "emp-sharpe-": lambda c, f: m.sharpe(excess(c, f, "risk_free"), 252.0),
    "emp-sortino-": lambda c, f: m.sortino(excess(c, f, "required_return"), periods(c)),
    "emp-downside-": lambda c, f: m.downside_deviation(excess(c, f, "required_return"), periods(c)),
    "emp-capture": _capture,
    "emp-(down|up_down)_capture": _side_capture,
    "emp-stability": lambda c, f: m.stability(series(c, f)),
    "emp-roll-mdd": lambda c, f: _windows(c, f, m.max_drawdown),
    "emp-roll-alpha-beta": lambda c, f: _windows(c, f, _alpha_beta, "benchmark"),
    "emp-cum-returns": _wealth_of_100,
    "emp-aggregate-month": _months,
    "emp-var": _value_at_risk,
}


def _owned(area: str, table: dict[str, Answer]) -> list[Any]:
    """The area's cases that a metric of ours owns; the one that says they are absent stays."""

    def known(case: Case | None) -> bool:
        return case is None or any(re.match(pattern, case["id"]) for pattern in table)

    return [item for item in cases(area) if known(item.values[0])]


def _answer(case: Case, folder: Path, table: dict[str, Answer]) -> Any:
    (answer,) = (found for pattern, found in table.items() if re.match(pattern, case["id"]))
    return answer(case, folder / "reference")


def _agrees(case: Case, found: Any, expected: Any) -> None:
    limit = case["tolerance"]
    assert found == pytest.approx(expected, abs=limit.get("abs", 0.0), rel=limit.get("rel", 0.0))


@pytest.mark.parametrize("case", _owned("performance", EMPYRICAL))
def test_the_test_suite_of_empyrical(case: Case, shared_dir: Path) -> None:
    found = _answer(case, shared_dir, EMPYRICAL)
    if case["id"] == "emp-omega-positive_returns-0.02-0.0":
        assert found == 0.0  # no gain above the rate: a true zero, and no missing value
    if isinstance(case["expected"], list) and isinstance(case["expected"][0], list):
        for ours, theirs in zip(found, case["expected"], strict=True):
            _agrees(case, ours, theirs)
        return
    _agrees(case, found, case["expected"])


# ten years of a real stock against a real index, as the catalogue computes them

THEIRS = {
    "annual_return": "cagr",
    "cum_return_final": "total_return",
    "annual_volatility": "volatility",
    "sharpe": "sharpe",
    "sortino": "sortino",
    "calmar": "calmar",
    "max_drawdown": "max_drawdown",
    "omega": "omega",
    "tail_ratio": "tail_ratio",
    "stability": "stability",
    "var_5": "var_95",
    "cvar_5": "cvar_95",
    "skew_biased": "skewness",
    "kurtosis_excess_biased": "kurtosis",
    "alpha": "alpha",
    "beta": "beta",
    "downside_risk": "downside_deviation",
    "up_capture": "up_capture",
    "down_capture": "down_capture",
}


def _real(case: Case, folder: Path) -> Inputs:
    asked = case["inputs"]
    ours = pd.read_csv(folder / asked["prices"], index_col=0, parse_dates=True)[asked["ticker"]]
    theirs = pd.read_csv(folder / asked["benchmark"], index_col=0, parse_dates=True)["SPY"]
    returns = [
        prices.pct_change(fill_method=None).dropna()[asked["start"] : asked["end"]]
        for prices in (ours, theirs)
    ]
    return inputs_of(returns[0].to_numpy(), returns[1].to_numpy(), index=returns[0].index)


REAL: dict[str, Answer] = {"emp-real-": _real}


@pytest.mark.parametrize("case", _owned("performance", REAL))
def test_every_metric_of_a_real_stock(case: Case, shared_dir: Path) -> None:
    inputs = _real(case, shared_dir / "reference")
    found = compute_metrics(inputs)
    expected = dict(case["expected"])
    assert len(inputs.returns) == expected.pop("n")
    # empyrical's excess Sharpe is the information ratio of one period
    information = found["information_ratio"]
    assert information is not None
    _agrees(case, information / math.sqrt(252.0), expected.pop("excess_sharpe"))
    for name, value in expected.items():
        _agrees(case, found[THEIRS[name]], value)


# Bacon's book: monthly returns; a minimum acceptable return is subtracted before the measure

MAR = 0.005


@lru_cache
def _bacon(folder: Path) -> tuple[FloatArray, FloatArray]:
    frame = pd.read_csv(folder / "data/portfolio_bacon.csv")
    return frame["portfolio"].to_numpy(dtype=float), frame["benchmark"].to_numpy(dtype=float)


def _portfolio(of: Callable[[FloatArray], float | None]) -> Answer:
    return lambda _case, folder: of(_bacon(folder)[0])


def _against(of: Callable[[FloatArray, FloatArray], float | None]) -> Answer:
    return lambda _case, folder: of(*_bacon(folder))


def number(value: float | None) -> float:
    assert value is not None
    return value


def _sample_excess_kurtosis(r: FloatArray) -> float:
    """Bacon prints the sample estimate; ours are the population's moments (Joanes, Gill 1998)."""
    n = len(r)
    return (n - 1) / ((n - 2) * (n - 3)) * ((n + 1) * number(m.excess_kurtosis(r)) + 6)


def _jensen(r: FloatArray, b: FloatArray) -> float:
    """Bacon's selectivity: Jensen's alpha of annual, compounded returns."""
    return number(m.cagr(r, 12.0)) - number(m.beta(r, b)) * number(m.cagr(b, 12.0))


def _specific_risk(r: FloatArray, b: FloatArray) -> float:
    """Deviation of what beta does not explain; Bacon divides by n where ours divides by n - 1."""
    ddof = math.sqrt((len(r) - 1) / len(r))
    return number(m.tracking_error(r, number(m.beta(r, b)) * b, 12.0)) * ddof


def _adjusted_sharpe(r: FloatArray) -> float:
    """Pezier's adjustment of a Sharpe ratio whose numerator is compounded (ours is the mean)."""
    ratio = number(m.cagr(r, 12.0)) / number(m.volatility(r, 12.0))
    return ratio * (
        1 + number(m.skewness(r)) / 6 * ratio - number(m.excess_kurtosis(r)) / 24 * ratio**2
    )


def _omega_excess_return(r: FloatArray, b: FloatArray) -> float:
    downside = [number(m.downside_deviation(x - MAR, 12.0)) for x in (r, b)]
    return number(m.cagr(r, 12.0)) - 3 * downside[0] * downside[1]


BACON: dict[str, Answer] = {
    "bacon-downsidedeviation": _portfolio(lambda r: m.downside_deviation(r - MAR, 1.0)),
    # upside risk is the downside deviation of the mirrored returns
    "bacon-upsiderisk": _portfolio(lambda r: m.downside_deviation(MAR - r, 1.0)),
    "bacon-variabilityskewness": _portfolio(
        lambda r: (
            number(m.downside_deviation(MAR - r, 1.0)) / number(m.downside_deviation(r - MAR, 1.0))
        )
    ),
    "bacon-upsidefrequency": _portfolio(lambda r: m.share_positive(r - MAR)),
    "bacon-kappa_l2": _portfolio(lambda r: m.sortino(r - MAR, 1.0)),
    "bacon-bernardoledoit": _portfolio(m.omega),
    "bacon-painindex": _portfolio(m.pain_index),
    "bacon-skewnesskurtosisratio": _portfolio(
        lambda r: number(m.skewness(r)) / (number(m.excess_kurtosis(r)) + 3)
    ),
    "bacon-sampleexcesskurtosis": _portfolio(_sample_excess_kurtosis),
    "bacon-samplekurtosis": _portfolio(
        lambda r: _sample_excess_kurtosis(r) + 3 * (len(r) - 1) ** 2 / ((len(r) - 2) * (len(r) - 3))
    ),
    "bacon-adjustedsharperatio": _portfolio(_adjusted_sharpe),
    "bacon-famabeta": _against(
        lambda r, b: number(m.volatility(r, 12.0)) / number(m.volatility(b, 12.0))
    ),
    "bacon-selectivity": _against(_jensen),
    "bacon-specificrisk": _against(_specific_risk),
    "bacon-appraisalratio": _against(lambda r, b: _jensen(r, b) / _specific_risk(r, b)),
    "bacon-omegaexcessreturn": _against(_omega_excess_return),
}


@pytest.mark.parametrize("case", _owned("performance", BACON))
def test_bacon_book_examples(case: Case, shared_dir: Path) -> None:
    _agrees(case, _answer(case, shared_dir, BACON), case["expected"])


PERFORMANCE_ANALYTICS: dict[str, Answer] = {
    "pa-var-es-edhec-ca": lambda c, f: pd.read_csv(f / c["inputs"]["data"])[c["inputs"]["column"]],
    "pa-capm-managers": lambda c, f: pd.read_csv(f / c["inputs"]["data"], index_col=0),
}


def _only(name: str) -> list[Any]:
    return _owned("performance", {name: PERFORMANCE_ANALYTICS[name]})


@pytest.mark.parametrize("case", _only("pa-var-es-edhec-ca"))
def test_historical_var_and_shortfall_of_performance_analytics(
    case: Case, shared_dir: Path
) -> None:
    """Its Gaussian and modified figures are other measures than our historical ones."""
    returns = _answer(case, shared_dir, PERFORMANCE_ANALYTICS).to_numpy()[:100]
    _agrees(case, m.value_at_risk(returns), case["expected"]["var_historical"])
    _agrees(case, m.conditional_value_at_risk(returns), case["expected"]["es_historical"])


@pytest.mark.parametrize("case", _only("pa-capm-managers"))
def test_beta_and_alpha_of_performance_analytics(case: Case, shared_dir: Path) -> None:
    table = _answer(case, shared_dir, PERFORMANCE_ANALYTICS)
    rate, expected = table["US 3m TR"], case["expected"]
    ours = (table["HAM1"] - rate).to_numpy(dtype=float)
    benchmark = (table["SP500 TR"] - rate).to_numpy(dtype=float)
    rising = benchmark > 0
    bull, bear = (number(m.beta(ours[side], benchmark[side])) for side in (rising, ~rising))
    _agrees(case, m.beta(ours, benchmark), expected["beta"])
    _agrees(case, m.alpha_per_period(ours, benchmark), expected["alpha_monthly"])
    _agrees(case, (bull, bear), (expected["beta_bull"], expected["beta_bear"]))
    _agrees(case, bull / bear, expected["timing_ratio"])


QUANTILES: dict[str, Answer] = {
    "hist-var-quantile-conventions": lambda c, f: np.array(c["inputs"]["returns"])
}


@pytest.mark.parametrize("case", _owned("risk", QUANTILES))
def test_quantile_convention(case: Case, shared_dir: Path) -> None:
    """Ours is the linear quantile and keeps the return's sign; the case calls a loss positive."""
    returns, cutoff = _answer(case, shared_dir, QUANTILES), 1 - case["inputs"]["alpha"]
    expected = case["expected"]
    _agrees(case, -number(m.value_at_risk(returns, cutoff)), expected["numpy_linear"])
    shortfall = -number(m.conditional_value_at_risk(returns, cutoff))
    _agrees(case, shortfall, expected["es_mean_below_equal_linear"])
