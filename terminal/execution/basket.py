"""Several orders that lead an account to weights: what is missing, each checked, sales first.

Nothing of its own is sent: every leg is a ticket through the desk, with the desk's limits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from terminal.accounts.actor import Actor
from terminal.db.repositories import holdings, orders, trading_accounts
from terminal.errors import Conflict, TerminalError
from terminal.execution.desk import TradingDesk
from terminal.execution.limits import Denial
from terminal.execution.order import Side
from terminal.execution.previews import Preview
from terminal.execution.states import WORKING, OrderState
from terminal.execution.submit import Submitted
from terminal.execution.ticket import Ticket
from terminal.portfolio.trades import trades_towards, units_for

LONGEST_NONCE = 20
"""Of the basket: each leg adds its number."""


@dataclass(frozen=True)
class Leg:
    """An order of a basket as it would be sent now."""

    ticket: Ticket
    preview: Preview


@dataclass(frozen=True)
class Basket:
    """What would be sent.

    Attributes
    ----------
    equity : that the weights are taken of: cash and what is held in the instruments.
    unpriced : instruments the account has no price of; orders for them are refused until it does.
    apart : what it also holds and is left alone.
    """

    account_id: str
    account: str
    currency: str
    equity: float
    legs: tuple[Leg, ...]
    unpriced: tuple[str, ...]
    apart: tuple[str, ...]


@dataclass(frozen=True)
class Sent:
    """What became of a leg; `error`: it was not even written."""

    ticket: Ticket
    made: Submitted | None
    error: str = ""

    @property
    def denials(self) -> tuple[Denial, ...]:
        return self.made.denials if self.made else ()


def plan(
    desk: TradingDesk,
    actor: Actor,
    account_id: str,
    weights: Mapping[str, float],
    prices: Mapping[str, float],
    rule: str,
    nonce: str,
) -> Basket:
    """The orders from what the account holds, and has working, to `weights` of its equity.

    Parameters
    ----------
    prices : by symbol, of those the account has no price of.
    rule : of units, as of an optimisation. nonce : the same basket twice is sent once.

    Raises
    ------
    NotFound : the account is not the actor's. Conflict : it is closed.
    InputError : its equity does not pay for the weights.
    """
    with desk.db.read() as conn:
        account = trading_accounts.get(conn, actor, account_id)
        if account.closed_at is not None:
            raise Conflict(f"{account.name} is closed.", field="account")
        held = {
            row.symbol: float(row.quantity) for row in holdings.positions(conn, actor, account.id)
        }
        cash = float(holdings.cash(conn, actor, account.id))
        quoted = holdings.last_prices(conn, actor, account.id)
        works = _working(orders.in_states(conn, account.id, (OrderState.INTENT, *WORKING)))
    symbols = tuple(weights)
    price = np.array([float(quoted[s].price) if s in quoted else prices[s] for s in symbols])
    units = np.array([held.get(symbol, 0.0) for symbol in symbols])
    equity = cash + float(units @ price)
    wanted = units_for(np.array(list(weights.values())), price, equity, rule, symbols)
    there = units + np.array([works.get(symbol, 0.0) for symbol in symbols])
    trades = trades_towards(symbols, wanted, there, price, lambda _units, _price: 0.0)
    legs = []
    for number, trade in enumerate(trades):
        ticket = Ticket(
            account_id=account.id,
            symbol=trade.symbol,
            side=Side.BUY if trade.units > 0 else Side.SELL,
            quantity=Decimal(str(abs(trade.units))),
            nonce=f"{nonce[:LONGEST_NONCE]}-{number}",
        )
        legs.append(Leg(ticket, desk.preview(actor, ticket)))
    return Basket(
        account.id,
        account.name,
        account.currency,
        equity,
        tuple(legs),
        tuple(trade.symbol for trade in trades if trade.symbol not in quoted),
        tuple(sorted(symbol for symbol in held if symbol not in weights)),
    )


def send(desk: TradingDesk, actor: Actor, tickets: Sequence[Ticket]) -> tuple[Sent, ...]:
    """Commit every ticket, sales first; one that is refused does not stop the others."""
    found = []
    for ticket in sorted(tickets, key=lambda one: one.side is Side.BUY):
        try:
            found.append(Sent(ticket, desk.submit(actor, ticket)))
        except TerminalError as error:
            found.append(Sent(ticket, None, error.message))
    return tuple(found)


def _working(rows: Sequence[orders.OrderRow]) -> dict[str, float]:
    """Units still to come by symbol, negative for sales."""
    found: dict[str, float] = {}
    for row in rows:
        left = float(row.quantity - row.filled_quantity) * row.side.sign
        found[row.symbol] = found.get(row.symbol, 0.0) + left
    return found
