"""Rows of a sweep without its work."""

from __future__ import annotations

from terminal import clock
from terminal.codec import to_json
from terminal.db.database import Database
from terminal.db.repositories import jobs as job_rows
from terminal.db.repositories import sweeps
from terminal.db.repositories.sweeps import RUNNING, SweepRow
from terminal.jobs.kinds import get_kind
from terminal.jobs.rows import add_child, new_row
from terminal.jobs.self_test import SelfTestRequest
from terminal.settings import ROOT, load_settings
from tests.terminal.backtest.sweeps.conftest import GRID
from tests.terminal.market.conftest import new_user


def planned_sweep(database: Database, n_parts: int) -> tuple[str, list[str]]:
    """(sweep, jobs of its parts): a planned sweep whose parts have not begun."""
    owner, settings = new_user(database), load_settings(ROOT / "config", {})
    values = new_row(settings, owner, get_kind("sweep"), to_json(GRID), "hash")
    values |= {"title": "Sweep", "seed": 1, "parent_id": None}
    sweep_id = str(values["id"])
    row = SweepRow(
        job_id=sweep_id, owner_id=owner.user_id, name="Sweep", strategy="sma-crossover",
        family="trend", dataset="us-tech-4", data_version="", simulated=False,
        request=to_json(GRID), n_bars=100, n_planned=10, state=RUNNING, parts_left=n_parts,
        result=None, end_job_id=None, created_at=clock.now(), finished_at=None,
    )  # fmt: skip
    with database.write() as conn:
        job_rows.insert(conn, values)
        sweeps.insert(conn, row)
        parts = [
            add_child(conn, settings, owner, "self_test", SelfTestRequest(), parent_id=sweep_id,
                      title="Part", seed=1)
            for _ in range(n_parts)
        ]  # fmt: skip
    return sweep_id, parts
