"""Brokers by name, imported by the process that trades; their keys are opened here and nowhere
else.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol

from terminal.accounts.actor import Actor
from terminal.accounts.sealed import seal, unseal
from terminal.clock import now
from terminal.db.database import Database
from terminal.db.repositories import broker_credentials
from terminal.db.repositories.broker_credentials import CredentialRow
from terminal.errors import Forbidden, InputError, SettingsError
from terminal.execution.brokers.protocol import Broker
from terminal.settings import Settings

if TYPE_CHECKING:
    from terminal.market.calendars import TradingCalendar
    from terminal.market.feed.protocol import Feed
    from terminal.market.timeframe import Timeframe

BROKERS: dict[str, str] = {
    "paper": "terminal.execution.brokers.connections:paper",
    "alpaca": "terminal.execution.brokers.connections:alpaca",
}
"""Broker name -> function (keys, is_live, settings) -> Broker, as "module:function"."""

FEEDS: dict[str, str] = {
    "paper": "terminal.execution.brokers.connections:paper_feed",
    "alpaca": "terminal.execution.brokers.connections:alpaca_feed",
}
"""Broker name -> function (keys, settings, symbols, timeframe, calendar, since) -> Feed."""

LONGEST_KEY = 256


class AccountRow(Protocol):
    """What a connection needs of an account's row."""

    @property
    def owner_id(self) -> int: ...

    @property
    def broker(self) -> str: ...

    @property
    def environment(self) -> str: ...

    @property
    def credential_id(self) -> str | None: ...


@dataclass(frozen=True, repr=False)
class Keys:
    """A broker's key and secret; never shown."""

    key: str
    secret: str

    def __repr__(self) -> str:
        return "Keys(***)"


def connect(db: Database, account: AccountRow, settings: Settings) -> Broker:
    """The account's broker. Nothing is sent yet.

    Raises
    ------
    InputError : there is no such broker. Forbidden : real money, and that is switched off.
    NotFound, SettingsError : the keys are gone, or cannot be opened.
    """
    if account.environment == "live" and not settings.trading.allow_live:
        raise Forbidden(
            "Accounts in which real money moves are switched off.",
            field="trading.allow_live",
            remedy="Set ATT_TRADING__ALLOW_LIVE=true to allow them.",
        )
    make = _function(BROKERS, account.broker)
    made: Broker = make(keys_of(db, account, settings), account.environment == "live", settings)
    return made


def open_feed(
    db: Database,
    account: AccountRow,
    settings: Settings,
    symbols: Sequence[str],
    timeframe: Timeframe,
    calendar: TradingCalendar,
    since: datetime | None,
) -> Feed:
    """The market data of the account's broker; bars up to `since` (a bar's open) are known.

    Raises
    ------
    As `connect`; Unavailable : the broker's market data cannot be asked what it has.
    """
    make = _function(FEEDS, account.broker)
    made: Feed = make(keys_of(db, account, settings), settings, symbols, timeframe, calendar, since)
    return made


def keys_of(db: Database, account: AccountRow, settings: Settings) -> Keys:
    """The account's own stored keys, else those of the environment."""
    if account.credential_id is not None:
        with db.read() as conn:
            sealed = broker_credentials.sealed(conn, account.owner_id, account.credential_id)
        return Keys(*unseal(settings, sealed))
    own = settings.trading
    if account.broker == "alpaca" and own.alpaca_key.get_secret_value():
        return Keys(own.alpaca_key.get_secret_value(), own.alpaca_secret.get_secret_value())
    raise SettingsError(
        "The account has no broker keys.",
        field="trading.alpaca_key",
        remedy="Store keys with the account, or set ATT_TRADING__ALPACA_KEY and _SECRET.",
    )


def store_keys(
    db: Database, actor: Actor, settings: Settings, broker: str, name: str, keys: Keys
) -> CredentialRow:
    """Seal a pair of keys and keep them as the actor's.

    Raises
    ------
    InputError : a key is empty, too long or has blanks; the broker or the name are not right.
    """
    for field, value in (("key", keys.key), ("secret", keys.secret)):
        if not value or len(value) > LONGEST_KEY or value != "".join(value.split()):
            raise InputError(
                f"A {field} has 1 to {LONGEST_KEY} characters and no blanks.",
                field=field,
                remedy="Copy it again from the broker's page.",
            )
    sealed = seal(settings, keys.key, keys.secret)
    with db.write(durable=True) as conn:
        return broker_credentials.create(conn, actor, broker, name, keys.key, sealed, now())


def _function(of: dict[str, str], name: str) -> Callable[..., Any]:
    if name not in of:
        raise InputError(f"{name!r} is none of {', '.join(of)}.", field="broker")
    module, _, function = of[name].partition(":")
    found: Callable[..., Any] = getattr(import_module(module), function)
    return found
