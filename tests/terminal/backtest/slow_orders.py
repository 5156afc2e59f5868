"""The law of orders (docs/engine.md) in plain Python, on the books of `slow_engine`."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from terminal.strategies.orders import Order
from tests.terminal.backtest.slow_engine import Run

STOPS = ("stop", "trailing stop", "stop limit")


@dataclass(eq=False)
class Live:
    """An order and what has become of it."""

    order: Order
    left: float
    limit: float
    stop: float
    trail: float
    parent: Live | None = None
    children: list[Live] = field(default_factory=list)
    status: str = "waiting"
    best: float | None = None
    triggered: int | None = None
    woken_within: int | None = None
    woken_at: float = math.nan

    @property
    def side(self) -> int:
        return 1 if self.left > 0 else -1

    @property
    def reduces(self) -> bool:
        return self.order.reduce_only or self.parent is not None


@dataclass
class OrderRun(Run):
    """A run of orders; `orders` in the order of their submission."""

    orders: tuple[Order, ...] = ()
    sessions: tuple[set[tuple[int, int]], set[tuple[int, int]]] | None = None
    """(first bars of sessions by the row of their open, last ones by that of their close)."""
    all: list[Live] = field(default_factory=list)
    working: list[Live] = field(default_factory=list)

    def play(self) -> OrderRun:
        from tests.terminal.backtest.slow_engine import Position

        self.cash = self.account.capital
        self.book = {name: Position() for name in self.panel.symbols}
        for order in self.orders:
            live = self.live(order)
            live.children = [self.live(child, live) for child in order.children]
            self.all += [live, *live.children]
        names = list(enumerate(self.panel.symbols))
        for t in range(self.panel.n_bars):
            self.pay_for_time(t)
            for j, name in names:
                self.renew_limits(t, j, name)
            if not self.bankrupt:
                for live in self.all:
                    if live.status == "waiting" and not live.parent and live.order.bar == t - 1:
                        self.wake(live, self.book[live.order.symbol].mark)
            for j, name in names:
                self.split_orders(t, j, name)
                self.corporate_actions(t, j, name)
            for j, name in names:
                self.close_what_has_ended(t, j, name)
            self.trade(t)
            self.at_open(t)
            self.stops_within(t, self.working)
            there = len(self.working)
            self.limits_within(t)
            self.stops_within(t, self.working, there)
            for j, name in names:
                self.watch(t, j, name)
            self.at_close(t)
            self.mark(t)
            self.equity.append(self.value())
            self.short = sum(-p.units * p.mark for p in self.book.values() if p.units < 0)
            if self.value() <= 0 and not self.bankrupt:
                self.give_up(t)
                for live in self.working:
                    live.status = "cancelled"
                self.working = []
            elif not self.bankrupt:
                self.call_margin()
        return self

    def live(self, order: Order, parent: Live | None = None) -> Live:
        left = self.rounded(order.quantity)
        made = Live(order, left, order.limit, order.stop, order.trail, parent)
        if left == 0:
            made.status = "rejected"
        return made

    def column(self, live: Live) -> int:
        return self.panel.symbols.index(live.order.symbol)

    def wake(self, live: Live, price: float | None, within: int | None = None) -> None:
        live.status, live.best, live.woken_within = "working", price, within
        live.woken_at = math.nan if price is None else price
        self.working.append(live)

    def split_orders(self, t: int, j: int, name: str) -> None:
        ratio = self.panel.split[t, j]
        if ratio == 1:
            return
        for parent in self.working:
            for live in [parent, *(c for c in parent.children if c.status == "waiting")]:
                if live.order.symbol != name:
                    continue
                live.left = self.rounded(live.left * ratio, 1.0 if self.account.lot else 0.0)
                live.limit /= ratio
                live.stop /= ratio
                live.best = None if live.best is None else live.best / ratio
                if live.order.trail_unit == "amount":
                    live.trail /= ratio

    def level(self, t: int, live: Live) -> float:
        if live.order.kind != "trailing stop":
            return live.stop
        if live.best is None:
            return math.nan
        unit = live.order.trail_unit
        if unit == "share":
            return live.best * (1 + live.side * live.trail)
        distance = live.trail if unit == "amount" else live.trail * self.atr[t, self.column(live)]
        return live.best + live.side * distance

    def starts(self, t: int, j: int) -> bool:
        """Whether an instrument's bar opens here that is the first of its session."""
        if not self.sessions:
            days = self.panel.ts.astype("datetime64[D]")
            return t == 0 or days[t] != days[t - 1]
        return (t, j) in self.sessions[0]

    def ends(self, t: int, j: int) -> bool:
        """Whether an instrument's bar closes here that is the last of its session."""
        if not self.sessions:
            return t + 1 == self.panel.n_bars or self.starts(t + 1, j)
        return (t, j) in self.sessions[1]

    def amid(self, t: int, live: Live) -> bool:
        """Whether an order was decided while the bar that closes here was going on."""
        j, begun = self.column(live), self.panel.begun
        if begun is None or not self.opened_before(t, j):
            return False
        opened = max(r for r in range(t) if math.isfinite(begun[r, j]))
        return live.order.bar >= opened if not live.parent else live.parent.order.bar >= opened

    def first(self, t: int, j: int) -> float:
        """The open of the bar that closes in this row, whenever it was."""
        price = self.panel.open[t, j]
        return float(price if math.isfinite(price) else self.panel.close[t, j])

    def reducing(self, live: Live) -> bool:
        return self.book[live.order.symbol].units * live.left < 0

    def execute(
        self, t: int, live: Live, at: float, *, passive: bool = False, bound: float | None = None,
        row: str = "open", within: bool = False,
    ) -> None:  # fmt: skip
        name, j = live.order.symbol, self.column(live)
        held = self.book[name].units
        if live.reduces:
            if held * live.left >= 0:
                live.status = "cancelled"
                return
            if abs(live.left) > abs(held):
                live.left = -held
        if self.account.long_only and held + live.left < 0:
            if held <= 0:
                live.status = "rejected"
                return
            live.left = -held
        quantity = self.capped(name, live.left)
        if quantity == 0:
            return
        if live.order.kind in ("stop", "trailing stop"):
            live.triggered = t
        done, cut = 0.0, False
        if held * quantity < 0:
            done = -held if abs(quantity) > abs(held) else quantity
            self.bounded(t, j, name, done, at, passive, bound)
        if done != quantity:
            part = self.covered(t, j, name, quantity - done, at, self.power(t, row))
            cut = part != quantity - done
            if part:
                self.bounded(t, j, name, part, at, passive, bound)
            done = done + part if cut else quantity
        if done:
            live.left -= done
            self.cancel_alternatives(live)
            for child in live.children:
                if child.status == "waiting":
                    self.wake(child, at, t if within else None)
        if live.left == 0:
            live.status = "filled"
        elif cut:
            live.status = "rejected"

    def bounded(
        self, t: int, j: int, name: str, units: float, at: float, passive: bool, bound: float | None
    ) -> None:
        parts = (0.0, 0.0, 0.0) if passive else self.worse(t, j, units)
        price = at * (1 + math.copysign(sum(parts), units))
        if bound is not None and (price - bound) * units > 0:
            scale = abs(bound - at) / abs(price - at)
            parts = (parts[0] * scale, parts[1] * scale, parts[2] * scale)
            price = bound
        paid = self.commission(units, price, self.per_share(self.month_units))
        self.enter(t, name, units, price, at, paid, "order", parts)

    def power(self, t: int, row: str) -> float:
        gross = worth = 0.0
        for j, name in enumerate(self.panel.symbols):
            position = self.book[name]
            if position.units:
                known = self.opening(t, j) if row == "open" else self.panel.close[t, j]
                price = known if known is not None and math.isfinite(known) else position.mark
                worth += position.units * price
                gross += abs(position.units) * price
        return self.account.leverage * (self.cash + worth) - gross

    def covered(self, t: int, j: int, name: str, units: float, at: float, power: float) -> float:
        """The part of `units` that buying power pays for."""
        if self.need(t, j, name, units, at) > power * (1 + 1e-10):
            left = power - self.account.leverage * self.costs.commission_minimum
            if left <= 0:
                return 0.0
            units *= min(1.0, left / self.need(t, j, name, units, at, minimum=False))
        return self.rounded(units)

    def cancel_alternatives(self, live: Live) -> None:
        if live.parent:
            others = live.parent.children
        elif live.order.group >= 0:
            others = self.neighbours(live)
        else:
            return
        for other in others:
            if other is not live and other.status in ("waiting", "working"):
                other.status = "cancelled"

    def neighbours(self, live: Live) -> list[Live]:
        """Orders of the same group that stand together in the list."""
        parents = [other for other in self.all if not other.parent]
        at = next(k for k, other in enumerate(parents) if other is live)
        found = []
        for step in (-1, 1):
            k = at + step
            while 0 <= k < len(parents) and parents[k].order.group == live.order.group:
                found.append(parents[k])
                k += step
        return found

    def at_open(self, t: int) -> None:
        there = list(self.working)
        for reducing in (True, False):
            for live in self.each(self.working):
                price = self.opening(t, self.column(live))
                if live.status != "working" or price is None:
                    continue
                if live in there and self.reducing(live) != reducing:
                    continue
                kind, bound, go = live.order.kind, None, False
                if kind == "market" or (
                    kind == "market on open" and self.starts(t, self.column(live))
                ):
                    go = True
                elif kind in ("stop", "trailing stop"):
                    go = live.triggered is not None
                    go = go or live.side * (price - self.level(t, live)) >= 0
                elif kind == "stop limit" and live.side * (price - live.stop) >= 0:
                    live.triggered = t if live.triggered is None else live.triggered
                if kind == "limit" or (kind == "stop limit" and live.triggered is not None):
                    bound = live.limit
                    go = live.side * (bound - price) >= 0
                if go:
                    self.execute(t, live, price, bound=bound)
                if kind == "market on open" and go and live.status == "working":
                    live.status = "expired"

    def each(self, orders: list[Live], first: int = 0) -> Iterator[Live]:
        """Also those that join while they are gone through."""
        k = first
        while k < len(orders):
            yield orders[k]
            k += 1

    def stops_within(self, t: int, orders: list[Live], first: int = 0) -> None:
        for live in self.each(orders, first):
            j = self.column(live)
            if live.status != "working" or live.order.kind not in STOPS:
                continue
            if not self.is_bar(t, j) or live.triggered is not None or self.amid(t, live):
                continue
            low, high = self.range_of(t, j)
            level, side = self.level(t, live), live.side
            if not side * ((high if side > 0 else low) - level) >= 0:
                continue
            start = live.woken_at if live.woken_within == t else self.first(t, j)
            at = start if side * (start - level) > 0 else level
            if live.order.kind == "stop limit":
                live.triggered = t
                if side * (live.limit - at) < 0:
                    continue
                self.execute(t, live, at, bound=live.limit, within=True)
            else:
                self.execute(t, live, at, within=True)

    def limits_within(self, t: int) -> None:
        for live in list(self.working):
            j = self.column(live)
            if live.status != "working" or not self.is_bar(t, j):
                continue
            if live.order.kind not in ("limit", "stop limit"):
                continue
            if live.order.kind == "stop limit":
                if live.triggered is None:
                    continue
                at_open = live.side * (self.first(t, j) - live.stop) >= 0
                if live.triggered == t and not at_open:
                    continue
            if live.woken_within == t or self.amid(t, live):
                continue
            low, high = self.range_of(t, j)
            touched = live.side * (live.limit - (low if live.side > 0 else high)) >= 0
            if touched and live.side * (self.first(t, j) - live.limit) > 0:
                self.execute(t, live, live.limit, passive=True, bound=live.limit, within=True)

    def at_close(self, t: int) -> None:
        for reducing in (True, False):
            for live in list(self.working):
                j = self.column(live)
                if live.status != "working" or live.order.kind != "market on close":
                    continue
                if not self.is_bar(t, j) or not self.ends(t, j) or self.reducing(live) != reducing:
                    continue
                self.execute(t, live, self.panel.close[t, j], row="close", within=True)
                if live.status == "working":
                    live.status = "expired"
        kept = []
        for live in self.working:
            j = self.column(live)
            if live.status == "working":
                bars = any(self.is_bar(later, j) for later in range(t, self.panel.n_bars))
                gone = not bars and live.order.symbol not in self.listed
                held = self.book[live.order.symbol].units
                if gone or (live.reduces and held * live.left >= 0):
                    live.status = "cancelled"
                elif live.order.day and self.ends(t, j):
                    live.status = "expired"
            if live.status != "working":
                for child in live.children:
                    if child.status == "waiting":
                        child.status = "cancelled"
                continue
            if live.order.kind == "trailing stop" and self.is_bar(t, j):
                self.follow(t, j, live)
            kept.append(live)
        self.working = kept

    def follow(self, t: int, j: int, live: Live) -> None:
        low, high = self.range_of(t, j)
        close = float(self.panel.close[t, j])
        if live.best is None:
            live.best = close
        elif live.woken_within == t or self.amid(t, live):
            live.best = min(live.best, close) if live.side > 0 else max(live.best, close)
        else:
            live.best = min(live.best, low) if live.side > 0 else max(live.best, high)


