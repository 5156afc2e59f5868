"""A cost is a number of at least 0 and never the whole trade; impact is the literature's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from terminal.backtest.costs import BASIS_POINT, FREE, Costs
from terminal.backtest.kernel import layout
from terminal.backtest.kernel.fills import commission_of, tier_rate, worsening
from terminal.errors import InputError
from tests.terminal.market.reference import cases


@pytest.mark.parametrize("value", [-0.01, float("nan"), float("inf")])
@pytest.mark.parametrize(
    "name",
    ["commission_per_share", "commission_bps", "commission_minimum", "slippage_bps", "impact_root"],
)
def test_a_negative_or_infinite_cost_is_refused_by_name(name: str, value: float) -> None:
    with pytest.raises(InputError, match="not a cost") as caught:
        Costs(**{name: value})
    assert caught.value.field == name


@pytest.mark.parametrize("name", ["commission_bps", "half_spread_bps", "slippage_bps"])
def test_a_rate_of_the_whole_trade_is_refused_under_its_own_name(name: str) -> None:
    with pytest.raises(InputError, match="exceed the trade") as caught:
        Costs(**{name: 10_000.0})
    assert caught.value.field == name


@pytest.mark.parametrize(
    "tiers", [((100.0, 0.1), (50.0, 0.2)), ((0.0, -0.1),), ((float("nan"), 0.1),)]
)
def test_tiers_that_do_not_rise_are_refused(tiers: tuple[tuple[float, float], ...]) -> None:
    with pytest.raises(InputError, match="do not rise") as caught:
        Costs(commission_tiers=tiers)
    assert caught.value.field == "commission_tiers"


def test_a_spread_nobody_estimates_is_refused() -> None:
    with pytest.raises(InputError, match="not a model of the spread") as caught:
        Costs(spread_model="abdi-ranaldo")
    assert caught.value.field == "spread_model"


def test_free_is_free() -> None:
    assert not FREE.rates()[: layout.BORROW_RATE].any() or FREE.rates()[
        layout.SELL_MAXIMUM
    ] == float("inf")
    assert worsening(0, 0, 100.0, FREE.rates(), np.zeros((4, 1, 1))) == (0.0, 0.0, 0.0)


def test_a_sale_of_shares_pays_the_regulators_too() -> None:
    """0.005 a share; SEC 27.80 a million; TAF 0.000166 a share, at most 8.30."""
    costs = Costs(commission_per_share=0.005, commission_minimum=1.0, sell_fee_bps=0.278,
                  sell_fee_per_share=0.000166, sell_fee_maximum=8.30)  # fmt: skip
    rates = costs.rates()
    assert commission_of(1_000.0, 50.0, 0.005, 1.0, rates) == pytest.approx(5.0)
    assert commission_of(-1_000.0, 50.0, 0.005, 1.0, rates) == pytest.approx(5.0 + 1.39 + 0.166)
    assert commission_of(-100_000.0, 1.0, 0.005, 1.0, rates) == pytest.approx(500 + 2.78 + 8.30)
    assert commission_of(10.0, 50.0, 0.005, 1.0, rates) == 1.0


def test_a_tier_holds_from_its_volume_on() -> None:
    tiers = Costs(commission_tiers=((0.0, 0.0035), (300_000.0, 0.002))).tiers()
    assert tier_rate(0.0, 0.9, tiers) == 0.0035
    assert tier_rate(299_999.0, 0.9, tiers) == 0.0035
    assert tier_rate(300_000.0, 0.9, tiers) == 0.002
    assert tier_rate(1e9, 0.9, FREE.tiers()) == 0.9


def impact_of(costs: Costs, *, days: float, sigma: float, share: float) -> float:
    liquidity = np.zeros((4, 1, 1))
    liquidity[layout.SIGMA_AT] = sigma
    liquidity[layout.ADV_AT] = 1e6
    liquidity[layout.CLOCK_AT] = 1.0
    return worsening(0, 0, share * 1e6, costs.rates(days), liquidity)[2]


@pytest.mark.parametrize("case", cases("execution", "impact-sqrt"))
def test_the_square_root_law_is_the_reference(case: dict[str, Any]) -> None:
    x = case["inputs"]
    found = impact_of(Costs(impact_root=x["Y"]), days=1.0, sigma=x["sigma_daily"],
                      share=x["Q"] / x["V"])  # fmt: skip
    assert found == pytest.approx(case["expected"]["impact"], rel=1e-12)


@pytest.mark.parametrize("case", cases("execution", "impact-athl"))
def test_almgrens_impact_is_the_papers_table(case: dict[str, Any]) -> None:
    """Table 2 of the paper is printed in whole basis points."""
    x = case["inputs"]
    held = x["shares_outstanding"] / x["ADV"]
    temporary = Costs(impact_temporary=0.142)
    both = Costs(impact_permanent=0.314, impact_temporary=0.142, shares_outstanding_days=held)
    for k, days in enumerate(x["T_days"]):
        for costs, name in ((temporary, "temporary_bp"), (both, "realized_bp")):
            found = impact_of(costs, days=days, sigma=x["daily_vol"], share=x["X_over_V"])
            assert found / BASIS_POINT == pytest.approx(case["expected"][name][k], abs=0.6)
    permanent = Costs(impact_permanent=0.314, shares_outstanding_days=held)
    half = impact_of(permanent, days=1.0, sigma=x["daily_vol"], share=x["X_over_V"])
    assert 2 * half / BASIS_POINT == pytest.approx(case["expected"]["permanent_bp"], abs=0.6)


def test_costs_never_take_the_whole_price() -> None:
    liquidity = np.full((4, 1, 1), 5.0)
    spread, slippage, impact = worsening(0, 0, 1e9, Costs(impact_root=10.0).rates(), liquidity)
    assert spread + slippage + impact == pytest.approx(layout.WORST)
