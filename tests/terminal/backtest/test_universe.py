"""Instruments of several data sets in one run: by hand through the job, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

from terminal import clock
from terminal.accounts.actor import Actor
from terminal.backtest.job import trial_hash
from terminal.backtest.request import BacktestRequest, CostRequest
from terminal.backtest.result import BacktestResult
from terminal.backtest.stored import load_result, stored_run
from terminal.backtest.sweeps.request import SweepRequest
from terminal.backtest.sweeps.windows import WalkForwardRequest
from terminal.backtest.truncation import decide
from terminal.backtest.universe import by_dataset, symbols_of
from terminal.codec import content_hash, from_json, to_json
from terminal.errors import InputError
from terminal.jobs.values import Job, JobState
from terminal.market.calendars import get_calendar
from terminal.market.dataset import Adjustment, Dataset, NewSeries
from terminal.market.mixed import join
from terminal.market.publish import publish
from terminal.market.store import open_store
from terminal.market.timeframe import Timeframe
from terminal.reports.content import facts, provenance_rows
from terminal.reports.costs import priced
from terminal.reports.sessions import session_curve
from terminal.reports.tear_sheet import tear_sheet_html
from terminal.strategies.first_calendar import OWN_BARS
from terminal.strategies.registry import STRATEGIES, get_strategy
from tests.terminal.backtest.conftest import Terminal
from tests.terminal.backtest.panels import random_panel
from tests.terminal.backtest.sweeps.conftest import swept
from tests.terminal.backtest.test_mixed_calendars import on
from tests.terminal.market.conftest import new_user
from tests.terminal.strategies.test_every_strategy import SHORT_RULES

FREE = CostRequest(commission_bps=0.0, slippage_bps=0.0)
BOTH = BacktestRequest(
    strategy="buy-and-hold",
    params={},
    dataset="shop",
    symbols=("STK",),
    also=("coins:COIN",),
    capital=1_000.0,
    costs=FREE,
    lot=0.0,
)


def bars(mic: str, first: str, closes: Any) -> pd.DataFrame:
    """Daily bars that open one below and end at these closes."""
    calendar = get_calendar(mic)
    days = calendar.sessions_in(first, "2030-12-31")[: len(closes)]
    close = np.asarray(closes, dtype=float)
    return pd.DataFrame(
        {"open": close - 1, "high": close + 1, "low": close - 2, "close": close, "volume": 1e6},
        index=pd.DatetimeIndex(calendar.open_of(days), tz="UTC", name="ts"),
    )


def keep(terminal: Terminal, slug: str, mic: str, *parts: NewSeries, **changes: Any) -> Dataset:
    """Publish a data set of daily bars in dollars."""
    dataset = Dataset(
        slug=slug, title=slug.title(), source="by hand", licence="", fields="ohlcv",
        adjustment=Adjustment.AS_TRADED, timeframe=Timeframe.DAY_1, calendar=mic, simulated=False,
        currency="USD", version="",
    )  # fmt: skip
    made, save = publish(
        open_store(terminal.settings, terminal.db), replace(dataset, **changes), parts, clock.now()
    )
    with terminal.db.write() as conn:
        save(conn)
    return made


@pytest.fixture(scope="module")
def shops(terminal: Terminal) -> Terminal:
    """Three days of a stock, and six of a coin that never rests; and some that do not fit."""
    stock, coin = [10.0, 12.0, 14.0], [20.0, 21.0, 22.0, 24.0, 25.0, 26.0]
    a_stock = NewSeries("STK", bars("XNYS", "2024-03-01", stock), sector="Shops")
    a_coin = NewSeries("COIN", bars("24/7", "2024-03-01", coin), sector="Coins")
    index = NewSeries("IDX", a_coin.bars, asset_class="index")
    keep(terminal, "shop", "XNYS", a_stock)
    keep(terminal, "coins", "24/7", a_coin, index, simulated=True)
    keep(terminal, "twin", "XNYS", NewSeries("TWN", bars("XNYS", "2024-03-01", [5.0, 6.0, 7.0])))
    keep(terminal, "london", "XLON", NewSeries("LON", a_stock.bars), currency="GBP")
    keep(terminal, "adjusted", "24/7", a_coin, adjustment=Adjustment.SPLIT)
    keep(terminal, "weekly", "24/7", a_coin, timeframe=Timeframe.WEEK_1)
    keep(terminal, "same", "24/7", NewSeries("STK", a_coin.bars))
    return terminal


def loaded(terminal: Terminal, job: Job) -> BacktestResult:
    assert job.state is JobState.SUCCEEDED, job.error
    row = stored_run(terminal.db, terminal.trader, job.id)
    return load_result(terminal.db, terminal.files, terminal.trader, job, row)


@pytest.fixture(scope="module")
def run(shops: Terminal) -> Job:
    return shops.submit("backtest", BOTH)


def fills(found: BacktestResult) -> list[tuple[str, str, str, float, float]]:
    own = found.fills
    at = [f"{ts:%d %H:%M}" for ts in own["ts"]]
    return list(zip(at, own["symbol"], own["side"], own["quantity"], own["price"], strict=True))


def test_each_instrument_trades_in_its_own_hours_from_one_account(
    shops: Terminal, run: Job
) -> None:
    found = loaded(shops, run)
    # The coin is decided at midnight and bought at its open, one below its close: 500 / 20. The
    # stock is decided on Friday evening and bought on Monday; after Tuesday it has no more bars.
    assert fills(found) == [
        ("02 00:00", "COIN", "buy", pytest.approx(25.0), 20.0),
        ("04 14:30", "STK", "buy", pytest.approx(500.0 / 11.0), 11.0),
        ("05 21:00", "STK", "sell", pytest.approx(500.0 / 11.0), 14.0),
    ]
    stock, coin = 500.0 / 11.0, 25.0
    expected = [
        1_000.0, 1_000.0, 500 + coin * 21, 500 + coin * 22,
        coin * 23 + stock * 12,  # Monday evening: the coin is known from its open only
        coin * 24 + stock * 12, coin * 24 + stock * 14, coin * 25 + stock * 14,
        coin * 26 + stock * 14,
    ]  # fmt: skip
    assert found.curve["equity"].tolist() == pytest.approx(expected)
    assert found.metrics["total_return"] == pytest.approx(expected[-1] / 1_000 - 1)
    # four sessions of the stock's exchange: returns of the weekend belong to Monday
    assert found.metrics["best_day"] == pytest.approx(expected[4] / 1_000 - 1)
    assert found.curve["benchmark"].tolist() == pytest.approx(expected)  # equal weight of both


def test_trades_are_made_of_prices_as_they_were_met(shops: Terminal, run: Job) -> None:
    trades = loaded(shops, run).trades.set_index("symbol")
    assert trades["pnl"].to_dict() == pytest.approx({"COIN": 25 * 6.0, "STK": 500 / 11 * 3.0})
    # bought at 11 with Monday's low of 10 still to come, and at 20 with a low of 19
    assert trades["mae"].to_dict() == pytest.approx({"COIN": 19 / 20 - 1, "STK": 10 / 11 - 1})
    assert trades["mfe"].to_dict() == pytest.approx({"COIN": 27 / 20 - 1, "STK": 15 / 11 - 1})


def test_a_run_says_what_it_read_and_that_part_of_it_is_simulated(
    shops: Terminal, run: Job
) -> None:
    found, made = loaded(shops, run), loaded(shops, run).provenance
    versions = [shops.catalogue.dataset(shops.trader, slug).version for slug in ("shop", "coins")]
    assert [made.data_version, made.others[0].version] == versions
    assert run.data_version == content_hash(versions) and made.simulated
    assert (made.calendar, made.others[0].calendar) == ("XNYS", "24/7")
    words = dict(facts(found))
    assert words["Data set"] == "Shop (by hand), XNYS: STK"
    assert words["Period"].endswith("9 closes of bars of 1d")
    assert words["Other data set"] == "Coins (by hand), 24/7: COIN"
    assert ("Data version of Coins", versions[1]) in provenance_rows(found)
    page = tear_sheet_html(found)
    assert "24/7: COIN" in page and "SIMULATED" in page
    assert found.judged is not None
    assert found.judged.analysis.sectors == {"STK": "Shops", "COIN": "Coins"}
    assert made.certificate is not None
    assert {check.key: check.finding for check in made.certificate.checks}["fills"] == (
        "All 2 fills were in order."
    )


def test_reports_count_the_sessions_of_the_first_exchange(shops: Terminal, run: Job) -> None:
    found = loaded(shops, run)
    # Friday; Monday with its weekend; Tuesday; and what came after it
    ends = [0, 4, 6, 8]
    assert session_curve(found).index.tolist() == found.curve.index[ends].tolist()
    assert np.flatnonzero(priced(found).run.session_ends).tolist() == ends
    one = replace(found, provenance=replace(found.provenance, others=()))
    assert session_curve(one) is one.curve


def test_reproduce_reads_all_data_sets_again(shops: Terminal, run: Job) -> None:
    again = shops.run(shops.service.reproduce(shops.trader, run.id))
    assert again.verdict is not None and again.verdict["identical"] is True
    assert again.data_version == run.data_version


def test_one_data_set_in_two_halves_is_the_same_run(shops: Terminal) -> None:
    """Of one exchange, anything may be added to anything, also where ranks are compared."""
    whole = BacktestRequest(
        strategy="momentum", params={}, dataset="us-tech-4", symbols=("AAPL", "IBM", "MSFT"),
        start=date(2008, 1, 2), overlays={"trend-filter": {"window": 50, "market": "MSFT"}},
    )  # fmt: skip
    catalogue, trader = shops.catalogue, shops.trader
    actions = catalogue.actions(trader, "us-tech-4", ["MSFT"]).drop(columns="symbol")
    part = NewSeries("MSFT", catalogue.bars(trader, "us-tech-4", "MSFT"), actions=actions)
    keep(shops, "half", "XNYS", part)
    halves = replace(whole, symbols=("AAPL", "IBM"), also=("half:MSFT",))
    one, two = (loaded(shops, shops.submit("backtest", asked)) for asked in (whole, halves))
    pd.testing.assert_frame_equal(one.curve, two.curve)
    pd.testing.assert_frame_equal(one.trades, two.trades)
    assert len(one.fills) > 50


def test_instruments_with_closes_only_beside_others_are_named(shops: Terminal) -> None:
    closes = bars("XNYS", "2024-03-01", [5.0, 6.0, 7.0])
    closes[["open", "high", "low", "volume"]] = np.nan
    keep(shops, "closes", "XNYS", NewSeries("CLS", closes), fields="close")
    found = loaded(shops, shops.submit("backtest", replace(BOTH, also=("closes:CLS",))))
    assert [fill[1:3] + fill[4:] for fill in fills(found)] == [
        ("STK", "buy", 11.0), ("CLS", "buy", 6.0),
    ]  # fmt: skip
    assert any(
        note.endswith("at the close of the next bar: CLS.") for note in found.provenance.notes
    )


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "no data set": ({"also": ("COIN",)}, "does not say which data set"),
    "unknown data set": ({"also": ("nowhere:COIN",)}, "no data set 'nowhere'"),
    "unknown symbol": ({"also": ("coins:ZZZ",)}, "'ZZZ' is not in the data set Coins"),
    "an index": ({"also": ("coins:IDX",)}, "IDX is an index"),
    "its own data set": ({"also": ("shop:TWN",)}, "TWN is of Shop"),
    "twice": ({"also": ("coins:COIN", "coins:COIN")}, "COIN is chosen twice"),
    "one symbol of two data sets": ({"also": ("same:STK",)}, "STK is chosen twice"),
    "another currency": ({"also": ("london:LON",)}, "prices in GBP, Shop in USD"),
    "another adjustment": ({"also": ("adjusted:COIN",)}, "are adjusted for splits, those of Shop"),
    "coarser bars": ({"also": ("weekly:COIN",)}, "bars of 1d cannot be made of them"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_what_cannot_be_traded_together_is_refused_at_its_field(shops: Terminal, case: str) -> None:
    changes, words = WRONG[case]
    job = shops.submit("backtest", replace(BOTH, **changes))
    assert job.error is not None and job.state is JobState.FAILED
    assert job.error["field"] == "also" and words in job.error["message"] and job.error["remedy"]


def test_the_data_of_another_person_is_not_there(shops: Terminal) -> None:
    owner: Actor = new_user(shops.db)
    keep(shops, "mine", "24/7", NewSeries("OWN", bars("24/7", "2024-03-01", [3.0, 4.0, 5.0])),
         owner_id=owner.user_id)  # fmt: skip
    asked = replace(BOTH, also=("mine:OWN",))
    refused = shops.submit("backtest", asked)
    assert refused.error is not None
    assert "no data set 'mine'" in refused.error["message"] and refused.error["field"] == "also"
    assert shops.submit("backtest", asked, owner).state is JobState.SUCCEEDED


def test_a_sweep_and_its_walk_forward_run_on_all_data_sets(shops: Terminal) -> None:
    """A point is the backtest with its parameters, of a strategy that decides at one close."""
    random_walks(shops, Adjustment.AS_TRADED)
    asked = replace(WALKS, strategy="rotation", params={"average": 5, "most": 1})
    request = SweepRequest(
        asked, {"lookback": (5, 20)}, walk_forward=WalkForwardRequest(train=120, test=60, purge=3)
    )
    found = swept(shops, request)
    versions = [shops.catalogue.dataset(shops.trader, slug).version for slug in ("xn", "al")]
    assert found.row.data_version == content_hash(versions)
    assert [point.state for point in found.points] == ["done", "done"]
    best = found.row.result
    assert best is not None and best["walk_forward"]["sentence"].startswith("Over 4 windows")
    run = loaded(
        shops, shops.submit("backtest", replace(asked, params=best["params"] | asked.params))
    )
    for name in ("sharpe", "total_return", "max_drawdown", "cost_drag"):
        assert best["metrics"][name] == pytest.approx(run.metrics[name], rel=1e-9), name
    keep(shops, "al", "24/7", NewSeries("AL", bars("24/7", "2023-01-03", np.full(500, 50.0))))
    part = shops.service.children(shops.trader, found.row.job_id)[0]
    again = shops.run(shops.service.reproduce(shops.trader, part.id))
    assert again.error is not None and "Al has changed since" in again.error["message"]


def test_requests_survive_storage_and_older_ones_are_still_the_same_trial() -> None:
    assert from_json(BacktestRequest, to_json(BOTH)) == BOTH
    older = replace(BOTH, also=())
    stored = to_json(older)
    del stored["also"]
    assert from_json(BacktestRequest, stored) == older
    full = {"sizing": "equal slots", "invested": 1.0}
    assert trial_hash(older) == content_hash({**stored, "params": full})
    assert trial_hash(BOTH) != trial_hash(older) != trial_hash(replace(older, capital=1.0))


def test_entries_are_read_by_data_set_in_their_order() -> None:
    assert by_dataset(("b:Y", "a:X:1", "b:Z")) == {"b": ("Y", "Z"), "a": ("X:1",)}
    assert symbols_of(BOTH) == ("STK", "COIN")
    with pytest.raises(InputError, match="which data set") as caught:
        by_dataset(("COIN",))
    assert caught.value.field == "also"


@pytest.mark.parametrize("slug", [s for s in STRATEGIES if get_strategy(s).family in OWN_BARS])
def test_a_strategy_that_may_run_on_several_calendars_decides_as_on_its_own_bars(slug: str) -> None:
    strategy = get_strategy(slug)
    params = strategy.params_type()
    parts = [
        on("XNYS", random_panel(1, 240, 2, ragged=False), "AB"),
        on("24/7", random_panel(2, 345, 2, ragged=False), "CD"),
    ]
    both = join(parts)
    decided = decide(strategy, params, both)
    for part, columns in zip(parts, (slice(0, 2), slice(2, 4)), strict=True):
        rows = np.searchsorted(both.close_ts, part.close_ts)
        alone = decide(strategy, params, part) / 2  # a slot of four, not of two
        np.testing.assert_allclose(decided[rows][:, columns], alone, atol=1e-12)
        assert np.isfinite(alone).any()


WALKS = replace(BOTH, dataset="xn", symbols=("XN",), also=("al:AL",), capital=100_000.0)


def random_walks(terminal: Terminal, adjustment: Adjustment) -> None:
    """Data sets `xn` and `al`, in which nothing is to be found."""
    for slug, mic, seed, count in (("xn", "XNYS", 1, 350), ("al", "24/7", 2, 500)):
        closes = np.exp(np.random.default_rng(seed).normal(0, 0.02, count).cumsum()) * 50
        part = NewSeries(slug.upper(), bars(mic, "2023-01-03", closes))
        keep(terminal, slug, mic, part, adjustment=adjustment)


@pytest.mark.parametrize(
    ("strategy", "params", "overlays", "adjustment"),
    [
        ("sma-crossover", {"fast": 5, "slow": 20}, {}, Adjustment.AS_TRADED),
        ("rsi-reversion", {"window": 5}, {}, Adjustment.SPLIT),
        ("rotation", {"lookback": 10, "average": 5, "most": 1},
         {"volatility-target": {"target": 0.1, "window": 20}}, Adjustment.AS_TRADED),
        ("rules", {"rules": SHORT_RULES}, {"trend-filter": {"window": 20, "market": "AL"}},
         Adjustment.SPLIT),
    ],
)  # fmt: skip
def test_a_year_of_both_passes_every_check(
    shops: Terminal, strategy: str, params: dict[str, Any], overlays: dict[str, Any],
    adjustment: Adjustment,
) -> None:  # fmt: skip
    random_walks(shops, adjustment)
    asked = replace(WALKS, strategy=strategy, params=params, overlays=overlays)
    found = loaded(shops, shops.submit("backtest", asked))
    certificate = found.provenance.certificate
    assert certificate is not None and found.judged is not None
    assert certificate.status.value.startswith("certified"), certificate.sentence
    verdicts = {check.key: check.verdict.value for check in certificate.checks}
    assert verdicts["fills"] == verdicts["replay"] == verdicts["prices"] == "passed"
    assert verdicts["placebo"] != "failed"
    capacity = found.judged.analysis.capacity
    assert capacity is not None and capacity.known > 0.8
    by_symbol = found.trades.groupby("symbol")["pnl"].sum()
    earned = found.curve["equity"].iloc[-1] - asked.capital
    assert by_symbol.sum() == pytest.approx(earned) and (by_symbol != 0).sum() == 2
