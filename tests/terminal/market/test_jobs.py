"""The jobs of the market room, run as the worker's process runs them."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from terminal.accounts.actor import SYSTEM, Actor
from terminal.codec import from_json, to_json
from terminal.db.database import Database
from terminal.jobs.values import JobState
from terminal.market import download_job, providers, simulate
from terminal.market.builtin_request import BuiltinRequest
from terminal.market.catalogue import Catalogue
from terminal.market.download_request import DownloadRequest
from terminal.market.first_start import request_built_in
from terminal.market.import_job import uploads_of
from terminal.market.import_request import ImportRequest
from terminal.market.importing.plan import BadRows, ImportPlan
from terminal.market.store import open_store
from terminal.market.timeframe import Timeframe
from terminal.settings import ROOT, load_settings
from tests.terminal.market.conftest import Runner, new_user
from tests.terminal.market.importing.made import DAILY, GOOD_DAYS, QUARTERS, intraday_csv
from tests.terminal.market.providers.packaged import PackagedProvider


def catalogue(run: Runner) -> Catalogue:
    return Catalogue(run.db, open_store(run.settings, run.db))


def upload(run: Runner, actor: Actor, text: str, name: str = "TEST_1d.csv") -> str:
    return uploads_of(run.settings).add(actor, name, [text.encode()]).id


def importing(upload_id: str, plan: ImportPlan = DAILY, **more: object) -> ImportRequest:
    return ImportRequest((upload_id,), plan, "My prices", **more)  # type: ignore[arg-type]


def bars_on_disk(run: Runner) -> set[str]:
    return open_store(run.settings, run.db).versions()


def test_requests_survive_the_journey_through_the_job_row() -> None:
    for request in (
        importing("a" * 32, replace(QUARTERS, symbols={"a.csv": "AAA"})),
        DownloadRequest("yahoo", ("SPY",), date(2020, 1, 2), date(2021, 1, 2), Timeframe.HOUR_1),
        BuiltinRequest(simulated=True, seed=3),
    ):
        assert from_json(type(request), to_json(request)) == request


def test_an_import_becomes_a_data_set_of_its_owner(run_job: Runner, trader: Actor) -> None:
    job = run_job(trader, "import", importing(upload(run_job, trader, GOOD_DAYS)))
    assert job.state is JobState.SUCCEEDED, job.error
    assert job.title == "Import: My prices"
    found = catalogue(run_job).dataset(trader, f"u{trader.user_id}-my-prices")
    assert (found.title, found.n_rows, found.owner_id) == ("My prices", 5, trader.user_id)
    assert found.version == job.data_version
    assert found.quality is not None and found.quality["rows_read"] == 5
    panel = catalogue(run_job).panel(trader, found.slug, ["TEST"])
    assert panel.close[:, 0].tolist() == [10.5, 11.0, 11.2, 11.1, 11.7]
    names = {a.name for a in run_job.service.artifacts(trader, job.id)}
    assert names == {"findings.parquet", "quality.json"}


def test_a_check_reports_and_stores_nothing(run_job: Runner, trader: Actor) -> None:
    bad = GOOD_DAYS.replace("11.2,120", "nan,120")
    job = run_job(trader, "import", importing(upload(run_job, trader, bad), check_only=True))
    assert job.state is JobState.SUCCEEDED
    assert job.summary is not None
    assert (job.summary["stored"], job.summary["errors"]) == (False, 1)
    (finding,) = (f for f in job.summary["quality"]["findings"] if f["severity"] == "error")
    assert finding["places"][0]["row"] == 4
    assert catalogue(run_job).datasets(trader) == [] and bars_on_disk(run_job) == set()


def test_a_bad_file_stores_nothing_and_says_file_row_and_remedy(
    run_job: Runner, trader: Actor
) -> None:
    bad = GOOD_DAYS.replace("11.2,120", "nan,120")
    job = run_job(trader, "import", importing(upload(run_job, trader, bad)))
    assert job.state is JobState.FAILED and job.error is not None
    assert job.error["kind"] == "InputError" and job.error["row"] == 4 and job.error["remedy"]
    assert catalogue(run_job).datasets(trader) == [] and bars_on_disk(run_job) == set()
    lines = [line.line for line in run_job.service.log_tail(trader, job.id, 50)]
    assert any("NaN or infinite" in line for line in lines)
    dropping = importing(upload(run_job, trader, bad), replace(DAILY, bad_rows=BadRows.DROP))
    assert run_job(trader, "import", dropping).state is JobState.SUCCEEDED


def test_a_title_in_use_is_kept_unless_replacing_was_chosen(run_job: Runner, trader: Actor) -> None:
    one = upload(run_job, trader, GOOD_DAYS)
    assert run_job(trader, "import", importing(one)).state is JobState.SUCCEEDED
    other = upload(run_job, trader, GOOD_DAYS.replace("10.5,100", "10.6,100"))
    refused = run_job(trader, "import", importing(other))
    assert refused.error is not None and refused.error["kind"] == "Conflict"
    assert run_job(trader, "import", importing(other, replace=True)).state is JobState.SUCCEEDED
    bars = catalogue(run_job).bars(trader, f"u{trader.user_id}-my-prices", "TEST")
    assert bars["close"].iloc[0] == 10.6


def test_two_people_may_use_one_title_and_nobody_reaches_the_others_upload(
    run_job: Runner, trader: Actor
) -> None:
    other = new_user(run_job.db)
    mine = upload(run_job, trader, GOOD_DAYS)
    stolen = run_job(other, "import", importing(mine))
    assert stolen.error is not None and stolen.error["kind"] == "NotFound"
    assert run_job(trader, "import", importing(mine)).state is JobState.SUCCEEDED
    theirs = upload(run_job, other, GOOD_DAYS)
    assert run_job(other, "import", importing(theirs)).state is JobState.SUCCEEDED
    assert len(catalogue(run_job).datasets(trader)) == 1


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"title": "  "}, "title"),
        ({"title": "x" * 200}, "title"),
        ({"currency": "dollars"}, "currency"),
        ({"uploads": ()}, "file"),
        ({"plan": replace(DAILY, timeframe=Timeframe.WEEK_1)}, "plan.timeframe"),
        ({"plan": replace(DAILY, calendar="NOPE")}, "calendar"),
    ],
)
def test_an_impossible_request_names_its_field(
    run_job: Runner, trader: Actor, change: dict[str, object], field: str
) -> None:
    request = replace(importing(upload(run_job, trader, GOOD_DAYS)), **change)
    job = run_job(trader, "import", request)
    assert job.state is JobState.FAILED and job.error is not None
    assert (job.error["kind"], job.error["field"]) == ("InputError", field)


def test_a_cancelled_import_leaves_nothing(run_job: Runner, trader: Actor) -> None:
    text = intraday_csv("2020-11-09", "2020-12-04")
    request = importing(upload(run_job, trader, text, "AAPL_15min.csv"), QUARTERS)
    service = run_job.service

    def cancel() -> None:
        (job,) = [j for j in service.list(trader, _everything()) if not j.state.final]
        service.cancel(trader, job.id)

    job = run_job(trader, "import", request, before=cancel)
    assert job.state is JobState.CANCELLED
    assert catalogue(run_job).datasets(trader) == [] and bars_on_disk(run_job) == set()
    assert list((run_job.settings.storage.root / "importing").iterdir()) == []


def _everything() -> object:
    from terminal.jobs.values import JobFilter

    return JobFilter()


def test_built_in_data_is_loaded_once_however_often_it_is_asked_for(run_job: Runner) -> None:
    first = run_job(SYSTEM, "load_builtin", BuiltinRequest())
    assert first.state is JobState.SUCCEEDED, first.error
    assert first.summary is not None and first.summary["series"] == 27
    before = catalogue(run_job).datasets(SYSTEM)
    assert [d.slug for d in before] == ["sp500-20", "us-tech-4", "us-indices"]
    again = run_job(SYSTEM, "load_builtin", BuiltinRequest())
    assert again.data_version == first.data_version
    assert catalogue(run_job).datasets(SYSTEM) == before
    assert len(bars_on_disk(run_job)) == 3


def test_simulated_data_is_loaded_apart_and_marked(
    run_job: Runner, trader: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = simulate.SimulationSpec
    monkeypatch.setattr(
        simulate, "SimulationSpec", lambda seed: few(seed, date(2024, 11, 1), date(2024, 12, 31), 3)
    )
    job = run_job(SYSTEM, "load_builtin", BuiltinRequest(real=False, simulated=True))
    assert job.state is JobState.SUCCEEDED, job.error
    (found,) = catalogue(run_job).datasets(trader)
    assert found.simulated and "SIMULATED" in found.title and found.n_series == 3
    panel = catalogue(run_job).panel(trader, found.slug, ["ARDN.SIM"], Timeframe.HOUR_1)
    assert panel.simulated


def test_nothing_to_load_is_a_sentence(run_job: Runner) -> None:
    job = run_job(SYSTEM, "load_builtin", BuiltinRequest(real=False))
    assert job.error is not None and job.error["field"] == "real"


def test_the_first_start_asks_for_what_is_missing_and_only_once(run_job: Runner) -> None:
    service = run_job.service
    asked = request_built_in(run_job.db, service, run_job.settings)
    assert [job.request["simulated"] for job in asked] == [False, True]
    assert request_built_in(run_job.db, service, run_job.settings) == []
    for job in asked:
        service.cancel(SYSTEM, job.id)
    run_job(SYSTEM, "load_builtin", BuiltinRequest())
    (missing,) = request_built_in(run_job.db, service, run_job.settings)
    assert missing.request["simulated"]


@pytest.fixture
def packaged(monkeypatch: pytest.MonkeyPatch) -> None:
    """A provider without a network, registered for the test."""
    monkeypatch.setitem(
        providers.PROVIDERS,
        "packaged",
        ("Packaged", "tests.terminal.market.providers.packaged:create"),
    )


def test_a_download_becomes_a_data_set_of_its_owner(
    run_job: Runner, trader: Actor, packaged: None
) -> None:
    request = DownloadRequest(
        "packaged", (" ibm", "AAPL", "IBM"), date(2005, 1, 3), date(2005, 12, 30), title="Two"
    )
    job = run_job(trader, "download", request)
    assert job.state is JobState.SUCCEEDED, job.error
    found = catalogue(run_job).dataset(trader, f"u{trader.user_id}-two")
    assert found.n_series == 2 and found.licence == PackagedProvider().licence
    panel = catalogue(run_job).panel(trader, found.slug, ["AAPL", "IBM"])
    assert panel.split[:, 0].max() == 2.0 and panel.n_bars == 252


def test_a_download_with_one_unknown_symbol_stores_nothing(
    run_job: Runner, trader: Actor, packaged: None
) -> None:
    request = DownloadRequest("packaged", ("IBM", "NOPE"), date(2005, 1, 3), date(2005, 12, 30))
    job = run_job(trader, "download", request)
    assert job.error is not None and job.error["kind"] == "NotFound"
    assert "NOPE" in job.error["message"]
    assert catalogue(run_job).datasets(trader) == [] and bars_on_disk(run_job) == set()


@pytest.mark.parametrize(
    ("provider", "symbols", "field"),
    [("nope", ("A",), "provider"), ("packaged", (), "symbols"),
     ("packaged", tuple(f"S{k}" for k in range(201)), "symbols")],
)  # fmt: skip
def test_an_impossible_download_names_its_field(
    run_job: Runner,
    trader: Actor,
    packaged: None,
    provider: str,
    symbols: tuple[str, ...],
    field: str,
) -> None:
    request = DownloadRequest(provider, symbols, date(2005, 1, 3), date(2005, 12, 30))
    job = run_job(trader, "download", request)
    assert job.error is not None and job.error["field"] == field


def test_a_report_of_a_download_counts_what_it_stored(packaged: None) -> None:
    provider = PackagedProvider()
    wanted = providers.BarsWanted("IBM", Timeframe.DAY_1, date(2005, 1, 3), date(2005, 12, 30))
    part = provider.fetch(wanted, pd.Timestamp("2024-01-01", tz="UTC").to_pydatetime())
    gone = replace(part, bars=part.bars.drop(part.bars.index[5]))
    request = DownloadRequest("packaged", ("IBM",), wanted.start, wanted.end)
    report = download_job._report([gone], request, provider)
    assert {f.code: f.count for f in report.findings} == {"missing_session": 1}
    assert report.bars == 251


def test_leftovers_of_killed_imports_are_removed(
    run_job: Runner, trader: Actor, tmp_path: Path
) -> None:
    import os
    import time

    work = run_job.settings.storage.root / "importing"
    old = work / "job-old"
    old.mkdir(parents=True)
    os.utime(old, (time.time() - 90_000,) * 2)
    run_job(trader, "import", importing(upload(run_job, trader, GOOD_DAYS)))
    assert list(work.iterdir()) == []
    shutil.rmtree(work)


def test_on_a_server_bars_live_in_the_database_and_replaced_ones_leave_it(
    database: Database, tmp_path: Path
) -> None:
    environment = {"ATT_STORAGE__DATA_DIR": str(tmp_path / "var"), "ATT_STORAGE__BARS": "sql"}
    run = Runner(database, load_settings(ROOT / "config", environment))
    trader = new_user(database)
    stored = []
    for first in ("10.5", "10.6", "10.7"):
        text = GOOD_DAYS.replace("10.5,100", f"{first},100")
        job = run(trader, "import", importing(upload(run, trader, text), replace=True))
        assert job.state is JobState.SUCCEEDED, job.error
        stored.append(job.data_version)
    slug = f"u{trader.user_id}-my-prices"
    assert catalogue(run).panel(trader, slug, ["TEST"]).close[0, 0] == 10.7
    # A replaced version goes with the next data job.
    assert bars_on_disk(run) == set(stored[1:])
    catalogue(run).delete(trader, slug)
    assert bars_on_disk(run) == {stored[1]}
