"""Drawdowns, liquidity, concentration, clusters and exposures of small books by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given

from terminal.backtest.return_metrics import drawdown_depths, drawdowns
from terminal.charts.curve import worst_drawdowns
from terminal.errors import InputError
from terminal.market.panel import FloatArray
from terminal.risk.book import covariance_of
from terminal.risk.clusters import clusters, correlation_of
from terminal.risk.concentration import concentration, effective_bets
from terminal.risk.drawdowns import conditional_drawdown_at_risk, episodes, mean_of_worst
from terminal.risk.exposures import betas, exposures
from terminal.risk.liquidity import liquidity
from tests.terminal.risk.books import days, made_returns
from tests.terminal.risk.examples import FEW, samples, small_books


@FEW
@given(samples())
def test_episodes_are_those_of_the_metrics_and_of_the_tear_sheet(returns: FloatArray) -> None:
    dates = days(len(returns))
    found = episodes(returns, dates, count=1000)
    assert sorted(e.depth for e in found) == sorted(drawdown_depths(returns).tolist())
    wealth = pd.Series(np.cumprod(1 + returns), pd.DatetimeIndex(dates))
    peer = worst_drawdowns(wealth, 3, start=1.0)
    if len(peer):
        assert found[0].depth == pytest.approx(peer["depth"].iloc[0], rel=1e-12)
        assert found[0].trough == peer["trough_ts"].iloc[0].date()
    assert all(e.recovery is None or e.recovery > e.trough >= e.peak for e in found)


def test_a_fall_by_hand() -> None:
    found = episodes(np.array([0.10, -0.50, 0.50, 0.50, -0.10]), days(5, "2024-01-01"))
    assert [(e.depth, str(e.peak), str(e.trough), str(e.recovery)) for e in found] == [
        (pytest.approx(-0.5), "2024-01-01", "2024-01-02", "2024-01-04"),
        (pytest.approx(-0.1), "2024-01-04", "2024-01-05", "None"),
    ]
    assert found[0].days == 3 and found[1].days == 1


def test_the_mean_of_the_worst_counts_the_edge_in_part() -> None:
    losses = np.array([1.0, 2.0, 3.0, 4.0])
    assert mean_of_worst(losses, 0.25) == 4.0
    assert mean_of_worst(losses, 0.5) == 3.5
    assert mean_of_worst(losses, 0.375) == pytest.approx((4.0 + 0.5 * 3.0) / 1.5)
    assert mean_of_worst(losses, 0.05) == 4.0
    returns = np.array([0.0, -0.1, 0.0, 0.05])
    falls = -drawdowns(returns)
    assert conditional_drawdown_at_risk(returns, 0.5) == pytest.approx(falls[1:3].mean())
    summed = conditional_drawdown_at_risk(returns, 0.5, compounded=False)
    assert summed == pytest.approx(0.1)
    with pytest.raises(InputError, match="no returns"):
        conditional_drawdown_at_risk(np.empty(0))


def test_leaving_takes_the_days_that_volume_allows() -> None:
    weights = np.array([0.5, -0.25, 0.25])
    found = liquidity(("A", "B", "C"), weights, 1e6, {"A": 1e6, "B": 5e6}, {"A": 0.002}, 0.1)
    rows = {row.symbol: row for row in found.positions}
    assert rows["A"].days == pytest.approx(5.0) and rows["B"].days == pytest.approx(0.5)
    assert rows["C"].days is None and found.positions[0].symbol == "C"
    assert dict(found.left) == pytest.approx(
        {1: (0.1 + 0.25), 3: 0.3 + 0.25, 5: 0.75, 10: 0.75, 20: 0.75}
    )
    assert found.cost == pytest.approx(0.5 * 0.002 * 0.5)
    assert found.unknown == ("C",) and found.unpriced == ("B", "C")
    assert found.days_to_most is None
    full = liquidity(("A", "B"), weights[:2], 1e6, {"A": 1e6, "B": 5e6}, {}, 0.1)
    # 95 % of 0.75 is 0.7125: all of B, and 0.4625 of A's 0.5
    assert full.days_to_most == pytest.approx(5.0 * 0.4625 / 0.5, rel=1e-9)
    assert full.days_weighted == pytest.approx((0.5 * 5 + 0.25 * 0.5) / 0.75)
    with pytest.raises(InputError, match="participation of 0"):
        liquidity(("A",), np.ones(1), 1.0, {}, {}, 0.0)
    with pytest.raises(InputError, match="traded of A is -1"):
        liquidity(("A",), np.ones(1), 1.0, {"A": -1.0}, {}, 0.1)


def test_bets_are_counted() -> None:
    equal = np.full(4, 0.25)
    found = concentration(equal, np.eye(4) * 0.04)
    assert found.herfindahl == pytest.approx(0.25)
    assert found.effective_positions == pytest.approx(4.0)
    assert found.effective_bets_torsion == pytest.approx(4.0)
    assert found.diversification == pytest.approx(2.0)
    assert found.tops[0] == (1, 0.25) and found.tops[1] == (5, pytest.approx(1.0))
    one = np.full((4, 4), 0.04) + 1e-9 * np.eye(4)
    assert effective_bets(equal, one) == pytest.approx(1.0, abs=1e-4)
    assert concentration(np.array([1.0, 0, 0, 0]), np.eye(4)).effective_positions == 1.0


@FEW
@given(small_books())
def test_bets_lie_between_one_and_all_and_ignore_scale(
    small: tuple[FloatArray, FloatArray],
) -> None:
    weights, returns = small
    covariance = covariance_of(returns)
    for torsion in (False, True):
        bets = effective_bets(weights, covariance, torsion=torsion)
        assert 1.0 - 1e-9 <= bets <= len(weights) + 1e-9
        again = effective_bets(3.0 * weights, covariance, torsion=torsion)
        assert again == pytest.approx(bets, rel=1e-6)


def test_what_moves_together_is_one_cluster_and_stands_together() -> None:
    rng = np.random.default_rng(0)
    two = rng.standard_normal((2, 400))
    returns = two[[0, 1, 0, 1, 0]].T + 0.3 * rng.standard_normal((400, 5))
    found = clusters(correlation_of(covariance_of(returns)))
    assert sorted(tuple(sorted(g)) for g in found.groups) == [(0, 2, 4), (1, 3)]
    assert set(found.order[:3]) in ({0, 2, 4}, {1, 3} | {found.order[2]})
    assert sorted(found.order) == [0, 1, 2, 3, 4]
    assert clusters(np.ones((1, 1))).groups == ((0,),)
    with pytest.raises(InputError, match="outside -1 to 1"):
        clusters(np.eye(2), 1.0)
    with pytest.raises(InputError, match="not a number"):
        clusters(np.full((2, 2), np.nan))


def test_exposures_add_up() -> None:
    weights = np.array([0.6, -0.3, 0.2, 0.1])
    sectors = {"A": "Energy", "B": "Energy", "C": "Banks"}
    found = exposures(("A", "B", "C", "D"), weights, sectors, np.array([1.0, 2.0, 0.5, 1.0]))
    assert (found.gross, found.net, found.cash) == pytest.approx((1.2, 0.6, 0.4))
    assert found.beta == pytest.approx(0.6 - 0.6 + 0.1 + 0.1)
    assert [s.sector for s in found.sectors] == ["Energy", "Banks", "Sector not known"]
    assert found.sectors[0].net == pytest.approx(0.3)
    assert found.sectors[0].gross == pytest.approx(0.9)
    assert sum(s.gross for s in found.sectors) == pytest.approx(found.gross)
    returns, market = made_returns(3, 100)
    assert betas(returns, None) is None and betas(returns, np.zeros(100)) is None
    own = betas(returns, market)
    assert own is not None
    assert own[1] == pytest.approx(np.cov(returns[:, 1], market)[0, 1] / market.var(ddof=1))
