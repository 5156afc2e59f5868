"""What orders cost in the end: sums, parts as a waterfall, a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import html

from pages.backtests.figures import own_theme
from pages.components.empty_state import empty_state
from pages.components.figure_card import figure_card
from pages.components.number import change, number, stat, stats
from pages.components.panel import panel
from pages.components.table import badge_column, change_column, number_column, table, text_column
from pages.components.tabs import tab_links
from pages.server.context import actor, services
from pages.trading_room.account import address
from terminal.charts.execution import cost_figure, waterfall_height
from terminal.execution.order_costs import costs_of_orders
from terminal.execution.tca import PARTS, Cost, Group, grouped, in_words

BY = {"order": "By order", "symbol": "By symbol", "day": "By day", "side": "By side",
      "parent": "By algorithm"}  # fmt: skip
MOST_ROWS = 500


def costs_view(account_id: str, by: str, session_id: str | None = None) -> list[Any]:
    """Everything of an account, or of one session."""
    with services().db.read() as conn:
        found = costs_of_orders(conn, actor(), account_id, session_id)
    if not found:
        return [
            html.Section(
                empty_state(
                    "No order has ended yet",
                    "Cost analysis compares what an order paid with the price that was known when "
                    "it was decided on. It begins with the first fill.",
                    icon="trading",
                ),
                className="panel",
            )
        ]
    whole = grouped(found, "all")[0]
    own = by if by in BY else "order"
    return [
        _headline(whole, found),
        html.Div([_waterfall(whole), _words(whole, found)], className="grid-2"),
        panel(
            BY[own],
            _table(found, own),
            flush=True,
            actions=[] if session_id else [_tabs(account_id, own)],
        ),
    ]


def _tabs(account_id: str, by: str) -> Any:
    tabs = [(title, address("/trading/costs", account_id, by=key)) for key, title in BY.items()]
    return tab_links(tabs, address("/trading/costs", account_id, by=by), "Grouping")


def _headline(whole: Group, found: Sequence[Cost]) -> html.Div:
    bps = float(whole.bps) / 1e4
    return stats(
        [
            stat("Orders", number(whole.orders, "count")),
            stat("Wanted", number(float(whole.notional), "currency"),
                 "Units wanted at the price of the decision."),
            stat("Cost", [change(-float(whole.total), "currency")],
                 "Against trading all of it at the price of the decision; below 0: paid."),
            stat("Of what was wanted", change(-bps, "bps")),
            stat("Predicted", number(_f(whole.predicted), "currency"),
                 "By the previews of the tickets, for what filled."),
            stat("Paid", number(_f(whole.paid), "currency"),
                 "Spread, impact and fees of the orders that had a preview."),
        ]
    )  # fmt: skip


def _waterfall(whole: Group) -> html.Section:
    parts = {name: float(whole.parts[name]) for name in PARTS}
    predicted = None if whole.predicted is None else float(whole.predicted)
    return figure_card(
        "tr-cost-figure",
        "Where it came from",
        figure=cost_figure(parts, own_theme(), predicted=predicted),
        height=waterfall_height(parts),
        filename="costs",
    )


def _words(whole: Group, found: Sequence[Cost]) -> html.Section:
    unseen = sum(cost.unquoted for cost in found)
    lines: list[Any] = [html.P(in_words(whole))]
    if unseen:
        lines.append(
            html.P(
                f"Of {unseen:,} fills nobody saw the market's middle: what they paid beyond the "
                "price of the decision counts as impact, and none of it as spread or timing.",
                className="muted",
            )
        )
    return panel("In words", lines)


def _table(found: Sequence[Cost], by: str) -> Any:
    names = {cost.id: cost for cost in found}
    rows = [_row(group, names.get(group.key)) for group in grouped(found, by)[:MOST_ROWS]]
    key = (
        [text_column("symbol", "Symbol", width=90),
         badge_column("side", "Side", {"buy": "up", "sell": "down"}, width=78),
         text_column("day", "Day", width=104)]
        if by == "order"
        else [text_column("key", BY[by].removeprefix("By ").capitalize(), width=140)]
    )  # fmt: skip
    columns = [
        *key,
        number_column("orders", "Orders", "count", width=78),
        number_column("wanted", "Wanted", "currency", minWidth=110),
        change_column("total", "Cost", "currency", minWidth=104),
        change_column("bps", "bp", "bps", minWidth=92),
        *(number_column(name, name.capitalize(), "currency", minWidth=92) for name in PARTS),
        number_column("predicted", "Predicted", "currency", minWidth=92),
    ]
    return table("tr-costs", columns, rows, height=min(380, 70 + 30 * max(len(rows), 2)))


def _row(group: Group, cost: Cost | None) -> dict[str, Any]:
    row: dict[str, Any] = {
        "key": group.key,
        "orders": group.orders,
        "wanted": float(group.notional),
        "total": -float(group.total),
        "bps": -float(group.bps) / 1e4,
        "predicted": _f(group.predicted),
        **{name: float(group.parts[name]) for name in PARTS},
    }
    if cost is not None:
        row |= {"symbol": cost.symbol, "side": cost.side.value, "day": cost.day.isoformat()}
    return row


def _f(value: Any) -> float | None:
    return None if value is None else float(value)
