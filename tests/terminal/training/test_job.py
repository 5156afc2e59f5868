"""Trainings as jobs, run as the worker's process runs them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import orjson
import pandas as pd
import pytest

from terminal import clock
from terminal.accounts.actor import SYSTEM
from terminal.db.repositories import artifacts, audit, backtests, models, training
from terminal.db.repositories import jobs as job_rows
from terminal.errors import Conflict, InputError, NotFound
from terminal.features.feature_set import FeatureChoice, FeatureSet
from terminal.jobs import context
from terminal.jobs.values import Job, JobState
from terminal.models.registry import compare, load_model, move, package_bytes, roll_back
from terminal.strategies.model.reference import parse_reference, reference_text
from terminal.training import cross_validation, final, preparing
from terminal.training.reference import reference_of
from terminal.training.request import GateRequest, SearchRange, SearchRequest, TrainingRequest
from tests.effort import cases
from tests.terminal.market.conftest import new_user
from tests.terminal.training.conftest import FEATURES, REQUEST, SYMBOLS, TrainingTerminal, made

Ask = Callable[..., TrainingRequest]


@pytest.fixture(scope="module")
def follower(terminal: TrainingTerminal) -> Job:
    """The usual training, finished."""
    job = terminal.submit("training", REQUEST)
    assert job.state is JobState.SUCCEEDED, job.error
    return job


def row_of(terminal: TrainingTerminal, job: Job) -> training.TrainingRow:
    with terminal.db.read() as conn:
        return training.get(conn, terminal.trader, job.id)


def version_of(terminal: TrainingTerminal, job: Job) -> models.VersionRow:
    with terminal.db.read() as conn:
        found = models.of_job(conn, terminal.trader, job.id)
    assert found is not None
    return found


def frame(terminal: TrainingTerminal, job: Job, name: str) -> pd.DataFrame:
    with terminal.db.read() as conn:
        files = {item.name: item for item in artifacts.of_job(conn, SYSTEM, job.id)}
    return pd.read_parquet(terminal.files.open_path(files[f"{name}.parquet"].sha256))


def test_a_planted_signal_is_found_judged_and_registered(
    terminal: TrainingTerminal, follower: Job
) -> None:
    row = row_of(terminal, follower)
    assert row.passed
    assert row.state == training.FINISHED
    assert "better than luck" in row.verdict
    assert [stage["state"] for stage in row.stages] == ["done"] * 8
    assert all(stage["seconds"] is not None and stage["words"] for stage in row.stages)
    result = dict(row.result or {})
    # next return = 0.25 · this one + noise: a rank correlation of rho orders signs with about
    # 1/2 + rho/2 of the pairs
    score = result["out_of_sample"]["score"]
    assert score["low"] < 0.5 + 0.25 / 2 < score["high"] + 0.05
    assert result["numbers"]["gap"] == result["numbers"]["look_back"] + 1
    assert len(result["cross_validation"]["paths"]) == 3
    version = version_of(terminal, follower)
    assert (version.name, version.version, version.stage) == ("Follower", 1, "candidate")
    assert version.lineage["code_version"] == follower.code_version
    assert version.lineage["packages"]["lightgbm"]
    assert version.lineage["symbols"] == list(SYMBOLS)
    assert version.baseline is not None
    with terminal.db.read() as conn:
        curve = training.curve(conn, terminal.trader, follower.id)
    assert {point.fit for point in curve} == {*(f"fold {k}" for k in range(1, 7)), "final"}


def test_nothing_of_the_out_of_sample_period_is_trained_on(
    terminal: TrainingTerminal, follower: Job
) -> None:
    lineage = version_of(terminal, follower).lineage
    assert lineage["trained_until"][:19] < lineage["out_of_sample_from"]
    predictions = frame(terminal, follower, "predictions")
    assert predictions["ts"].min() >= pd.Timestamp(lineage["out_of_sample_from"], tz="UTC")
    sessions = pd.DatetimeIndex(predictions["ts"].unique())
    before = pd.Timestamp(lineage["last_event"], tz="UTC")
    held_out = 140  # a fifth of 700 bars
    assert len(sessions) == held_out - 1  # the outcome of the last bar is unknown
    assert (sessions[0] - before).days > lineage["gap"]  # trading days are fewer than days


@contextmanager
def dying(where: Any, name: str, after: int) -> Iterator[list[int]]:
    """The process `dies` at the so-many-th call: nothing after it is written."""
    real, calls = getattr(where, name), [0]

    def call(*given: Any, **named: Any) -> Any:
        calls[0] += 1
        if calls[0] > after:
            raise MemoryError("killed")
        return real(*given, **named)

    setattr(where, name, call)
    try:
        yield calls
    finally:
        setattr(where, name, real)


@pytest.mark.parametrize(
    ("where", "name", "after"),
    [(cross_validation, "_to_shelf", 3), (final, "fit_recipe", 0), (final, "predict_outside", 0)],
)
def test_a_training_that_died_goes_on_to_the_same_weights(
    terminal: TrainingTerminal, follower: Job, where: Any, name: str, after: int
) -> None:
    with dying(where, name, after):
        job = terminal.submit("training", replace(REQUEST, name=f"{name} dies"))
    assert job.state is JobState.FAILED
    shelf = next((terminal.shelves / job.id).iterdir())
    kept = len(list(shelf.glob("*.zip")))
    with dying(cross_validation, "fit_recipe", 10**6) as fitted:
        again = terminal.run(terminal.service.retry(terminal.trader, job.id))
    assert again.state is JobState.SUCCEEDED, again.error
    assert fitted[0] == (3 if name == "_to_shelf" else 0)  # the folds that were not kept
    assert kept >= 4
    assert frame(terminal, again, "model").equals(frame(terminal, follower, "model"))
    for which in ("folds", "paths", "predictions"):
        pd.testing.assert_frame_equal(
            frame(terminal, again, which), frame(terminal, follower, which), check_exact=True
        )


def test_a_reproduction_is_identical_and_registers_nothing(
    terminal: TrainingTerminal, follower: Job
) -> None:
    again = terminal.run(terminal.service.reproduce(terminal.trader, follower.id))
    assert again.state is JobState.SUCCEEDED, again.error
    assert dict(again.verdict or {})["identical"]
    with terminal.db.read() as conn:
        assert models.of_job(conn, terminal.trader, again.id) is None
    assert row_of(terminal, again).stages[6]["state"] == "skipped"


def test_cancel_is_answered_between_two_boosting_rounds(
    terminal: TrainingTerminal, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = ask(model_params={"rounds": 10_000, "leaves": 4, "patience": 0}, early_stopping=0.0)
    job = terminal.service.submit(terminal.trader, "training", long)
    real = cross_validation.Curves.flush

    def cancel(self: Any, *, force: bool = False) -> None:
        real(self, force=force)
        with terminal.db.write() as conn:
            job_rows.request_cancel(conn, job.id, clock.now())

    monkeypatch.setattr(cross_validation.Curves, "flush", cancel)
    ended = terminal.run(job)
    assert ended.state is JobState.CANCELLED
    assert ended.finished_at is not None
    assert ended.started_at is not None
    assert (ended.finished_at - ended.started_at).total_seconds() < 10


def test_cancel_is_answered_during_the_leakage_check(
    terminal: TrainingTerminal, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asked for when the check begins; without a look at the flag in it, splits would be cut."""
    job = terminal.service.submit(terminal.trader, "training", ask())
    real = preparing.check_leakage

    def check(*given: Any, **more: Any) -> Any:
        with terminal.db.write() as conn:
            job_rows.request_cancel(conn, job.id, clock.now())
        return real(*given, **more)

    monkeypatch.setattr(preparing, "check_leakage", check)
    monkeypatch.setattr(context, "WRITE_EVERY_S", 0.0)  # four instruments take no quarter second
    ended = terminal.run(job)
    assert ended.state is JobState.CANCELLED
    states = [stage["state"] for stage in row_of(terminal, ended).stages]
    assert states[1:3] == ["running", "waiting"]


