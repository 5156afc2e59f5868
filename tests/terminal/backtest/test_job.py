"""Backtests as jobs: from the request through the executor to stored frames, row and reports."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import sqlalchemy as sa

from terminal.backtest import job as backtest_job
from terminal.backtest import validate
from terminal.backtest.certificate.certificate import Status, Verdict
from terminal.backtest.job import trial_hash
from terminal.backtest.report_job import file_stem
from terminal.backtest.report_request import ReportRequest
from terminal.backtest.request import BacktestRequest
from terminal.backtest.result import BacktestResult
from terminal.backtest.run import Finished, frames_of, run_backtest
from terminal.backtest.stored import load_result, read_certificate, stored_run, stored_runs
from terminal.codec import from_json, to_json
from terminal.db.database import Database
from terminal.db.repositories import artifacts
from terminal.db.tables.backtest import backtests
from terminal.errors import InputError, NotFound
from terminal.jobs.values import Job, JobState
from terminal.market.calendars import get_calendar
from terminal.market.timeframe import Timeframe
from terminal.reports.tear_sheet import tear_sheet_html
from tests.terminal.backtest.certificate.leaks import strategy_of, will_rise
from tests.terminal.backtest.conftest import Terminal, terminal_on
from tests.terminal.market.conftest import new_user

TWENTY = (
    "AAPL", "AMD", "BAC", "BBY", "CVX", "GE", "HD", "JNJ", "JPM", "KO", "LLY", "MRK", "MSFT",
    "PEP", "PFE", "PG", "RRC", "UNH", "WMT", "XOM",
)  # fmt: skip
WHOLE = BacktestRequest(
    strategy="sma-crossover",
    params={"fast": 50, "slow": 200},
    dataset="sp500-20",
    symbols=TWENTY,
    start=date(2005, 1, 3),
    risk_free_rate=0.02,
    name="Twenty stocks / 50-200",
)
SMALL = BacktestRequest(
    strategy="sma-crossover",
    params={"fast": 5, "slow": 20},
    dataset="us-tech-4",
    symbols=("AAPL", "IBM"),
    start=date(2004, 1, 2),
    end=date(2006, 12, 29),
    benchmark="us-indices:SPX",
)


def in_memory(terminal: Terminal, request: BacktestRequest, seed: int = 0) -> Finished:
    """The same run without a job."""
    panel = terminal.catalogue.panel(
        terminal.trader, request.dataset, request.symbols, request.timeframe, request.start,
        request.end,
    )  # fmt: skip
    return run_backtest(request, panel, panel, get_calendar("XNYS"), seed=seed)


def loaded(terminal: Terminal, job: Job) -> BacktestResult:
    row = stored_run(terminal.db, terminal.trader, job.id)
    return load_result(terminal.db, terminal.files, terminal.trader, job, row)


@pytest.fixture(scope="module")
def twenty(terminal: Terminal) -> Job:
    """The run of twenty stocks, finished."""
    job = terminal.submit("backtest", WHOLE)
    assert job.state is JobState.SUCCEEDED, job.error
    return job


def test_what_is_stored_is_what_was_computed(terminal: Terminal, twenty: Job) -> None:
    expected, found = in_memory(terminal, WHOLE), loaded(terminal, twenty)
    for name, frame in frames_of(expected).items():
        pd.testing.assert_frame_equal(
            getattr(found, name), frame, check_freq=False, check_exact=True, obj=name
        )
    assert len(found.curve) > 4_500 and len(found.trades) > 200
    assert found.metrics == expected.metrics
    assert found.benchmark_metrics == expected.benchmark_metrics
    assert found.request == WHOLE
    assert found.provenance.notes == expected.notes


def test_the_stored_curve_adds_up(terminal: Terminal, twenty: Job) -> None:
    found = loaded(terminal, twenty)
    panel = terminal.catalogue.panel(terminal.trader, "sp500-20", TWENTY, start=WHOLE.start)
    held = np.nansum(found.positions.to_numpy() * panel.close, axis=1)
    np.testing.assert_allclose(found.curve["cash"] + held, found.curve["equity"], rtol=1e-12)
    paid = found.fills["commission"].sum()
    assert found.metrics["commission"] == pytest.approx(paid)
    profit = found.curve["equity"].iloc[-1] - WHOLE.capital
    assert found.trades["pnl"].sum() == pytest.approx(profit, abs=1e-6)


def test_row_and_summary_say_the_same_and_what_made_them(terminal: Terminal, twenty: Job) -> None:
    row = stored_run(terminal.db, terminal.trader, twenty.id)
    assert row in stored_runs(terminal.db, terminal.trader)
    assert (row.name, row.strategy, row.family) == (WHOLE.name, "sma-crossover", "trend")
    assert row.data_version == twenty.data_version
    assert twenty.summary is not None
    for key in ("total_return", "cagr", "sharpe", "max_drawdown", "n_trades"):
        assert twenty.summary[key] == row.metrics[key]
    assert twenty.summary["look_ahead_check"] is True
    made = row.provenance
    assert (made["seed"], made["code_version"]) == (1, twenty.code_version)
    assert made["close_only"] is True and made["check"]["passed"] is True and made["packages"]
    assert row.first_ts.date() == WHOLE.start and row.last_ts.date() == date(2022, 12, 28)


def test_the_stored_verdict_is_that_of_the_stored_curve(terminal: Terminal, twenty: Job) -> None:
    found = loaded(terminal, twenty)
    assert found.judged is not None and found.judged.verdict_now is None
    made = found.judged.analysis.evidence
    estimate = made.intervals["sharpe"].estimate
    assert estimate == pytest.approx(found.metrics["sharpe"])
    assert found.judged.verdict.sharpe == pytest.approx(found.metrics["sharpe"])
    assert made.arrangements is not None and len(made.fans) == 4


def test_the_certificate_is_kept_with_the_run_and_a_run_without_one_is_still_read(
    terminal: Terminal, twenty: Job
) -> None:
    found = loaded(terminal, twenty).provenance.certificate
    assert found is not None and found.status is Status.CERTIFIED, found.sentence
    assert found == in_memory(terminal, WHOLE, seed=1).certificate
    row = stored_run(terminal.db, terminal.trader, twenty.id)
    assert row.provenance["certificate"]["status"] == "certified"
    made = {key: value for key, value in row.provenance.items() if key != "certificate"}
    old = load_result(
        terminal.db, terminal.files, terminal.trader, twenty, replace(row, provenance=made)
    )
    assert old.provenance.certificate is None
    page = tear_sheet_html(old)
    assert "No certificate" in page and "made before certificates were issued" in page


def test_the_error_of_a_strategy_that_looks_ahead_keeps_its_certificate(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    seer = strategy_of(will_rise)
    monkeypatch.setattr(validate, "get_strategy", lambda slug: seer)
    job = terminal.submit("backtest", replace(SMALL, params={}))
    assert job.state is JobState.FAILED and job.error is not None
    assert job.error["kind"] == "LooksAhead" and "it looks ahead" in job.error["message"]
    found = read_certificate(job.error["certificate"])
    assert found is not None and found.status is Status.REFUSED
    assert [(check.key, check.verdict) for check in found.checks] == [("replay", Verdict.FAILED)]


def test_reproduce_says_identical(terminal: Terminal, twenty: Job) -> None:
    again = terminal.run(terminal.service.reproduce(terminal.trader, twenty.id))
    assert again.state is JobState.SUCCEEDED and again.verdict is not None
    assert again.verdict["identical"] is True and again.verdict["notes"] == []
    trials = stored_run(terminal.db, terminal.trader, again.id).provenance["trials"]
    assert trials == stored_run(terminal.db, terminal.trader, twenty.id).provenance["trials"]


def test_reproduce_finds_the_first_value_that_differs(
    terminal: Terminal, twenty: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The seeded fault: an engine that pays one cent more on one bar."""
    honest = backtest_job.run_backtest

    def one_cent_more(*given: object) -> Finished:
        finished = honest(*given)  # type: ignore[arg-type]
        curve = finished.curve.copy()
        curve.iloc[300, curve.columns.get_loc("equity")] += 0.01  # type: ignore[operator]
        return replace(finished, curve=curve)

    monkeypatch.setattr(backtest_job, "run_backtest", one_cent_more)
    again = terminal.run(terminal.service.reproduce(terminal.trader, twenty.id))
    assert again.verdict is not None and again.verdict["identical"] is False
    place = (again.verdict["frame"], again.verdict["row"], again.verdict["column"])
    assert place == ("curve", 300, "equity")


