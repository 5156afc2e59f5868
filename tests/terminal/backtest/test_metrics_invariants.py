"""What must hold of any returns, and what has no value and says so."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from terminal.backtest import return_metrics as m
from terminal.backtest import trade_metrics as tr
from terminal.backtest.metrics import METRICS, Inputs, benchmark_metrics, compute_metrics
from terminal.charts.numbers import MISSING, UNITS, format_value
from terminal.market.panel import FloatArray
from tests.terminal.backtest.metric_inputs import CAPITAL, inputs_of, trades_of
from tests.terminal.backtest.panels import examples
from tests.terminal.backtest.return_series import benchmark_of, series, walk

any_returns = arrays(
    np.float64, st.integers(1, 80), elements=st.floats(-0.5, 1.0, allow_subnormal=False)
)
spread_returns = st.integers(0, 10_000).map(lambda seed: walk(seed, 60))
profits = st.lists(st.floats(-1e4, 1e4, allow_subnormal=False), max_size=30)


@examples(150)
@given(any_returns)
def test_no_metric_is_ever_infinite_or_nan_and_none_is_the_only_absence(r: FloatArray) -> None:
    found = compute_metrics(inputs_of(r, 0.5 * r[::-1]))
    assert set(found) == {metric.key for metric in METRICS}
    for key, value in found.items():
        assert value is None or (isinstance(value, float) and math.isfinite(value)), key


@examples(150)
@given(any_returns)
def test_bounds(r: FloatArray) -> None:
    found = compute_metrics(inputs_of(r, walk(1, r.size)))
    value = {key: 0.0 if number is None else number for key, number in found.items()}
    assert -1.0 <= value["max_drawdown"] <= value["average_drawdown"] <= 0.0
    assert 0.0 <= value["pain_index"] <= value["ulcer_index"] <= -value["max_drawdown"] + 1e-15
    assert 0.0 <= value["longest_drawdown"] <= r.size
    assert value["worst_day"] <= value["cvar_95"] + 1e-15 <= value["var_95"] + 2e-15
    assert value["var_95"] <= value["best_day"]
    assert value["total_return"] >= -1.0 and value["cagr"] >= -1.0
    assert 0.0 <= value["positive_days"] <= 1.0 and 0.0 <= value["stability"] <= 1.0
    assert -1.0 <= value["correlation"] <= 1.0
    assert value["volatility"] >= 0.0 and value["downside_deviation"] >= 0.0


@examples(60)
@given(spread_returns, st.floats(0.01, 20.0))
def test_ratios_do_not_depend_on_the_scale_of_returns(r: FloatArray, scale: float) -> None:
    for ratio in (
        lambda x: m.sharpe(x, 252.0),
        lambda x: m.sortino(x, 252.0),
        m.omega,
        m.skewness,
        m.excess_kurtosis,
        m.tail_ratio,
    ):
        assert ratio(scale * r) == pytest.approx(ratio(r), rel=1e-9)
    for linear in (
        lambda x: m.volatility(x, 252.0),
        lambda x: m.downside_deviation(x, 252.0),
        m.value_at_risk,
        m.conditional_value_at_risk,
    ):
        assert linear(scale * r) == pytest.approx(scale * linear(r), rel=1e-9)


@examples(60)
@given(spread_returns, st.randoms(use_true_random=False))
def test_what_does_not_depend_on_the_order_of_sessions(r: FloatArray, order: object) -> None:
    other = r.copy()
    order.shuffle(other)  # type: ignore[attr-defined]
    for measure in (
        m.total_return,
        m.skewness,
        m.value_at_risk,
        m.conditional_value_at_risk,
        lambda x: m.sharpe(x, 252.0),
        lambda x: m.cagr(x, 252.0),
        m.omega,
    ):
        assert measure(other) == pytest.approx(measure(r), rel=1e-9, abs=1e-12)


@examples(60)
@given(st.floats(-0.02, 0.02), st.integers(2, 400), st.sampled_from([12.0, 52.0, 252.0]))
def test_a_constant_return_compounds_and_has_no_ratio_to_risk(
    rate: float, n: int, periods: float
) -> None:
    r = np.full(n, rate)
    assert m.cagr(r, periods) == pytest.approx((1 + rate) ** periods - 1, rel=1e-9, abs=1e-12)
    assert m.sharpe(r, periods) is None and m.skewness(r) is None
    assert m.beta(walk(1, n), r) is None and m.correlation(walk(1, n), r) is None
    expected = 0.0 if rate >= -1e-13 else (1 + rate) ** n - 1
    assert m.max_drawdown(r) == pytest.approx(expected, abs=1e-11)


@examples(60)
@given(spread_returns, st.floats(-2.0, 2.0), st.floats(-0.001, 0.001))
def test_alpha_and_beta_are_found_where_they_were_put(
    b: FloatArray, beta: float, alpha: float
) -> None:
    r = alpha + beta * b
    assert m.beta(r, b) == pytest.approx(beta, abs=1e-9)
    assert m.alpha_per_period(r, b) == pytest.approx(alpha, abs=1e-12)
    assert m.alpha(r, b, 252.0) == pytest.approx((1 + alpha) ** 252 - 1, abs=1e-9)
    if abs(beta) > 1e-3:
        assert m.correlation(r, b) == pytest.approx(math.copysign(1.0, beta))


@examples(60)
@given(spread_returns)
def test_against_itself_a_run_has_beta_one_and_captures_everything(r: FloatArray) -> None:
    found = compute_metrics(inputs_of(r, r))
    assert found["beta"] == pytest.approx(1.0) and found["alpha"] == pytest.approx(0.0, abs=1e-12)
    assert found["correlation"] == pytest.approx(1.0) and found["tracking_error"] == 0.0
    assert found["up_capture"] == found["down_capture"] == 1.0
    assert found["information_ratio"] is None
    own = benchmark_metrics(inputs_of(r, r))
    assert own == {key: found[key] for key in own} and "beta" not in own and "sharpe" in own


@examples(60)
@given(spread_returns, st.floats(10.0, 1e9))
def test_only_returns_count_not_the_size_of_the_account(r: FloatArray, capital: float) -> None:
    made = inputs_of(r)
    other = replace(made, equity=made.equity * (capital / CAPITAL), capital=capital)
    expected = compute_metrics(made)
    found = compute_metrics(other)
    for key, value in expected.items():
        assert found[key] == (value if value is None else pytest.approx(value, rel=1e-7)), key


@examples(100)
@given(profits)
def test_trade_measures_hang_together(pnl: list[float]) -> None:
    trades = trades_of(pnl)
    won, lost = sum(p for p in pnl if p > 0), -sum(p for p in pnl if p < 0)
    assert tr.profit_factor(trades) == (pytest.approx(won / lost) if lost else None)
    rate, mean = tr.win_rate(trades), tr.expectancy(trades)
    streak = tr.longest_losing_streak(trades)
    if not pnl:
        assert rate is mean is streak is None
        return
    assert rate is not None and mean is not None and streak is not None
    assert rate * len(pnl) == pytest.approx(sum(p > 0 for p in pnl))
    assert mean * len(pnl) == pytest.approx(won - lost, abs=1e-6)
    assert streak <= sum(p < 0 for p in pnl)
    quality = tr.system_quality(trades)
    assert quality is None or quality * mean >= 0.0


# what has no value


WITHOUT = {
    "one return": {
        "volatility", "sharpe", "sortino", "omega", "skewness", "kurtosis", "stability", "beta",
        "alpha", "correlation", "tracking_error", "information_ratio",
    },
    "two returns": {"skewness", "kurtosis"},
    "three returns": {"kurtosis"},
    "flat": {"sharpe", "sortino", "calmar", "omega", "martin", "skewness", "kurtosis",
             "tail_ratio", "stability", "average_drawdown", "correlation"},
    "constant": {"sharpe", "sortino", "calmar", "omega", "martin", "skewness", "kurtosis",
                 "average_drawdown", "correlation"},
    "all positive": {"sortino", "calmar", "omega", "martin", "average_drawdown"},
    "all negative": set(),
    "walk": set(),
    "nearly still walk": set(),
}  # fmt: skip


@pytest.mark.parametrize("name", WITHOUT)
def test_exactly_these_metrics_have_no_value(name: str) -> None:
    found = compute_metrics(inputs_of(series()[name], benchmark_of(name)))
    returns_based = {metric.key for metric in METRICS if metric.needs != "trades"}
    capture = {"up_capture", "down_capture"}  # a few sessions may all rise or all fall
    missing = {key for key in returns_based - capture if found[key] is None}
    assert missing == WITHOUT[name]


def test_capture_needs_a_session_on_its_side() -> None:
    r, rising = np.array([0.01, 0.02]), np.array([0.005, 0.004])
    assert m.capture(r, rising, 252.0, 1) is not None
    assert m.capture(r, rising, 252.0, -1) is None
    assert m.capture(r, np.zeros(2), 252.0, 1) is None


def test_without_trades_trade_measures_are_missing_and_counts_are_zero() -> None:
    found = compute_metrics(inputs_of(walk(1)))
    of_trades = [x.key for x in METRICS if x.group == "trades"]
    assert {key: found[key] for key in of_trades} == dict.fromkeys(of_trades) | {"n_trades": 0.0}
    assert found["turnover"] == found["commission"] == found["cost_drag"] == 0.0


def test_without_a_benchmark_its_measures_are_missing_and_it_has_none_itself() -> None:
    made = inputs_of(walk(1))
    found = compute_metrics(made)
    against = {metric.key for metric in METRICS if metric.needs == "benchmark"}
    assert against and all(found[key] is None for key in against)
    assert benchmark_metrics(made) == {}


def test_one_winning_trade_has_no_ratio_to_losses() -> None:
    found = compute_metrics(inputs_of(walk(1), trades=trades_of([10.0])))
    assert (found["win_rate"], found["expectancy"], found["losing_streak"]) == (1.0, 10.0, 0.0)
    missing = ("profit_factor", "payoff_ratio", "system_quality")
    assert [found[key] for key in missing] == [None] * 3


def test_equal_profits_have_no_system_quality_however_they_round() -> None:
    assert tr.system_quality(trades_of([0.1] * 3)) is None
    assert tr.system_quality(trades_of([1.0, 3.0])) == pytest.approx(2.0)  # √2 × 2 / √2


def test_a_losing_streak_follows_the_order_of_exits_not_of_rows() -> None:
    trades = trades_of([-1.0, 5.0, -1.0, -1.0, 2.0])
    assert tr.longest_losing_streak(trades) == 2
    moved = trades.assign(exit_ts=trades["exit_ts"].iloc[[0, 4, 1, 2, 3]].to_numpy())
    assert tr.longest_losing_streak(moved) == 3


def test_trade_measures_by_hand() -> None:
    trades = trades_of([100.0, -50.0, 30.0, 0.0])
    found = compute_metrics(inputs_of(walk(1), trades=trades))
    assert found["n_trades"] == 4.0 and found["win_rate"] == 0.5
    assert found["profit_factor"] == pytest.approx(130 / 50)
    assert found["payoff_ratio"] == pytest.approx(65 / 50)
    assert found["expectancy"] == 20.0 and found["average_trade"] == pytest.approx(0.02)
    assert (found["best_trade"], found["worst_trade"]) == (0.1, -0.05)
    assert found["average_bars"] == 3.0


def test_a_total_loss_is_minus_one_hundred_percent_and_then_nothing_moves() -> None:
    made = inputs_of(np.array([0.1, -1.0, 0.0, 0.0]))
    found = compute_metrics(made)
    assert found["total_return"] == found["cagr"] == found["max_drawdown"] == -1.0
    assert found["stability"] is None and found["longest_drawdown"] == 3.0


def test_debt_is_more_than_a_total_loss() -> None:
    """A short position can cost more than there was: the equity is what is still owed."""
    made = inputs_of(np.array([0.1, 0.0]))
    days = made.equity.index
    owed = replace(made, equity=pd.Series([110_000.0, -5_000.0], index=days))
    found = compute_metrics(owed)
    assert found["total_return"] == pytest.approx(-1.05) and found["cagr"] == -1.0


def test_growth_that_no_number_holds_has_no_value() -> None:
    found = compute_metrics(inputs_of(np.array([20.0]), np.array([30.0])))
    assert found["total_return"] == 20.0
    assert found["cagr"] is None and found["calmar"] is None and found["martin"] is None
    assert found["up_capture"] is None


def test_a_return_to_the_high_ends_a_drawdown_although_compounding_rounds() -> None:
    falls = np.array([100.0, 93.0, 100.0, 87.0, 71.0, 100.0, 100.0, 100.0])
    made = inputs_of(np.zeros(len(falls)))
    back = replace(made, equity=pd.Series(falls * 1_000.0, index=made.equity.index))
    assert (m.wealth(back.returns) < 1.0).sum() > 3  # rounding alone would keep it below
    assert m.drawdowns(back.returns)[[2, 5, 6, 7]].tolist() == [0.0] * 4
    found = compute_metrics(back)
    assert found["longest_drawdown"] == 2.0
    assert found["average_drawdown"] == pytest.approx((-0.07 - 0.29) / 2)


def test_moments_of_small_returns_are_those_of_large_ones() -> None:
    """The fourth power of a deviation of a basis point is 10⁻¹⁶: small, and not zero."""
    r = walk(1)
    assert m.excess_kurtosis(1e-4 * r) == pytest.approx(m.excess_kurtosis(r))
    assert m.beta(1e-9 * r, 1e-9 * walk(2)) == pytest.approx(m.beta(r, walk(2)))


# what is no number is refused


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("where", ["equity", "benchmark", "commission", "pnl"])
def test_what_is_no_number_is_refused_by_name_and_place(where: str, bad: float) -> None:
    made = inputs_of(walk(1, 5), walk(2, 5), trades=trades_of([1.0, 2.0, 3.0, 4.0, 5.0]))
    if where in ("equity", "benchmark"):
        values = getattr(made, where).copy()
        values.iloc[3] = bad
        made = replace(made, **{where: values})
    else:
        table = "curve" if where == "commission" else "trades"
        frame = getattr(made, table).copy()
        frame.loc[frame.index[3], where] = bad
        made = replace(made, **{table: frame})
    place = "3" if where == "pnl" else "2000-01-06"
    with pytest.raises(ValueError, match=rf"{where} is -?(nan|inf) at {place}"):
        compute_metrics(made)


@pytest.mark.parametrize("capital", [0.0, -1.0, np.nan, np.inf])
def test_a_capital_that_is_none_is_refused(capital: float) -> None:
    with pytest.raises(ValueError, match="capital"):
        compute_metrics(replace(inputs_of(walk(1, 5)), capital=capital))


def test_no_session_at_all_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one session"):
        compute_metrics(inputs_of(np.empty(0)))


@pytest.mark.parametrize(
    "measure",
    [
        m.total_return, m.max_drawdown, m.average_drawdown, m.longest_drawdown, m.pain_index,
        m.ulcer_index, m.value_at_risk, m.conditional_value_at_risk, m.tail_ratio,
        m.share_positive, m.omega, m.stability, m.skewness,
        lambda r: m.cagr(r, 252.0), lambda r: m.volatility(r, 252.0),
        lambda r: m.sharpe(r, 252.0), lambda r: m.downside_deviation(r, 252.0),
        lambda r: m.sortino(r, 252.0), lambda r: m.calmar(r, 252.0),
        lambda r: m.martin(r, 252.0, 0.0), lambda r: m.beta(r, r),
        lambda r: m.alpha(r, r, 252.0),
    ],
)  # fmt: skip
def test_nothing_is_measured_of_nothing(measure: object) -> None:
    assert measure(np.empty(0)) is None  # type: ignore[operator]


# what a person reads


def test_every_metric_has_a_unit_that_can_be_written_and_says_dash_without_a_value() -> None:
    assert len({metric.key for metric in METRICS}) == len(METRICS)
    for metric in METRICS:
        assert metric.unit in UNITS, metric.key
        assert format_value(None, metric.unit) == MISSING
        assert metric.title and metric.formula and metric.annualisation


def test_yearly_figures_use_the_number_of_periods_they_are_given() -> None:
    r = walk(1)
    daily, weekly = compute_metrics(inputs_of(r)), compute_metrics(inputs_of(r, periods=52.0))
    ratio = math.sqrt(52.0 / 252.0)
    for key in ("volatility", "sharpe", "sortino", "downside_deviation"):
        assert weekly[key] == pytest.approx((daily[key] or 0.0) * ratio)


def test_the_risk_free_rate_is_annual_and_simple() -> None:
    r = walk(1)
    found = compute_metrics(inputs_of(r, risk_free_rate=0.0504))
    assert found["sharpe"] == pytest.approx(m.sharpe(r - 0.0002, 252.0))
    assert found["martin"] == pytest.approx(
        (m.cagr(r, 252.0) - 0.0504) / m.ulcer_index(r)  # type: ignore[operator]
    )


def test_the_first_month_counts_from_the_starting_capital() -> None:
    index = pd.DatetimeIndex(["2024-01-30", "2024-01-31", "2024-02-01", "2024-03-04"])
    made: Inputs = inputs_of(np.array([0.1, 0.1, -0.5, 0.2]), index=index)
    assert made.monthly == pytest.approx([0.21, -0.5, 0.2])
    found = compute_metrics(made)
    assert (found["best_month"], found["worst_month"]) == pytest.approx((0.21, -0.5))
    assert found["positive_months"] == pytest.approx(2 / 3)
