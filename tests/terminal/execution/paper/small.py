"""A small exchange on bars made by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import numpy as np

from terminal.execution.order import OrderType, Side, TimeInForce
from terminal.execution.paper.exchange import Exchange
from terminal.execution.paper.pricing import Rules
from terminal.execution.paper.tape import Tape, make_tape
from terminal.execution.paper.values import Account, Order, Ticket
from terminal.market.calendars import get_calendar
from terminal.market.panel import Panel
from terminal.market.timeframe import Timeframe

D = Decimal
Bars = Sequence[tuple[float, float, float, float, float]]


def panel_of(
    bars: Mapping[str, Bars],
    timeframe: Timeframe = Timeframe.DAY_1,
    actions: Sequence[tuple[str, int, str, float]] = (),
) -> Panel:
    """Bars (open, high, low, close, volume) from 4 March 2024 on; a bar of NaN is none."""
    calendar, n = get_calendar("XNYS"), max(len(rows) for rows in bars.values())
    ts = calendar.grid("2024-03-04", "2024-12-31", timeframe)[:n]
    fields = np.full((5, n, len(bars)), np.nan)
    split, dividend = np.ones((n, len(bars))), np.zeros((n, len(bars)))
    for column, rows in enumerate(bars.values()):
        fields[:, : len(rows), column] = np.array(rows, dtype=float).T
    for symbol, row, kind, value in actions:
        (split if kind == "split" else dividend)[row, list(bars).index(symbol)] = value
    return Panel(
        timeframe, "XNYS", tuple(bars), ts, calendar.bar_close(ts, timeframe), *fields,
        split, dividend, dataset="hand",
    )  # fmt: skip


def tape_of(bars: Mapping[str, Bars], **more: Any) -> Tape:
    return make_tape(panel_of(bars, **more), get_calendar("XNYS"))


class Small:
    """An exchange with an account, after its first bar."""

    def __init__(
        self, bars: Mapping[str, Bars], *, cash: str = "100000", rules: Rules | None = None,
        multiplier: str = "2", shorting: bool = True, **more: Any,
    ) -> None:  # fmt: skip
        self.tape = tape_of(bars, **more)
        self.exchange = Exchange(self.tape, rules or Rules())
        self.options = {"multiplier": D(multiplier), "shorting": shorting}
        self.account = self.open(cash, "k1")
        self.exchange.step()
        self.records = self.exchange.take()
        self.updates: list[tuple[str, dict[str, Any]]] = []

    def open(self, cash: str, key: str) -> Account:
        options: dict[str, Any] = self.options
        return self.exchange.create_account("n", D(cash), key, "secret", **options)

    def order(self, quantity: int | str, of: Account | None = None, **more: Any) -> Order:
        """A day order in AAA; negative: a sale. `limit`, `stop`, `trail`, `percent`, `tif`."""
        amount = D(quantity)
        types = {
            (False, False): OrderType.MARKET, (True, False): OrderType.LIMIT,
            (False, True): OrderType.STOP, (True, True): OrderType.STOP_LIMIT,
        }  # fmt: skip
        kind = types["limit" in more, "stop" in more]
        if "trail" in more or "percent" in more:
            kind = OrderType.TRAILING_STOP
        ticket = Ticket(
            symbol=more.get("symbol", "AAA"),
            side=Side.BUY if amount > 0 else Side.SELL,
            quantity=abs(amount),
            type=kind,
            time_in_force=TimeInForce(more.get("tif", "day")),
            client_order_id=more.get("name", ""),
            **{
                field: D(str(more[short]))
                for short, field in (
                    ("limit", "limit_price"), ("stop", "stop_price"), ("trail", "trail_price"),
                    ("percent", "trail_percent"),
                )
                if short in more
            },
        )  # fmt: skip
        return self.exchange.submit(of or self.account, ticket)

    def step(self, count: int = 1) -> None:
        for _ in range(count):
            assert self.exchange.step()

    def fills(self, order: Order) -> list[tuple[D, D, str]]:
        """(quantity, price, how) of an order's executions."""
        return [
            (fill.quantity, fill.price, fill.how)
            for fill in self.exchange.state.executions.values()
            if fill.order_id == order.id
        ]