def test_the_whole_way_on_each_database(database: Database, tmp_path: Path) -> None:
    terminal = terminal_on(database, tmp_path / "var")
    job = terminal.submit("backtest", SMALL)
    assert job.state is JobState.SUCCEEDED, job.error
    found = loaded(terminal, job)
    row = stored_run(database, terminal.trader, job.id)
    assert row.metrics == found.metrics and row.provenance["trials"] == 1
    assert found.curve["equity"].iloc[-1] == pytest.approx(
        SMALL.capital * (1 + (row.metrics["total_return"] or 0.0))
    )
    assert found.metrics["beta"] is not None  # S&P 500 is the benchmark
    again = terminal.run(terminal.service.reproduce(terminal.trader, job.id))
    assert again.verdict is not None and again.verdict["identical"] is True


def test_a_run_belongs_to_its_owner(terminal: Terminal, twenty: Job) -> None:
    other = new_user(terminal.db)
    with pytest.raises(NotFound):
        stored_run(terminal.db, other, twenty.id)
    assert stored_runs(terminal.db, other) == []
    report = terminal.submit("report", ReportRequest(twenty.id), other)
    assert report.state is JobState.FAILED and report.error is not None
    assert report.error["kind"] == "NotFound"


def test_each_different_request_is_a_trial_and_the_same_one_only_once(terminal: Terminal) -> None:
    owner = new_user(terminal.db)

    def trials(request: BacktestRequest) -> int:
        job = terminal.submit("backtest", request, owner)
        with terminal.db.read() as conn:
            kept = conn.execute(
                sa.select(backtests.c.provenance).where(backtests.c.job_id == job.id)
            ).scalar_one()
        return int(kept["trials"])

    assert trials(SMALL) == 1
    assert trials(replace(SMALL, name="The same under another name")) == 1
    assert trials(replace(SMALL, params={"fast": 6, "slow": 20})) == 2


