"""Returns against published examples, and parts that add up."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from terminal.errors import InputError
from terminal.holdings.returns import contributions, linked, modified_dietz, money_weighted
from tests.effort import cases


def test_the_example_of_a_spreadsheets_xirr() -> None:
    """Microsoft's documentation of XIRR: 0.373362535."""
    flows = [
        (date(2008, 1, 1), 10_000.0),
        (date(2008, 3, 1), -2_750.0),
        (date(2008, 10, 30), -4_250.0),
        (date(2009, 2, 15), -3_250.0),
    ]
    assert money_weighted(flows, date(2009, 4, 1), 2_750.0) == pytest.approx(0.373362535, abs=5e-9)


def test_two_shares_of_the_cfa_curriculum() -> None:
    """A share at 200, another at 225 a year later, 5 a share paid each year, both sold at 235: by
    year 15 % and 6.67 %, money-weighted 9.39 %."""
    first, second = (225 + 5) / 200 - 1, (470 + 10) / 450 - 1
    assert (first, round(second, 4)) == (pytest.approx(0.15), 0.0667)
    assert (1 + linked(np.array([first, second]))) ** 0.5 - 1 == pytest.approx(0.1076, abs=1e-4)
    flows = [(date(2021, 1, 1), 200.0), (date(2022, 1, 1), 225.0 - 5.0)]
    found = money_weighted(flows, date(2023, 1, 1), 470.0 + 10.0)
    assert found == pytest.approx(0.0939, abs=5e-5)


def test_modified_dietz_of_a_portfolio_that_doubles_its_flow() -> None:
    """100 becomes 300 in two years with 50 put in after the first: 150 / 125 = 120 %."""
    assert modified_dietz(100.0, 300.0, [(50.0, 0.5)]) == pytest.approx(1.2)
    assert modified_dietz(0.0, 10.0, []) is None
    with pytest.raises(InputError, match="share of the flow"):
        modified_dietz(1.0, 1.0, [(1.0, 1.5)])


def test_where_no_rate_balances_the_flows_there_is_none() -> None:
    assert money_weighted([], date(2024, 1, 1), 5.0) is None
    assert money_weighted([(date(2024, 1, 1), 5.0)], date(2024, 1, 1), 5.0) is None
    # everything that came in is gone and a debt is left
    assert money_weighted([(date(2023, 1, 1), 5.0)], date(2024, 1, 1), -5.0) is None


@settings(max_examples=cases(25, 500), deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 40), st.integers(1, 6))
def test_parts_add_up_to_the_linked_return(seed: int, days: int, count: int) -> None:
    rng = np.random.default_rng(seed)
    base = rng.uniform(1.0, 100.0, days) * (rng.random(days) > 0.1)
    profit = rng.normal(0.0, 0.03, (days, count)) * base[:, None]
    returns = np.where(base > 0, profit.sum(axis=1) / np.where(base > 0, base, 1.0), 0.0)
    parts = contributions(profit, base, returns)
    assert parts.sum() == pytest.approx(linked(returns), abs=1e-12)


@settings(max_examples=cases(25, 500), deadline=None)
@given(st.floats(-0.5, 2.0), st.lists(st.floats(1.0, 1e4), min_size=1, max_size=6))
def test_a_known_rate_is_found_again(rate: float, amounts: list[float]) -> None:
    flows = [(date(2020 + k, 1, 1), amount) for k, amount in enumerate(amounts)]
    end = date(2020 + len(amounts), 1, 1)
    worth = sum(a * (1 + rate) ** ((end - d).days / 365.0) for d, a in flows)
    assert money_weighted(flows, end, worth) == pytest.approx(rate, abs=1e-9)
