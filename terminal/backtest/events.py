"""Simulate a strategy that is asked after every bar, with the same step as known orders."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from terminal.backtest.account import NO_EXITS, Account, ExitRules
from terminal.backtest.costs import FREE, Costs
from terminal.backtest.engine import Simulation, simulation_of
from terminal.backtest.inputs import Market, prepare, ranges_before
from terminal.backtest.kernel import layout
from terminal.backtest.kernel.account import keep_curve
from terminal.backtest.kernel.fills import room_for
from terminal.backtest.kernel.stepping import most_fills, step
from terminal.backtest.kernel.targets import new_state
from terminal.backtest.order_rows import Row, order_frame, rows_of
from terminal.backtest.orders import TRAIL_BARS
from terminal.backtest.own_bars import OwnRows
from terminal.errors import InputError
from terminal.market.adjust import last_known
from terminal.market.calendars import get_calendar
from terminal.market.panel import FloatArray, Panel, TimeArray
from terminal.strategies.events import Fill, OnBar, OpenOrder
from terminal.strategies.orders import KINDS, Order, require_orders
from terminal.strategies.strategy import Strategy

FIELDS = ("open", "high", "low", "close", "volume")


@dataclass(frozen=True)
class Placed:
    """What a strategy did at the close of a bar: the orders it placed and those it took back."""

    bar: int
    orders: tuple[Order, ...]
    cancelled: tuple[int, ...]


@dataclass(frozen=True)
class EventRun:
    """A finished run; `orders` as `simulate_orders` has them, `placed` without silent bars."""

    simulation: Simulation
    orders: pd.DataFrame
    placed: tuple[Placed, ...]


def simulate_events(
    panel: Panel,
    on_bar: OnBar,
    account: Account,
    costs: Costs = FREE,
    exits: ExitRules = NO_EXITS,
    sessions: TimeArray | None = None,
    *,
    replay: bool = False,
) -> EventRun:
    """Run `on_bar` over the panel's raw bars.

    It is asked at every close but the last, and no more once all equity is lost.

    Parameters
    ----------
    replay : for checks on shorter panels, which are to be the beginning of longer ones: asked at
        the last close, too, and instruments whose bars end before the panel does are not closed.

    Raises
    ------
    InputError : an order cannot be, or the panel cannot be traded.
    """
    loop = _Loop(panel, account, costs, exits, sessions, replay=replay)
    placed: list[Placed] = []
    for t in range(panel.n_bars):
        loop.advance(t)
        if not loop.alive or (t + 1 == panel.n_bars and not replay):
            continue
        context = loop.context(t)
        on_bar(context)
        if context.placed or context.taken_back:
            placed.append(Placed(t, tuple(context.placed), tuple(context.taken_back)))
    outcome = loop.outcome()
    asked = np.array(loop.asked, dtype=np.float64)
    orders = order_frame(panel.symbols, loop.rows[: loop.n_orders], asked, outcome[2])
    return EventRun(simulation_of(panel, account, outcome), orders, tuple(placed))


def decided_weights(strategy: Strategy, account: Account) -> Callable[[Panel, Any], FloatArray]:
    """`targets` of a strategy that places orders, for checks of what it knew.

    Of each close: the share of equity held, and the orders placed there at their own prices (those
    without one at the close). Without costs and in fractions of units: what the strategy knew is to
    be seen, not what it paid.
    """
    assert strategy.start is not None  # noqa: S101  only strategies that place orders come here
    start = strategy.start
    free = replace(account, lot=0.0, participation=0.0, maintenance=0.0)

    def targets(panel: Panel, params: Any) -> FloatArray:
        run = simulate_events(panel, start(panel.symbols, params), free, replay=True)
        close, units = last_known(panel.close), run.simulation.positions.to_numpy()
        value = np.where(units != 0, units * close, 0.0)
        columns = {name: j for j, name in enumerate(panel.symbols)}
        for placed in run.placed:
            for order in placed.orders:
                j = columns[order.symbol]
                price = close[placed.bar, j]
                named = [level for level in (order.limit, order.stop) if not math.isnan(level)]
                value[placed.bar, j] += order.quantity * sum(named or [price])
        equity = run.simulation.curve["equity"].to_numpy()[:, None]
        return np.asarray(np.where(equity > 0, value / np.where(equity > 0, equity, 1.0), 0.0))

    return targets


def ends_session(panel: Panel) -> bool:
    """Whether the last bar is the last of its session, by the calendar and not by what follows."""
    if panel.n_bars == 0 or not panel.timeframe.intraday:
        return True
    calendar = get_calendar(panel.calendar)
    closes = calendar.close_of(calendar.session_of(panel.ts[-1:]))
    return bool(panel.close_ts[-1] >= closes[0])


def decisions(run: EventRun, panel: Panel) -> FloatArray:
    """1 where an order was placed, else NaN: (n_bars, n_instruments)."""
    out = np.full(panel.close.shape, np.nan)
    columns = {name: j for j, name in enumerate(panel.symbols)}
    for placed in run.placed:
        for order in placed.orders:
            out[placed.bar, columns[order.symbol]] = 1.0
    return out


class _Loop:
    """The kernel's arrays of one run, and room for orders that nobody knows yet."""

    def __init__(
        self,
        panel: Panel,
        account: Account,
        costs: Costs,
        exits: ExitRules,
        sessions: TimeArray | None,
        *,
        replay: bool,
    ) -> None:
        market: Market = prepare(panel, account, costs, exits, sessions, orders=True)
        if replay:
            no_end = np.full_like(market.last_bar, panel.n_bars)
            finished = market.session_ends.copy()
            if not panel.calendars:  # of several, it was asked already
                finished[-1:] &= ends_session(panel)
            market = replace(
                market, ends=np.zeros_like(market.ends), last_bar=no_end, session_ends=finished
            )
        self.panel, self.account, self.market = panel, account, market
        self.atr = market.atr
        if not exits.uses_atr:
            self.atr = ranges_before(panel, TRAIL_BARS)
        self.units = np.cumprod(panel.split, axis=0, dtype=np.float64)
        self.own = OwnRows(panel) if panel.calendars else None
        self.state, self.book, self.fills = new_state(market.last_bar, float(account.capital))
        self.rows = np.zeros((256, layout.N_ORDER))
        self.working = np.zeros(256, dtype=np.int64)
        self.asked: list[float] = []
        self.new: list[Row] = []
        self.columns = {name: float(j) for j, name in enumerate(panel.symbols)}
        self.n_orders, self.lot = 0, account.lot
        self.curve = np.zeros((panel.n_bars, len(layout.CURVE)))
        self.positions = np.zeros(panel.close.shape)
        self.alive, self.bankrupt_bar, self.margin_calls = True, -1, 0

    def advance(self, t: int) -> None:
        """From the open of bar t to its close."""
        self.take()
        m, n = self.market, self.panel.n_instruments
        self.first_fill = int(self.book[layout.N_FILLS])
        room = most_fills(t, self.n_orders, n, self.rows, self.working, self.book)
        self.fills = room_for(room, self.book, self.fills)
        goes_on, called = step(
            t, self.n_orders, self.alive, m.prices, m.split, m.dividend, m.has_action, m.ends,
            m.month_starts, m.session_starts, m.session_ends, m.began, m.years, m.rates, m.tiers,
            m.exits, m.liquidity, self.atr, self.rows, self.working, self.state, self.book,
            self.fills,
        )  # fmt: skip
        if self.alive and not goes_on:
            self.bankrupt_bar = t
        self.alive = goes_on
        self.margin_calls += called
        keep_curve(t, self.book, self.curve)
        self.positions[t] = self.state[layout.UNITS]

    def context(self, t: int) -> BarContext:
        """What is known at the close of bar t."""
        return BarContext(self, t)

    def add(self, order: Order, t: int) -> int:
        """Note an order and its children; the row the first will have."""
        first = self.n_orders + len(self.new)
        self.new += rows_of(order, float(t), first, self.columns, self.lot)
        return first

    def take(self) -> None:
        """Noted orders become rows: many at once, because one at a time is dear."""
        if not self.new:
            return
        first, needed = self.n_orders, self.n_orders + len(self.new)
        while needed > len(self.rows):
            self.rows = np.vstack([self.rows, np.zeros_like(self.rows)])
            self.working = np.concatenate([self.working, np.zeros_like(self.working)])
        self.rows[first:needed] = self.new
        self.asked += self.rows[first:needed, layout.ORDER_LEFT].tolist()
        self.n_orders = needed
        self.new = []

    def outcome(self) -> tuple[FloatArray, FloatArray, FloatArray, int, int]:
        """As the kernel's loops return it."""
        self.take()
        taken = self.fills[: int(self.book[layout.N_FILLS])]
        return self.curve, self.positions, taken, self.bankrupt_bar, self.margin_calls


