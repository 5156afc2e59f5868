"""What is held after a list of activity, to the last digit: units, cost, what was realised."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext

from terminal.decimals import EXACT
from terminal.execution.lots import ZERO, Lot, LotMethod, average_cost, held, split, trade
from terminal.holdings.activity import Activity, What


@dataclass(frozen=True)
class Position:
    """A symbol: units and cost are signed, `realised` is before `fees`; "" holds what has none."""

    symbol: str
    quantity: Decimal
    cost: Decimal
    realised: Decimal
    fees: Decimal
    income: Decimal

    @property
    def average_cost(self) -> Decimal:
        return average_cost(self.quantity, self.cost)


@dataclass(frozen=True)
class Played:
    """Positions by symbol in alphabetical order, cash, and what each activity realised."""

    positions: dict[str, Position]
    cash: Decimal
    realised: tuple[Decimal, ...]


def play(activities: Sequence[Activity], method: LotMethod = LotMethod.AVERAGE) -> Played:
    """Everything in order; `activities` from `in_order`."""
    lots: dict[str, tuple[Lot, ...]] = {}
    sums: dict[str, list[Decimal]] = {}
    cash, by_activity = ZERO, []
    with localcontext(EXACT):
        for one in activities:
            own = sums.setdefault(one.symbol, [ZERO, ZERO, ZERO])
            realised = ZERO
            before = lots.get(one.symbol, ())
            if one.what is What.SPLIT:
                lots[one.symbol], realised = split(before, one.ratio, Decimal(1))
            elif one.what in (What.TRADE, What.TRANSFER):
                lots[one.symbol], realised = trade(
                    before, one.quantity, one.amount, one.day.isoformat(), method
                )
            elif one.what is What.INCOME:
                own[2] += one.amount
            own[0] += realised
            own[1] += one.fee
            cash += one.cash
            by_activity.append(realised)
        positions = {
            symbol: Position(symbol, *held(lots.get(symbol, ())), *sums[symbol])
            for symbol in sorted(sums)
        }
    return Played(positions, cash, tuple(by_activity))
