"""Published and independently computed numbers of the whole area."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from terminal.backtest.costs import Costs
from terminal.execution.algorithms import Market
from terminal.execution.algorithms.almgren_chriss import (
    Impact,
    expected_cost,
    holdings,
    kappa,
    variance,
)
from terminal.execution.expected_cost import Liquidity
from terminal.execution.expected_cost import expected_cost as preview
from terminal.execution.order import Side
from terminal.execution.tca import twap, vwap
from tests.terminal.execution.algorithms.exchange import START, Exchange, parent
from tests.terminal.market.reference import cases

Case = dict[str, Any]
D = Decimal


def optimum(case: Case) -> dict[str, Any]:
    asked = case["inputs"]
    x, t, n = asked["X"], asked["T"], asked["N"]
    impact = Impact(asked["sigma_per_sqrt_day"], asked["epsilon"], asked["gamma"], asked["eta"])
    if "lam" not in asked:
        path = np.array([x, *[0.0] * n])
    else:
        path = holdings(x, t, n, asked["lam"], impact)
    cost, risk = expected_cost(path, t, impact), variance(path, t, impact)
    found = {"holdings": path, "trades": -np.diff(path), "E": cost, "V": risk, "std": risk**0.5,
             "E_million": cost / 1e6, "V_million2": risk / 1e12}  # fmt: skip
    if asked.get("lam", -1.0) > 0:
        found["kappa"] = kappa(asked["lam"], impact, t / n)
        found["half_life"] = 1.0 / found["kappa"]
    return found


def of_volume(case: Case) -> dict[str, Any]:
    """Almgren et al. (2005): permanent, temporary and what the order itself pays, bp."""
    asked = case["inputs"]
    known = Liquidity(volatility=asked["daily_vol"], daily_volume=asked["ADV"])
    outstanding = asked["shares_outstanding"] / asked["ADV"]
    units = asked["X_over_V"] * asked["ADV"]

    def paid(days: float, permanent: float, temporary: float) -> float:
        costs = Costs(impact_permanent=permanent, impact_temporary=temporary,
                      shares_outstanding_days=outstanding)  # fmt: skip
        return preview(Side.BUY, units, 100.0, costs, known, execution_days=days).bps

    return {
        "permanent_bp": 2 * paid(1.0, 0.314, 0.0),  # half of it is paid by the order
        "temporary_bp": [paid(days, 0.0, 0.142) for days in asked["T_days"]],
        "realized_bp": [paid(days, 0.314, 0.142) for days in asked["T_days"]],
    }


def square_root(case: Case) -> dict[str, Any]:
    asked = case["inputs"]
    known = Liquidity(volatility=asked["sigma_daily"], daily_volume=asked["V"])
    cost = preview(Side.BUY, asked["Q"], 100.0, Costs(impact_root=asked["Y"]), known)
    return {"impact": cost.impact / cost.notional, "impact_bp": cost.in_bps()["impact"]}


def averages(case: Case) -> dict[str, Any]:
    price = [D(str(value)) for value in case["inputs"]["price"]]
    volume = [D(str(value)) for value in case["inputs"]["volume"]]
    return {"vwap": float(vwap(price, volume) or 0), "twap": float(twap(price) or 0)}


def participation(case: Case) -> dict[str, Any]:
    asked = case["inputs"]
    order = replace(parent("pov", asked["order"], rate=asked["rate"], lot=asked["lot"],
                           catch_up="at once"))  # fmt: skip
    exchange = Exchange(order)
    for k, volume in enumerate(np.cumsum(asked["market_volume"]).tolist(), start=1):
        exchange.look(START + timedelta(minutes=k), Market(True, D(50), float(volume), 0.0))
        exchange.fill_all()
    return {"children": [int(intent.quantity) for intent in exchange.intents]}


ANSWERS: dict[str, Callable[[Case], dict[str, Any]]] = {
    "ac-": optimum,
    "impact-athl": of_volume,
    "impact-sqrt": square_root,
    "vwap-basic": averages,
    "pov-schedule": participation,
}


@pytest.mark.parametrize("case", cases("execution"))
def test_every_case_of_the_area(case: Case) -> None:
    (answer,) = (make for start, make in ANSWERS.items() if case["id"].startswith(start))
    found, allowed = answer(case), case["tolerance"]
    for name, expected in case["expected"].items():
        if allowed.get("exact"):
            assert found[name] == expected
            continue
        absolute = allowed.get("half_life") if name == "half_life" else None
        limits = {"rel": allowed.get("rel", 0.0), "abs": absolute or allowed.get("abs", 0.0)}
        assert found[name] == pytest.approx(expected, **limits), name
