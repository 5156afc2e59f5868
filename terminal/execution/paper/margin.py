"""What an account may do. Simple, and stated in docs/paper-exchange.md:

equity = cash + sum of units x last price; buying power = multiplier x equity - gross exposure -
what open orders would add. An order that only closes needs none. Nothing is liquidated and nothing
is charged for borrowing; with no equity left an account may only close.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from terminal.execution.order import Side
from terminal.execution.paper.values import FORBIDDEN, Account, Order, Refused, Ticket

Marks = Mapping[str, Decimal]
"""Last price by symbol."""


def equity(account: Account, marks: Marks) -> Decimal:
    """Cash plus positions at the last prices."""
    return account.cash + sum(
        (held.quantity * marks[symbol] for symbol, held in account.positions.items()), Decimal(0)
    )


def gross(account: Account, marks: Marks) -> Decimal:
    """Long plus short value."""
    return sum(
        (abs(held.quantity) * marks[symbol] for symbol, held in account.positions.items()),
        Decimal(0),
    )


def buying_power(account: Account, marks: Marks, without: Order | None = None) -> Decimal:
    """What new orders may add; never below 0. `without` : an open order about to be replaced."""
    reserved = Decimal(0)
    closed: dict[tuple[str, Side], Decimal] = {}
    for order in account.open.values():
        if order is without:
            continue
        place = (order.ticket.symbol, order.ticket.side)
        before = closed.get(place, Decimal(0))
        adds = _adds(account, order.ticket, order.left, before)
        closed[place] = before + order.left - adds
        reserved += adds * _price(order.ticket, marks)
    free = account.multiplier * equity(account, marks) - gross(account, marks) - reserved
    return max(free, Decimal(0))


def require(account: Account, ticket: Ticket, marks: Marks, without: Order | None = None) -> None:
    """Refuse what the account may not do.

    Raises
    ------
    Refused : 403, with Alpaca's code.
    """
    if account.blocked:
        raise Refused(403, FORBIDDEN, "trading is blocked for this account")
    closing = Decimal(0)
    for order in account.open.values():
        if order is without or order.ticket.side is not ticket.side:
            continue
        if order.ticket.symbol == ticket.symbol:
            closing += order.left - _adds(account, order.ticket, order.left, closing)
    adds = _adds(account, ticket, ticket.quantity, closing)
    if adds == 0:
        return
    if ticket.side is Side.SELL and not account.shorting:
        held = account.positions.get(ticket.symbol)
        units = max(held.quantity - closing, Decimal(0)) if held else Decimal(0)
        raise Refused(
            403,
            FORBIDDEN,
            f"insufficient qty available for order (requested: {ticket.quantity}, "
            f"available: {units})",
        )
    needed = adds * _price(ticket, marks)
    free = buying_power(account, marks, without)
    if needed > free:
        raise Refused(
            403, FORBIDDEN, f"insufficient buying power (needed: {needed:f}, available: {free:f})"
        )


def _adds(account: Account, ticket: Ticket, quantity: Decimal, already: Decimal) -> Decimal:
    """Units of `quantity` that open rather than close, once `already` are closed by others."""
    held = account.positions.get(ticket.symbol)
    against = -held.quantity * ticket.side.sign if held else Decimal(0)
    return max(Decimal(0), quantity - max(Decimal(0), against - already))


def _price(ticket: Ticket, marks: Marks) -> Decimal:
    """What a unit is reckoned at: the limit where there is one, the worse of stop and last else."""
    mark = marks[ticket.symbol]
    if ticket.limit_price is not None:
        return ticket.limit_price if ticket.side is Side.BUY else max(mark, ticket.limit_price)
    if ticket.stop_price is not None and ticket.side is Side.BUY:
        return max(mark, ticket.stop_price)
    return mark
