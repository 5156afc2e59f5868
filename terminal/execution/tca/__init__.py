"""Transaction cost analysis: what orders cost in the end, in parts that add up."""

from terminal.execution.tca.benchmarks import twap, vwap, within
from terminal.execution.tca.groups import KEYS, Group, grouped, in_words
from terminal.execution.tca.shortfall import (
    PARTS,
    Cost,
    Execution,
    Worked,
    cost_of,
    merged,
)

__all__ = [
    "KEYS",
    "PARTS",
    "Cost",
    "Execution",
    "Group",
    "Worked",
    "cost_of",
    "grouped",
    "in_words",
    "merged",
    "twap",
    "vwap",
    "within",
]
