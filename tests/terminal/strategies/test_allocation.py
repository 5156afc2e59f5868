"""The allocation strategy: what its form says is what is traded."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from terminal.backtest.account import Account
from terminal.backtest.engine import simulate
from terminal.backtest.truncation import truncation_check
from terminal.errors import InputError
from terminal.market.adjust import forward_adjusted
from terminal.portfolio.rolling import Schedule, rolling_weights
from terminal.strategies.allocation import ALLOCATION, recipe, sector_rows, targets
from terminal.strategies.allocation_params import (
    BOTH,
    LEAST_CVAR,
    LONG_METHODS,
    NEUTRAL,
    OF_FORM,
    SECTOR_BUDGETS,
    AllocationParams,
)
from terminal.strategies.schedule import first_of_week
from terminal.strategies.volatility import own_returns
from tests.terminal.backtest.panels import panel, random_panel
from tests.terminal.portfolio.examples import history


def params(**more: Any) -> AllocationParams:
    return AllocationParams(
        **{"lookback": 21, "rebalance": "weekly", "tail": 0.1, "volatility": 1.0, **more}
    )


def drifting(n: int = 5, rows: int = 120) -> Any:
    return grouped(panel(100 * np.cumprod(1 + history(n, rows), axis=0)))


def grouped(bars: Any) -> Any:
    """With the first two instruments in one sector and the rest in another."""
    return replace(bars, sectors=("one", "one", *["two"] * (bars.n_instruments - 2)))


@pytest.mark.parametrize("method", OF_FORM)
def test_decisions_are_the_same_when_the_future_is_hidden(method: str) -> None:
    bars = grouped(random_panel(3, 90, 4))
    given = params(method=method, purge=1, most=0.6)
    found = truncation_check(ALLOCATION, given, bars, cuts=(40, 71))
    assert found.passed, f"at bar {found.bar} of {found.symbol}"
    weights = targets(forward_adjusted(bars), given)
    assert np.isfinite(weights).any()


@pytest.mark.parametrize("method", OF_FORM)
def test_weights_are_the_portfolio_rooms_and_keep_to_the_form(method: str) -> None:
    bars = drifting()
    given = params(method=method, most=0.4, invested=0.9)
    found = targets(bars, given)
    rows = np.flatnonzero(np.isfinite(found).any(axis=1))
    assert rows.size > 10 and rows[0] == 25 and first_of_week(bars.ts)[rows].all()
    assert found[rows].sum(axis=1) == pytest.approx(np.full(rows.size, 0.9), abs=1e-6)
    assert found[rows].max() <= 0.36 + 1e-9 and found[rows].min() >= 0
    decided = first_of_week(bars.ts)
    decided[:21] = False  # the look-back's returns need a bar more
    alone = rolling_weights(
        own_returns(bars.close), decided, recipe(given, np.array(bars.sectors)), Schedule(21)
    )
    assert np.array_equal(alone.weights, found, equal_nan=True)


def test_few_instruments_share_equally_where_the_most_would_not_do() -> None:
    found = targets(drifting(3), params(method="minimum-variance", most=0.1))
    assert found[~np.isnan(found).any(axis=1)] == pytest.approx(1 / 3, abs=1e-6)


def test_market_neutral_has_no_net_and_both_sides_their_gross() -> None:
    neutral = targets(drifting(), params(method="maximum-utility", sides=NEUTRAL, gross=1.2))
    rows = neutral[np.isfinite(neutral).all(axis=1)]
    assert np.abs(rows.sum(axis=1)).max() < 1e-7 and (rows < -0.01).any()
    assert np.abs(rows).sum(axis=1).max() <= 1.2 + 1e-6
    both = targets(drifting(), params(method="maximum-utility", sides=BOTH, gross=1.3, most=0.5))
    rows = both[np.isfinite(both).all(axis=1)]
    assert rows.sum(axis=1) == pytest.approx(np.ones(len(rows)), abs=1e-6)
    assert 1.05 < np.abs(rows).sum(axis=1).max() <= 1.3 + 1e-6


def test_bands_and_turnover_trade_less() -> None:
    bars = drifting()

    def traded(**more: Any) -> float:
        found = simulate(bars, targets(bars, params(method="minimum-variance", **more)), Account())
        return float(found.curve["turnover"].sum())

    free = traded()
    assert traded(band="absolute", width=0.1) < free and traded(turnover=0.05) < free


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"sides": NEUTRAL}, "Market-neutral with hrp is holding nothing"),
        ({"sides": BOTH}, "hrp is long only by itself"),
        ({"method": "maximum-sharpe", "sides": BOTH, "gross": 0.5}, "gross cannot be less"),
        ({"method": LEAST_CVAR, "tail": 0.01}, "less than one bar"),
    ],
)
def test_choices_that_contradict_each_other_are_refused(more: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        params(**more)


def test_what_it_does_in_words() -> None:
    assert ALLOCATION.words is not None
    said = ALLOCATION.words(params(method="maximum-sharpe"))
    assert said.startswith("Maximum Sharpe ratio, ledoit-wolf shrinkage covariance, expected")
    assert "hrp" in LONG_METHODS and replace(params(), method="herc").method == "herc"


def test_no_sector_gets_more_than_allowed_and_the_least_that_fits_where_that_is_impossible() -> (
    None
):
    bars = drifting()
    found = targets(bars, params(method="equal-weight", most=0.5, sector_most=0.45))
    rows = found[np.isfinite(found).all(axis=1)]
    # two sectors of 45 % cannot hold everything: each may hold half
    assert rows[:, :2].sum(axis=1) == pytest.approx(np.full(len(rows), 0.5), abs=1e-6)
    assert rows[:, 2:].sum(axis=1) == pytest.approx(np.full(len(rows), 0.5), abs=1e-6)
    tight = sector_rows(np.array(["a", "b", "b", "c"]), 0.1, 0.3, 1.0, False)
    # a and c hold at most 0.3 each, so b needs 0.4
    assert [row.high for row in tight] == pytest.approx([0.4] * 3)
    assert sector_rows(np.array(["a", "b"]), 1.0, 0.6, 1.0, False) == ()


def test_sector_budgets_give_each_sector_the_same_risk() -> None:
    bars = drifting()
    given = params(method=SECTOR_BUDGETS, most=1.0, covariance="sample")
    rows = np.flatnonzero(np.isfinite(targets(bars, given)).all(axis=1))
    returns = own_returns(bars.close)[rows[3] - 20 : rows[3] + 1]
    weights = targets(bars, given)[rows[3]]
    shares = weights * (np.cov(returns, rowvar=False) @ weights)
    assert shares[:2].sum() / shares.sum() == pytest.approx(0.5, abs=1e-4)


def test_sectors_that_nobody_knows_are_asked_for() -> None:
    bare = replace(drifting(), sectors=())
    for more in ({"method": SECTOR_BUDGETS}, {"sector_most": 0.4}):
        with pytest.raises(InputError, match="names no sectors"):
            targets(bare, params(**more))


def test_a_cost_in_the_objective_trades_less() -> None:
    bars = drifting()

    def traded(**more: Any) -> float:
        found = targets(bars, params(method="maximum-utility", most=0.6, **more))
        rows = found[np.isfinite(found).all(axis=1)]
        return float(np.abs(np.diff(rows, axis=0)).sum())

    assert traded(cost=100.0, pays_back=5) < 0.7 * traded()
