"""Explanations, X-rays and drift as jobs, run as the worker's process runs them."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import orjson
import pandas as pd
import pytest

from terminal import clock
from terminal.backtest.request import BacktestRequest
from terminal.codec import from_json
from terminal.db.repositories import artifacts, drift, models
from terminal.db.repositories.models import VersionRow
from terminal.drift import schedule
from terminal.drift.periods import PeriodMap
from terminal.drift.report import DriftReport
from terminal.drift.request import DriftRequest
from terminal.drift.schedule import request_checks
from terminal.errors import NotFound
from terminal.explain.request import ExplainRequest, XrayRequest
from terminal.explain.stored import explanations, load_explained, report_of
from terminal.explain.xray_job import decision_bar
from terminal.explain.xray_result import XRAY, Xray
from terminal.features.feature_set import FeatureChoice, FeatureSet
from terminal.features.pipeline import compute
from terminal.jobs.values import Job, JobState
from terminal.market.timeframe import Timeframe
from terminal.models.registry import load_model, move
from terminal.strategies.model.reference import reference_text
from terminal.strategies.model.scores import scores
from terminal.strategies.model.strategy import (
    AS_REGISTERED,
    WALK_FORWARD,
    ModelParams,
    model_scores,
)
from terminal.training.override import register_refused
from terminal.training.reference import reference_of
from tests.terminal.market.conftest import new_user
from tests.terminal.training.conftest import FEATURES, REQUEST, SYMBOLS, TrainingTerminal


@pytest.fixture(scope="module")
def explained_job(terminal: TrainingTerminal, version: VersionRow) -> Job:
    job = terminal.submit("explain", ExplainRequest(version.id, sample=200, splits=3, repeats=2))
    assert job.state is JobState.SUCCEEDED, job.error
    return job


def text_of(terminal: TrainingTerminal, job: Job, name: str) -> bytes:
    with terminal.db.read() as conn:
        files = {item.name: item for item in artifacts.of_job(conn, terminal.trader, job.id)}
    return terminal.files.open_path(files[name].sha256).read_bytes()


def test_an_explanation_is_of_what_the_model_never_learned_from(
    terminal: TrainingTerminal, version: VersionRow, explained_job: Job
) -> None:
    found = load_explained(terminal.service, terminal.trader, explained_job.id)
    own = found.explanation
    assert len(own) == 200 and own.columns == FEATURES.columns
    assert own.base + own.values.sum(axis=1) == pytest.approx(own.raw, abs=1e-9)
    begins = pd.Timestamp(version.lineage["out_of_sample_from"], tz="UTC")
    assert found.events["ts"].min() >= begins
    assert set(found.events["symbol"]) == set(SYMBOLS)
    assert set(found.events["volatility"]) <= {"calm", "usual", "wild"}
    # the data set's next return follows the last one, and nothing else
    assert own.columns[own.order()[0]] == FEATURES.columns[0]
    outside = found.about.permutation
    assert outside is not None and FEATURES.columns[0] in outside.clusters[0].columns
    assert outside.clusters[0].decrease > 0.0


def test_the_values_are_those_of_the_registered_weights(
    terminal: TrainingTerminal, version: VersionRow, explained_job: Job
) -> None:
    found = load_explained(terminal.service, terminal.trader, explained_job.id)
    fitted = load_model(terminal.db, terminal.settings, terminal.trader, version.id).fitted
    chance = fitted.predict(found.explanation.data)
    assert found.explanation.raw == pytest.approx(np.log(chance[:, -1] / chance[:, 0]), abs=1e-6)


def test_the_report_holds_what_it_must_and_asks_nobody(
    terminal: TrainingTerminal, version: VersionRow, explained_job: Job
) -> None:
    page = text_of(terminal, explained_job, "shap-report.html").decode()
    for words in (
        "SHAP report", version.words, version.weights_hash, version.lineage["trained_until"],
        explained_job.code_version, "Code version", "Data version", "Lundberg", "200 predictions",
        "Adds up to the answer within", "Out of sample", "By volatility", "By instrument",
        "By period", "Permutation importance", "SIMULATED DATA", *FEATURES.columns,
    ):  # fmt: skip
        assert words in page, words
    for key in ("importance", "swarm", "dependence-0", "waterfall-3", "permutation", "period"):
        assert f'data-figure="{key}"' in page
    written = re.sub(r"<script.*?</script>", "", page, flags=re.S)
    assert not re.search(r"https?://", written)
    payload = re.search(r'<script type="application/json" id="payload">(.*?)</script>', page, re.S)
    assert payload and not re.search(r"https?://", payload.group(1))
    assert not re.search(r"<(?:script|img|link|iframe)[^>]+(?:src|href)=", page)
    assert "default-src 'none'" in page and "unsafe-eval" not in page
    assert '"dark"' in payload.group(1) and '"light"' in payload.group(1)


def test_the_same_seed_gives_the_same_values(
    terminal: TrainingTerminal, version: VersionRow, explained_job: Job
) -> None:
    again = terminal.run(terminal.service.reproduce(terminal.trader, explained_job.id))
    assert again.state is JobState.SUCCEEDED, again.error
    assert again.verdict is not None and again.verdict["identical"]


def test_nobody_else_sees_an_explanation(
    terminal: TrainingTerminal, version: VersionRow, explained_job: Job
) -> None:
    other = new_user(terminal.db)
    with pytest.raises(NotFound):
        load_explained(terminal.service, other, explained_job.id)
    assert not explanations(terminal.service, other, version.id)
    assert report_of(terminal.service, terminal.trader, explained_job.id) is not None
    refused = terminal.submit("explain", ExplainRequest(version.id), actor=other)
    assert refused.state is JobState.FAILED and refused.error["kind"] == "NotFound"


@pytest.mark.parametrize("training", [AS_REGISTERED, WALK_FORWARD])
def test_a_trade_is_traced_to_the_decision_of_the_model_that_made_it(
    terminal: TrainingTerminal, version: VersionRow, training: str
) -> None:
    reference = reference_of(version)
    params = {"model": reference_text(reference), "training": training, "first": 300, "every": 60,
              "enter": 0.02}  # fmt: skip
    start = date.fromisoformat(version.lineage["out_of_sample_from"][:10])
    asked = BacktestRequest(
        dataset="signal", symbols=SYMBOLS, timeframe=Timeframe.DAY_1, strategy="model",
        params=params, start=None if training == WALK_FORWARD else start,
    )  # fmt: skip
    run = terminal.submit("backtest", asked)
    assert run.state is JobState.SUCCEEDED, run.error
    job = terminal.submit("xray", XrayRequest(run.id, 2))
    assert job.state is JobState.SUCCEEDED, job.error
    found = from_json(Xray, orjson.loads(text_of(terminal, job, XRAY)))
    trades = pd.read_parquet(path_of(terminal, run, "trades.parquet"))
    trade = trades.iloc[2]
    assert found.symbol == trade["symbol"]
    assert (
        pd.Timestamp(found.ts) < trade["entry_ts"]
        and pd.Timestamp(found.close_ts) <= trade["entry_ts"]
    )
    assert found.waterfall.raw == pytest.approx(found.waterfall.base + sum(found.values), abs=1e-9)
    # the features are those of the bar, and the answer is the score the strategy acted on
    panel = terminal.catalogue.panel(
        terminal.trader, "signal", SYMBOLS, Timeframe.DAY_1, asked.start, None
    )
    bar, instrument = decision_bar(panel, str(trade["symbol"]), trade["entry_ts"])
    frame = compute(panel, FEATURES)
    known = [None if np.isnan(v) else float(v) for v in frame.values[instrument, bar]]
    assert list(found.features) == known
    own = ModelParams(**params)  # type: ignore[arg-type]
    if training == WALK_FORWARD:
        acted_on = model_scores(panel, own)[bar, instrument]
    else:
        fitted = load_model(terminal.db, terminal.settings, terminal.trader, version.id).fitted
        row = frame.rows(np.array([bar]), np.array([instrument]))
        acted_on = scores(fitted, fitted.predict(row), 1.0)[0]
    classes = np.array(found.classes)
    scaled = 2.0 * (classes - classes.min()) / np.ptp(classes) - 1.0
    assert float(np.array(found.answers) @ scaled) == pytest.approx(acted_on, abs=1e-6)
    assert (acted_on > 0) == (trade["side"] == "long")


def path_of(terminal: TrainingTerminal, job: Job, name: str) -> Any:
    with terminal.db.read() as conn:
        files = {item.name: item for item in artifacts.of_job(conn, terminal.trader, job.id)}
    return terminal.files.open_path(files[name].sha256)


def test_drift_is_measured_kept_and_shown_by_period(
    terminal: TrainingTerminal, version: VersionRow
) -> None:
    job = terminal.submit("drift", DriftRequest(version.id))
    assert job.state is JobState.SUCCEEDED, job.error
    with terminal.db.read() as conn:
        row = drift.get(conn, terminal.trader, job.id)
        assert drift.newest(conn, terminal.trader)[version.id] == row
    report = from_json(DriftReport, dict(row.report))
    assert [column.name for column in report.features] == list(FEATURES.columns)
    assert report.decay is not None and row.severity == report.severity.value
    # the last fifth of the data is of the same kind as the rest
    assert row.severity != "severe" and row.decay == "none"
    periods = from_json(PeriodMap, dict(row.periods))
    assert len(periods.periods) == 5 and len(periods.columns) == len(report.features) + 1
    assert [part.last for part in periods.periods] == sorted(part.last for part in periods.periods)


def test_bars_of_another_kind_are_drift(terminal: TrainingTerminal, version: VersionRow) -> None:
    job = terminal.submit("drift", DriftRequest(version.id, dataset="noise", sessions=140))
    assert job.state is JobState.SUCCEEDED, job.error
    with terminal.db.read() as conn:
        row = drift.get(conn, terminal.trader, job.id)
    report = from_json(DriftReport, dict(row.report))
    assert report.decay is not None
    assert report.decay.mean < report.decay.training  # nothing to know in noise


def test_a_meta_label_is_explained_and_watched_on_the_events_it_was_trained_on(
    terminal: TrainingTerminal,
) -> None:
    """Its side comes from the rule in its parameters; its features know the sectors."""
    features = FeatureSet((*FEATURES.choices, FeatureChoice("sector-relative", {"window": 2})))
    asked = replace(
        REQUEST, name="Judge", features=features, label="meta",
        label_params={"rule": "momentum", "fast": 1, "slow": 2, "horizon": 2, "span": 20,
                      "changes_only": False},
    )  # fmt: skip
    trained = terminal.submit("training", asked)
    assert trained.state is JobState.SUCCEEDED, trained.error
    with terminal.db.read() as conn:
        found = models.of_job(conn, terminal.trader, trained.id)
    own = found or register_refused(
        terminal.db, terminal.settings, terminal.trader, trained.id, "To see what it leaned on."
    )
    job = terminal.submit("explain", ExplainRequest(own.id, sample=60, permutation=False))
    assert job.state is JobState.SUCCEEDED, job.error
    explained = load_explained(terminal.service, terminal.trader, job.id)
    assert set(explained.events["label"]) <= {0.0, 1.0}
    panel = terminal.catalogue.panel(terminal.trader, "signal", SYMBOLS, Timeframe.DAY_1)
    assert panel.sectors == ("A", "B", "A", "B")
    frame = compute(panel, features)
    at = frame.ts.searchsorted(explained.events["ts"].dt.tz_convert(None).to_numpy())
    columns = [SYMBOLS.index(symbol) for symbol in explained.events["symbol"]]
    assert np.array_equal(explained.explanation.data, frame.values[columns, at], equal_nan=True)
    alone = compute(replace(panel, sectors=()), features)
    assert not np.array_equal(explained.explanation.data, alone.values[columns, at])
    measured = terminal.submit("drift", DriftRequest(own.id, sessions=100))
    assert measured.state is JobState.SUCCEEDED, measured.error
    with terminal.db.read() as conn:
        row = drift.get(conn, terminal.trader, measured.id)
    report = from_json(DriftReport, dict(row.report))
    assert report.decay is not None and len(report.features) == len(features.choices)


def test_what_is_in_production_is_checked_once_a_day(
    terminal: TrainingTerminal, version: VersionRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = request_checks(terminal.service)
    assert not before  # nothing is in production
    move(terminal.db, terminal.trader, version.id, "production")
    with terminal.db.read() as conn:
        (watched,) = drift.in_production(conn)
    assert watched.owner == terminal.trader and watched.version_id == version.id
    # it was measured a moment ago by hand
    assert not request_checks(terminal.service)
    tomorrow = clock.now() + timedelta(days=1)
    monkeypatch.setattr(schedule.clock, "now", lambda: tomorrow)
    (job,) = request_checks(terminal.service)
    assert (job.owner_id, job.request["version"]) == (terminal.trader.user_id, version.id)
    assert not request_checks(terminal.service)  # it is under way


def test_a_version_of_somebody_else_is_not_measured(
    terminal: TrainingTerminal, version: VersionRow
) -> None:
    stranger = new_user(terminal.db)
    refused = terminal.submit("drift", DriftRequest(version.id), actor=stranger)
    assert refused.state is JobState.FAILED and refused.error["kind"] == "NotFound"
