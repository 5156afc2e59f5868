"""The algorithms by name: what a form offers, and how a parent becomes a plan."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from terminal.errors import InputError
from terminal.execution.algorithms import iceberg, implementation_shortfall, pov, twap, vwap
from terminal.execution.algorithms.params import Slicing
from terminal.execution.algorithms.parent import ParentOrder
from terminal.execution.algorithms.plan import Plan, TimePlan
from terminal.params import validate


@dataclass(frozen=True)
class Algorithm:
    """An algorithm as a form shows it."""

    title: str
    help: str
    params: type[Slicing]
    plan: Callable[[ParentOrder, Any], Plan]


ALGORITHMS: dict[str, Algorithm] = {
    "twap": Algorithm(
        "TWAP", "Equal parts in equal times.", twap.TwapParams, twap.plan
    ),
    "vwap": Algorithm(
        "VWAP", "As much at a time as usually trades then.", vwap.VwapParams, vwap.plan
    ),
    "pov": Algorithm(
        "Share of volume", "A fixed share of what everybody trades.", pov.PovParams, pov.plan
    ),
    "implementation_shortfall": Algorithm(
        "Implementation shortfall",
        "Fast where waiting is risky, slow where trading is dear.",
        implementation_shortfall.ShortfallParams,
        implementation_shortfall.plan,
    ),
    "iceberg": Algorithm(
        "Iceberg",
        "One small limit order at a time; the next when it is filled.",
        iceberg.IcebergParams,
        iceberg.plan,
    ),
}  # fmt: skip


def get_algorithm(name: str) -> Algorithm:
    """The algorithm of this name; InputError where there is none."""
    if name not in ALGORITHMS:
        raise InputError(
            f"There is no algorithm {name!r}.",
            field="algorithm",
            remedy=f"Choose one of {', '.join(ALGORITHMS)}.",
        )
    return ALGORITHMS[name]


def params_of(name: str, given: Mapping[str, Any]) -> Slicing:
    """The parameters of an algorithm from what a form or the ledger holds; see `validate`."""
    return validate(get_algorithm(name).params, given)


def schedule_of(parent: ParentOrder) -> tuple[tuple[datetime, float], ...]:
    """Times (UTC) and the units that should be at work from then on; () where the market decides.

    Raises
    ------
    InputError : as `plan_of`.
    """
    plan = plan_of(parent)
    if not isinstance(plan, TimePlan):
        return ()
    units = float(parent.quantity)
    return tuple((at, units * upto) for at, upto in zip(plan.times, plan.fractions, strict=True))


@lru_cache(maxsize=512)
def plan_of(parent: ParentOrder) -> Plan:
    """The plan of a parent, made once.

    Raises
    ------
    InputError : the parameters are another algorithm's, or the plan cannot be made (no volume
        curve, no price): call it before a parent is accepted.
    """
    algorithm = get_algorithm(parent.algorithm)
    if type(parent.params) is not algorithm.params:
        raise InputError(
            f"{type(parent.params).__name__} are not the parameters of {parent.algorithm}.",
            field="params",
        )
    return algorithm.plan(parent, parent.params)
