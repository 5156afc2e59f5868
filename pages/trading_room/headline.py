"""Money of the account and its positions, live."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from dash import Input, Output, State, dcc, html, no_update

from pages.backtests.figures import own_theme
from pages.components.number import change, number, stat, stats
from pages.components.panel import panel
from pages.components.table import (
    badge_column,
    change_column,
    market_time_column,
    number_column,
    table,
    text_column,
)
from pages.server import guard
from pages.server.context import actor, services
from pages.trading_room.polling import LEDGER, PRICES
from terminal.charts.sparkline import sparkline_uri
from terminal.db.repositories import trading_room
from terminal.db.repositories.trading_room import Held, Money

ZONE = "America/New_York"


def read(account_id: str) -> Money:
    """The account's money now."""
    with services().db.read() as conn:
        return trading_room.money(conn, actor(), account_id)


def headline_place(account_id: str, money: Money) -> html.Div:
    """Headline numbers; a callback keeps them new."""
    return html.Div(headline(account_id, money), id="tr-headline")


def headline(account_id: str, money: Money) -> html.Div:
    """Equity, change, cash, exposure."""
    day = None if money.equity is None or money.opening is None else money.equity - money.opening
    unrealised = _sum([one.unrealised for one in money.held if one.quantity])
    realised = _sum([one.realised - one.fees + one.dividends for one in money.held])
    return stats(
        [
            stat("Equity", [number(_f(money.equity), "currency"), _sparkline(account_id)],
                 "Cash and what is held at the last price. The line: the last hour of marks."),
            stat("Today", _money_change(day, money.opening),
                 "Against the equity at the begin of the day or of the first session in it."),
            stat("Cash", number(_f(money.cash), "currency")),
            stat("Open P&L", change(_f(unrealised), "currency")),
            stat("Realised", change(_f(realised), "currency"),
                 "Since the account was opened, with dividends, after fees."),
            stat("Gross", _of_equity(money.gross, money.equity), "Long plus short, and of equity."),
            stat("Net", _of_equity(money.net, money.equity), "Long less short, and of equity."),
        ]
    )  # fmt: skip


def positions_panel(money: Money) -> html.Section:
    """What is held."""
    return panel(
        "Positions",
        table(
            "tr-positions",
            _columns(),
            position_rows(money),
            row_id="symbol",
            height=None,
            nothing="Nothing is held.",
        ),
        flush=True,
        help="Prices are the last ones the account's session has seen.",
        className="tr-positions-panel",
    )


def position_rows(money: Money) -> list[dict[str, Any]]:
    """Rows of what is held or was traded, held first."""
    held = sorted(money.held, key=lambda one: (not one.quantity, one.symbol))
    return [_row(one, money.equity) for one in held]


def lots_panel(account_id: str) -> html.Details:
    """Open lots, folded away. A grid, not a table of elements: a page that is drawn anew twice a
    second must hold few of them."""
    columns = [
        text_column("symbol", "Symbol", width=110),
        number_column("number", "Lot", "count", width=80),
        number_column("quantity", "Units", "quantity", minWidth=90),
        number_column("cost", "Cost", "currency", minWidth=110),
        number_column("each", "A unit", "price", minWidth=90),
    ]
    return html.Details(
        [
            html.Summary("Lots"),
            table("tr-lots", columns, lot_rows(account_id), height=260,
                  nothing="There is no open lot."),
        ],
        className="disclosure panel tr-lots",
    )  # fmt: skip


def lot_rows(account_id: str) -> list[dict[str, Any]]:
    """Units bought or sold short together, oldest first."""
    with services().db.read() as conn:
        found = trading_room.lots(conn, actor(), account_id)
    return [
        {
            "symbol": lot.symbol,
            "number": lot.number,
            "quantity": float(lot.quantity),
            "cost": float(lot.cost),
            "each": float(lot.cost / lot.quantity),
        }
        for lot in found
    ]


