"""The operator's commands for trading: `python -m terminal.execution kill --all --reason "..."`.

They act on the database and the brokers directly, so they work when the web server, the workers and
Redis are down. `kill` writes the row first; from then on no session sends anything. Then it asks
each broker itself to cancel all that works, which is safe to repeat.
"""

from __future__ import annotations

import argparse
import os
import socket
import sys
from collections.abc import Callable, Sequence

from terminal.accounts.actor import SYSTEM, Actor
from terminal.db.database import Database, get_database
from terminal.db.migrate import upgrade
from terminal.db.repositories import ledger, live_sessions, orders, trading_accounts
from terminal.db.repositories.trading_accounts import TradingAccount
from terminal.errors import InputError, TerminalError
from terminal.execution import kill, lease
from terminal.execution.brokers.registry import connect
from terminal.execution.desk import TradingDesk
from terminal.execution.reconcile import reconcile
from terminal.execution.states import WORKING, OrderState
from terminal.execution.ticket import read_ticket
from terminal.settings import Settings, get_settings

LEASE_S = 60.0
Command = Callable[[Database, Settings, argparse.Namespace], int]


def main(
    arguments: Sequence[str] | None = None,
    db: Database | None = None,
    settings: Settings | None = None,
) -> int:
    """Run one command; 0 when it worked, 1 with a sentence on stderr when not."""
    chosen = _parser().parse_args(arguments)
    try:
        settings = settings or get_settings()
        db = db or get_database()
        upgrade(db)
        return int(chosen.run(db, settings, chosen))
    except TerminalError as error:
        sys.stderr.write(f"{error}\n")
        return 1


def _status(db: Database, _settings: Settings, _chosen: argparse.Namespace) -> int:
    with db.read() as conn:
        everything = kill.engaged(conn, "")
        if everything:
            _say(f"ALL ACCOUNTS STOPPED by {everything.actor_name}: {everything.reason}")
        for account in _accounts(db):
            stopped = kill.engaged(conn, account.id)
            session = live_sessions.running(conn, account.id)
            working = orders.in_states(conn, account.id, (OrderState.INTENT, *WORKING))
            units = ledger.units(conn, account.id)
            _say(
                f"{account.id}  {account.name:<24} {account.environment:<6} "
                f"{'STOPPED' if stopped else 'armed':<8} "
                f"session {session.state if session else 'none':<12} "
                f"{len(working)} orders at work, {len(units)} positions, "
                f"cash {ledger.cash_balance(conn, account.id):,.2f}"
            )
    return 0


def _kill(db: Database, settings: Settings, chosen: argparse.Namespace) -> int:
    scope = _scope(db, chosen)
    with db.write(durable=True) as conn:
        pressed = kill.engage(conn, _operator(), scope, kill.MANUAL, chosen.reason)
    _say("Stopped: nothing is sent any more." if pressed else "It was stopped already.")
    failed = 0
    for account in _accounts(db):
        if scope not in (kill.EVERY_ACCOUNT, account.id):
            continue
        try:
            cancelled = connect(db, account, settings).cancel_all()
            _say(f"{account.name}: {cancelled} orders asked to cancel.")
            _settle(db, settings, account)
        except TerminalError as error:
            failed += 1
            sys.stderr.write(f"{account.name}: {error}\n")
    return 1 if failed else 0


def _settle(db: Database, settings: Settings, account: TradingAccount) -> None:
    """Where no session holds the account, bring the ledger up to date right here."""
    holder = f"command:{socket.gethostname()[:24]}:{os.getpid()}"
    with db.write() as conn:
        held = lease.acquire(conn, account.id, holder, LEASE_S)
    if held is None:
        return
    try:
        found = reconcile(db, connect(db, account, settings), account.id, held.token)
        for sentence in found.differences:
            _say(f"  {sentence}")
    finally:
        with db.write() as conn:
            lease.release(conn, held)


def _rearm(db: Database, settings: Settings, chosen: argparse.Namespace) -> int:
    scope = _scope(db, chosen)
    TradingDesk(db, settings).rearm(_operator(), scope, chosen.reason)
    _say("Armed again.")
    return 0


def _reconcile(db: Database, settings: Settings, chosen: argparse.Namespace) -> int:
    account = _account(db, chosen.account)
    with db.read() as conn:
        held = lease.holder_of(conn, account.id)
    if held:
        _say(f"Its session does that: {held}")
        return 0
    _settle(db, settings, account)
    _say("Ledger and broker agree.")
    return 0


