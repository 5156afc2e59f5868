"""Orders as the kernel's rows, and what became of them as a frame."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

from terminal.backtest.account import Account
from terminal.backtest.kernel import layout
from terminal.backtest.kernel.fills import whole
from terminal.market.panel import FloatArray
from terminal.strategies.orders import KINDS, TRAIL_UNITS, Order

STATUSES = ("waiting", "working", "filled", "cancelled", "expired", "rejected")
"""By the kernel's number; "rejected": buying power did not cover all of it."""


def order_rows(orders: Sequence[Order], symbols: Sequence[str], account: Account) -> FloatArray:
    """The kernel's rows of some orders, children after their parent."""
    columns = {name: j for j, name in enumerate(symbols)}
    flat: list[tuple[Order, Order | None, int]] = []  # order, its parent, row of the parent
    for order in orders:
        flat.append((order, None, -1))
        own = len(flat) - 1
        flat += [(child, order, own) for child in order.children]
    rows = np.full((len(flat), layout.N_ORDER), math.nan)
    for k, (order, parent, own) in enumerate(flat):
        rows[k] = _row(order, parent, own, columns, account)
    return rows


def order_frame(
    symbols: Sequence[str], rows: FloatArray, asked: FloatArray, fills: FloatArray
) -> pd.DataFrame:
    """What became of each order."""
    filled = np.zeros(len(rows))
    of = fills[:, layout.FILL_ORDER].astype(np.int64)
    np.add.at(filled, of[of >= 0], fills[of >= 0, layout.FILL_QUANTITY])
    child = rows[:, layout.ORDER_IS_CHILD] > 0
    parents = np.where(child, np.maximum.accumulate(np.where(child, -1, np.arange(len(rows)))), -1)
    return pd.DataFrame(
        {
            "bar": rows[:, layout.ORDER_BAR].astype(np.int64),
            "symbol": [symbols[int(j)] for j in rows[:, layout.ORDER_COLUMN]],
            "kind": [KINDS[int(kind)] for kind in rows[:, layout.ORDER_TYPE]],
            "quantity": asked,
            "limit": rows[:, layout.ORDER_LIMIT],
            "stop": rows[:, layout.ORDER_STOP],
            "filled": filled,
            "status": [STATUSES[int(s)] for s in rows[:, layout.ORDER_STATUS]],
            "parent": parents,
        }
    )


def _row(
    order: Order, parent: Order | None, own: int, columns: dict[str, int], account: Account
) -> FloatArray:
    row = np.full(layout.N_ORDER, math.nan)
    row[layout.ORDER_BAR] = order.bar if parent is None else parent.bar
    row[layout.ORDER_COLUMN] = columns[order.symbol]
    row[layout.ORDER_LEFT] = whole(float(order.quantity), account.lot)
    row[layout.ORDER_TYPE] = KINDS.index(order.kind)
    row[layout.ORDER_LIMIT], row[layout.ORDER_STOP] = order.limit, order.stop
    row[layout.ORDER_TRAIL] = order.trail
    row[layout.ORDER_TRAIL_UNIT] = TRAIL_UNITS.index(order.trail_unit)
    row[layout.ORDER_DAY] = float(order.day)
    # a parent's row is the number of its children's group, apart from those a person gave
    row[layout.ORDER_GROUP] = order.group if parent is None else 1e12 + own
    row[layout.ORDER_CHILDREN] = len(order.children)
    row[layout.ORDER_IS_CHILD] = float(parent is not None)
    row[layout.ORDER_REDUCES] = float(order.reduce_only or parent is not None)
    empty = row[layout.ORDER_LEFT] == 0.0
    row[layout.ORDER_STATUS] = layout.REJECTED if empty else layout.SUBMITTED
    row[layout.ORDER_TRIGGERED] = row[layout.ORDER_WOKEN] = -1.0
    return row
