"""A cost is a number of at least 0 and never the whole trade."""

from __future__ import annotations

import pytest

from terminal.backtest.costs import FREE, Costs
from terminal.errors import InputError


@pytest.mark.parametrize("value", [-0.01, float("nan"), float("inf")])
@pytest.mark.parametrize(
    "name", ["commission_per_share", "commission_bps", "commission_minimum", "slippage_bps"]
)
def test_a_negative_or_infinite_cost_is_refused_by_name(name: str, value: float) -> None:
    with pytest.raises(InputError, match="not a cost") as caught:
        Costs(**{name: value})
    assert caught.value.field == name


@pytest.mark.parametrize("name", ["commission_bps", "slippage_bps"])
def test_a_rate_of_the_whole_trade_is_refused_under_its_own_name(name: str) -> None:
    with pytest.raises(InputError, match="exceed the trade") as caught:
        Costs(**{name: 10_000.0})
    assert caught.value.field == name


def test_free_is_free() -> None:
    assert Costs(0.0, 0.0, 0.0, 0.0) == FREE
