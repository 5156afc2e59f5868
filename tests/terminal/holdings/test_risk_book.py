"""The risk of portfolios on real prices, the report's and the regimes' jobs."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import numpy as np
import orjson
import pytest

from terminal import clock
from terminal.accounts.actor import Actor
from terminal.backtest.request import BacktestRequest
from terminal.codec import from_json
from terminal.db.database import Database
from terminal.db.repositories import portfolios
from terminal.errors import InputError, NotFound
from terminal.execution.lots import LotMethod
from terminal.holdings.activity import Activity, What
from terminal.holdings.prices import DailyPrices
from terminal.holdings.regimes_request import RegimesRequest
from terminal.holdings.risk_book import RiskFound, RiskView, risk_of
from terminal.holdings.risk_names import read_shocks
from terminal.holdings.risk_report_request import RiskReportRequest
from terminal.holdings.sources import LastPrice, Source, load_source
from terminal.holdings.transactions import read_transactions
from terminal.holdings.view import fits, held_now, overview_of
from terminal.jobs.artifacts import ArtifactStore
from terminal.jobs.values import JobState
from terminal.market import builtin
from terminal.market.catalogue import Catalogue
from terminal.market.publish import publish
from terminal.market.store import open_store
from terminal.regimes.panel import RegimePanel
from terminal.settings import Settings
from tests.terminal.market.conftest import Runner, new_user

FILE = b"""date,type,symbol,quantity,price,fees
2004-01-05,deposit,,,50000,
2004-01-06,buy,AAPL,500,22.09,9.95
2004-01-06,buy,MSFT,400,28.00,9.95
2006-06-01,sell,IBM,50,80,9.95
2012-08-16,dividend,AAPL,1000,2.65,
"""


@pytest.fixture
def prices(sqlite_database: Database, settings: Settings) -> DailyPrices:
    store = open_store(settings, sqlite_database)
    dataset, parts = builtin.us_tech_four()
    _, save = publish(store, dataset, parts, clock.now())
    with sqlite_database.write() as conn:
        save(conn)
    return DailyPrices(Catalogue(sqlite_database, store))


@pytest.fixture
def trader(sqlite_database: Database) -> Actor:
    return new_user(sqlite_database)


@pytest.fixture
def key(sqlite_database: Database, trader: Actor) -> str:
    rows = read_transactions(FILE, date(2024, 1, 1)).transactions
    with sqlite_database.write() as conn:
        made = portfolios.create(conn, trader, "Tech", rows, datetime(2024, 1, 1, tzinfo=UTC))
    return f"portfolio:{made}"


@pytest.fixture
def run_job(sqlite_database: Database, settings: Settings, tmp_path: Path) -> Runner:
    return Runner(sqlite_database, settings)


def measured(prices: DailyPrices, run: Runner, who: Actor, view: RiskView) -> RiskFound:
    store = ArtifactStore(run.settings.storage.root, run.settings.storage.min_free_mb)
    return risk_of(prices.catalogue.db, store, prices, who, view)


def test_positions_are_those_of_the_portfolio_page(
    prices: DailyPrices, trader: Actor, key: str, run_job: Runner
) -> None:
    source = load_source(prices.catalogue.db, trader, key)
    assert [fit.dataset.slug for fit in fits(prices, trader, source)] == ["us-tech-4"]
    shown = overview_of(prices, trader, source, "us-tech-4", "us-tech-4:IBM")
    now = held_now(prices, trader, source, "us-tech-4")
    assert now.values == pytest.approx({h.symbol: h.value for h in shown.holdings if h.quantity})
    assert now.equity == pytest.approx(shown.equity)
    assert now.values["AAPL"] == pytest.approx(1000 * 430.47)  # the data's split made 1,000 of 500
    assert now.values["IBM"] < 0
    assert shown.period("since").benchmark == pytest.approx(1.4, abs=0.5)
    found = measured(prices, run_job, trader, RiskView(key))
    weights = {one.symbol: one.weight for one in found.panel.positions}
    assert weights == pytest.approx({s: v / now.equity for s, v in now.values.items()})
    assert found.panel.equity == pytest.approx(now.equity)
    assert found.panel.periods == 750 and found.day == date(2013, 3, 1)
    assert not found.panel.liquidity.unknown


def test_an_own_shock_and_another_loss_are_in_the_panel(
    prices: DailyPrices, trader: Actor, key: str, run_job: Runner
) -> None:
    view = RiskView(key, own="market -10%, aapl −20%", loss=0.25)
    panel = measured(prices, run_job, trader, view).panel
    own = panel.shocks[-1]
    beta = {one.symbol: (one.weight, one.beta or 0.0) for one in panel.positions}
    weight = {s: w * (-0.2 if s == "AAPL" else -0.1 * b) for s, (w, b) in beta.items()}
    assert own.profit == pytest.approx(sum(weight.values()))
    assert panel.reverse.loss == 0.25


def test_what_cannot_be_measured_is_said(
    prices: DailyPrices, trader: Actor, key: str, run_job: Runner
) -> None:
    with pytest.raises(InputError, match="does not hold"):
        measured(prices, run_job, trader, RiskView(key, own="XYZ -5%"))
    with pytest.raises(InputError, match="not in that data set"):
        measured(prices, run_job, trader, RiskView(key, market="us-tech-4:NONE"))
    with pytest.raises(NotFound):
        measured(prices, run_job, new_user(prices.catalogue.db), RiskView(key))


@pytest.mark.parametrize("text", ["market", "-5%", "AAPL x", "AAPL -150%", "sector -5%%x"])
def test_a_shock_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_shocks(text)


def test_shocks_are_read_by_kind() -> None:
    assert read_shocks("market -10%; sector Health Care -5, brk.b +3%") == (
        ("market", "", -0.1), ("sector", "Health Care", -0.05), ("instrument", "BRK.B", 0.03),
    )  # fmt: skip


def test_the_report_and_the_regimes_are_jobs(
    prices: DailyPrices, trader: Actor, key: str, run_job: Runner
) -> None:
    job = run_job(trader, "risk_report", RiskReportRequest(key))
    assert job.state is JobState.SUCCEEDED, job.error
    (file,) = run_job.service.artifacts(trader, job.id)
    assert run_job.service.open_artifact(trader, file.id).path.read_bytes()[:5] == b"%PDF-"
    job = run_job(trader, "regimes", RegimesRequest("us-tech-4"))
    assert job.state is JobState.SUCCEEDED, job.error
    (file,) = run_job.service.artifacts(trader, job.id)
    stored = run_job.service.open_artifact(trader, file.id).path.read_bytes()
    found = from_json(RegimePanel, orjson.loads(stored))
    assert found.last == date(2013, 3, 1) and 0.25 <= found.multiplier <= 1.0
    assert {one.key for one in found.readings} >= {"hidden", "trend", "volatility", "breadth"}
    assert run_job(trader, "regimes", RegimesRequest("us-tech-4", "X")).state is JobState.FAILED


def test_a_backtest_is_measured_at_any_of_its_sessions(
    prices: DailyPrices, trader: Actor, run_job: Runner
) -> None:
    request = BacktestRequest(
        strategy="buy-and-hold", params={}, dataset="us-tech-4", symbols=("AAPL", "IBM"),
        capital=100_000.0, start=date(2010, 1, 4), end=date(2012, 12, 31),
    )  # fmt: skip
    job = run_job(trader, "backtest", request)
    assert job.state is JobState.SUCCEEDED, job.error
    view = RiskView(f"backtest:{job.id}", as_of=date(2011, 6, 18))  # a Saturday
    found = measured(prices, run_job, trader, view)
    assert found.day == date(2011, 6, 17) and found.panel.last == date(2011, 6, 17)
    gross = found.panel.exposures.gross
    assert 0.9 < gross <= 1.0 and {one.symbol for one in found.panel.positions} == {"AAPL", "IBM"}
    last = measured(prices, run_job, trader, RiskView(f"backtest:{job.id}"))
    assert last.day == date(2012, 12, 31)
    assert np.isfinite(last.panel.equity) and last.panel.equity != found.panel.equity
    with pytest.raises(InputError, match="before the run's first session"):
        measured(prices, run_job, trader, RiskView(f"backtest:{job.id}", as_of=date(2009, 1, 1)))


def test_the_data_set_that_has_the_days_is_taken_and_a_replay_ends_at_its_clock(
    prices: DailyPrices, trader: Actor, settings: Settings
) -> None:
    db = prices.catalogue.db
    dataset, parts = builtin.sp500_twenty()
    with db.write() as conn:
        _, save = publish(open_store(settings, db), dataset, parts, clock.now())
        save(conn)
    bought = Activity(date(2022, 1, 24), What.TRADE, "AAPL", Decimal(100), Decimal(16_024))
    source = Source(
        "account:x", "Paper", "account", "USD", (bought,), True, LotMethod.FIFO,
        {"AAPL": LastPrice(171.0, date(2022, 2, 4), "", None)}, "", simulated=True,
    )  # fmt: skip
    slugs = [fit.dataset.slug for fit in fits(prices, trader, source)]
    assert slugs == ["sp500-20", "us-tech-4"]  # the second has AAPL as traded, until 2013
    now = held_now(prices, trader, source, slugs[0])
    assert (now.day, now.values["AAPL"]) == (date(2022, 2, 4), 17_100.0)
    shown = overview_of(prices, trader, source, slugs[0])
    assert shown.last == date(2022, 2, 4) and len(shown.dates) == 10
