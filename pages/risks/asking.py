"""What the Risk page is asked for, read from its address; panels kept while nothing changes."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import replace
from datetime import date
from threading import Lock
from typing import Any

from pages.portfolios.choosing import address, prices
from pages.server.context import actor, services
from terminal.backtest.stored import stored_runs
from terminal.errors import InputError
from terminal.holdings.risk_book import BACKTEST, RiskFound, RiskView, risk_of
from terminal.holdings.risk_names import SESSIONS, USUAL_SESSIONS
from terminal.holdings.sources import choices, stamp_of

MOST_RUNS = 100
MOST_KEPT = 16
PAGE = "/risk"

_kept: OrderedDict[Any, RiskFound] = OrderedDict()
_lock = Lock()


def options() -> list[dict[str, str]]:
    """Accounts, imported portfolios, and finished backtests, newest first."""
    listed = [
        {"label": f"{one.title} · {'account' if one.kind == 'account' else 'imported'}",
         "value": one.key}
        for one in choices(services().db, actor())
    ]  # fmt: skip
    runs = [run for run in stored_runs(services().db, actor()) if not run.archived][:MOST_RUNS]
    return listed + [
        {"label": f"{run.name} · backtest", "value": f"{BACKTEST}:{run.job_id}"} for run in runs
    ]


def read_view(
    of: str, data: str, bench: str, day: str, sessions: str, own: str, loss: str
) -> RiskView:
    """The view an address asks for.

    Raises
    ------
    InputError : a day or number that is none.
    """
    as_of = None
    if day.strip():
        try:
            as_of = date.fromisoformat(day.strip())
        except ValueError:
            raise InputError(
                f"{day!r} is no date.", field="day", remedy="Write it as in 2024-01-31."
            ) from None
    share = 10.0
    if loss.strip():
        try:
            share = float(loss.strip().rstrip("%"))
        except ValueError:
            share = float("nan")
        if not 0.1 <= share <= 100.0:
            raise InputError(
                f"A loss of {loss!r} is not between 0.1 and 100 percent.", field="loss"
            )
    length = int(sessions) if sessions.isdigit() else USUAL_SESSIONS
    if length not in SESSIONS:
        length = USUAL_SESSIONS
    return RiskView(of, data, bench, as_of, length, own.strip(), share / 100.0)


def address_of(view: RiskView, **more: str) -> str:
    """The address of a view."""
    return address(
        PAGE, of=view.of, data=view.data, bench=view.market,
        day=view.as_of.isoformat() if view.as_of else "",
        sessions="" if view.sessions == USUAL_SESSIONS else str(view.sessions),
        own=view.own, loss="" if view.loss == 0.1 else f"{100 * view.loss:g}", **more,
    )  # fmt: skip


def stamp(view: RiskView) -> str:
    """Text that changes when the portfolio does; "" of a backtest, which never does."""
    if view.of.startswith(f"{BACKTEST}:"):
        return ""
    return stamp_of(services().db, actor(), view.of)


def measure(view: RiskView) -> tuple[RiskFound, str]:
    """The panel, and the stamp it is of; nothing is computed twice for the same positions."""
    who, now = actor(), stamp(view)
    versions = tuple(one.version for one in services().catalogue.datasets(who))
    key = (who.user_id, view, now, versions)
    with _lock:
        if key in _kept:
            _kept.move_to_end(key)
            return _kept[key], now
    found = risk_of(services().db, services().jobs.store, prices(), who, view)
    with _lock:
        _kept[key] = found
        while len(_kept) > MOST_KEPT:
            _kept.popitem(last=False)
    return found, now


def kept_view(data: dict[str, Any]) -> RiskView:
    """The view a page keeps in its store."""
    view = RiskView(**{**data, "as_of": None})
    return replace(view, as_of=date.fromisoformat(data["as_of"]) if data.get("as_of") else None)
