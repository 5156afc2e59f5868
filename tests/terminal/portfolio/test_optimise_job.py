"""The job: on real stocks, with what is held, and with sentences where it cannot be."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import date
from decimal import Decimal

import numpy as np
import orjson
import pytest

from terminal.codec import from_json
from terminal.db.repositories import holdings, trading_accounts
from terminal.jobs.values import Job, JobState
from terminal.portfolio.optimise_job import FILE, WEIGHTS
from terminal.portfolio.optimise_request import Bound, Holding, Limits, OptimiseRequest
from terminal.portfolio.proposal import Proposal
from tests.terminal.backtest.conftest import Terminal, terminal
from tests.terminal.execution.trading_fixtures import an_account, set_price

__all__ = ["terminal"]
REQUEST = OptimiseRequest(
    "sp500-20",
    ("AAPL", "BAC", "GE", "KO", "XOM"),
    start=date(2015, 1, 2),
    end=date(2018, 12, 31),
    method="minimum-variance",
    limits=Limits(high=0.5),
)


def read(terminal: Terminal, job: Job) -> tuple[Proposal, list[dict[str, str]]]:
    """The proposal and its table."""
    assert job.state is JobState.SUCCEEDED, job.error
    files = {one.name: one for one in terminal.service.artifacts(terminal.trader, job.id)}
    content = {name: terminal.files.open_path(files[name].sha256).read_bytes()
               for name in (FILE, WEIGHTS)}  # fmt: skip
    found = from_json(Proposal, orjson.loads(content[FILE]))
    return found, list(csv.DictReader(io.StringIO(content[WEIGHTS].decode())))


def test_a_list_of_positions_becomes_trades_with_the_engines_costs(terminal: Terminal) -> None:
    held = Holding(units=(("AAPL", 1000.0), ("ZZZ", 5.0)), cash=50_000.0)
    found, table = read(terminal, terminal.submit("optimise", replace(REQUEST, held=held)))
    assert [row["symbol"] for row in table] == [row.symbol for row in found.rows]
    assert sum(float(row["weight"]) for row in table) == pytest.approx(1.0)
    apple = next(row for row in found.rows if row.symbol == "AAPL")
    assert found.equity == pytest.approx(50_000 + 1000 * apple.price)
    assert (found.first, found.last) == ("2015-01-05", "2018-12-31") and found.periods == 1005
    assert any("also holds ZZZ" in note for note in found.notes)
    assert any("Survivors" in note for note in found.notes)
    for trade in found.trades:
        notional = abs(trade.units) * trade.price
        # 1 bp commission of the price paid, 2 bp half spread, 2 bp slippage
        assert trade.cost == pytest.approx(notional * 5e-4, rel=1e-3)
    assert found.frontier and found.points[0].name == "Held now"
    assert np.isfinite([row.expected for row in found.rows]).all()


def test_an_account_is_valued_at_its_own_prices(terminal: Terminal) -> None:
    account = an_account(terminal.db, terminal.trader, 30_000)
    with terminal.db.write() as conn:
        set_price(conn, account, "AAPL", Decimal(40))
        assert trading_accounts.get(conn, terminal.trader, account).name
        assert holdings.cash(conn, terminal.trader, account) == 30_000
    job = terminal.submit("optimise", replace(REQUEST, held=Holding(account=account)))
    found, _ = read(terminal, job)
    assert found.equity == 30_000
    assert next(row for row in found.rows if row.symbol == "AAPL").price == 40


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        (replace(REQUEST, limits=Limits(high=0.1)), "net exposure of 1"),
        (replace(REQUEST, limits=Limits(each=(Bound("IBM", 0, 1),))), "IBM is not among"),
        (replace(REQUEST, capital=1.0), "does not pay for one share"),
        (replace(REQUEST, held=Holding(account="nobody")), "no"),
    ],
)
def test_what_cannot_be_ends_in_a_sentence(
    terminal: Terminal, request_: OptimiseRequest, said: str
) -> None:
    job = terminal.submit("optimise", request_)
    assert job.state is JobState.FAILED and job.error is not None
    assert said in str(job.error["message"])
