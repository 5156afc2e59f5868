"""Which account a page shows, and the desk it acts through."""

from __future__ import annotations

from urllib.parse import urlencode

from dash import html

from pages.components.badge import badge
from pages.server.context import actor, services
from terminal.accounts.actor import Role
from terminal.db.repositories import trading_accounts
from terminal.db.repositories.trading_accounts import TradingAccount
from terminal.execution.desk import TradingDesk

BROKERS = {"paper": "Paper exchange", "alpaca": "Alpaca"}


def desk() -> TradingDesk:
    """The trading desk of this process."""
    given = services()
    return TradingDesk(given.db, given.settings, given.jobs)


def may_trade() -> bool:
    """Whether the person who is signed in may act."""
    return actor().role.allows(Role.TRADER)


def own_accounts() -> list[TradingAccount]:
    """Open accounts of the person's, by name."""
    with services().db.read() as conn:
        return trading_accounts.find(conn, actor())


def chosen(wanted: str | None) -> TradingAccount | None:
    """The account an address names, else the person's first; None: there is none.

    Raises
    ------
    NotFound : the address names one that is not the person's.
    """
    if wanted:
        with services().db.read() as conn:
            return trading_accounts.get(conn, actor(), wanted)
    return next(iter(own_accounts()), None)


def address(path: str, account_id: str | None = None, **query: str) -> str:
    """The address of a page for an account."""
    given = {**({"account": account_id} if account_id else {}), **query}
    return f"{path}?{urlencode(given)}" if given else path


def kind_badge(account: TradingAccount) -> html.Span:
    """PAPER, or LIVE in red where real money moves."""
    if account.is_live:
        return html.Span("LIVE", className="badge badge-live", title="Real money moves here.")
    return badge("PAPER", "accent", "No real money moves here.")
