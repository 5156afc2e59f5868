"""Whole shares: by hand, by trying all, and never more money than there is."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.errors import InputError
from terminal.portfolio.shares import GREEDY, NEAREST, whole_shares
from tests.terminal.backtest.panels import examples, seeds


def test_greedy_by_hand() -> None:
    found = whole_shares(np.array([0.6, 0.4]), np.array([70.0, 30.0]), 1000.0)
    # Of 950 spent the second has more than its 0.4, and the 50 left do not pay for the first.
    assert found.shares.tolist() == [8, 13] and found.cash == pytest.approx(50.0)
    assert found.weights == pytest.approx([0.56, 0.39]) and found.apart == pytest.approx(0.05)


def test_nearest_is_the_best_of_all() -> None:
    weights, prices, equity = np.array([0.5, 0.3, 0.2]), np.array([130.0, 75.0, 33.0]), 1000.0
    money = weights * equity

    def worth(shares: tuple[int, ...]) -> float:
        spent = np.array(shares) * prices
        if spent.sum() > equity:
            return np.inf
        return float(np.abs(spent - money).sum() + equity - spent.sum())

    best = min(product(range(9), range(9), range(12)), key=worth)
    found = whole_shares(weights, prices, equity, rule=NEAREST)
    assert worth(tuple(found.shares.tolist())) == pytest.approx(worth(best))


@examples(30)
@given(seed=seeds, n=st.integers(1, 8), rule=st.sampled_from([GREEDY, NEAREST]))
def test_money_is_never_short_and_less_than_a_share_of_each_is_missing(
    seed: int, n: int, rule: str
) -> None:
    generator = np.random.default_rng(seed)
    weights = generator.dirichlet(np.ones(n))
    prices = generator.uniform(1, 200, n)
    found = whole_shares(weights, prices, 10_000.0, rule=rule)
    assert found.cash >= -1e-9 and (found.shares >= 0).all()
    assert found.cash + found.shares @ prices == pytest.approx(10_000.0)
    assert found.shares @ prices > 10_000.0 - prices.sum()


def test_short_sides_have_their_own_money_and_add_to_the_cash() -> None:
    found = whole_shares(np.array([0.5, -0.5]), np.array([30.0, 40.0]), 1000.0)
    assert found.shares.tolist() == [16, -12]
    assert found.cash == pytest.approx(1000 - 480 + 480)


@pytest.mark.parametrize(
    ("prices", "equity", "said"),
    [
        ([10.0, 0.0], 100.0, "price of KO is 0"),
        ([10.0, np.nan], 100.0, "price of KO is nan"),
        ([10.0, 20.0], 0.0, "equity is 0"),
        ([500.0, 200.0], 100.0, "does not pay for one share: the cheapest, KO, costs 200"),
    ],
)
def test_what_cannot_be_bought_is_said(prices: list[float], equity: float, said: str) -> None:
    with pytest.raises(InputError, match=said):
        whole_shares(np.array([0.5, 0.5]), np.array(prices), equity, symbols=("AAPL", "KO"))
