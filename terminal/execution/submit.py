"""The one way an order comes into being: from a page, the command line, a strategy or a raw task.

In one durable transaction the kill switch and the limits are looked at, and the intent is committed
with the answer. Nothing is sent here: the holder of the account's lease sends what is committed,
and looks again just before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import sqlalchemy as sa

from terminal import clock
from terminal.accounts.actor import Actor, Role
from terminal.db.database import Database
from terminal.db.repositories import ledger, orders, trading_accounts
from terminal.errors import Forbidden
from terminal.execution import kill
from terminal.execution.account_view import account_view, limits_of
from terminal.execution.crash_points import reached
from terminal.execution.events import EventKind
from terminal.execution.limits import Denial, check, reduces
from terminal.execution.order import FLATTEN, OrderIntent
from terminal.execution.states import OrderState


@dataclass(frozen=True)
class Submitted:
    """What became of an order that was asked for.

    denials : reasons it was refused; empty: it waits to be sent. existing : the same order had
    been asked for before; nothing new was written.
    """

    client_order_id: str
    state: OrderState
    denials: tuple[Denial, ...] = ()
    existing: bool = False

    @property
    def accepted(self) -> bool:
        return not self.denials


def submit(
    db: Database,
    actor: Actor,
    intent: OrderIntent,
    *,
    expected_cost: Mapping[str, Any] | None = None,
) -> Submitted:
    """Check and commit an intent; a refused one is committed too, with its reasons.

    Raises
    ------
    Forbidden : the role may not trade. NotFound : the account is not the actor's.
    Conflict : the account is closed.
    """
    if not actor.role.allows(Role.TRADER):
        raise Forbidden(
            f"The role {actor.role} cannot send orders.",
            field="account",
            remedy="Ask an administrator for the role trader.",
        )
    with db.write(durable=True) as conn:
        made = submit_in(conn, actor, intent, expected_cost=expected_cost)
        reached("before_intent_commit")
    reached("after_intent_commit")
    return made


def submit_in(
    conn: sa.Connection,
    actor: Actor,
    intent: OrderIntent,
    *,
    expected_cost: Mapping[str, Any] | None = None,
    token: int | None = None,
) -> Submitted:
    """As `submit`, inside the caller's write transaction; `token` of the lease a session holds."""
    stopped = kill.require_armed(conn, intent.account_id)
    account = trading_accounts.lock(conn, actor, intent.account_id)
    denials = _refusals(conn, intent, stopped)
    written = ledger.append(
        conn,
        intent.account_id,
        EventKind.INTENT,
        _terms(intent) | {"expected_cost": dict(expected_cost) if expected_cost else None},
        client_order_id=intent.client_order_id,
        token=token,
        head=ledger.Head(account.head_seq, account.head_hash, account.lot_method),
    )
    if written is None:  # the same order was asked for before
        known = orders.by_id(conn, intent.account_id, intent.client_order_id)
        return Submitted(intent.client_order_id, known.state, existing=True)
    if denials:
        ledger.append(
            conn,
            intent.account_id,
            EventKind.DENIED,
            {"reasons": [denial.as_dict() for denial in denials]},
            client_order_id=intent.client_order_id,
            token=token,
        )
    state = OrderState.DENIED if denials else OrderState.INTENT
    return Submitted(intent.client_order_id, state, denials)


def withdraw(conn: sa.Connection, account_id: str, client_order_id: str, by: str) -> OrderState:
    """Take an order back: one that was not sent ends here, of another a cancel is asked for.

    The state after it; an order that has ended already stays as it is.
    """
    row = orders.locked(conn, account_id, client_order_id)
    if row.state.is_end or row.state is OrderState.CANCELLING:
        return row.state
    if row.state is OrderState.INTENT:
        kind, payload = EventKind.CANCELLED, {"at": clock.now(), "message": f"Withdrawn: {by}."}
    else:
        kind, payload = EventKind.CANCEL_ASKED, {"by": by}
    ledger.append(conn, account_id, kind, payload, client_order_id=client_order_id)
    return orders.by_id(conn, account_id, client_order_id).state


def recheck(conn: sa.Connection, intent: OrderIntent) -> Sequence[Denial]:
    """Limits once more, just before the send: prices and positions have moved since.

    The order itself and its own rate and repetition are not held against it again.
    """
    limits, _ = limits_of(conn, intent.account_id)
    limits = replace(
        limits, duplicate_window_s=0.0, max_orders_per_second=0, max_orders_per_minute=0
    )
    view = account_view(conn, intent.account_id, limits, clock.now())
    own = intent.client_order_id
    others = tuple(order for order in view.open_orders if order.client_order_id != own)
    return check(intent, replace(view, open_orders=others), limits)


def preview(conn: sa.Connection, intent: OrderIntent) -> tuple[Denial, ...]:
    """What `submit` would refuse now; nothing is written."""
    return _refusals(conn, intent, kill.engaged(conn, intent.account_id))


def _terms(intent: OrderIntent) -> dict[str, Any]:
    """An intent as the ledger keeps it; the account and the order's name stand beside it."""
    terms = {field.name: getattr(intent, field.name) for field in fields(intent)}
    del terms["client_order_id"], terms["account_id"]
    return terms


def _refusals(
    conn: sa.Connection, intent: OrderIntent, stopped: kill.Kill | None
) -> tuple[Denial, ...]:
    if stopped is not None and not kill.lets_through(intent):
        return (kill.denial(stopped),)
    limits, _ = limits_of(conn, intent.account_id)
    view = account_view(conn, intent.account_id, limits, clock.now())
    if intent.source == FLATTEN and not reduces(intent, view):
        message = f"{intent.quantity} {intent.symbol} is more than there is to close."
        return (Denial("flatten", message),)
    return check(intent, view, limits)
