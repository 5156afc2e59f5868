"""The engine's law (docs/engine.md) once more, written from its text with names and dictionaries.

Shares no code with the kernel: one instrument at a time, plain Python numbers, as slow and as
obvious as can be. Tests hold the real engine to it fill for fill.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from terminal.backtest.account import Account, ExitRules
from terminal.backtest.costs import Costs
from terminal.market.panel import FloatArray, Panel

YEAR = np.timedelta64(365, "D")


@dataclass
class Order:
    """Units wanted, and why."""

    wanted: float
    reason: str = "order"


@dataclass
class Position:
    """What is held of one instrument and what is remembered of it."""

    units: float = 0.0
    mark: float | None = None
    entry: float = 0.0
    best: float = 0.0
    opened: int = 0
    order: Order | None = None
    acted: float | None = None
    blocked: int = 0  # side closed by an exit
    left: float = math.inf


@dataclass
class Fill:
    """One row of the list of fills."""

    bar: int
    symbol: str
    units: float
    price: float
    reference: float
    commission: float
    spread: float
    slippage: float
    impact: float
    reason: str


@dataclass
class Run:
    """One run from first bar to last."""

    panel: Panel
    targets: FloatArray
    account: Account
    costs: Costs
    exits: ExitRules
    liquidity: FloatArray
    atr: FloatArray
    listed: frozenset[str] = frozenset()  # whose next bar was not due when the panel ends
    cash: float = 0.0
    short: float = 0.0  # value sold short at the last close
    month_units: float = 0.0  # units traded in this month
    bankrupt: bool = False
    margin_calls: int = 0
    book: dict[str, Position] = field(default_factory=dict)
    fills: list[Fill] = field(default_factory=list)
    equity: list[float] = field(default_factory=list)

    def run(self) -> Run:
        self.cash = self.account.capital
        self.book = {name: Position() for name in self.panel.symbols}
        names = list(enumerate(self.panel.symbols))
        for t in range(self.panel.n_bars):
            self.pay_for_time(t)
            for j, name in names:
                self.renew_limits(t, j, name)
            for j, name in names:
                self.corporate_actions(t, j, name)
            for j, name in names:
                self.close_what_has_ended(t, j, name)
            self.trade(t)
            for j, name in names:
                self.watch(t, j, name)
            self.mark(t)
            self.equity.append(self.value())
            self.short = sum(-p.units * p.mark for p in self.book.values() if p.units < 0)
            if self.value() <= 0 and not self.bankrupt:
                self.give_up(t)
            if not self.bankrupt:
                self.call_margin()
                self.decide(t)
        return self

    def is_bar(self, t: int, j: int) -> bool:
        return math.isfinite(self.panel.close[t, j])

    def begins(self, t: int, j: int) -> bool:
        """Whether a bar opens in this row that closes in a later one."""
        begun = self.panel.begun
        return begun is not None and math.isfinite(begun[t, j]) and not self.is_bar(t, j)

    def opened_before(self, t: int, j: int) -> bool:
        """Whether the bar that closes in this row opened in an earlier one."""
        begun = self.panel.begun
        if begun is None or not self.is_bar(t, j) or not math.isfinite(self.panel.open[t, j]):
            return False
        return not math.isfinite(begun[t, j])

    def opening(self, t: int, j: int) -> float | None:
        """The price at which an order can fill at the open of this row."""
        if self.begins(t, j):
            return float(self.panel.begun[t, j])
        if not self.is_bar(t, j) or self.opened_before(t, j):
            return None
        price = self.panel.open[t, j]
        return float(price if math.isfinite(price) else self.panel.close[t, j])

    def mark(self, t: int) -> None:
        for j, name in enumerate(self.panel.symbols):
            if self.is_bar(t, j):
                self.book[name].mark = self.panel.close[t, j]
            elif self.begins(t, j):
                self.book[name].mark = self.panel.begun[t, j]

    def value(self) -> float:
        return self.cash + sum(p.units * p.mark for p in self.book.values() if p.units)

    def gross(self) -> float:
        return sum(abs(p.units) * p.mark for p in self.book.values() if p.units)

    def rounded(self, units: float, lot: float | None = None) -> float:
        lot = self.account.lot if lot is None else lot
        if lot == 0:
            return units
        return math.copysign(math.floor(abs(units) / lot + 1e-9) * lot, units)

    def pay_for_time(self, t: int) -> None:
        if t == 0:
            return
        month, before = self.panel.ts[[t, t - 1]].astype("datetime64[M]")
        if month != before:
            self.month_units = 0.0
        years = (self.panel.close_ts[t] - self.panel.close_ts[t - 1]) / YEAR
        own = self.cash - self.short
        rate = self.account.cash_rate if own > 0 else self.account.debit_rate
        self.cash += own * rate * years - self.short * self.costs.borrow_bps / 10_000 * years

    def renew_limits(self, t: int, j: int, name: str) -> None:
        if self.opening(t, j) is None:
            return
        position, cap = self.book[name], self.account.participation
        rows = [r for r in range(t, self.panel.n_bars) if self.is_bar(r, j)]
        volume = self.panel.volume[rows[0], j] if rows else math.nan
        position.left = cap * volume if cap and math.isfinite(volume) else math.inf

    def corporate_actions(self, t: int, j: int, name: str) -> None:
        position, ratio = self.book[name], self.panel.split[t, j]
        if ratio != 1:
            position.units *= ratio
            position.entry /= ratio
            position.best /= ratio
            if position.mark is not None:
                position.mark /= ratio
            price = self.opening(t, j) or position.mark
            if self.account.lot:
                rest = position.units - self.rounded(position.units, 1.0)
                if rest and price is not None:
                    self.fills.append(
                        Fill(t, name, -rest, price, price, 0, 0, 0, 0, "cash in lieu")
                    )
                    self.cash += rest * price
                    position.units = self.rounded(position.units, 1.0)
            if position.order:
                wanted = position.order.wanted * ratio
                position.order.wanted = self.rounded(wanted, 1.0 if self.account.lot else 0.0)
        self.cash += position.units * self.panel.dividend[t, j]

    def close_what_has_ended(self, t: int, j: int, name: str) -> None:
        if name in self.listed or any(self.is_bar(r, j) for r in range(t, self.panel.n_bars)):
            return
        position = self.book[name]
        position.order = None
        if position.units:
            units, mark = -position.units, position.mark
            rate = self.per_share(0.0)
            self.enter(t, name, units, mark, mark, self.commission(units, mark, rate), "delisted")

    def per_share(self, month_units: float) -> float:
        rate = self.costs.commission_per_share
        for units, tier in self.costs.commission_tiers:
            if month_units >= units:
                rate = tier
        return rate

    def commission(self, units: float, price: float, rate: float) -> float:
        costs, size = self.costs, abs(units)
        paid = max(
            costs.commission_minimum, size * rate + size * price * costs.commission_bps / 10_000
        )
        if units < 0:
            paid += size * price * costs.sell_fee_bps / 10_000
            most = costs.sell_fee_maximum or math.inf
            paid += min(most, size * costs.sell_fee_per_share)
        return paid

    def worse(self, t: int, j: int, units: float) -> tuple[float, float, float]:
        """Half spread, slippage and impact as fractions of the price."""
        costs = self.costs
        if not costs.uses_liquidity:
            return costs.half_spread_bps / 10_000, costs.slippage_bps / 10_000, 0.0
        spread, sigma, adv, clock = self.liquidity[:, t, j]
        share = abs(units) / adv if adv > 0 else 0.0
        slippage = costs.slippage_bps / 10_000 + costs.slippage_volatility * sigma
        slippage += costs.slippage_volume_bps / 10_000 * share
        turnover = costs.shares_outstanding_days**0.25
        worked = self.execution_days()
        impact = costs.impact_root * sigma * math.sqrt(share)
        impact += 0.5 * costs.impact_permanent * sigma * share * turnover
        impact += costs.impact_temporary * sigma * (share / worked) ** 0.6
        parts = [spread, clock * slippage, clock * impact]
        if sum(parts) > 0.99:
            parts = [0.99 * part / sum(parts) for part in parts]
        return parts[0], parts[1], parts[2]

    def execution_days(self) -> float:
        days = self.panel.ts.astype("datetime64[D]")
        return 1.0 / float(np.median(np.unique(days, return_counts=True)[1]))

    def enter(
        self,
        t: int,
        name: str,
        units: float,
        price: float,
        reference: float,
        commission: float,
        reason: str,
        parts: tuple[float, float, float] = (0.0, 0.0, 0.0),
    ) -> None:
        """Book a fill."""
        position = self.book[name]
        before, after = position.units, position.units + units
        if abs(after) < 1e-12:
            after = 0.0
        if before == 0 or before * after < 0:
            position.entry, position.best, position.opened = price, reference, t
        elif before * units > 0:
            position.entry = (position.entry * abs(before) + price * abs(units)) / abs(after)
        position.units = after
        position.left -= abs(units)
        if reason not in ("delisted", "cash in lieu"):
            self.month_units += abs(units)
        self.cash -= units * price + commission
        money = [abs(units) * reference * part for part in parts]
        self.fills.append(Fill(t, name, units, price, reference, commission, *money, reason))

    def fill(
        self, t: int, j: int, name: str, units: float, at: float, reason: str, passive: bool = False
    ) -> None:
        parts = (0.0, 0.0, 0.0) if passive else self.worse(t, j, units)
        price = at * (1 + math.copysign(sum(parts), units))
        paid = self.commission(units, price, self.per_share(self.month_units))
        self.enter(t, name, units, price, at, paid, reason, parts)

    def capped(self, name: str, units: float) -> float:
        left = max(0.0, self.book[name].left)
        if not self.account.participation or abs(units) <= left:
            return units
        return math.copysign(self.rounded(left, 1.0 if self.account.lot else 0.0), units)

    def need(
        self, t: int, j: int, name: str, units: float, at: float, minimum: bool = True
    ) -> float:
        """Buying power that adding `units` takes."""
        price = at * (1 + math.copysign(sum(self.worse(t, j, units)), units))
        paid = self.commission(units, price, self.per_share(self.month_units))
        if not minimum:
            rate = self.per_share(self.month_units)
            variable = abs(units) * (rate + price * self.costs.commission_bps / 10_000)
            paid -= max(self.costs.commission_minimum, variable) - variable
        return abs(units) * at + self.account.leverage * (abs(units) * abs(price - at) + paid)

    def trade(self, t: int) -> None:
        price = {n: self.opening(t, j) for j, n in enumerate(self.panel.symbols)}
        number = {name: j for j, name in enumerate(self.panel.symbols)}
        ready = [n for n in self.panel.symbols if self.book[n].order and price[n] is not None]
        waits: set[str] = set()
        adding: dict[str, float] = {}
        for name in ready:
            position = self.book[name]
            held, wanted = position.units, position.order.wanted
            if abs(wanted - held) <= 1e-9 * max(abs(held), abs(wanted)):
                continue
            reducing = 0.0
            if held > 0 and wanted < held:
                reducing = max(wanted, 0.0) - held
            elif held < 0 and wanted > held:
                reducing = min(wanted, 0.0) - held
            if reducing:
                units = self.capped(name, reducing)
                if units != reducing:
                    waits.add(name)
                if units:
                    self.fill(t, number[name], name, units, price[name], position.order.reason)
            rest = wanted - held - reducing
            if rest and name not in waits:
                adding[name] = self.capped(name, rest)
                if adding[name] != rest:
                    waits.add(name)
        at_open = {
            n: price[n] if price[n] is not None else self.book[n].mark for n in self.panel.symbols
        }
        worth = sum(p.units * at_open[n] for n, p in self.book.items() if p.units)
        gross = sum(abs(p.units) * at_open[n] for n, p in self.book.items() if p.units)
        power = self.account.leverage * (self.cash + worth) - gross
        total = sum(
            self.need(t, number[n], n, units, price[n]) for n, units in adding.items() if units
        )
        share = max(0.0, power / total) if total > max(power, 0.0) else 1.0
        for name, units in adding.items():
            if not units:
                continue
            j, at = number[name], price[name]
            wanted = units * share
            if wanted and self.need(t, j, name, wanted, at) > power * (1 + 1e-10):
                left = power - self.account.leverage * self.costs.commission_minimum
                variable = self.need(t, j, name, wanted, at, minimum=False)
                wanted *= min(1.0, max(0.0, left) / variable)
            wanted = self.rounded(wanted)
            if abs(wanted) > 1e-9 * abs(self.book[name].order.wanted):
                power -= self.need(t, j, name, wanted, at)
                self.fill(t, j, name, wanted, at, self.book[name].order.reason)
        for name in ready:
            if name not in waits:
                self.book[name].order = None

    def watch(self, t: int, j: int, name: str) -> None:
        position, rules = self.book[name], self.exits
        if not rules.any or not position.units:
            return
        if not self.is_bar(t, j) and not self.begins(t, j):
            return
        long = position.units > 0
        side = 1 if long else -1
        opened = self.opening(t, j)
        if opened is None:  # its open was looked at in the row of that
            opened = math.nan
        low, high = self.range_of(t, j) if self.is_bar(t, j) else (math.nan, math.nan)
        against, along = (low, high) if long else (high, low)
        stops: list[tuple[float, str]] = []
        if rules.stop_loss:
            stops.append((position.entry * (1 - side * rules.stop_loss), "stop loss"))
        known = self.atr[t, j] if rules.uses_atr else math.nan
        if rules.stop_atr and known > 0:
            stops.append((position.entry - side * rules.stop_atr * known, "stop loss"))
        if rules.trailing_stop:
            stops.append((position.best * (1 - side * rules.trailing_stop), "trailing stop"))
        if rules.trailing_atr and known > 0:
            stops.append((position.best - side * rules.trailing_atr * known, "trailing stop"))
        # the nearest stop is met first; of two at one level the first named
        stop = max(stops, key=lambda item: side * item[0]) if stops else None
        goal = position.entry * (1 + side * rules.take_profit) if rules.take_profit else None
        met: tuple[float, str] | None = None
        if stop and side * opened <= side * stop[0]:
            met = (opened, stop[1])
        elif goal is not None and side * opened >= side * goal:
            met = (opened, "take profit")
        elif stop and side * against <= side * stop[0]:
            met = stop
        elif goal is not None and side * along >= side * goal:
            met = (goal, "take profit")
        elif rules.longest and t - position.opened + 1 >= rules.longest:
            position.order = Order(0.0, "time exit")
            position.blocked = side
        if self.is_bar(t, j):
            position.best = max(position.best, along) if long else min(position.best, along)
        if met:
            position.blocked = side
            position.order = Order(0.0, met[1])
            units = self.capped(name, -position.units)
            if units:
                self.fill(t, j, name, units, met[0], met[1], passive=met[1] == "take profit")
            if not position.units:
                position.order = None

    def range_of(self, t: int, j: int) -> tuple[float, float]:
        first = self.panel.open[t, j]
        both = [self.panel.close[t, j], first if math.isfinite(first) else self.panel.close[t, j]]
        low, high = self.panel.low[t, j], self.panel.high[t, j]
        lows = [*both, low] if math.isfinite(low) else both
        highs = [*both, high] if math.isfinite(high) else both
        return min(lows), max(highs)

    def give_up(self, t: int) -> None:
        self.bankrupt = True
        for name, position in self.book.items():
            position.order = None
            if position.units:
                units, price = -position.units, position.mark
                self.fills.append(Fill(t, name, units, price, price, 0, 0, 0, 0, "bankrupt"))
                self.cash -= units * price
                position.units = 0.0
        self.short = 0.0

    def call_margin(self) -> None:
        gross, equity = self.gross(), self.value()
        if not self.account.maintenance or equity >= self.account.maintenance * gross:
            return
        self.margin_calls += 1
        keep = min(1.0, self.account.leverage * equity / gross)
        for position in self.book.values():
            if position.units:
                position.order = Order(self.rounded(position.units * keep), "margin call")

    def newest(self, t: int, j: int) -> float:
        """The target of this row, or the last one of a closed instrument where panels are mixed."""
        if not self.panel.calendars:
            return float(self.targets[t, j])
        named = np.isfinite(self.targets[:, j])
        rows = [r for r in range(t + 1) if self.is_bar(r, j) or named[r]]
        return float(self.targets[rows[-1], j]) if rows else math.nan

    def may_wait(self, t: int, j: int, name: str, weight: float) -> bool:
        """Whether a target named while an instrument is closed can be acted on at its next open."""
        later = range(t + 1, self.panel.n_bars)
        goes_on = name in self.listed or any(self.is_bar(r, j) for r in later)
        known = self.book[name].mark is not None and not math.isnan(weight)
        return bool(self.panel.calendars) and goes_on and known

    def decide(self, t: int) -> None:
        weights = [self.newest(t, j) for j in range(len(self.panel.symbols))]
        if self.account.long_only:
            weights = [w if math.isnan(w) else max(w, 0.0) for w in weights]
        gross = sum(abs(w) for w in weights if not math.isnan(w))
        if gross > self.account.leverage * (1 + 1e-9):
            weights = [w * self.account.leverage / gross for w in weights]
        for j, name in enumerate(self.panel.symbols):
            position, weight = self.book[name], weights[j]
            if not self.is_bar(t, j) and not self.may_wait(t, j, name, weight):
                continue
            if position.blocked:
                if not math.isnan(weight) and weight * position.blocked > 0:
                    position.acted = weight
                    continue
                position.blocked, position.acted = 0, None
            if math.isnan(weight):
                position.acted = None
            elif position.acted is None or abs(weight - position.acted) > 1e-12:
                position.acted = weight
                price = self.panel.close[t, j] if self.is_bar(t, j) else position.mark
                wanted = self.rounded(weight * self.value() / price)
                position.order = Order(wanted)
