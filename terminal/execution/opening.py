"""Open an account: on the paper exchange with play money, or at Alpaca with keys of one's own."""

from __future__ import annotations

from decimal import Decimal

from terminal import clock
from terminal.accounts.actor import Actor, Role
from terminal.db.database import Database
from terminal.db.repositories import audit, trading_accounts
from terminal.db.repositories.trading_accounts import TradingAccount
from terminal.errors import Forbidden, InputError
from terminal.execution import kill
from terminal.execution.brokers.exchange_control import exchange_control
from terminal.execution.brokers.registry import Keys, store_keys
from terminal.execution.lots import LotMethod
from terminal.settings import Settings

LEAST_CASH, MOST_CASH = Decimal(1), Decimal(10) ** 12


def open_paper(
    db: Database,
    settings: Settings,
    actor: Actor,
    name: str,
    cash: Decimal,
    lot_method: LotMethod = LotMethod.AVERAGE,
) -> TradingAccount:
    """An account on the paper exchange. Its cash comes into the ledger with the first
    reconciliation, as everything that happens at a broker does.

    Raises
    ------
    InputError : the cash is out of range. Conflict : the name is used. Unavailable : the exchange
    does not answer.
    """
    _require_trader(actor)
    if not cash.is_finite() or not LEAST_CASH <= cash <= MOST_CASH:
        raise InputError(
            f"{cash} is not an amount from {LEAST_CASH} to {MOST_CASH:,.0f}.", field="cash"
        )
    _require_free(db, actor, name)
    made = exchange_control(settings).create_account(name, cash)
    keys = store_keys(db, actor, settings, "paper", name, Keys(made.key, made.secret))
    return _create(db, actor, name, "paper", "paper", lot_method, keys.id, made.id)


def open_alpaca(
    db: Database,
    settings: Settings,
    actor: Actor,
    name: str,
    environment: str,
    keys: Keys | None,
    confirmation: str = "",
    lot_method: LotMethod = LotMethod.AVERAGE,
) -> TradingAccount:
    """An account at Alpaca; `keys` None: those of the environment.

    Raises
    ------
    Forbidden : real money, and it is switched off, or the keys of the environment are asked for by
    somebody who is no administrator. InputError : real money without its confirmation.
    """
    _require_trader(actor)
    if environment == "live":
        if not settings.trading.allow_live:
            raise Forbidden(
                "Accounts in which real money moves are switched off.",
                field="environment",
                remedy="Set ATT_TRADING__ALLOW_LIVE=true to allow them.",
            )
        wanted = confirmation_of(name)
        if confirmation.strip() != wanted:
            raise InputError(
                "Real money moves in this account.",
                field="confirmation",
                remedy=f"Type exactly: {wanted}",
            )
    if keys is None and not actor.is_admin:
        raise Forbidden(
            "The keys of the environment are for administrators.",
            field="key",
            remedy="Enter keys of your own.",
        )
    _require_free(db, actor, name)
    stored = None if keys is None else store_keys(db, actor, settings, "alpaca", name, keys).id
    return _create(db, actor, name, "alpaca", environment, lot_method, stored, "")


def confirmation_of(name: str) -> str:
    """What has to be typed before an account with real money is opened."""
    return f"REAL MONEY {name.strip()}"


def _create(
    db: Database,
    actor: Actor,
    name: str,
    broker: str,
    environment: str,
    lot_method: LotMethod,
    credential_id: str | None,
    broker_account_id: str,
) -> TradingAccount:
    with db.write(durable=True) as conn:
        made = trading_accounts.create(
            conn,
            actor,
            name,
            broker,
            clock.now(),
            environment=environment,
            lot_method=lot_method,
            credential_id=credential_id,
            broker_account_id=broker_account_id,
        )
        kill.add_switch(conn, made.id)
        audit.record(
            conn,
            actor,
            "trading.account",
            made.id,
            {"name": made.name, "broker": broker, "environment": environment},
        )
    return made


def _require_free(db: Database, actor: Actor, name: str) -> None:
    """Before anything is made at a broker; the database has the last word."""
    with db.read() as conn:
        taken = {account.name for account in trading_accounts.find(conn, actor, closed=True)}
    if name.strip() in taken:
        raise InputError(
            f"You have an account called {name.strip()!r}.",
            field="name",
            remedy="Choose another name.",
        )
    if not name.strip():
        raise InputError("The account needs a name.", field="name")


def _require_trader(actor: Actor) -> None:
    if not actor.role.allows(Role.TRADER):
        raise Forbidden(
            f"The role {actor.role} cannot open accounts.",
            field="account",
            remedy="Ask an administrator for the role trader.",
        )
