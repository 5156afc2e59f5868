"""A job row's life as its owner sees it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from terminal import clock
from terminal.accounts.actor import SYSTEM, Role
from terminal.db.repositories import jobs as rows
from terminal.db.tables.jobs import jobs
from terminal.errors import Conflict, Forbidden, NotFound
from terminal.jobs.self_test import SelfTestRequest
from terminal.jobs.sweep import recover_silent, remove_unused_files, ring_again, sweep
from terminal.jobs.values import JobFilter, JobState
from tests.terminal.jobs.conftest import TOKEN, Bench

QUICK = SelfTestRequest(seconds=0.0, steps=4)


def test_a_submitted_job_is_queued_and_announced(bench: Bench) -> None:
    job = bench.service.submit(bench.ann, "self_test", QUICK, seed=7)
    assert (job.state, job.seed, job.owner, bench.rung) == (JobState.QUEUED, 7, "ann", [job.id])


def test_a_doorbell_that_fails_loses_nothing(bench: Bench) -> None:
    bench.deaf = True
    job = bench.service.submit(bench.ann, "self_test", QUICK)
    assert job.state is JobState.QUEUED
    bench.deaf = False
    assert ring_again(bench.service) == 1
    assert bench.rung == [job.id]
    assert ring_again(bench.service) == 0  # not again within ring_again_s


def test_only_one_of_two_claims_gets_the_job(bench: Bench) -> None:
    job = bench.service.submit(bench.ann, "self_test", QUICK)
    assert bench.claim(job.id, "a" * 32)
    assert not bench.claim(job.id, "b" * 32)


def test_a_finished_job_has_summary_files_and_what_it_cost(bench: Bench) -> None:
    job = bench.run(bench.service.submit(bench.ann, "self_test", QUICK).id)
    assert (job.state, job.fraction, job.stage) == (JobState.SUCCEEDED, 1.0, "done")
    assert job.peak_memory_mb and job.cpu_s and job.packages and job.code_version
    (file,) = bench.service.artifacts(bench.ann, job.id)
    opened = bench.service.open_artifact(bench.ann, file.id)
    assert opened.path.stat().st_size == file.size
    assert [line.line for line in bench.service.log_tail(bench.ann, job.id)]


def test_a_refusal_keeps_its_sentence_and_a_defect_only_an_incident(bench: Bench) -> None:
    refused = bench.run(
        bench.service.submit(bench.ann, "self_test", replace(QUICK, end="refuse")).id
    )
    assert refused.error is not None and refused.error["field"] == "end"
    broken = bench.run(bench.service.submit(bench.ann, "self_test", replace(QUICK, end="break")).id)
    assert broken.error is not None and "incident" in broken.error["message"]
    assert "ZeroDivision" not in str(bench.service.log_tail(bench.ann, broken.id))
    assert "ZeroDivision" in str(bench.service.log_tail(SYSTEM, broken.id))


def test_a_run_that_lost_its_claim_commits_nothing(bench: Bench) -> None:
    job = bench.service.submit(bench.ann, "self_test", QUICK)
    assert bench.claim(job.id)
    with bench.db.write() as conn:  # the sweeper gave it to somebody else meanwhile
        conn.execute(sa.update(jobs).where(jobs.c.id == job.id).values(claim_token="z" * 32))
    from terminal.jobs.execute import execute

    execute(bench.db, bench.settings, job.id, TOKEN)
    assert bench.service.get(bench.ann, job.id).state is JobState.RUNNING
    assert list(bench.service.artifacts(bench.ann, job.id)) == []


def test_cancel_ends_a_queued_job_and_flags_a_running_one(bench: Bench) -> None:
    waiting = bench.service.submit(bench.ann, "self_test", QUICK)
    assert bench.service.cancel(bench.ann, waiting.id).state is JobState.CANCELLED
    running = bench.service.submit(bench.ann, "self_test", QUICK)
    bench.claim(running.id)
    assert bench.service.cancel(bench.ann, running.id).cancel_requested
    from terminal.jobs.execute import execute

    execute(bench.db, bench.settings, running.id, TOKEN)
    assert bench.service.get(bench.ann, running.id).state is JobState.CANCELLED
    with pytest.raises(Conflict, match="cancelled"):
        bench.service.cancel(bench.ann, running.id)


def test_a_cancelled_job_can_be_retried_but_a_finished_one_cannot(bench: Bench) -> None:
    job = bench.service.submit(bench.ann, "self_test", QUICK)
    bench.service.cancel(bench.ann, job.id)
    assert bench.service.retry(bench.ann, job.id).state is JobState.QUEUED
    bench.run(job.id)
    with pytest.raises(Conflict, match="succeeded"):
        bench.service.retry(bench.ann, job.id)


def test_reproduce_finds_the_same_numbers(bench: Bench) -> None:
    first = bench.run(bench.service.submit(bench.ann, "self_test", QUICK).id)
    again = bench.run(bench.service.reproduce(bench.ann, first.id).id)
    assert again.verdict is not None and again.verdict["identical"] is True
    # the seeded fault: another seed must be noticed
    other = bench.service.submit(
        bench.ann, "self_test", QUICK, seed=first.seed + 1, reproduce_of=first.id
    )
    different = bench.run(other.id)
    assert different.verdict is not None and different.verdict["identical"] is False
    assert different.verdict["column"] == "value"


def test_what_belongs_to_somebody_else_does_not_exist(bench: Bench) -> None:
    job = bench.run(bench.service.submit(bench.ann, "self_test", QUICK).id)
    (file,) = bench.service.artifacts(bench.ann, job.id)
    for look in (
        lambda: bench.service.get(bench.bob, job.id),
        lambda: bench.service.cancel(bench.bob, job.id),
        lambda: bench.service.retry(bench.bob, job.id),
        lambda: bench.service.reproduce(bench.bob, job.id),
        lambda: bench.service.log_tail(bench.bob, job.id),
        lambda: bench.service.open_artifact(bench.bob, file.id),
    ):
        with pytest.raises(NotFound):
            look()
    assert list(bench.service.artifacts(bench.bob, job.id)) == []
    assert list(bench.service.list(bench.bob, JobFilter(everyone=True))) == []
    assert len(bench.service.list(SYSTEM, JobFilter(everyone=True))) == 1


def test_filters_by_state_kind_and_text(bench: Bench) -> None:
    bench.service.submit(bench.ann, "self_test", QUICK, title="Alpha 100%")
    bench.service.submit(bench.ann, "self_test", QUICK, title="Beta")
    find = bench.service.list
    assert [j.title for j in find(bench.ann, JobFilter(text="100%"))] == ["Alpha 100%"]
    assert len(find(bench.ann, JobFilter(states=(JobState.QUEUED,), kinds=("self_test",)))) == 2
    assert find(bench.ann, JobFilter(states=(JobState.FAILED,))) == []


def test_a_viewer_cannot_start_work(bench: Bench) -> None:
    with pytest.raises(Forbidden, match="viewer"):
        bench.service.submit(replace(bench.ann, role=Role.VIEWER), "self_test", QUICK)


def test_a_silent_job_is_queued_again_and_given_up_after_its_last_attempt(bench: Bench) -> None:
    job = bench.service.submit(bench.ann, "self_test", QUICK)
    for attempt in range(1, job.max_attempts + 1):
        assert bench.claim(job.id, f"{attempt:032d}")
        assert recover_silent(bench.service) == 0  # it has just given a sign of life
        with bench.db.write() as conn:
            old = clock.now() - timedelta(seconds=60)
            conn.execute(sa.update(jobs).where(jobs.c.id == job.id).values(heartbeat_at=old))
        sweep(bench.service)
        state = bench.service.get(bench.ann, job.id).state
        last = attempt == job.max_attempts
        assert state is (JobState.ORPHANED if last else JobState.QUEUED)
    assert bench.service.retry(bench.ann, job.id).state is JobState.QUEUED


def test_the_queue_says_who_works_and_who_waits(bench: Bench) -> None:
    first = bench.service.submit(bench.ann, "self_test", QUICK)
    second = bench.service.submit(bench.ann, "self_test", QUICK)
    assert bench.service.queue_state("backtest", second).workers == 0
    with bench.db.write() as conn:
        rows.worker_seen(
            conn,
            {"id": "w", "host": "h", "pid": 1, "queues": ["backtest"], "concurrency": 2,
             "started_at": clock.now(), "heartbeat_at": clock.now()},
        )  # fmt: skip
    state = bench.service.queue_state("backtest", second)
    assert (state.workers, state.slots, state.ahead) == (1, 2, 1)
    bench.claim(first.id)
    assert bench.service.queue_state("backtest", second).running == 1


def test_files_nobody_names_are_removed_and_named_ones_stay(bench: Bench) -> None:
    import os

    job = bench.run(bench.service.submit(bench.ann, "self_test", QUICK).id)
    lost = bench.service.store.open_path(bench.service.store.put(b"nobody's"))
    (file,) = bench.service.artifacts(bench.ann, job.id)
    kept = bench.service.store.open_path(file.sha256)
    for path in (lost, kept):
        os.utime(path, (0, 0))
    assert remove_unused_files(bench.db, bench.service.store) == 1
    assert kept.exists() and not lost.exists()