def random_orders(
    seed: int, n_bars: int, symbols: tuple[str, ...], closes: np.ndarray
) -> list[Order]:
    """A stream of orders of every kind, near the market, with brackets and alternatives."""
    generator = np.random.default_rng(seed)
    orders: list[Order] = []
    group = 0
    for bar in range(n_bars - 1):
        for j, symbol in enumerate(symbols):
            price = closes[bar, j]
            if not math.isfinite(price) or generator.random() > 0.25:
                continue
            size = float(generator.integers(1, 60)) * generator.choice([-1.0, 1.0])
            made = one_order(generator, bar, symbol, size, price)
            if generator.random() < 0.3:
                side = math.copysign(1.0, size)
                away = price * generator.uniform(0.01, 0.12)
                stop = Order(bar, symbol, -size, "stop", stop=price - side * away)
                if generator.random() < 0.3:
                    stop = Order(
                        bar, symbol, -size, "trailing stop", trail=0.05, trail_unit="share"
                    )
                goal = Order(bar, symbol, -size, "limit", limit=price + side * away)
                made = replace(made, children=(stop, goal))
            orders.append(made)
            if generator.random() < 0.15:
                group += 1
                orders[-1] = replace(orders[-1], group=group)
                other = one_order(generator, bar, symbol, -size, price)
                orders.append(replace(other, group=group))
    return orders


def one_order(
    generator: np.random.Generator, bar: int, symbol: str, size: float, price: float
) -> Order:
    kinds = ("market", "limit", "stop", "stop limit", "trailing stop", "market on open",
             "market on close")  # fmt: skip
    kind = str(generator.choice(kinds))
    near = [float(price * generator.uniform(0.93, 1.07)) for _ in range(2)]
    unit = str(generator.choice(["amount", "share", "atr"]))
    trail = {"amount": 0.04 * price, "share": 0.04, "atr": 1.5}[unit]
    trailing = kind == "trailing stop"
    return Order(
        bar, symbol, size, kind,
        limit=near[0] if "limit" in kind else math.nan,
        stop=near[1] if kind in ("stop", "stop limit") else math.nan,
        trail=trail if trailing else math.nan,
        trail_unit=unit if trailing else "amount",
        day=bool(generator.random() < 0.4),
        reduce_only=bool(generator.random() < 0.15),
    )  # fmt: skip
