"""Execution algorithms: a parent order worked in children. All pure; times and prices come in.

`next_children(parent, progress, market, now)` is the whole of it; see `machine` for what always
holds.
"""

from terminal.execution.algorithms.machine import next_children
from terminal.execution.algorithms.parent import (
    AlgorithmState,
    ChildOrder,
    Market,
    ParentOrder,
    Progress,
    Step,
)
from terminal.execution.algorithms.registry import (
    ALGORITHMS,
    get_algorithm,
    params_of,
    plan_of,
    schedule_of,
)

__all__ = [
    "ALGORITHMS",
    "AlgorithmState",
    "ChildOrder",
    "Market",
    "ParentOrder",
    "Progress",
    "Step",
    "get_algorithm",
    "next_children",
    "params_of",
    "plan_of",
    "schedule_of",
]
