"""Backtests of value at risk: published numbers, forecasts without foresight, and the faults they
are there to catch."""

from __future__ import annotations

import numpy as np
import pytest

from terminal.errors import InputError
from terminal.risk import value_at_risk as v
from terminal.risk.coverage import (
    Zone,
    chance_of_at_most,
    coverage,
    independence,
    kupiec,
    traffic_light,
)
from terminal.risk.rolling import TESTED, rolling_var
from terminal.risk.value_at_risk import Method


def test_kupiec_and_christoffersen_have_their_closed_forms() -> None:
    assert kupiec(255, 7, 0.05).statistic == pytest.approx(3.2407180, abs=1e-7)
    assert kupiec(1000, 4, 0.01).p_value == pytest.approx(0.0300581, abs=1e-7)
    assert independence(932, 53, 53, 4).statistic == pytest.approx(0.2586632, abs=1e-7)
    assert kupiec(100, 0, 0.01).statistic == pytest.approx(-200 * np.log(0.99))
    assert kupiec(100, 100, 0.01).statistic == pytest.approx(-200 * np.log(0.01))


def test_the_traffic_light_is_the_committees_table() -> None:
    # Basel Committee (1996), table 2: cumulative chance of at most so many in 250 at 99 %
    table = {0: 8.11, 4: 89.22, 5: 95.88, 9: 99.97}
    for count, chance in table.items():
        assert 100 * chance_of_at_most(count, 250, 0.01) == pytest.approx(chance, abs=0.006)
    assert [traffic_light(k) for k in (4, 5, 9, 10, 30)] == [
        (Zone.GREEN, 0.0),
        (Zone.YELLOW, 0.4),
        (Zone.YELLOW, 0.85),
        (Zone.RED, 1.0),
        (Zone.RED, 1.0),
    ]


def test_too_many_exceptions_and_exceptions_in_a_row_are_told_apart() -> None:
    spread, bunched, many = (np.zeros(500, dtype=bool) for _ in range(3))
    spread[10::20] = True
    bunched[200:225] = True
    many[::5] = True
    fine = coverage(spread, 0.95)
    assert fine.exceptions == 25 and fine.expected == pytest.approx(25.0)
    assert "nothing speaks against" in fine.sentence
    assert "clusters" in coverage(bunched, 0.95).sentence
    assert "understates" in coverage(many, 0.95).sentence
    assert "overstates" in coverage(np.zeros(500, dtype=bool), 0.95).sentence
    both = coverage(bunched, 0.95)
    assert both.conditional.statistic == pytest.approx(
        both.unconditional.statistic + both.independence.statistic
    )
    assert coverage(spread, 0.99).zone is Zone.RED and fine.zone is None


@pytest.mark.parametrize("method", TESTED)
def test_a_forecast_knows_nothing_of_its_day_or_later(method: Method) -> None:
    rng = np.random.default_rng(0)
    returns = 0.01 * rng.standard_t(4, 500)
    found = rolling_var(returns, method, 0.99, 120)
    for cut in (121, 200, 380):
        assert rolling_var(returns[:cut], method, 0.99, 120) == pytest.approx(
            found[: cut - 120], rel=1e-12
        )
    spoilt = returns.copy()
    spoilt[300:] = -0.5
    assert rolling_var(spoilt, method, 0.99, 120)[:181] == pytest.approx(found[:181], rel=1e-12)


def test_the_forecast_of_a_day_is_the_tail_of_the_window_before_it() -> None:
    returns = 0.01 * np.random.default_rng(1).standard_t(4, 300)
    past = returns[30:280]
    m = v.moments(past)
    expected = {
        Method.HISTORICAL: v.historical(past, 0.95).var,
        Method.NORMAL: v.normal(m.mean, m.deviation, 0.95).var,
        Method.CORNISH_FISHER: v.cornish_fisher(m, 0.95).var,
    }
    for method, value in expected.items():
        assert rolling_var(returns, method, 0.95, 250)[30] == pytest.approx(value, rel=1e-10)
    first = returns[:250]
    m, freedom = v.moments(first), v.degrees_of_freedom(first)
    student = rolling_var(returns, Method.STUDENT, 0.95, 250)[0]
    assert student == pytest.approx(v.student_t(m.mean, m.deviation, freedom, 0.95).var, rel=1e-10)


def test_a_model_blind_to_volatility_is_caught_and_the_filtered_one_is_not() -> None:
    rng = np.random.default_rng(5)
    calm = np.repeat([0.005, 0.03, 0.005, 0.03, 0.005], 300)
    returns = calm * rng.standard_normal(1500)
    actual = returns[250:]
    slow = coverage(actual < -rolling_var(returns, Method.NORMAL, 0.95), 0.95)
    quick = coverage(actual < -rolling_var(returns, Method.FILTERED, 0.95), 0.95)
    assert slow.conditional.p_value < 0.01 < quick.conditional.p_value


def test_what_cannot_be_tested_is_named() -> None:
    with pytest.raises(InputError, match="leave no forecast"):
        rolling_var(np.zeros(250), Method.NORMAL, 0.95, 250)
    with pytest.raises(InputError, match="not backtested"):
        rolling_var(np.zeros(300), Method.MONTE_CARLO, 0.95, 250)
    with pytest.raises(InputError, match="two forecasts"):
        coverage(np.zeros(1, dtype=bool), 0.95)
    with pytest.raises(InputError, match="make no test"):
        kupiec(10, 11, 0.01)
