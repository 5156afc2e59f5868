"""The state machine all algorithms share: one look, one step.

It is called at `next_at` and whenever a child changes, with everything the ledger knows. What holds
whatever the plan says:

- filled + working + new never exceeds the parent: a child counts in full until its end is known,
  also while its cancel is under way or its send has no answer;
- a child's number rises, and is the leg of its client_order_id;
- a patient child (a limit short of the worst price) is cancelled when the next slice is due; its
  rest is free once the broker has confirmed that;
- paused or cancelled, nothing new is sent and everything that works is cancelled;
- three refusals (a limit, a kill, the broker) one after another end it as failed.
"""

from __future__ import annotations

from datetime import datetime
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from terminal.execution.algorithms.params import LEAVE, LIMIT
from terminal.execution.algorithms.parent import (
    MOST_REFUSALS,
    ZERO,
    AlgorithmState,
    ChildOrder,
    Market,
    ParentOrder,
    Progress,
    Step,
)
from terminal.execution.algorithms.plan import nearest_lots
from terminal.execution.algorithms.registry import plan_of
from terminal.execution.order import (
    QUANTITY_STEP,
    OrderIntent,
    OrderType,
    Side,
    client_order_id,
)
from terminal.execution.states import OrderState

S = AlgorithmState


def next_children(parent: ParentOrder, progress: Progress, market: Market, now: datetime) -> Step:
    """What to do with a parent now.

    Parameters
    ----------
    now : UTC. A child in `Step.place` is to be submitted once; asked again before it is in
        `progress`, the same one is returned.
    """
    left = parent.quantity - progress.committed
    if progress.filled >= parent.quantity:
        return _end(S.DONE, progress, "")
    if progress.cancelled:
        return _end(S.CANCELLED, progress, "Cancelled.")
    if progress.refusals >= MOST_REFUSALS:
        return _end(S.FAILED, progress, f"{MOST_REFUSALS} children in a row were refused.")
    if now >= parent.end_at and not market.is_open:
        return _end(S.DONE, progress, "The market closed before the rest was sent.")
    if now >= parent.end_at and parent.params.at_end == LEAVE:
        return _end(S.DONE, progress, "The window has ended; the rest was left.")
    if progress.paused:
        return Step(S.PAUSED, cancel=_cancels(progress.open))
    if now < parent.start_at:
        return Step(S.WAITING, next_at=parent.start_at)
    if not market.is_open:
        return Step(S.WORKING, note="The market is closed.")
    if now >= parent.closing_at:
        return _finish(parent, progress, left, market, now)
    due = plan_of(parent).due(progress, market, now)
    if due.number is None:
        return Step(S.WORKING, next_at=due.next_at)
    stale = tuple(
        child for child in progress.open if child.number < due.number and _is_patient(child, parent)
    )
    if stale:
        return Step(S.WORKING, cancel=_cancels(stale), next_at=due.next_at)
    if market.last is None:
        return Step(S.WORKING, next_at=due.next_at, note="There is no price yet.")
    quantity = due.quantity
    if quantity < left:
        quantity = nearest_lots(quantity, parent.params.lots)
    quantity = min(quantity, left)
    if quantity <= ZERO:
        return Step(S.WORKING, next_at=due.next_at)
    child = _child(parent, due.number, quantity, market.last, _limit(parent, market.last))
    return Step(S.WORKING, (child,), next_at=due.next_at)


def _finish(
    parent: ParentOrder, progress: Progress, left: Decimal, market: Market, now: datetime
) -> Step:
    """Cancel what is patient, then send what is left at any price, or the worst allowed.

    After the window only a worst price can keep something from filling: then that is the end.
    """
    patient = tuple(child for child in progress.open if _is_patient(child, parent))
    if patient:
        return Step(S.WORKING, cancel=_cancels(patient))
    worst = _worst(parent)
    if now >= parent.end_at and worst is not None:
        newest = max(progress.children, key=lambda child: child.number, default=None)
        tried = newest is not None and newest.limit_price == worst
        if tried and newest is not None and newest.filled < newest.quantity:
            return _end(S.DONE, progress, "The window has ended; the rest found no price.")
    if left <= ZERO:
        return Step(S.WORKING, next_at=parent.end_at if now < parent.end_at else None)
    child = _child(parent, progress.last_number + 1, left, market.last, worst)
    return Step(S.WORKING, (child,), next_at=parent.end_at if now < parent.end_at else None)


def _end(state: AlgorithmState, progress: Progress, note: str) -> Step:
    """The end, once nothing works any more; until then the state before it."""
    if progress.open:
        return Step(S.WORKING, cancel=_cancels(progress.open), note=note)
    return Step(state, note=note)


def _cancels(children: tuple[ChildOrder, ...]) -> tuple[str, ...]:
    return tuple(
        child.client_order_id for child in children if child.state is not OrderState.CANCELLING
    )


def _child(
    parent: ParentOrder,
    number: int,
    quantity: Decimal,
    last: Decimal | None,
    limit: Decimal | None,
) -> OrderIntent:
    leg = str(number)
    return OrderIntent(
        client_order_id=client_order_id(parent.account_id, parent.source, None, parent.symbol, leg),
        account_id=parent.account_id,
        symbol=parent.symbol,
        side=parent.side,
        quantity=_plain(quantity.quantize(QUANTITY_STEP, ROUND_FLOOR)),
        type=OrderType.MARKET if limit is None else OrderType.LIMIT,
        limit_price=limit,
        source=parent.source,
        leg=leg,
        session_id=parent.session_id,
        parent_id=parent.id,
        reference_price=last,
    )


def _plain(quantity: Decimal) -> Decimal:
    """Without zeros at the end, and without an exponent: 100, not 1E+2."""
    whole = quantity.to_integral_value()
    return whole if whole == quantity else quantity.normalize()


def _is_patient(child: ChildOrder, parent: ParentOrder) -> bool:
    """Whether a better price may be tried for it: it names one, and not yet the worst allowed."""
    return child.limit_price is not None and child.limit_price != _worst(parent)


def _worst(parent: ParentOrder) -> Decimal | None:
    worst = parent.params.worst_price
    return _to_tick(parent, Decimal(repr(worst))) if worst else None


def _limit(parent: ParentOrder, last: Decimal) -> Decimal | None:
    """The price a child names; None: it takes any."""
    params, worst = parent.params, _worst(parent)
    if params.child_type != LIMIT or (worst is not None and params.rests_at_worst):
        return worst
    away = last * Decimal(repr(params.offset_bps)) / 10_000 * parent.side.sign
    price = _to_tick(parent, last - away)
    if worst is None:
        return price
    return min(price, worst) if parent.side is Side.BUY else max(price, worst)


def _to_tick(parent: ParentOrder, price: Decimal) -> Decimal:
    """To the patient side: a buy down, a sale up."""
    tick = Decimal(repr(parent.params.tick))
    rounding = ROUND_FLOOR if parent.side is Side.BUY else ROUND_CEILING
    return max((price / tick).to_integral_value(rounding), Decimal(1)) * tick
