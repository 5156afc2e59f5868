"""The exchange's time: bar by bar, each in two phases, its open and the rest of it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from terminal.errors import Conflict
from terminal.execution.order import Side, TimeInForce
from terminal.execution.paper.books import TICK, Books
from terminal.execution.paper.matching import Matcher
from terminal.execution.paper.pricing import exact
from terminal.execution.paper.tape import Bar
from terminal.execution.paper.values import CANCELED, EXPIRED, Order

_STEP = Decimal("0.000000001")


class Replay(Books):
    """Books whose time moves on a tape."""

    def pass_until(self, moment: datetime) -> None:
        """Let simulated time go on between two phases; never backwards, never into the next."""
        limit = self.next_phase_at()
        if limit is not None:
            moment = min(moment, limit - TICK)
        if moment > self.now:
            self.state.now = moment

    def next_phase_at(self) -> datetime | None:
        """When the next open or close happens; None at the end of the data."""
        if self.state.open:
            return self.tape.ends(self.row)
        return self.tape.begins(self.row + 1) if self.row + 1 < self.tape.n_rows else None

    @property
    def is_open(self) -> bool:
        """Whether a session is on."""
        if self.state.open:
            return True
        return self.row >= 0 and not self.tape.closes_session(self.row)

    def step(self) -> bool:
        """The rest of this bar, or the whole next one; False at the end of the data."""
        if not self.state.open and not self.open_bar():
            return False
        self.close_bar()
        return True

    def open_bar(self) -> bool:
        """The next bar's open: corporate actions, then what fills there."""
        if self.state.open:
            raise Conflict("The bar is open already.", remedy="Close it first.")
        if self.row + 1 >= self.tape.n_rows:
            return False
        self.row += 1
        self._move_clock(self.tape.begins(self.row), opened=True)
        for symbol, column in self.tape.columns.items():
            if self.tape.ended(self.row, column):
                for order in self._working(symbol):
                    self.end(order, CANCELED, f"{symbol} is no longer traded")
            self._corporate_action(symbol, column)
            bar = self.tape.bar(self.row, column)
            if bar is not None:
                self.marks[symbol] = exact(bar.open)
        self._at_open()
        return True

    def _at_open(self) -> None:
        first = self.tape.opens_session(self.row)
        for symbol, matcher in self._matchers():
            matcher.at_open(self._working(symbol), first_of_session=first)
        self._without_market(first)

    def _without_market(self, first: bool) -> None:
        """Orders that cannot wait, of instruments that do not trade at this open."""
        for symbol in [symbol for symbol, orders in self.state.working.items() if orders]:
            if symbol not in self.state.halted and self._bar_of(symbol) is not None:
                continue
            for order in self._working(symbol):
                kind = order.ticket.time_in_force
                if order.works_from > self.tape.begins(self.row):
                    continue
                if kind in (TimeInForce.IOC, TimeInForce.FOK):
                    self.end(order, CANCELED, "not filled at once")
                elif kind is TimeInForce.OPG and first:
                    self.end(order, EXPIRED, "not filled at the open")

    def close_bar(self) -> None:
        """Through the bar to its close; a session's end expires its orders."""
        if not self.state.open:
            raise Conflict("No bar is open.", remedy="Open one first.")
        last = self.tape.closes_session(self.row)
        matchers = self._kept or self._matchers_again()
        for symbol, matcher in matchers.items():
            if symbol not in self.state.halted:
                matcher.within(self._working(symbol))
        self._move_clock(self.tape.ends(self.row), opened=False)
        for symbol, matcher in matchers.items():
            self.marks[symbol] = exact(matcher.bar.close)
            if last and symbol not in self.state.halted:
                matcher.at_close(self._working(symbol))
        begins = self.tape.begins(self.row)
        for symbol in list(self.state.working):
            for order in self._working(symbol):
                if order.works_from <= begins:
                    self._after_bar(order, matchers.get(symbol), last)
        self._kept = {}

    def _after_bar(self, order: Order, matcher: Matcher | None, last: bool) -> None:
        if last and order.ticket.time_in_force is not TimeInForce.GTC:
            self.end(order, EXPIRED, "the session ended")
        elif order.best is not None and matcher is not None and not order.triggered:
            sells = order.ticket.side is Side.SELL
            seen = exact(matcher.bar.high if sells else matcher.bar.low)
            best = max(order.best, seen) if sells else min(order.best, seen)
            if best != order.best:
                self._record({"k": "trail", "order": order.id, "best": str(best)})

    def _matchers(self) -> Iterable[tuple[str, Matcher]]:
        self._kept = {}
        more = self.row + 1 < self.tape.n_rows
        after = self.tape.begins(self.row + 1) if more else self.tape.ends(self.row)
        for symbol in self.tape.columns:
            bar = self._bar_of(symbol)
            if bar is None:
                continue
            matcher = Matcher(self, self.rules, bar, self.tape.begins(self.row), after)
            self._kept[symbol] = matcher
            if symbol not in self.state.halted:
                yield symbol, matcher

    def _matchers_again(self) -> dict[str, Matcher]:
        """After a restart within the bar: what its open had taken of its volume is gone."""
        list(self._matchers())
        begins = self.tape.begins(self.row)
        for fill in self.state.executions.values():
            matcher = self._kept.get(fill.symbol)
            counts = fill.at >= begins and fill.how in ("open", "stop", "limit")
            if matcher is not None and matcher.available is not None and counts:
                matcher.available -= fill.quantity
        return self._kept

    def _bar_of(self, symbol: str) -> Bar | None:
        return self.tape.bar(self.row, self.tape.columns[symbol])

    def _working(self, symbol: str) -> list[Order]:
        """Open orders in order of arrival; a list of its own, as matching changes the book."""
        return list(self.state.working.get(symbol, {}).values())

    def _move_clock(self, at: datetime, *, opened: bool) -> None:
        # what happened while time stood still (µs each) may have reached the next phase's moment
        at = max(at, self.now)
        bar = self.tape.named(self.row).isoformat()
        self._record({"k": "time", "at": at.isoformat(), "bar": bar, "open": opened})

    def _corporate_action(self, symbol: str, column: int) -> None:
        """A split cancels the open orders: their quantity and prices are of old units."""
        panel = self.tape.panel
        ratio, cash = float(panel.split[self.row, column]), float(panel.dividend[self.row, column])
        if ratio != 1.0:
            for order in self._working(symbol):
                self.end(order, CANCELED, f"{symbol} splits {ratio:g} for 1")
        for account in self.state.accounts.values():
            held = account.positions.get(symbol)
            if held is None or held.quantity == 0:
                continue
            if ratio != 1.0:
                self._move(account, "SPLIT", Decimal(0), symbol, ratio=str(exact(ratio)))
            if cash:
                each = exact(cash)
                amount = (held.quantity * each).quantize(_STEP)
                self._move(account, "DIV", amount, symbol, per_unit=str(each))
