"""Sweeps as jobs: plan, parts, steps, kills, cancels, and the ledger of trials."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from threading import Barrier, Thread
from typing import Any

import pytest

from terminal import clock
from terminal.backtest.sweeps import part_job
from terminal.backtest.sweeps.points import scores_of
from terminal.backtest.sweeps.request import PartRequest
from terminal.backtest.sweeps.stored import cancel_sweep, read_frame, resume_sweep
from terminal.backtest.sweeps.surface import best_of
from terminal.backtest.sweeps.windows import WalkForwardRequest
from terminal.db.database import Database
from terminal.db.repositories import backtests, sweeps
from terminal.db.repositories import jobs as job_rows
from terminal.errors import Cancelled, Conflict, NotFound
from terminal.jobs.context import JobContext
from terminal.jobs.execute import execute
from terminal.jobs.values import JobState
from tests.terminal.backtest.conftest import Terminal
from tests.terminal.backtest.sweeps.conftest import GRID, RUN, on, queued, read, run_all, swept
from tests.terminal.market.conftest import new_user


def trials(terminal: Terminal) -> int:
    with terminal.db.read() as conn:
        return backtests.count_trials(conn, terminal.trader.user_id, "trend", "us-tech-4")


def test_every_point_of_the_grid_is_the_backtest_with_its_parameters(terminal: Terminal) -> None:
    found = swept(terminal, GRID)
    pairs = {(p.params["fast"], p.params["slow"]) for p in found.points}
    assert pairs == {(f, s) for f in (5, 10, 20, 30) for s in (20, 40, 60, 80) if f < s}
    point = found.points[3]
    job = terminal.submit("backtest", replace(RUN, params=dict(point.params)))
    assert job.summary is not None
    for name in ("sharpe", "cagr", "max_drawdown", "total_return"):
        assert point.metrics[name] == pytest.approx(job.summary[name], rel=1e-9)


def test_the_result_says_what_is_best_and_what_it_is_worth(terminal: Terminal) -> None:
    found = swept(terminal, GRID)
    assert found.row.state == "finished" and found.row.result is not None
    result = found.row.result
    best = best_of(scores_of(found.points, "sharpe"))
    assert result["best"] == best and result["params"] == found.space.values(best)
    assert "Look-ahead check passed" in result["check"]
    words = " ".join(result["honesty"]["sentences"])
    assert "deflated Sharpe" in words and "overfitting" in words
    curve = read_frame(terminal.db, terminal.trader, terminal.service, found.row, "best")
    assert curve is not None
    assert curve["equity"].iloc[-1] / 1e5 - 1 == pytest.approx(result["metrics"]["total_return"])


def test_every_combination_is_a_trial_once(terminal: Terminal) -> None:
    request = on(GRID, values={"fast": (6, 7), "slow": (50, 51)})
    before = trials(terminal)
    found = swept(terminal, request)
    assert trials(terminal) == before + 4
    assert found.row.result is not None
    assert found.row.result["honesty"]["n_trials"] == before + 4
    swept(terminal, request)  # the same again is no new trial
    terminal.submit("backtest", replace(RUN, params={"fast": 6, "slow": 50}))  # nor one of them
    assert trials(terminal) == before + 4


def test_the_plan_gives_its_place_back_before_its_parts_run(terminal: Terminal) -> None:
    plan = terminal.submit("sweep", GRID)
    assert plan.state is JobState.SUCCEEDED
    parts = queued(terminal, plan.id)
    assert [job.kind for job in parts] == ["sweep_part", "sweep_part"]
    assert {job.parent_id for job in parts} == {plan.id}
    terminal.run(parts[0])
    half = read(terminal, plan.id)
    assert half.row.result is None and 0 < len(half.points) < half.row.n_planned
    assert [job.kind for job in queued(terminal, plan.id)] == ["sweep_part"]
    run_all(terminal, plan.id)


class Killed(BaseException):
    """Not caught by the executor: as a process that dies."""


def kill_after(n: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process dies when it begins its n-th point, with nothing unwritten."""
    real = part_job.evaluate
    count = 0

    def dying(*arguments: Any) -> Any:
        nonlocal count
        count += 1
        if count == n:
            raise Killed
        return real(*arguments)

    monkeypatch.setattr(part_job, "evaluate", dying)
    monkeypatch.setattr(part_job, "MOST_UNWRITTEN", 1)


