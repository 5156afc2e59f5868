"""Guards of the product, each to be removed in one process of a test.

An experiment that passes with its guard removed proves nothing, so each is run like this too.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from terminal import clock
from terminal.db.repositories import jobs as job_rows
from terminal.db.tables.jobs import jobs
from terminal.execution import gateway, kill, lease
from terminal.execution.brokers import alpaca, alpaca_client, alpaca_values
from terminal.execution.brokers.protocol import BrokerRejected, BrokerUncertain
from terminal.execution.session import runtime
from terminal.jobs.values import JobState

SEPARATOR = "~"


def _name() -> None:
    """Orders have no name of their own: each send makes one up, which answers are traced by."""
    send, read = alpaca_values.order_fields, alpaca_values.order

    def fields(intent: Any) -> dict[str, str]:
        body = send(intent)
        body["client_order_id"] += SEPARATOR + secrets.token_hex(4)
        return body

    def order(answer: Any) -> Any:
        found = read(answer)
        return replace(found, client_order_id=found.client_order_id.split(SEPARATOR)[0])

    def client_id(self: Any, row: Any) -> str:
        return told(self, row).split(SEPARATOR)[0]

    told = alpaca.AlpacaBroker._client_id
    alpaca_values.order_fields, alpaca_values.order = fields, order
    alpaca.AlpacaBroker._client_id = client_id  # type: ignore[method-assign]


def _reconcile() -> None:
    """A start believes the ledger as it is."""
    runtime.reconcile = (  # type: ignore[attr-defined]
        lambda *_: runtime.Reconciliation(clock.now(), clean=True)  # type: ignore[attr-defined]
    )


def _resolve() -> None:
    """Nobody asks what became of an order without an answer."""
    gateway.Gateway.resolve = lambda self: 0  # type: ignore[method-assign]
    runtime.reconcile = _blind(runtime.reconcile)  # type: ignore[attr-defined]


def _blind(reconcile: Callable[..., Any]) -> Callable[..., Any]:
    def clean(*arguments: Any) -> Any:
        found = reconcile(*arguments)
        found.clean = True
        return found

    return clean


def _unknown() -> None:
    """No answer counts as a no."""
    ask = alpaca_client.write

    def write(call: Callable[[], Any]) -> Any:
        try:
            return ask(call)
        except BrokerUncertain as error:
            raise BrokerRejected(str(error), code="no answer") from None

    alpaca_client.write = write


def _again() -> None:
    """The client tries again by itself, and each try has a name of its own."""
    _name()
    ask = alpaca_client.write

    def write(call: Callable[[], Any]) -> Any:
        for _ in range(2):
            try:
                return ask(call)
            except BrokerUncertain:
                continue
        return ask(call)

    alpaca_client.write = write


def _lease() -> None:
    """A process that was away does not notice it."""
    lease.require = lambda *_: None
    gateway.Gateway.keep_lease = lambda self: None  # type: ignore[method-assign]
    lease.release = lambda *_: None


def _kill() -> None:
    """The switch is looked at when an order is asked for, not when it is sent."""
    kill.require_armed = lambda *_: None
    runtime.LiveSession._check_kill = lambda self: None  # type: ignore[method-assign]


def _claim() -> None:
    """A job that was delivered is run, whoever runs it already."""

    def claim(
        conn: sa.Connection, job_id: str, *, token: str, worker_id: str, now: Any
    ) -> dict[str, Any]:
        values = {"state": JobState.RUNNING, "claim_token": token, "worker_id": worker_id}
        conn.execute(jobs.update().where(jobs.c.id == job_id).values(heartbeat_at=now, **values))
        return values

    job_rows.claim = claim


def _transaction() -> None:
    """Every statement of SQLite is a transaction of its own."""
    sa.event.listens_for = _nothing_at_begin(sa.event.listens_for)  # type: ignore[assignment]


def _nothing_at_begin(listens_for: Callable[..., Any]) -> Callable[..., Any]:
    def listens(target: Any, name: str, *more: Any, **named: Any) -> Any:
        if name == "begin":
            return lambda function: function
        return listens_for(target, name, *more, **named)

    return listens


def _recheck() -> None:
    """Limits are looked at when an order is asked for, not when it is sent."""
    runtime.recheck = lambda *_: ()  # type: ignore[attr-defined]


def _stream_only() -> None:
    """The stream is believed; the broker is asked at the start only."""
    runtime.LiveSession._reconcile_is_due = lambda self: False  # type: ignore[method-assign]


def _runaway() -> None:
    """Nothing counts what a strategy asks for."""
    runtime.LiveSession._trip = lambda self: None  # type: ignore[method-assign]


GUARDS: dict[str, Callable[[], None]] = {
    "name": _name, "reconcile": _reconcile, "resolve": _resolve, "unknown": _unknown,
    "again": _again, "lease": _lease, "kill": _kill, "claim": _claim,
    "transaction": _transaction, "recheck": _recheck, "stream_only": _stream_only,
    "runaway": _runaway,
}  # fmt: skip


def remove(name: str) -> None:
    """Remove one in this process."""
    GUARDS[name]()