def _submit(db: Database, settings: Settings, chosen: argparse.Namespace) -> int:
    account = _account(db, chosen.account)
    given = {**vars(chosen), "account_id": account.id, "nonce": chosen.name or os.urandom(8).hex()}
    made = TradingDesk(db, settings).submit(_operator(), read_ticket(given))
    _say(f"{made.client_order_id}  {made.state}")
    for denial in made.denials:
        sys.stderr.write(f"{denial.limit}: {denial.message}\n")
    return 1 if made.denials else 0


def _cancel_all(db: Database, settings: Settings, chosen: argparse.Namespace) -> int:
    account = _account(db, chosen.account)
    count = TradingDesk(db, settings).cancel_all(_operator(), account.id)
    _say(f"{count} orders taken back or asked to cancel.")
    return 0


def _flatten(db: Database, settings: Settings, chosen: argparse.Namespace) -> int:
    account = _account(db, chosen.account)
    with db.read() as conn:
        running = live_sessions.running(conn, account.id)
    if running is None:
        raise InputError(
            f"{account.name} has no session that could close its positions.",
            field="account",
            remedy="Start one on the trading page.",
        )
    TradingDesk(db, settings).flatten(_operator(), account.id)
    _say("The session cancels everything and closes every position.")
    return 0


def _verify(db: Database, _settings: Settings, chosen: argparse.Namespace) -> int:
    account = _account(db, chosen.account)
    with db.read() as conn:
        found = ledger.verify(conn, account.id)
    if found.intact:
        _say(f"{found.entries} events, the chain holds; head {found.head}")
        return 0
    sys.stderr.write(f"Event {found.broken}: {found.reason}\n")
    return 1


def _accounts(db: Database) -> list[TradingAccount]:
    with db.read() as conn:
        return trading_accounts.of_everybody(conn)


def _account(db: Database, wanted: str) -> TradingAccount:
    """By id, or by a name that only one account has."""
    found = [account for account in _accounts(db) if wanted in (account.id, account.name)]
    if len(found) != 1:
        raise InputError(
            f"{len(found)} accounts are called {wanted!r}.",
            field="account",
            remedy="`status` lists them with their ids.",
        )
    return found[0]


def _scope(db: Database, chosen: argparse.Namespace) -> str:
    return kill.EVERY_ACCOUNT if chosen.all else _account(db, chosen.account).id


def _operator() -> Actor:
    """The system, under the name of who typed the command."""
    name = os.environ.get("USER") or os.environ.get("LOGNAME") or "operator"
    return Actor(SYSTEM.user_id, f"{name} (command line)"[:64], SYSTEM.role)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m terminal.execution", description=__doc__)
    commands = parser.add_subparsers(required=True)

    def add(name: str, run: Command, words: str) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=words)
        made.set_defaults(run=run)
        return made

    add("status", _status, "accounts, their switches, sessions and orders")
    for name, press, words in (
        ("kill", _kill, "stop sending and cancel everything"),
        ("rearm", _rearm, "let it trade again"),
    ):
        made = add(name, press, words)
        scope = made.add_mutually_exclusive_group(required=True)
        scope.add_argument("--account", help="id or name")
        scope.add_argument("--all", action="store_true", help="every account")
        made.add_argument("--reason", required=True)
    one_account: tuple[tuple[str, Command, str], ...] = (
        ("reconcile", _reconcile, "compare the ledger with the broker's books now"),
        ("cancel-all", _cancel_all, "take back everything that waits or works"),
        ("flatten", _flatten, "close every position"),
        ("verify", _verify, "walk the ledger's chain of hashes"),
        ("submit", _submit, "an order; the account's session sends it"),
    )
    for name, run, words in one_account:
        made = add(name, run, words)
        made.add_argument("--account", required=True, help="id or name")
        if name == "submit":
            made.add_argument("side", choices=("buy", "sell"))
            made.add_argument("quantity")
            made.add_argument("symbol")
            made.add_argument("--type", default="market")
            made.add_argument("--time-in-force", default="day")
            for price in ("limit-price", "stop-price", "trail-price", "trail-percent"):
                made.add_argument(f"--{price}")
            made.add_argument("--name", help="the same name twice is one order")
    return parser


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    raise SystemExit(main())
