"""Limits before an order: what an account may do, what it does, and the sentence where it may not.

Two kinds. *Exposure* limits bind an order that may add to a position; one that only reduces it
passes them all, so that getting out is always possible. *Conduct* limits (price collar, repeated
orders, order rate, market hours) bind every order but one that flattens.

The kill switch is not among them: it stands in the ledger, and while it is engaged only an order
of source "flatten" passes it, where the kill asked for that (`terminal.execution.submit`).
"""

from terminal.execution.limits.denial import Denial
from terminal.execution.limits.parameters import Limits, differences
from terminal.execution.limits.rules import check, reduces
from terminal.execution.limits.view import AccountView, OpenOrder, Price, RecentIntent

__all__ = [
    "AccountView",
    "Denial",
    "Limits",
    "OpenOrder",
    "Price",
    "RecentIntent",
    "check",
    "differences",
    "reduces",
]
