"""Can this session run? What a form can say at once; the job checks again."""

from __future__ import annotations

from terminal.accounts.actor import Actor
from terminal.backtest.validate import account_of
from terminal.db.database import Database
from terminal.errors import InputError
from terminal.execution.request import LiveSessionRequest
from terminal.execution.session.signals import LiveStrategy
from terminal.market.catalogue import Catalogue, check_universe
from terminal.market.store import open_store
from terminal.settings import Settings

MOST_SYMBOLS = 500


def validate_session(
    db: Database, settings: Settings, actor: Actor, request: LiveSessionRequest
) -> LiveStrategy | None:
    """The strategy it would follow; None for orders by hand.

    Raises
    ------
    InputError : naming the field, what is wrong with it and what to do.
    """
    if len(request.symbols) > MOST_SYMBOLS:
        raise InputError(
            f"{len(request.symbols)} instruments; a session follows {MOST_SYMBOLS} at most.",
            field="symbols",
        )
    if len(set(request.symbols)) < len(request.symbols):
        raise InputError("An instrument is chosen twice.", field="symbols")
    if not request.strategy:
        return None
    if not request.symbols:
        raise InputError("No instrument is chosen.", field="symbols", remedy="Choose at least one.")
    if not 0.0 < request.share <= 1.0:
        raise InputError(
            f"{request.share:g} is not a share of the account.",
            field="share",
            remedy="Enter a number above 0, up to 1.",
        )
    backtest = request.as_backtest(capital=100_000.0)
    account_of(backtest)
    if request.dataset:
        catalogue = Catalogue(db, open_store(settings, db))
        dataset = catalogue.dataset(actor, request.dataset)
        check_universe(dataset, catalogue.series(actor, request.dataset), request.symbols)
        if request.timeframe.order < dataset.timeframe.order:
            raise InputError(
                f"{dataset.title} has bars of {dataset.timeframe}; finer ones cannot be made.",
                field="timeframe",
                remedy=f"Choose {dataset.timeframe} or coarser.",
            )
    found = LiveStrategy.of(backtest)
    only = found.strategy.timeframe(found.params) if found.strategy.timeframe else None
    if only is not None and only is not request.timeframe:
        raise InputError(
            f"What {found.strategy.title} follows was made on bars of {only}.",
            field="timeframe",
            remedy=f"Choose bars of {only}.",
        )
    return found
