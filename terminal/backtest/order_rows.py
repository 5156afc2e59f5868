"""Orders as the kernel's rows, and what became of them as a frame."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from terminal.backtest.account import Account
from terminal.backtest.kernel import layout
from terminal.market.panel import FloatArray
from terminal.strategies.orders import KINDS, TRAIL_UNITS, Order

Row = tuple[float, ...]
KIND_NUMBERS = {kind: float(number) for number, kind in enumerate(KINDS)}
TRAIL_NUMBERS = {unit: float(number) for number, unit in enumerate(TRAIL_UNITS)}
STATUSES = ("waiting", "working", "filled", "cancelled", "expired", "rejected")
"""By the kernel's number; "rejected": buying power did not cover all of it."""


def order_rows(orders: Sequence[Order], symbols: Sequence[str], account: Account) -> FloatArray:
    """The kernel's rows of some orders, children after their parent."""
    columns = {name: float(j) for j, name in enumerate(symbols)}
    rows: list[Row] = []
    for order in orders:
        rows += rows_of(order, float(order.bar), len(rows), columns, account.lot)
    return np.array(rows, dtype=np.float64).reshape(-1, layout.N_ORDER)


def rows_of(
    order: Order, bar: float, first: int, columns: Mapping[str, float], lot: float
) -> list[Row]:
    """An order and its children, decided at `bar`, as rows from number `first` on."""
    column = columns[order.symbol]
    rows = [_row(order, bar, column, lot, group=float(order.group), child=False)]
    # the parent's row numbers its children's group, apart from the groups a person gives
    own = 1e12 + first
    rows += [_row(leg, bar, column, lot, group=own, child=True) for leg in order.children]
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


def _row(order: Order, bar: float, column: float, lot: float, *, group: float, child: bool) -> Row:
    """In the order of `layout`: ORDER_BAR, ORDER_COLUMN and so on."""
    units = float(order.quantity)
    left = math.copysign(math.floor(abs(units) / lot + 1e-9) * lot, units) if lot else units
    return (
        bar,
        column,
        left,
        KIND_NUMBERS[order.kind],
        order.limit,
        order.stop,
        order.trail,
        TRAIL_NUMBERS[order.trail_unit],
        float(order.day),
        group,
        float(len(order.children)),
        float(child),
        float(child or order.reduce_only),
        float(layout.SUBMITTED if left else layout.REJECTED),
        math.nan,
        -1.0,
        -1.0,
        math.nan,
    )
