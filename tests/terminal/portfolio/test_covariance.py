"""Covariances: by hand, as the peers have them, and with what was planted found again."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.errors import InputError
from terminal.portfolio.covariance import (
    CONSTANT_CORRELATION,
    COVARIANCES,
    IDENTITY,
    SINGLE_FACTOR,
    EwmaParams,
    estimate_covariance,
    ewma_covariance,
    oracle_shrinkage,
    shrunk,
)
from terminal.portfolio.denoising import (
    DenoisedParams,
    FactorParams,
    denoised_covariance,
    factor_covariance,
    random_edge,
    random_median,
)
from tests.terminal.backtest.panels import examples, seeds
from tests.terminal.portfolio.examples import history

every = pytest.mark.parametrize("name", COVARIANCES)


@every
@examples(8)
@given(seed=seeds, n=st.integers(1, 9), unit=st.sampled_from([0.01, 100.0]))
def test_each_is_a_covariance_whatever_the_unit_and_the_order(
    name: str, seed: int, n: int, unit: float
) -> None:
    returns = history(n, 60, seed)
    found = estimate_covariance(returns, name)
    assert found.shape == (n, n) and np.allclose(found, found.T)
    assert np.linalg.eigvalsh(found)[0] > -1e-12 * np.trace(found)
    assert estimate_covariance(unit * returns, name) == pytest.approx(unit**2 * found, rel=1e-6)
    order = np.random.default_rng(seed).permutation(n)
    shuffled = estimate_covariance(returns[:, order], name)
    assert shuffled == pytest.approx(found[np.ix_(order, order)], rel=1e-6, abs=1e-12)


@every
def test_each_names_a_missing_return(name: str) -> None:
    returns = history(3, 30)
    returns[4, 1] = np.nan
    with pytest.raises(InputError, match="row 5 is missing"):
        estimate_covariance(returns, name)


def test_shrinkage_is_scikit_learns() -> None:
    from sklearn.covariance import ledoit_wolf, oas

    returns = history(12, 40)
    theirs, share = ledoit_wolf(returns)
    ours, own = shrunk(returns, IDENTITY)
    assert own == pytest.approx(share, rel=1e-12) and ours == pytest.approx(theirs, rel=1e-10)
    theirs, share = oas(returns)
    ours, own = oracle_shrinkage(returns)
    assert own == pytest.approx(share, rel=1e-12) and ours == pytest.approx(theirs, rel=1e-10)


def test_shrinkage_to_one_factor_is_pyportfolioopts() -> None:
    from pypfopt.risk_models import CovarianceShrinkage

    returns = history(7, 90)
    peer = CovarianceShrinkage(pd.DataFrame(returns), returns_data=True, frequency=1)
    theirs = peer.ledoit_wolf("single_factor").to_numpy()
    ours, share = shrunk(returns, SINGLE_FACTOR)
    assert share == pytest.approx(peer.delta, rel=1e-9) and ours == pytest.approx(theirs, rel=1e-9)
    # Theirs divides the sample by n_periods - 1 there, and by n_periods in what it is weighed by.
    theirs = peer.ledoit_wolf("constant_correlation").to_numpy()
    ours, share = shrunk(returns, CONSTANT_CORRELATION)
    assert share == pytest.approx(peer.delta, rel=0.03)
    assert ours * 90 / 89 == pytest.approx(theirs, rel=0.03)


def test_a_half_life_halves() -> None:
    returns = np.array([[0.03], [0.0], [0.0], [0.01]])
    found = ewma_covariance(returns, EwmaParams(half_life=3.0, centred=False))[0, 0]
    weights = np.array([0.5, 0.5 ** (2 / 3), 0.5 ** (1 / 3), 1.0])
    by_hand = (weights * returns[:, 0] ** 2).sum() / weights.sum()
    assert found == pytest.approx(by_hand, rel=1e-12)
    flat = ewma_covariance(history(3), EwmaParams(half_life=2000.0))
    assert flat == pytest.approx(np.cov(history(3), rowvar=False), rel=0.1)


def test_the_median_and_the_edge_of_chance() -> None:
    noise = np.random.default_rng(1).normal(0, 1, (1200, 600))
    eigenvalues = np.linalg.eigvalsh(np.corrcoef(noise, rowvar=False))
    assert np.median(eigenvalues) == pytest.approx(random_median(0.5), rel=0.01)
    assert random_edge(eigenvalues, 0.5) == pytest.approx(eigenvalues[-1], rel=0.03)


def test_three_planted_factors_are_found_and_nothing_in_noise() -> None:
    generator = np.random.default_rng(5)
    loadings = generator.choice([-1.0, 1.0], (3, 40))
    returns = generator.normal(0, 1, (500, 3)) @ loadings + generator.normal(0, 2, (500, 40))
    truth = loadings.T @ loadings + 4.0 * np.eye(40)
    sample = np.cov(returns, rowvar=False)
    for found in (
        denoised_covariance(returns, DenoisedParams()),
        factor_covariance(returns, FactorParams()),
    ):
        assert np.diag(found) == pytest.approx(np.diag(sample))
        assert np.linalg.norm(found - truth) < 0.95 * np.linalg.norm(sample - truth)
        assert np.linalg.cond(found) < np.linalg.cond(sample)
    for name in ("denoised", "factor"):
        noise = estimate_covariance(generator.normal(0, 1, (500, 40)), name)
        off = noise[~np.eye(40, dtype=bool)]
        assert np.abs(off).mean() < 0.04


def test_detoned_has_no_market_left_and_is_refused_where_it_must_be_invertible() -> None:
    from terminal.portfolio.optimise import optimise
    from terminal.portfolio.problem import Problem

    returns = history(8, 300, factors=1) + 0.001
    found = denoised_covariance(returns, DenoisedParams(detone=True))
    sample = np.corrcoef(returns, rowvar=False).mean()
    deviation = np.sqrt(np.diag(found))
    assert (found / np.outer(deviation, deviation)).mean() < sample / 2
    with pytest.raises(InputError, match="singular"):
        optimise(Problem(found), "minimum-variance")
    assert optimise(Problem(found), "hrp").weights.sum() == pytest.approx(1.0)


def test_an_unknown_name_is_refused_with_the_known_ones() -> None:
    with pytest.raises(InputError, match=r"no covariance 'gerber'; known: sample, ewma"):
        estimate_covariance(history(), "gerber")