def register() -> None:
    """Follow ledger and prices."""

    @guard.callback(
        Output("tr-headline", "children"),
        Output("tr-positions", "rowData"),
        Output("tr-position-mark", "data"),
        Input(LEDGER, "data"),
        Input(PRICES, "data"),
        State("tr-account", "data"),
        State("tr-position-mark", "data"),
        prevent_initial_call=True,
        role="viewer",
    )
    def follow(_ledger: Any, _prices: Any, account_id: str, before: Any) -> Any:
        money = read(account_id)
        rows = position_rows(money)
        mark = [[row["symbol"], row["quantity"], row["price"], row["realised"]] for row in rows]
        return headline(account_id, money), no_update if mark == before else rows, mark

    @guard.callback(
        Output("tr-lots", "rowData"),
        Input(LEDGER, "data"),
        State("tr-account", "data"),
        prevent_initial_call=True,
        role="viewer",
    )
    def follow_lots(_mark: Any, account_id: str) -> Any:
        return lot_rows(account_id)


def mark_store() -> dcc.Store:
    """What the table of positions shows."""
    return dcc.Store(id="tr-position-mark")


def _columns() -> list[dict[str, Any]]:
    return [
        text_column("symbol", "Symbol", width=96, pinned="left"),
        badge_column("side", "Side", {"long": "up", "short": "down", "flat": "neutral"}, width=84),
        number_column("quantity", "Units", "quantity", minWidth=84),
        number_column("average", "Average cost", "price", minWidth=104),
        number_column("price", "Last", "price", minWidth=90),
        change_column("unrealised", "Open P&L", "currency", minWidth=118),
        change_column("return", "Open P&L %", "percent", minWidth=104),
        number_column("value", "Value", "currency", minWidth=112),
        number_column("share", "Of equity", "percent", minWidth=90),
        change_column("realised", "Realised", "currency", minWidth=110),
        number_column("fees", "Fees", "currency", minWidth=80),
        market_time_column("at", "Priced at", ZONE, "second", minWidth=150),
    ]


def _row(one: Held, equity: Decimal | None) -> dict[str, Any]:
    side = "long" if one.quantity > 0 else "short" if one.quantity < 0 else "flat"
    open_return = None
    if one.unrealised is not None and one.cost:
        open_return = float(one.unrealised / abs(one.cost))
    share = None if not equity or one.value is None else float(one.value / equity)
    return {
        "symbol": one.symbol,
        "side": side,
        "quantity": float(one.quantity),
        "average": _f(one.average_cost) if one.quantity else None,
        "price": _f(one.price),
        "value": _f(one.value) if one.quantity else None,
        "share": share if one.quantity else None,
        "unrealised": _f(one.unrealised) if one.quantity else None,
        "return": open_return if one.quantity else None,
        "realised": float(one.realised),
        "fees": float(one.fees),
        "at": None if one.price_at is None else one.price_at.isoformat(timespec="milliseconds"),
    }


def _sparkline(account_id: str) -> Any:
    with services().db.read() as conn:
        line = trading_room.equity_line(conn, actor(), account_id)
    if len(line) < 2:
        return ""
    source = sparkline_uri(line, own_theme(), width=84, height=22)
    return html.Img(src=source, alt="", className="tr-sparkline")


def _money_change(amount: Decimal | None, base: Decimal | None) -> list[Any]:
    if amount is None or not base:
        return [number(None)]
    share = number(float(amount / base), "percent", signed=True)
    return [change(float(amount), "currency"), html.Small(share, className="tr-sub")]


def _of_equity(amount: Decimal, equity: Decimal | None) -> list[Any]:
    shown: list[Any] = [number(float(amount), "currency")]
    if equity and equity > 0:
        shown.append(html.Small(number(float(amount / equity), "percent"), className="tr-sub"))
    return shown


def _sum(values: list[Decimal | None]) -> Decimal:
    return sum((value for value in values if value is not None), Decimal(0))


def _f(value: Decimal | None) -> float | None:
    return None if value is None else float(value)
