"""Orders of an account as cost analysis takes them, from the ledger's tables.

The market's middle at each fill is not kept, so that what a fill paid beyond the price of its
decision counts as impact (`tca.Cost.unquoted` says of how many).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from terminal.accounts.actor import Actor
from terminal.db.repositories import orders, trading_room
from terminal.db.repositories.orders import FillRow, OrderFilter, OrderRow
from terminal.execution.states import OrderState
from terminal.execution.tca import Cost, Execution, Worked, cost_of

EXCHANGE_ZONE = ZoneInfo("America/New_York")
MOST_ORDERS, MOST_FILLS = 2_000, 20_000
NEVER_SENT = (OrderState.DENIED, OrderState.REJECTED)


def costs_of_orders(
    conn: sa.Connection, actor: Actor, account_id: str, session_id: str | None = None
) -> tuple[Cost, ...]:
    """The cost of each order that ended and had a price when it was decided; newest first."""
    chosen = OrderFilter(account_id, session_id=session_id)
    rows = orders.blotter(conn, actor, chosen, limit=MOST_ORDERS)
    fills: dict[str, list[FillRow]] = defaultdict(list)
    for fill in orders.fills(conn, actor, account_id, limit=MOST_FILLS):
        if not fill.busted:
            fills[fill.client_order_id].append(fill)
    last = {one.symbol: one.price for one in trading_room.prices(conn, actor, account_id)}
    return tuple(
        cost_of(worked(row, fills[row.client_order_id], last.get(row.symbol)))
        for row in rows
        if row.state.is_end and row.state not in NEVER_SENT and row.reference_price
    )


def worked(row: OrderRow, fills: Sequence[FillRow], last: Decimal | None) -> Worked:
    """An order with its fills; `last`: the newest price, where some of it was not filled."""
    made = sorted(fills, key=lambda fill: fill.at)
    decision = row.reference_price or row.average_price or Decimal(1)
    end = made[-1].price if made and not row.remaining else last or decision
    cost = row.expected_cost or {}
    total = cost.get("total")
    at = made[-1].at if made else row.updated_at
    return Worked(
        id=row.client_order_id,
        symbol=row.symbol,
        side=row.side,
        quantity=row.quantity,
        day=at.astimezone(EXCHANGE_ZONE).date(),
        decision_price=decision,
        arrival_price=decision,
        end_price=end,
        executions=tuple(Execution(fill.at, fill.quantity, fill.price, fill.fee) for fill in made),
        parent_id=row.parent_id,
        predicted=None if total is None else Decimal(str(total)),
    )
