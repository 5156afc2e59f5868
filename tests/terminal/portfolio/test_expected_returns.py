"""Expected returns: closed forms, the published tables, and views that move what they are about."""

from __future__ import annotations

import numpy as np
import pytest

from terminal.errors import InputError
from terminal.portfolio.black_litterman import (
    Views,
    absolute_views,
    equilibrium,
    posterior,
    unconstrained_weights,
    views_from_scores,
)
from terminal.portfolio.expected_returns import (
    BAYES_STEIN,
    EXPECTED_RETURNS,
    EquilibriumParams,
    EwmaMeanParams,
    History,
    SteinParams,
    estimate_returns,
)
from tests.terminal.portfolio.examples import history
from tests.terminal.portfolio.published import (
    HL_CANADA,
    HL_CORRELATION,
    HL_GERMANY,
    HL_MARKET,
    HL_TABLE_4,
    HL_TABLE_5,
    HL_VOLATILITY,
    by_correlation,
)

SIGMA = by_correlation(HL_VOLATILITY, HL_CORRELATION)
PRIOR = equilibrium(SIGMA, HL_MARKET, 2.5)


@pytest.mark.parametrize(
    ("picks", "values", "table"),
    [([HL_GERMANY], [0.05], HL_TABLE_4), ([HL_GERMANY, HL_CANADA], [0.05, 0.03], HL_TABLE_5)],
)
def test_the_published_tables(
    picks: list[list[float]], values: list[float], table: list[list[float]]
) -> None:
    found = posterior(SIGMA, PRIOR, Views(np.array(picks), np.array(values)))
    assert 100 * found.mu == pytest.approx(table[0], abs=0.06)
    assert 100 * unconstrained_weights(found, 2.5) == pytest.approx(table[1], abs=0.11)


def test_a_confidence_moves_the_view_in_proportion() -> None:
    for confidence in (0.0, 0.2, 0.6, 1.0):
        views = Views(np.array([HL_GERMANY]), np.array([0.05]), confidences=np.array([confidence]))
        found = posterior(SIGMA, PRIOR, views)
        before, after = np.array(HL_GERMANY) @ PRIOR, np.array(HL_GERMANY) @ found.mu
        assert after == pytest.approx(before + confidence * (0.05 - before), abs=1e-12)


def test_no_views_leave_the_equilibrium_and_the_market() -> None:
    none = Views(np.zeros((0, 7)), np.zeros(0))
    found = posterior(SIGMA, PRIOR, none, 0.05)
    assert found.mu == pytest.approx(PRIOR)
    assert unconstrained_weights(found, 2.5) == pytest.approx(HL_MARKET / 1.05)


def test_views_that_cannot_be_are_refused() -> None:
    twice = Views(np.eye(7)[[0, 0]], np.array([0.1, 0.2]), confidences=np.ones(2))
    with pytest.raises(InputError, match="Two certain views"):
        posterior(SIGMA, PRIOR, twice)
    with pytest.raises(InputError, match=r"A confidence is 1.5; allowed: 0 to 1"):
        posterior(SIGMA, PRIOR, Views(np.eye(7)[:1], np.zeros(1), confidences=np.array([1.5])))
    with pytest.raises(InputError, match="view on 'TSLA', which is not among"):
        absolute_views(("AAPL", "IBM"), {"TSLA": 0.1})
    with pytest.raises(InputError, match="names no instrument"):
        posterior(SIGMA, PRIOR, Views(np.zeros((1, 7)), np.zeros(1)))


def test_views_by_name() -> None:
    views = absolute_views(("AAPL", "IBM"), {"IBM": 0.1}, {"IBM": 1.0})
    found = posterior(np.eye(2), np.zeros(2), views)
    assert found.mu == pytest.approx([0.0, 0.1])


def test_scores_become_views_and_those_without_one_follow_their_correlation_only() -> None:
    scores = np.array([2.0, np.nan, -1.0, 0.0, np.nan, 1.0, 0.0])
    views = views_from_scores(scores, PRIOR, SIGMA, 0.1, 1.0)
    found = posterior(SIGMA, PRIOR, views)
    known = np.isfinite(scores)
    z = (scores[known] - scores[known].mean()) / scores[known].std()
    assert (found.mu - PRIOR)[known] == pytest.approx(0.1 * np.sqrt(np.diag(SIGMA))[known] * z)
    returns = history(7)
    plain = estimate_returns(History(returns), "black-litterman")
    scored = estimate_returns(
        History(returns, scores=scores), "black-litterman", EquilibriumParams(confidence=1.0)
    )
    assert (scored - plain)[0] > 0 > (scored - plain)[2]
    unsure = estimate_returns(
        History(returns, scores=scores), "black-litterman", EquilibriumParams(confidence=0.0)
    )
    assert unsure == pytest.approx(plain)


def test_the_market_earns_its_mean_under_the_capm() -> None:
    returns = history(5)
    weights = np.array([0.4, 0.3, 0.1, 0.1, 0.1])
    found = estimate_returns(History(returns, market=weights, risk_free=0.0001), "capm")
    assert weights @ found == pytest.approx((returns @ weights).mean())
    with pytest.raises(InputError, match="market does not move"):
        estimate_returns(History(np.zeros((20, 2))), "capm")


def test_means_drawn_together_are_skfolios() -> None:
    from skfolio.moments import ShrunkMu, ShrunkMuMethods

    returns = np.random.default_rng(3).normal(0, 0.01, (120, 6)) + np.linspace(0, 0.01, 6)
    james = ShrunkMu(method=ShrunkMuMethods.JAMES_STEIN).fit(returns)
    bayes = ShrunkMu(method=ShrunkMuMethods.BAYES_STEIN).fit(returns)
    data = History(returns)
    assert 0 < james.alpha_ < 1
    assert estimate_returns(data, "stein") == pytest.approx(james.mu_, rel=1e-12)
    found = estimate_returns(data, "stein", SteinParams(BAYES_STEIN))
    assert found == pytest.approx(bayes.mu_, rel=1e-12)


def test_a_shrinkage_beyond_all_stops_at_the_common_mean() -> None:
    returns = history(6, 30)
    returns = returns - returns.mean(axis=0) + 0.001 + np.linspace(0, 1e-5, 6)
    found = estimate_returns(History(returns), "stein")
    assert found == pytest.approx(np.full(6, returns.mean()), abs=1e-12)


def test_recent_returns_count_more() -> None:
    returns = np.array([[0.08], [0.0], [0.02]])
    found = estimate_returns(History(returns), "ewma", EwmaMeanParams(1.0))
    assert found == pytest.approx([(0.25 * 0.08 + 0.02) / 1.75])
    assert estimate_returns(History(returns), "historical") == pytest.approx([0.1 / 3])


@pytest.mark.parametrize("name", EXPECTED_RETURNS)
def test_each_follows_the_order_of_instruments(name: str) -> None:
    returns, order = history(6), np.array([3, 0, 5, 1, 4, 2])
    found = estimate_returns(History(returns), name)
    assert estimate_returns(History(returns[:, order]), name) == pytest.approx(found[order])