def test_a_killed_part_goes_on_where_it_stopped(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = swept(terminal, GRID)
    plan = terminal.submit("sweep", GRID)
    part = queued(terminal, plan.id)[0]
    with monkeypatch.context() as patch:
        kill_after(4, patch)
        with pytest.raises(Killed):
            terminal.run(part)
    assert len(read(terminal, plan.id).points) == 3  # what it had found can be seen
    token = claim_token(terminal, part.id)
    with terminal.db.write() as conn:
        job_rows.requeue(conn, part.id, token, refund=False, reason="it died")
    calls = 0
    real = part_job.evaluate

    def counting(*arguments: Any) -> Any:
        nonlocal calls
        calls += 1
        return real(*arguments)

    monkeypatch.setattr(part_job, "evaluate", counting)
    again = run_all(terminal, plan.id)
    assert calls == again.row.n_planned - 3
    assert by_position(again.points) == by_position(whole.points)


def claim_token(terminal: Terminal, job_id: str) -> str:
    from terminal.db.tables.jobs import jobs

    with terminal.db.read() as conn:
        return str(conn.execute(jobs.select().where(jobs.c.id == job_id)).one().claim_token)


def by_position(points: Sequence[Any]) -> dict[int, Any]:
    return {point.position: (point.number, dict(point.metrics)) for point in points}


def test_cancel_stops_all_parts_and_resume_finishes_them(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = terminal.submit("sweep", GRID)
    part = queued(terminal, plan.id)[0]
    real = JobContext.progress

    def cancelled(self: JobContext, fraction: float, stage: str, message: str = "") -> None:
        if fraction > 0.4:
            raise Cancelled("Cancelled by its owner.")
        real(self, fraction, stage, message)

    with monkeypatch.context() as patch:
        patch.setattr(JobContext, "progress", cancelled)
        assert terminal.run(part).state is JobState.CANCELLED
    kept = len(read(terminal, plan.id).points)
    assert kept > 0
    cancel_sweep(terminal.db, terminal.trader, plan.id, terminal.service)
    stopped = read(terminal, plan.id)
    assert stopped.row.state == "cancelled" and stopped.stuck
    assert {job.state for job in stopped.jobs} == {JobState.CANCELLED}
    with pytest.raises(Conflict):
        cancel_sweep(terminal.db, terminal.trader, plan.id, terminal.service)
    resume_sweep(terminal.db, terminal.trader, plan.id, terminal.service)
    done = run_all(terminal, plan.id)
    assert done.row.state == "finished" and len(done.points) == done.row.n_planned


def test_of_two_parts_that_end_at_once_exactly_one_is_the_last(database: Database) -> None:
    """On both databases; the seeded fault is a count without the lock (PostgreSQL: none is)."""
    from tests.terminal.backtest.sweeps.rows import planned_sweep

    sweep_id, parts = planned_sweep(database, n_parts=4)
    barrier, last = Barrier(4), []

    def end(job_id: str) -> None:
        barrier.wait()
        with database.write() as conn:
            last.append(sweeps.part_ended(conn, sweep_id, job_id))

    threads = [Thread(target=end, args=(job_id,)) for job_id in parts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(last) == [False, False, False, True]


def test_a_reproduction_of_a_part_is_no_part(terminal: Terminal) -> None:
    plan = terminal.submit("sweep", GRID)
    part = queued(terminal, plan.id)[0]
    terminal.run(part)
    again = terminal.service.reproduce(terminal.trader, part.id)
    assert terminal.run(again).state is JobState.SUCCEEDED
    assert read(terminal, plan.id).row.parts_left == 1
    run_all(terminal, plan.id)


@pytest.mark.parametrize("method", ["random", "tpe", "nsga2"])
def test_searches_run_as_many_as_asked_round_by_round(terminal: Terminal, method: str) -> None:
    values = {"fast": tuple(range(4, 24, 2)), "slow": tuple(range(25, 75, 5))}
    objectives = ("sharpe", "max_drawdown") if method == "nsga2" else ("sharpe",)
    request = on(GRID, values=values, method=method, n_trials=44, objectives=objectives)
    plan = terminal.submit("sweep", request)
    run_backwards(terminal, plan.id)
    found = run_all(terminal, plan.id)
    assert len(found.points) == 44
    assert sorted(point.number for point in found.points) == list(range(44))
    if method != "random":
        assert len({job.id for job in found.jobs if job.kind == "sweep_step"}) == 3


def run_backwards(terminal: Terminal, sweep_id: str) -> None:
    """Parts of a round run in the other order."""
    for job in reversed(queued(terminal, sweep_id)):
        terminal.run(job)


def test_pruned_points_are_cheaper_count_as_trials_and_never_win(terminal: Terminal) -> None:
    values = {"fast": tuple(range(3, 15)), "slow": tuple(range(16, 56, 4))}
    before = trials(terminal)
    other_dates = replace(RUN, start=date(2004, 2, 2))  # so that no trial is known already
    found = swept(terminal, on(GRID, backtest=other_dates, values=values, prune=True))
    states = [point.state for point in found.points]
    assert states.count("pruned") > 5 and states.count("done") > 20
    assert all(point.leading is not None for point in found.points if point.state == "pruned")
    assert trials(terminal) == before + len(found.points)
    assert found.row.result is not None
    best = next(p for p in found.points if p.position == found.row.result["best"])
    assert best.state == "done"


def test_walk_forward_trades_what_was_chosen_before(terminal: Terminal) -> None:
    cut = WalkForwardRequest(train=250, test=100, purge=5)
    found = swept(terminal, on(GRID, walk_forward=cut))
    assert found.row.result is not None
    windows = read_frame(terminal.db, terminal.trader, terminal.service, found.row, "windows")
    curve = read_frame(terminal.db, terminal.trader, terminal.service, found.row, "walk_forward")
    assert windows is not None and curve is not None
    assert len(windows) == 5 and (windows["train_last"] < windows["test_first"]).all()
    facts = found.row.result["walk_forward"]
    assert curve["equity"].iloc[-1] / 1e5 - 1 == pytest.approx(facts["metrics"]["total_return"])
    assert facts["sentence"].startswith("Over 5 windows")
    assert set(windows["position"]) <= {point.position for point in found.points}


def test_a_run_that_cannot_be_is_refused_with_its_field(terminal: Terminal) -> None:
    wrong = {
        "values": on(GRID, values={"fast": (50,), "slow": (20,)}),
        "method": on(GRID, method="guess"),
        "objectives": on(GRID, objectives=("luck",)),
        "prune": on(GRID, method="nsga2", prune=True),
        "n_trials": on(GRID, method="random", n_trials=0),
        "train": on(GRID, walk_forward=WalkForwardRequest(train=5_000)),
    }
    for field, request in wrong.items():
        job = terminal.submit("sweep", request)
        assert job.state is JobState.FAILED and job.error is not None
        assert job.error["field"] == field, job.error


def test_data_that_changed_since_the_plan_is_refused(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = terminal.submit("sweep", GRID)
    with terminal.db.write() as conn:
        from terminal.db.tables.sweeps import sweeps as table

        conn.execute(table.update().where(table.c.job_id == plan.id).values(data_version="another"))
    job = terminal.run(queued(terminal, plan.id)[0])
    assert job.state is JobState.FAILED and job.error is not None
    assert "has changed since this sweep began" in job.error["message"]


def test_nobody_sees_or_stops_the_sweep_of_another(terminal: Terminal) -> None:
    plan = terminal.submit("sweep", GRID)
    stranger = new_user(terminal.db)
    with terminal.db.read() as conn:
        assert plan.id not in {row.job_id for row in sweeps.find(conn, stranger)}
        for read_it in (sweeps.get, sweeps.points):
            with pytest.raises(NotFound):
                read_it(conn, stranger, plan.id)
    with pytest.raises(NotFound):
        cancel_sweep(terminal.db, stranger, plan.id, terminal.service)
    foreign = PartRequest(plan.id, 0, 0, 0, (0,))
    job = terminal.submit("sweep_part", foreign, stranger)
    assert job.state is JobState.FAILED
    run_all(terminal, plan.id)


def test_a_part_whose_claim_is_lost_changes_nothing_but_points(terminal: Terminal) -> None:
    plan = terminal.submit("sweep", GRID)
    part = queued(terminal, plan.id)[0]
    token = uuid.uuid4().hex
    with terminal.db.write() as conn:
        job_rows.claim(conn, part.id, token=token, worker_id="here", now=clock.now())
        job_rows.requeue(conn, part.id, token, refund=True, reason="lost")
    execute(terminal.db, terminal.settings, part.id, token)
    assert read(terminal, plan.id).row.parts_left == 2
    run_all(terminal, plan.id)