def test_a_dry_run_says_what_a_training_would_take_and_fits_no_fold(
    terminal: TrainingTerminal, ask: Ask
) -> None:
    with dying(cross_validation, "fit_recipe", 0) as fitted:
        job = terminal.submit("training", ask(dry_run=True))
    assert job.state is JobState.SUCCEEDED, job.error
    assert fitted[0] == 0
    row = row_of(terminal, job)
    numbers = dict(row.result or {})["numbers"]
    assert numbers["events"] == sum(numbers["classes"].values()) == 2116
    assert (numbers["splits"], numbers["fits"], numbers["gap"]) == (6, 7, 21)
    assert numbers["memory_mb"] > 0
    assert 0 < numbers["seconds"] < 60
    assert row.passed is None
    assert row.verdict.startswith("Dry run: 2,116 events to learn from")
    assert [stage["state"] for stage in row.stages[3:]] == ["skipped"] * 5


def test_on_noise_nothing_passes_and_the_run_is_kept(terminal: TrainingTerminal) -> None:
    """Several kinds of noise, each a training of its own, none counted against another."""
    asked = replace(
        REQUEST,
        model_params={"rounds": 5, "leaves": 4, "min_rows_leaf": 30},
        splitter="purged-kfold",
        splitter_params={"folds": 3},
        gate=GateRequest(count_trainings=False),
        name="",
    )
    for seed in range(cases(6, 20)):
        terminal.publish(*made(f"noise-{seed}", 0.0, 50 + seed, bars=420))
        job = terminal.submit("training", replace(asked, dataset=f"noise-{seed}"))
        assert job.state is JobState.SUCCEEDED, job.error
        row = row_of(terminal, job)
        assert row.passed is False, row.verdict
        assert row.result is not None
        with terminal.db.read() as conn:
            assert models.of_job(conn, terminal.trader, job.id) is None


