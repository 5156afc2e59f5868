"""The regression on factors, against statsmodels and on known coefficients."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from terminal.backtest.attribution.factors import factor_fit, newey_west
from terminal.errors import InputError
from terminal.market.french_factors import monthly_factors


@pytest.mark.parametrize("lags", [0, 1, 4, 12])
def test_coefficients_and_errors_are_those_of_statsmodels(lags: int) -> None:
    draw = np.random.default_rng(1)
    x = np.column_stack([np.ones(150), draw.normal(size=(150, 3))])
    noise = np.convolve(draw.normal(size=152), [1, 0.6, 0.3], "valid")
    y = x @ [0.1, 1.0, -0.5, 0.2] + noise
    beta, error, used = newey_west(y, x, lags)
    peer = sm.OLS(y, x).fit(cov_type="HAC", cov_kwds={"maxlags": lags})
    assert used == lags
    assert beta == pytest.approx(peer.params, rel=1e-10)
    assert error == pytest.approx(peer.bse, rel=1e-10)


def test_a_run_made_of_factors_is_taken_apart_again() -> None:
    factors = monthly_factors()
    assert factors is not None
    assert str(factors.index[0]) == "1926-07" and len(factors) > 1_000
    part = factors.loc["2000-01":"2010-12"]  # type: ignore[misc]
    run = part["RF"] + 0.002 + 0.8 * part["Mkt-RF"] + 0.3 * part["HML"]
    found = factor_fit(run, factors)
    assert found is not None
    values = {c.name: c.value for c in found.coefficients}
    expected = {"Alpha": 0.002, "Mkt-RF": 0.8, "SMB": 0.0, "HML": 0.3}
    assert values == pytest.approx(expected, abs=1e-12)
    assert found.n == 132 and (found.first, found.last) == ("2000-01", "2010-12")
    assert found.r_squared == pytest.approx(1.0)


def test_too_few_months_are_no_regression_and_equal_factors_are_refused() -> None:
    factors = monthly_factors()
    assert factors is not None
    few = factors["Mkt-RF"].loc["2017-01":"2019-12"]  # type: ignore[misc]
    assert factor_fit(few, factors) is None
    months = pd.period_range("2030-01", periods=60, freq="M")
    assert factor_fit(pd.Series(0.01, months), factors) is None
    x = np.ones((30, 2))
    with pytest.raises(InputError, match="do not differ"):
        newey_west(np.arange(30.0), x)
