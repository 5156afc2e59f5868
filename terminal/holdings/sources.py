"""Where a portfolio's activity comes from: an account of the ledger, or an imported file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from terminal.accounts.actor import Actor
from terminal.db.database import Database
from terminal.db.repositories import account_activity, holdings, portfolios, trading_accounts
from terminal.errors import NotFound
from terminal.execution.events import EventKind, LedgerEvent
from terminal.execution.lots import LotMethod
from terminal.holdings.activity import Activity, What, in_order
from terminal.holdings.transactions import activities_of, has_money

ACCOUNT, PORTFOLIO = "account", "portfolio"
EXCHANGE_ZONE = "America/New_York"
"""Days of an account's executions are those of this exchange."""


@dataclass(frozen=True)
class Choice:
    """A portfolio one can look at; `key` names it in addresses."""

    key: str
    title: str
    kind: str


@dataclass(frozen=True)
class LastPrice:
    """The last price an account heard of a symbol."""

    price: float
    day: date
    sector: str
    average_volume: float | None


@dataclass(frozen=True)
class Source:
    """A portfolio's activity in order.

    Attributes
    ----------
    money : whether deposits and withdrawals are known; else trades are paid from outside.
    last : last prices by symbol, of an account. stamp : changes whenever anything changes.
    simulated : whether an account's prices are of a replay.
    """

    key: str
    title: str
    kind: str
    currency: str
    activities: tuple[Activity, ...]
    money: bool
    method: LotMethod
    last: Mapping[str, LastPrice]
    stamp: str
    simulated: bool = False


def choices(db: Database, actor: Actor) -> list[Choice]:
    """The actor's own accounts and imported portfolios."""
    with db.read() as conn:
        accounts = trading_accounts.find(conn, actor)
        imported = portfolios.find(conn, actor)
    return [
        *(Choice(f"{ACCOUNT}:{one.id}", one.name, ACCOUNT) for one in accounts),
        *(Choice(f"{PORTFOLIO}:{one.id}", one.name, PORTFOLIO) for one in imported),
    ]


def load_source(db: Database, actor: Actor, key: str) -> Source:
    """The portfolio called `key`.

    Raises
    ------
    NotFound : there is none, or it is not the actor's to see.
    """
    kind, _, id = key.partition(":")
    if kind == ACCOUNT:
        return _account(db, actor, id)
    if kind == PORTFOLIO:
        return _portfolio(db, actor, id)
    raise NotFound(f"There is no portfolio {key!r}.", field="portfolio")


def stamp_of(db: Database, actor: Actor, key: str) -> str:
    """The stamp alone: a light query, to see whether anything changed."""
    kind, _, id = key.partition(":")
    with db.read() as conn:
        if kind == PORTFOLIO:
            return portfolios.get(conn, actor, id).updated_at.isoformat()
        return account_activity.stamp(conn, actor, id)


def _portfolio(db: Database, actor: Actor, id: str) -> Source:
    with db.read() as conn:
        row = portfolios.get(conn, actor, id)
        rows = portfolios.transactions(conn, actor, id)
    return Source(
        f"{PORTFOLIO}:{id}", row.name, PORTFOLIO, row.currency, activities_of(rows),
        has_money(rows), LotMethod.AVERAGE, {}, row.updated_at.isoformat(),
    )  # fmt: skip


def _account(db: Database, actor: Actor, id: str) -> Source:
    with db.read() as conn:
        account = trading_accounts.get(conn, actor, id)
        known = holdings.last_prices(conn, actor, id)
        stamp = account_activity.stamp(conn, actor, id)
        fills = account_activity.executions(conn, actor, id)
        events = account_activity.movements(conn, actor, id)
    zone = ZoneInfo(EXCHANGE_ZONE)
    made = [_fill(one, zone) for one in fills]
    for event in events:
        made += _event(event, zone)
    last = {
        symbol: LastPrice(
            float(one.price), one.at.astimezone(zone).date(), one.sector,
            None if one.average_volume is None else float(one.average_volume),
        )
        for symbol, one in known.items()
    }  # fmt: skip
    return Source(
        f"{ACCOUNT}:{id}", account.name, ACCOUNT, account.currency, in_order(made), True,
        account.lot_method, last, stamp, any(one.simulated for one in known.values()),
    )  # fmt: skip


def _fill(one: account_activity.Execution, zone: ZoneInfo) -> Activity:
    return Activity(
        one.at.astimezone(zone).date(), What.TRADE, one.symbol, one.quantity,
        one.quantity * one.price, one.fee, key=f"{one.at.isoformat()}|{one.execution_id}",
    )  # fmt: skip


def _event(event: LedgerEvent, zone: ZoneInfo) -> list[Activity]:
    """Movements of money, splits and transfers; a split's fraction is a sale."""
    at = event.happened
    day = datetime.fromisoformat(at).astimezone(zone).date()
    symbol, key = event.payload.get("symbol", ""), f"{at}|{event.seq:012d}"
    amount = event.decimal("amount")
    if event.kind is EventKind.CASH:
        movement = event.payload["movement"]
        if movement == "fee":
            return [Activity(day, What.FEE, symbol, fee=-amount, key=key)]
        what = What.INCOME if movement in ("dividend", "interest") else What.FLOW
        return [Activity(day, what, symbol, amount=amount, key=key)]
    if event.kind is EventKind.SPLIT:
        ratio = event.decimal("ratio") / Decimal(event.payload.get("per", 1))
        made = [Activity(day, What.SPLIT, symbol, ratio=ratio, key=key)]
        fraction = event.decimal("fraction")
        if fraction:
            paid = event.decimal("cash")
            made.append(Activity(day, What.TRADE, symbol, -fraction, -paid, key=key))
        return made
    if event.payload["what"] == "position":
        quantity, price = event.decimal("quantity"), event.decimal("price")
        return [Activity(day, What.TRANSFER, symbol, quantity, quantity * price, key=key)]
    return [Activity(day, What.FLOW, amount=amount, key=key)]