def test_a_search_finds_better_parameters_counts_its_trials_and_resumes(
    terminal: TrainingTerminal, ask: Ask
) -> None:
    wanted = SearchRequest(
        {"rounds": SearchRange(1, 20), "leaves": SearchRange(values=(2, 4))}, trials=6, folds=2
    )
    request = ask(search=wanted, splitter="walk-forward", splitter_params={"windows": 2}, name="S")
    with terminal.db.read() as conn:
        before = backtests.count_trials(conn, terminal.trader.user_id, "model", "signal")
    with dying(final, "fit_recipe", 0):
        job = terminal.submit("training", request)
    assert job.state is JobState.FAILED
    job = terminal.run(terminal.service.retry(terminal.trader, job.id))
    assert job.state is JobState.SUCCEEDED, job.error
    found = dict(row_of(terminal, job).result or {})
    with terminal.db.read() as conn:
        trials = training.trials(conn, terminal.trader, job.id)
        after = backtests.count_trials(conn, terminal.trader.user_id, "model", "signal")
    assert [trial.number for trial in trials] == list(range(6))
    best = max((trial for trial in trials if trial.score is not None), key=lambda t: t.score or 0)
    assert found["search"]["best"] == dict(best.params)
    assert found["recipe"]["model_params"]["rounds"] == best.params["rounds"]
    different = {orjson.dumps(dict(trial.params), option=orjson.OPT_SORT_KEYS) for trial in trials}
    assert after - before == 1 + len(different)
    assert found["profit"]["trials"] >= after


def test_features_that_the_bars_say_nothing_of_are_all_named(
    terminal: TrainingTerminal, ask: Ask
) -> None:
    slow = FeatureChoice("sma-gap", {"window": 1000})
    later = FeatureChoice("rsi", {"window": 900})
    job = terminal.submit("training", ask(features=FeatureSet((*FEATURES.choices, slow, later))))
    assert job.state is JobState.FAILED and job.error is not None
    assert job.error["field"] == "features"
    assert (
        f"2 of 5 features have no value on these bars: {slow.column}, {later.column}."
        in (job.error["message"])
    )


def test_a_feature_that_knows_the_answer_keeps_the_gate_shut_or_is_left_out(
    terminal: TrainingTerminal, ask: Ask
) -> None:
    terminal.publish(*made("strong", 0.8, 9))  # more than any market gives: told too well
    kept = terminal.submit("training", ask(dataset="strong", name="Too good"))
    row = row_of(terminal, kept)
    assert row.passed is False
    assert row.verdict.startswith("The leakage checker found something")
    more = FeatureSet((*REQUEST.features.choices, FeatureChoice("natr")))
    request = ask(dataset="strong", features=more, drop_leaks=True, name="Without")
    left = terminal.submit("training", request)
    assert left.state is JobState.SUCCEEDED, left.error
    result = dict(row_of(terminal, left).result or {})
    dropped = result["leakage"]["dropped"]
    assert dropped
    assert not set(dropped) & set(result["lineage"]["columns"])


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"symbols": ("AAA", "ZZZ")}, "symbols"),
        ({"symbols": ()}, "symbols"),
        ({"model": "oracle"}, "model"),
        ({"model_params": {"rounds": 0}}, "model_params.rounds"),
        ({"label": "forward-return", "model": "logistic", "model_params": {}}, "model"),
        ({"gap": 3}, "gap"),
        ({"out_of_sample": 0.9}, "out_of_sample"),
        ({"start": date(2016, 1, 1), "end": date(2015, 1, 1)}, "start"),
        ({"features": FeatureSet(())}, "features"),
        ({"search": SearchRequest({"rounds": SearchRange(20, 5)})}, "search.rounds"),
    ],
)
def test_what_cannot_be_is_refused_by_the_field_it_is_about(
    terminal: TrainingTerminal, ask: Ask, given: dict[str, Any], field: str
) -> None:
    job = terminal.submit("training", ask(**given))
    assert job.state is JobState.FAILED
    assert dict(job.error or {})["field"] == field
    assert dict(job.error or {})["remedy"]