def test_defaults_written_out_are_the_same_trial() -> None:
    full = {**SMALL.params, "sizing": "equal slots", "invested": 1.0}
    assert trial_hash(replace(SMALL, params=full, name="x")) == trial_hash(SMALL)
    assert trial_hash(replace(SMALL, capital=1.0)) != trial_hash(SMALL)
    off = replace(SMALL, overlays={"trend-filter": {"window": 0}})
    under = replace(SMALL, overlays={"trend-filter": {"window": 50}})
    whole = replace(SMALL, overlays={"trend-filter": {"window": 50, "kept": 0.0}})
    assert trial_hash(off) == trial_hash(SMALL) != trial_hash(under) == trial_hash(whole)


def test_a_request_stored_before_there_were_overlays_is_still_read() -> None:
    stored = to_json(SMALL)
    del stored["overlays"]
    assert from_json(BacktestRequest, stored) == SMALL
    kept = replace(SMALL, overlays={"trend-filter": {"window": 50, "market": "IBM"}})
    assert from_json(BacktestRequest, to_json(kept)) == kept


@pytest.mark.parametrize("benchmark", ["none", "IBM", "us-indices:SPX", "equal_weight"])
def test_every_kind_of_benchmark(terminal: Terminal, benchmark: str) -> None:
    job = terminal.submit("backtest", replace(SMALL, benchmark=benchmark))
    assert job.state is JobState.SUCCEEDED, job.error
    found = loaded(terminal, job)
    if benchmark == "none":
        assert found.curve["benchmark"].isna().all() and found.benchmark_metrics == {}
        assert found.metrics["beta"] is None
        return
    grown = found.curve["benchmark"].iloc[-1] / SMALL.capital - 1
    assert found.benchmark_metrics["total_return"] == pytest.approx(grown)
    if benchmark == "us-indices:SPX":  # bought at the open of the second bar, held since
        bars = terminal.catalogue.bars(
            terminal.trader, "us-indices", "SPX", start=SMALL.start, end=SMALL.end
        )
        bought = bars["close"].iloc[-1] / bars["open"].iloc[1] - 1
        assert grown == pytest.approx(bought)