class BarContext:
    """`strategies.events.Context` over the kernel's arrays."""

    def __init__(self, loop: _Loop, t: int) -> None:
        self._loop = loop
        self.bar = t
        self.symbols = loop.panel.symbols
        self.cash = float(loop.book[layout.CASH])
        self.equity = float(loop.book[layout.EQUITY])
        self.placed: list[Order] = []
        self.taken_back: list[int] = []
        self.long_only = loop.account.long_only
        self.session_ends = bool(loop.market.session_ends[t].any())

    @property
    def ts(self) -> Any:
        """When the bar opened (datetime64[ns], UTC)."""
        return self._loop.panel.ts[self.bar]

    @property
    def close_ts(self) -> Any:
        """Now (datetime64[ns], UTC)."""
        return self._loop.panel.close_ts[self.bar]

    @property
    def positions(self) -> Mapping[str, float]:
        """Units held by symbol."""
        held = self._loop.state[layout.UNITS]
        return {self.symbols[j]: float(held[j]) for j in np.flatnonzero(held)}

    @property
    def fills(self) -> Sequence[Fill]:
        """Fills of this bar, those of exits and margin calls included (order -1)."""
        new = self._loop.fills[self._loop.first_fill : int(self._loop.book[layout.N_FILLS])]
        return tuple(
            Fill(
                self.symbols[int(row[layout.FILL_COLUMN])],
                float(row[layout.FILL_QUANTITY]),
                float(row[layout.FILL_PRICE]),
                int(row[layout.FILL_ORDER]),
            )
            for row in new
        )

    @property
    def open_orders(self) -> Sequence[OpenOrder]:
        """Orders at work after this bar, those placed at this close, and sleeping children."""
        self._loop.take()
        rows = self._loop.rows[: self._loop.n_orders]
        alive = np.flatnonzero(rows[:, layout.ORDER_STATUS] <= layout.WORKING)
        return tuple(
            OpenOrder(
                int(k),
                self.symbols[int(rows[k, layout.ORDER_COLUMN])],
                KINDS[int(rows[k, layout.ORDER_TYPE])],
                float(rows[k, layout.ORDER_LEFT]),
            )
            for k in alive
        )

    def history(self, field: str, bars: int) -> FloatArray:
        """The newest rows, in units of this bar."""
        if field not in FIELDS:
            raise InputError(f"There is no field {field!r}; known: {', '.join(FIELDS)}.",
                             field="field", remedy="Ask for one of those.")  # fmt: skip
        loop = self._loop
        if loop.own is not None:
            values = getattr(loop.panel, field)
            return loop.own.newest(values, self.bar, bars, loop.units, of_units=field == "volume")
        first = max(0, self.bar + 1 - bars)
        values = getattr(self._loop.panel, field)[first : self.bar + 1]
        ratio = self._loop.units[first : self.bar + 1] / self._loop.units[self.bar]
        return np.asarray(values / ratio if field == "volume" else values * ratio)

    def times(self, bars: int) -> TimeArray:
        """When the newest bars opened."""
        return self._loop.panel.ts[max(0, self.bar + 1 - bars) : self.bar + 1].copy()

    def submit(self, order: Order) -> int:
        """Place an order for the next bar."""
        require_orders((order,), self._loop.columns)
        self.placed.append(order)
        return self._loop.add(order, self.bar)

    def cancel(self, order_id: int) -> bool:
        """Take an order back, its sleeping children too."""
        self._loop.take()
        rows = self._loop.rows
        if not 0 <= order_id < self._loop.n_orders:
            raise InputError(f"There is no order {order_id}.", field="order_id",
                             remedy="Use the number `submit` gave.")  # fmt: skip
        if rows[order_id, layout.ORDER_STATUS] > layout.WORKING:
            return False
        last = order_id + 1 + int(rows[order_id, layout.ORDER_CHILDREN])
        for row in range(order_id, last):
            if row == order_id or rows[row, layout.ORDER_STATUS] == layout.SUBMITTED:
                rows[row, layout.ORDER_STATUS] = layout.CANCELLED
        self.taken_back.append(order_id)
        return True
