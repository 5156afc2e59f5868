"""Factor models: parts add up to the variance, and exposures know nothing of the future."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given

from terminal.errors import InputError
from terminal.market.french_factors import monthly_factors
from terminal.market.panel import FloatArray
from terminal.risk.book import covariance_of
from terminal.risk.factors import exposures as x
from terminal.risk.factors.cross_section import cross_sectional_factors
from terminal.risk.factors.model import FactorModel, decompose
from terminal.risk.factors.statistical import principal_factors
from terminal.risk.factors.time_series import monthly_fit, regression_factors
from tests.terminal.risk.books import days, made_returns
from tests.terminal.risk.examples import FEW, small_books


def names(n: int) -> tuple[str, ...]:
    return tuple(f"S{k:02d}" for k in range(n))


def adds_up(weights: FloatArray, model: FactorModel) -> None:
    found = decompose(weights, model)
    total = float(weights @ model.whole() @ weights)
    parts = sum(part.variance for part in found.parts) + found.specific
    assert found.total == pytest.approx(total, rel=1e-10)
    assert parts == pytest.approx(total, rel=1e-10)
    assert sum(value for _, value in found.by_position) == pytest.approx(total, rel=1e-10)
    shares = sum(part.share for part in found.parts) + found.specific_share
    assert shares == pytest.approx(1.0, abs=1e-10)


@FEW
@given(small_books())
def test_parts_of_the_variance_add_up(small: tuple[FloatArray, FloatArray]) -> None:
    weights, returns = small
    adds_up(weights, principal_factors(returns, names(len(weights))))
    drawn = np.random.default_rng(0).normal(0, 0.01, (len(returns), 2))
    adds_up(weights, regression_factors(returns, names(len(weights)), drawn, ("a", "b")))


def test_the_published_identity_by_hand() -> None:
    # x'Fx + w'Dw with one factor: exposure 0.5 * 1 + 0.5 * 2 = 1.5
    model = FactorModel(
        "given", ("f",), ("A", "B"), np.array([[1.0], [2.0]]), np.array([[0.04]]),
        np.array([0.01, 0.02]),
    )  # fmt: skip
    found = decompose(np.array([0.5, 0.5]), model)
    assert found.parts[0].exposure == pytest.approx(1.5)
    assert found.parts[0].variance == pytest.approx(2.25 * 0.04)
    assert found.specific == pytest.approx(0.0075)
    assert found.deviation == pytest.approx(np.sqrt(0.0975))


def test_all_components_are_the_sample_covariance_and_few_keep_the_diagonal() -> None:
    returns, _ = made_returns(6, 300)
    sample = covariance_of(returns)
    assert principal_factors(returns, names(6), 6).whole() == pytest.approx(sample, abs=1e-15)
    few = principal_factors(returns, names(6), 2).whole()
    assert np.diag(few) == pytest.approx(np.diag(sample), rel=1e-12)
    assert len(principal_factors(returns, names(6)).factors) == 1  # one market, else noise
    with pytest.raises(InputError, match="7 components of 6"):
        principal_factors(returns, names(6), 7)


def test_a_book_made_of_factors_has_their_exposures() -> None:
    rng = np.random.default_rng(1)
    factors = rng.normal(0, 0.01, (300, 2))
    beta = np.array([[1.0, 0.5], [0.2, -1.0], [0.0, 2.0]])
    returns = 0.0003 + factors @ beta.T + 1e-4 * rng.standard_normal((300, 3))
    found = regression_factors(returns, names(3), factors, ("market", "value"))
    assert found.exposures == pytest.approx(beta, abs=0.01)
    for bad, words in (
        (np.column_stack([factors[:, 0]] * 2), "combinations of each other"),
        (factors[:-1], "factors have the shape"),
        (np.where(np.arange(300)[:, None] == 7, np.nan, factors), "row 8: market is nan"),
    ):
        with pytest.raises(InputError, match=words):
            regression_factors(returns, names(3), bad, ("market", "value"))


def test_exposures_of_a_date_rest_on_dates_up_to_it() -> None:
    returns, market = made_returns(8, 420)
    capital = np.linspace(1e9, 5e9, 8)
    later = returns.copy()
    later[400:] = 0.3
    cut = 380
    for whole, part, spoilt in (
        (x.momentum(returns), x.momentum(returns[:cut]), x.momentum(later)),
        (x.volatility(returns), x.volatility(returns[:cut]), x.volatility(later)),
        (x.beta(returns, market), x.beta(returns[:cut], market[:cut]), x.beta(later, market)),
    ):
        assert part == pytest.approx(whole[:cut], rel=1e-6, nan_ok=True)
        assert spoilt[:400] == pytest.approx(whole[:400], rel=1e-6, nan_ok=True)
    then = capital / np.prod(1 + returns[cut:], axis=0)
    known = x.size(returns[:cut], then)
    assert known == pytest.approx(x.size(returns, capital)[:cut], rel=1e-10)


def test_momentum_leaves_the_last_month_out() -> None:
    returns = np.zeros((300, 1))
    returns[40] = 0.5  # in the year that ends a month before row 270
    returns[265] = 0.9  # in the last month
    found = x.momentum(returns)
    assert np.isnan(found[250]).all()
    assert found[270, 0] == pytest.approx(np.log(1.5))
    assert found[292, 0] == pytest.approx(np.log(1.9))


def test_scores_have_mean_zero_by_size_and_deviation_one() -> None:
    values = np.random.default_rng(0).normal(5, 3, (4, 50))
    values[0, 0] = 1e6
    weights = np.linspace(1, 9, 50)
    found = x.standardised(values, weights)
    assert (found * weights).sum(axis=1) == pytest.approx(np.zeros(4), abs=1e-9)
    assert found.std(axis=1) == pytest.approx(np.ones(4))
    assert found.max() < 5.0
    assert (x.standardised(np.ones((1, 5)), np.ones(5)) == 0).all()


def test_the_cross_section_finds_the_sector_that_moves() -> None:
    rng = np.random.default_rng(3)
    n, periods = 40, 500
    sectors = {s: ("Energy", "Banks")[k % 2] for k, s in enumerate(names(n))}
    moved = np.array([sectors[s] == "Energy" for s in names(n)])
    energy = 0.02 * rng.standard_normal(periods)
    returns = 0.005 * rng.standard_normal((periods, n)) + energy[:, None] * moved
    capital = {s: 1e9 * (1 + k) for k, s in enumerate(names(n))}
    model = cross_sectional_factors(returns, names(n), sectors=sectors, capital=capital)
    assert model.factors == ("Banks", "Energy", "Size", "Momentum", "Volatility", "Beta")
    weights = np.full(n, 1.0 / n)
    adds_up(weights, model)
    found = decompose(weights, model)
    assert found.parts[0].name == "Energy" and found.parts[0].share > 0.7
    bare = cross_sectional_factors(returns, names(n))
    assert bare.factors[0] == "Market" and "Size" not in bare.factors
    assert any("No size factor: S00" in note for note in bare.notes)
    with pytest.raises(InputError, match="leave nothing to average"):
        cross_sectional_factors(returns[:, :6], names(6))
    with pytest.raises(InputError, match="needs 312"):
        cross_sectional_factors(returns[:300], names(n))


def test_months_on_the_factors_of_fama_and_french() -> None:
    factors = monthly_factors()
    assert factors is not None
    part = factors.loc["2010-01":"2014-12"]  # type: ignore[misc]
    dates = days(1304, "2010-01-01")
    months = pd.DatetimeIndex(dates).to_period("M")
    counts = months.value_counts()
    wanted = part["RF"] + 0.7 * part["Mkt-RF"] - 0.2 * part["SMB"]
    daily = np.array([(1 + wanted[m]) ** (1 / counts[m]) - 1 for m in months])
    found = monthly_fit(daily, dates, factors)
    assert found is not None
    values = {c.name: c.value for c in found.coefficients}
    assert values == pytest.approx({"Alpha": 0, "Mkt-RF": 0.7, "SMB": -0.2, "HML": 0}, abs=1e-9)
    assert monthly_fit(daily, dates, None) is None
    inside = monthly_fit(daily[10:-10], dates[10:-10], factors)
    assert inside is not None and inside.n == found.n - 2  # months seen in part do not count


def test_a_model_that_does_not_fit_together_is_refused() -> None:
    with pytest.raises(InputError, match="exposures have the shape"):
        FactorModel("x", ("f",), ("A",), np.ones((2, 1)), np.ones((1, 1)), np.ones(1))
    with pytest.raises(InputError, match="not a number"):
        FactorModel("x", ("f",), ("A",), np.full((1, 1), np.nan), np.ones((1, 1)), np.ones(1))
    empty = FactorModel("x", ("f",), ("A",), np.zeros((1, 1)), np.ones((1, 1)), np.zeros(1))
    with pytest.raises(InputError, match="no variance"):
        decompose(np.ones(1), empty)