@pytest.mark.parametrize(
    ("benchmark", "words"),
    [("nowhere:SPX", "nowhere"), ("us-indices:ZZZ", "'ZZZ' is not in"), ("sp500-20:ZZZ", "'ZZZ'")],
)
def test_a_benchmark_of_another_data_set_that_is_not_there(
    terminal: Terminal, benchmark: str, words: str
) -> None:
    job = terminal.submit("backtest", replace(SMALL, benchmark=benchmark))
    assert job.error is not None
    assert (job.state, job.error["field"]) == (JobState.FAILED, "benchmark")
    assert words in job.error["message"]


def test_a_benchmark_without_bars_in_the_range_is_refused(terminal: Terminal) -> None:
    early = replace(WHOLE, start=date(1990, 1, 2), end=date(1995, 1, 3), benchmark="us-indices:SPX")
    job = terminal.submit("backtest", early)
    assert job.error is not None and job.error["field"] == "benchmark" and job.error["remedy"]


def test_a_title_is_the_strategy_where_no_name_was_given(terminal: Terminal) -> None:
    job = terminal.submit("backtest", SMALL)
    assert stored_run(terminal.db, terminal.trader, job.id).name == "SMA crossover"


@pytest.mark.parametrize("timeframe", [Timeframe.WEEK_1, Timeframe.MONTH_1])
def test_coarser_bars_run_through_with_their_own_year(
    terminal: Terminal, timeframe: Timeframe
) -> None:
    job = terminal.submit("backtest", replace(SMALL, timeframe=timeframe))
    assert job.state is JobState.SUCCEEDED, job.error
    found = loaded(terminal, job)
    per_year = 52 if timeframe is Timeframe.WEEK_1 else 12
    assert any(note.startswith(f"A year has {per_year} returns") for note in found.provenance.notes)
    growth = 1 + (found.metrics["total_return"] or 0.0)
    assert found.metrics["cagr"] == pytest.approx(growth ** (per_year / len(found.curve)) - 1)


def test_a_cancelled_run_leaves_nothing(terminal: Terminal) -> None:
    job = terminal.service.submit(terminal.trader, "backtest", SMALL)

    def cancel_at_signals(request: BacktestRequest, *given: object) -> Finished:
        terminal.service.cancel(terminal.trader, job.id)
        return run_backtest(request, *given)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(backtest_job, "run_backtest", cancel_at_signals)
        ended = terminal.run(job)
    assert ended.state is JobState.CANCELLED
    assert terminal.service.artifacts(terminal.trader, job.id) == []
    with pytest.raises(NotFound):
        stored_run(terminal.db, terminal.trader, job.id)


def test_requests_survive_the_journey_through_the_job_row() -> None:
    for request in (WHOLE, SMALL, ReportRequest("a" * 32, "colour-blind")):
        assert from_json(type(request), to_json(request)) == request


def test_a_process_can_make_itself_ready_before_it_knows_its_job() -> None:
    backtest_job.prepare()
    assert get_calendar(backtest_job.USUAL_CALENDAR) is get_calendar("XNYS")


# reports of a finished run


