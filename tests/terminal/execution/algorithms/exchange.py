"""A market for children: it fills, refuses, loses answers and takes its time, as it is told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from terminal.execution.algorithms import (
    ChildOrder,
    Market,
    ParentOrder,
    Progress,
    Step,
    next_children,
    params_of,
)
from terminal.execution.algorithms.volume_curve import VolumeCurve
from terminal.execution.order import OrderIntent, Side
from terminal.execution.states import OrderState

D = Decimal
OPEN = datetime(2026, 3, 2, 14, 30, tzinfo=UTC)
START, END = OPEN + timedelta(hours=1), OPEN + timedelta(hours=2)
CURVE = VolumeCurve(
    OPEN, timedelta(minutes=15), (0.1, 0.06) + (0.03,) * 20 + (0.05, 0.05, 0.06, 0.08)
)
MARKET = Market(True, D("50.00"))


def parent(algorithm: str = "twap", quantity: Any = 1200, **given: Any) -> ParentOrder:
    """A buy from START to END; `given` are its parameters."""
    params = params_of(algorithm, given)
    return ParentOrder("p1", "acct", "AAA", Side.BUY, D(str(quantity)), START, END, algorithm,
                       params, seed=7, arrival_price=D(50), curve=CURVE)  # fmt: skip


@dataclass
class Exchange:
    """Children and their states; checks every step for what may never happen."""

    parent: ParentOrder
    children: list[ChildOrder] = field(default_factory=list)
    intents: list[OrderIntent] = field(default_factory=list)
    paused: bool = False
    cancelled: bool = False

    @property
    def progress(self) -> Progress:
        return Progress(tuple(self.children), self.paused, self.cancelled)

    @property
    def filled(self) -> Decimal:
        return sum((child.filled for child in self.children), D(0))

    def look(self, now: datetime, market: Market = MARKET) -> Step:
        """One step, carried out: children are sent, cancels are asked for."""
        step = next_children(self.parent, self.progress, market, now)
        assert step == next_children(self.parent, self.progress, market, now), "no memory"
        for intent in step.place:
            assert not self.paused and not self.cancelled
            assert int(intent.leg) > max((c.number for c in self.children), default=0)
            assert intent.client_order_id not in {c.client_order_id for c in self.children}
            self.intents.append(intent)
            self.children.append(ChildOrder(int(intent.leg), intent.client_order_id,
                                            intent.quantity, D(0), OrderState.ACCEPTED,
                                            intent.limit_price))  # fmt: skip
        asked = {child.client_order_id for child in self.children}
        for name in step.cancel:
            assert name in asked
            self.change(name, state=OrderState.CANCELLING)
        assert self.progress.committed <= self.parent.quantity
        return step

    def change(self, name: str, **what: Any) -> None:
        self.children = [
            replace(child, **what) if child.client_order_id == name else child
            for child in self.children
        ]

    def fill(self, name: str, quantity: Decimal) -> None:
        child = next(c for c in self.children if c.client_order_id == name)
        filled = child.filled + quantity
        ended = filled >= child.quantity
        state = OrderState.FILLED if ended else OrderState.PARTIALLY_FILLED
        if child.state is OrderState.CANCELLING and not ended:
            state = OrderState.CANCELLING
        self.change(name, filled=filled, state=state)

    def fill_all(self) -> None:
        for child in self.progress.open:
            self.fill(child.client_order_id, child.quantity - child.filled)

    def confirm_cancels(self) -> None:
        for child in self.progress.open:
            if child.state is OrderState.CANCELLING:
                self.change(child.client_order_id, state=OrderState.CANCELLED)

    def run(
        self,
        until: datetime = END,
        every: timedelta = timedelta(seconds=30),
        market: Callable[[datetime], Market] = lambda now: MARKET,
        each: Callable[[Exchange, datetime], None] = lambda exchange, now: exchange.fill_all(),
        begin: datetime = START,
    ) -> Step:
        """Look, let the market answer, look again (when asked to, or sooner); the last step."""
        now = begin
        while True:
            step = self.look(now, market(now))
            if now >= until:
                return step
            each(self, now)
            self.confirm_cancels()
            soon = step.next_at
            now = soon if soon is not None and now < soon < now + every else now + every
