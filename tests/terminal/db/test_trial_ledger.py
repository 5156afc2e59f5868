"""The ledger of trials: each request once, and the spread of what was found."""

from __future__ import annotations

import numpy as np
import pytest

from terminal import clock
from terminal.db.database import Database
from terminal.db.repositories import backtests
from tests.terminal.market.conftest import new_user


def record(database: Database, owner: int, sharpes: list[float | None], dataset: str = "d") -> None:
    with database.write() as conn:
        for k, sharpe in enumerate(sharpes):
            backtests.record_trial(
                conn,
                owner_id=owner,
                family="trend",
                dataset=dataset,
                request_hash=f"{dataset}-{k}",
                sharpe=sharpe,
                now=clock.now(),
            )


def ledger(database: Database, owner: int) -> backtests.TrialLedger:
    with database.read() as conn:
        return backtests.trial_ledger(conn, owner, "trend", "d")


def test_every_request_counts_once_and_the_spread_is_that_of_the_known_sharpes(
    database: Database,
) -> None:
    owner, other = new_user(database).user_id, new_user(database).user_id
    assert ledger(database, owner) == backtests.TrialLedger(0, None)
    sharpes: list[float | None] = [0.5, 1.5, -0.2, None, 0.9]
    record(database, owner, sharpes)
    record(database, owner, sharpes)  # the same again
    record(database, owner, [9.0], dataset="another")
    record(database, other, [8.0])
    # four of five are known: too few for a spread
    assert ledger(database, owner) == backtests.TrialLedger(5, None)
    record(database, owner, [*sharpes, 2.0])
    found = ledger(database, owner)
    assert found.count == 6
    assert found.sharpe_variance == pytest.approx(np.var([0.5, 1.5, -0.2, 0.9, 2.0], ddof=1))
