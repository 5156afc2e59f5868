"""How each broker of the registry is reached."""

from __future__ import annotations

from terminal.errors import Forbidden
from terminal.execution.brokers.alpaca import LIVE, PAPER, AlpacaBroker, Urls
from terminal.execution.brokers.protocol import Broker
from terminal.execution.brokers.registry import Keys
from terminal.settings import Settings


def paper(keys: Keys, is_live: bool, settings: Settings) -> Broker:
    """The paper exchange of this installation."""
    if is_live:
        raise Forbidden("No real money moves on the paper exchange.", field="environment")
    return AlpacaBroker(
        "paper",
        keys.key,
        keys.secret,
        exchange_urls(settings.trading.exchange_address),
        timeout_s=settings.trading.broker_timeout_s,
    )


def exchange_urls(address: str) -> Urls:
    """Where the exchange at `address` serves what."""
    sockets = f"ws{address.removeprefix('http')}"
    return Urls(address, f"{sockets}/stream", address, f"{sockets}/v2")


def alpaca(keys: Keys, is_live: bool, settings: Settings) -> Broker:
    """Alpaca, paper or live."""
    return AlpacaBroker(
        "alpaca",
        keys.key,
        keys.secret,
        LIVE if is_live else PAPER,
        is_live=is_live,
        timeout_s=settings.trading.broker_timeout_s,
    )