# the registry -------------------------------------------------------------------------------


def test_a_registered_model_answers_as_it_did_when_it_was_judged(
    terminal: TrainingTerminal, follower: Job
) -> None:
    package = load_model(
        terminal.db, terminal.settings, terminal.trader, version_of(terminal, follower).id
    )
    assert package.manifest.about["lineage"]["job_id"] == follower.id
    assert package.fitted.columns == REQUEST.features.columns
    rows = np.random.default_rng(0).normal(size=(5, 3)).astype(np.float32)
    assert package.fitted.predict(rows).shape == (5, 2)
    found = reference_of(version_of(terminal, follower))
    assert parse_reference(reference_text(found)) == found
    assert found.bars_per_session == 1


def test_a_package_that_was_changed_is_not_loaded_nor_is_anothers(
    terminal: TrainingTerminal, follower: Job
) -> None:
    version = version_of(terminal, follower)
    path = terminal.files.open_path(version.package_sha256)
    whole = path.read_bytes()
    try:
        path.write_bytes(whole[:-30] + bytes(30))
        with pytest.raises(InputError, match="changed on disk"):
            load_model(terminal.db, terminal.settings, terminal.trader, version.id)
    finally:
        path.write_bytes(whole)
    stranger = new_user(terminal.db)
    with pytest.raises(NotFound):
        load_model(terminal.db, terminal.settings, stranger, version.id)
    other = terminal.settings.model_copy(
        update={
            "training": terminal.settings.training.model_copy(
                update={"signing_key": type(terminal.settings.training.signing_key)("k" * 40)}
            )
        }
    )
    with pytest.raises(InputError, match="seal does not fit"):
        load_model(terminal.db, other, terminal.trader, version.id)
    content = package_bytes(terminal.settings, version)
    assert hashlib.sha256(content).hexdigest() == version.package_sha256


def test_stages_change_with_an_entry_in_the_audit_log_and_roll_back(
    terminal: TrainingTerminal, follower: Job, ask: Ask
) -> None:
    first = version_of(terminal, follower)
    with pytest.raises(Conflict, match="No other version"):
        roll_back(terminal.db, terminal.trader, first.model_id)
    second = version_of(
        terminal, terminal.submit("training", ask(seed=4, gate=GateRequest(count_trainings=False)))
    )
    assert second.name == first.name
    assert second.version > first.version
    move(terminal.db, terminal.trader, first.id, "production")
    move(terminal.db, terminal.trader, second.id, "production")
    back = roll_back(terminal.db, terminal.trader, first.model_id)
    assert (back.id, back.stage) == (first.id, "production")
    with terminal.db.read() as conn:
        entries = audit.newest(conn, limit=3)
    assert [entry.action for entry in entries] == ["model.rollback", "model.stage", "model.stage"]
    assert entries[0].detail == {"from": second.version, "to": first.version}
    differences = {item.name: item for item in compare(first, second)}
    assert not differences["weights_hash"].same
    assert not differences["seed"].same
    assert differences["label"].same


def test_the_model_card_is_one_file_that_says_the_verdict(
    terminal: TrainingTerminal, follower: Job
) -> None:
    with terminal.db.read() as conn:
        files = {item.name: item for item in artifacts.of_job(conn, SYSTEM, follower.id)}
    card = terminal.files.open_path(files["model-card.html"].sha256).read_text(encoding="utf-8")
    assert row_of(terminal, follower).verdict in card
    assert "SIMULATED DATA" in card
    assert 'src="http' not in card
    assert "connect-src" not in card
    assert "default-src 'none'" in card
