"""The operator's commands: `python -m terminal.accounts setup-link | reset-password | ...`.

They act on the database directly, so they work when the web server is down or nobody can sign in.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from terminal.accounts import service
from terminal.accounts.actor import SYSTEM
from terminal.accounts.setup import issue_setup_link
from terminal.db.database import Database, get_database
from terminal.db.migrate import upgrade
from terminal.db.repositories import audit
from terminal.errors import InputError, TerminalError
from terminal.settings import Settings, get_settings


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


def _setup_link(db: Database, settings: Settings, _chosen: argparse.Namespace) -> int:
    link = issue_setup_link(db, settings)
    if link is None:
        sys.stderr.write("The terminal has users already; a set-up link would not work.\n")
        return 1
    _say(link)
    return 0


def _reset_password(db: Database, settings: Settings, chosen: argparse.Namespace) -> int:
    _say(service.operator_reset_link(db, settings, chosen.user))
    return 0


def _list_users(db: Database, _settings: Settings, _chosen: argparse.Namespace) -> int:
    _say(f"{'id':>5}  {'user':<24} {'role':<8} {'state':<12} last sign-in (UTC)")
    for user in service.list_users(db, SYSTEM):
        state = "active" if user.active else "deactivated"
        seen = f"{user.last_login_at:%Y-%m-%d %H:%M}" if user.last_login_at else "never"
        _say(f"{user.id:>5}  {user.username:<24} {user.role:<8} {state:<12} {seen}")
    return 0


def _verify_audit(db: Database, _settings: Settings, chosen: argparse.Namespace) -> int:
    with db.read() as conn:
        found = audit.verify(conn, _noted(chosen.head))
    if not found.intact:
        sys.stderr.write(f"audit log broken at entry {found.broken}: {found.reason}\n")
        return 1
    _say(f"audit log intact: {found.entries} entries; head {found.entries}:{found.head}")
    return 0


def _noted(head: str | None) -> tuple[int, str] | None:
    if head is None:
        return None
    number, _, digest = head.partition(":")
    if not number.isdigit() or len(digest) != len(audit.GENESIS):
        raise InputError(
            f"{head!r} is not a head.",
            field="--head",
            remedy="Give what an earlier verify-audit printed: NUMBER:HASH.",
        )
    return int(number), digest


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m terminal.accounts", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    setup = commands.add_parser("setup-link", help="one-time link for the first administrator")
    setup.set_defaults(run=_setup_link)
    reset = commands.add_parser("reset-password", help="one-time link to set a new password")
    reset.add_argument("user", metavar="USER")
    reset.set_defaults(run=_reset_password)
    listing = commands.add_parser("list-users", help="everybody with an account")
    listing.set_defaults(run=_list_users)
    verify = commands.add_parser("verify-audit", help="walk the audit log's hash chain")
    verify.add_argument(
        "--head", help="a head noted earlier, NUMBER:HASH, that must still be there"
    )
    verify.set_defaults(run=_verify_audit)
    return parser


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    raise SystemExit(main())
