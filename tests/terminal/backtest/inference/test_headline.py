"""The measures of many series at once are the project's own measures of each."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from terminal.backtest import return_metrics as m
from terminal.backtest.inference.headline import HEADLINE, headline_metrics
from terminal.market.panel import FloatArray
from tests.terminal.backtest.return_series import series

RATE = 0.03
OWN: dict[str, Callable[[FloatArray, float, float], float | None]] = {
    "total_return": lambda r, p, f: m.total_return(r),
    "cagr": lambda r, p, f: m.cagr(r, p),
    "volatility": lambda r, p, f: m.volatility(r, p),
    "sharpe": lambda r, p, f: m.sharpe(r - f / p, p),
    "sortino": lambda r, p, f: m.sortino(r - f / p, p),
    "calmar": lambda r, p, f: m.calmar(r, p),
    "max_drawdown": lambda r, p, f: m.max_drawdown(r),
}


def agrees(rows: FloatArray, periods: float, rate: float) -> None:
    found = headline_metrics(rows, periods, rate)
    assert tuple(found) == HEADLINE == tuple(OWN)
    for key, own in OWN.items():
        for row, value in zip(rows, found[key], strict=True):
            theirs = own(row, periods, rate)
            if theirs is None:
                assert np.isnan(value), key
            else:
                assert value == pytest.approx(theirs, rel=1e-9, abs=1e-12), key


@pytest.mark.parametrize("rate", [0.0, RATE])
@pytest.mark.parametrize("name", list(series()))
def test_measures_of_a_row_are_the_projects_own(name: str, rate: float) -> None:
    r = series()[name]
    agrees(np.stack([r, r[::-1], np.roll(r, r.size // 3)]), 252.0, rate)


@settings(derandomize=True, deadline=None, max_examples=150)
@given(
    rows=arrays(
        np.float64,
        st.tuples(st.integers(1, 4), st.integers(1, 30)),
        elements=st.integers(-1_000, 1_500).map(lambda k: k / 1_000),
    ),
    periods=st.sampled_from([12.0, 252.0]),
)
def test_measures_agree_on_any_returns_down_to_a_total_loss(
    rows: FloatArray, periods: float
) -> None:
    agrees(rows, periods, 0.0)


def test_debt_and_growth_that_no_number_holds_are_measured_alike() -> None:
    agrees(np.array([[0.1, -1.2, 0.5], [20.0, 30.0, 500.0]]), 252.0, 0.0)