@pytest.mark.parametrize("palette", ["standard", "colour-blind"])
def test_the_report_job_writes_a_pdf(terminal: Terminal, palette: str) -> None:
    run = terminal.submit("backtest", replace(SMALL, name="Tëst: A/B"))
    report = terminal.submit("report", ReportRequest(run.id, palette))
    assert report.state is JobState.SUCCEEDED, report.error
    (file,) = terminal.service.artifacts(terminal.trader, report.id)
    assert (file.name, file.media_type) == ("t-st-a-b-tear-sheet.pdf", "application/pdf")
    assert report.summary == {"file": file.name, "size": file.size}
    content = terminal.service.open_artifact(terminal.trader, file.id).path.read_bytes()
    assert content.startswith(b"%PDF-") and content.rstrip().endswith(b"%%EOF")
    assert report.data_version == run.data_version


def test_the_tear_sheet_of_a_stored_run_holds_its_numbers(terminal: Terminal, twenty: Job) -> None:
    found = loaded(terminal, twenty)
    page = tear_sheet_html(found, timezone="America/New_York")
    assert page.lstrip().lower().startswith("<!doctype html>") and "Twenty stocks" in page
    assert f"{found.metrics['sharpe']:.2f}".replace("-", "−") in page
    assert not re.search(r"(?i)>\s*-?(inf|nan)%?\s*<", page)


def test_a_run_without_trades_shows_dashes_and_prints(terminal: Terminal) -> None:
    """One dollar buys no share: orders are made, and none of them is for a whole unit."""
    still = replace(
        SMALL, symbols=("AAPL",), params={"fast": 2, "slow": 3}, capital=1.0, benchmark="none"
    )
    run = terminal.submit("backtest", still)
    found = loaded(terminal, run)
    assert len(found.trades) == 0 and found.metrics["win_rate"] is None
    assert found.metrics["sharpe"] is None and found.metrics["total_return"] == 0.0
    page = tear_sheet_html(found)
    assert "–" in page and not re.search(r"(?i)>\s*-?(inf|nan)%?\s*<", page)
    report = terminal.submit("report", ReportRequest(run.id))
    assert report.state is JobState.SUCCEEDED, report.error


def test_a_report_of_a_run_that_failed_or_is_not_there_says_so(terminal: Terminal) -> None:
    failed = terminal.submit("backtest", replace(SMALL, capital=0.0))
    report = terminal.submit("report", ReportRequest(failed.id))
    assert report.error is not None
    assert (report.error["kind"], report.error["field"]) == ("Conflict", "backtest")
    assert "failed" in report.error["message"]
    missing = terminal.submit("report", ReportRequest("0" * 32))
    assert missing.error is not None and missing.error["kind"] == "NotFound"


@pytest.mark.parametrize(
    ("name", "stem"),
    [("A b/c", "a-b-c"), ("···", "backtest"), ("../../etc", "etc"), ("x" * 90, "x" * 60)],
)
def test_file_names_hold_nothing_but_letters_digits_and_hyphens(name: str, stem: str) -> None:
    assert file_stem(name) == stem


def test_a_result_whose_file_is_gone_says_which(terminal: Terminal) -> None:
    job = terminal.submit("backtest", SMALL)
    row = stored_run(terminal.db, terminal.trader, job.id)
    with terminal.db.write() as conn:
        table = artifacts.artifacts
        conn.execute(
            table.delete().where(table.c.job_id == job.id, table.c.name == "fills.parquet")
        )
    with pytest.raises(NotFound, match=r"fills\.parquet") as caught:
        load_result(terminal.db, terminal.files, terminal.trader, job, row)
    assert caught.value.field == "backtest" and caught.value.remedy


def test_the_name_of_a_result_is_the_one_it_has_now(terminal: Terminal) -> None:
    job = terminal.submit("backtest", SMALL)
    row = stored_run(terminal.db, terminal.trader, job.id)
    found = load_result(
        terminal.db, terminal.files, terminal.trader, job, replace(row, name="Renamed")
    )
    assert found.request.name == "Renamed"


def test_an_unknown_request_field_is_refused() -> None:
    with pytest.raises(InputError, match="unknown field 'margin'"):
        from_json(BacktestRequest, {**to_json(SMALL), "margin": 3})
