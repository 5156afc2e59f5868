"""The operator's commands."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from terminal.accounts.__main__ import main
from terminal.accounts.actor import Role
from terminal.accounts.service import set_password_by_link
from terminal.accounts.setup import check_setup_link
from terminal.db.database import Database
from terminal.settings import ROOT, Settings
from tests.terminal.accounts.people import person

NEW = "another good sentence"


def test_setup_link_prints_a_link_that_works_and_later_says_why_not(
    database: Database, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["setup-link"], database, settings) == 0
    check_setup_link(database, capsys.readouterr().out.strip().rpartition("/")[2])
    person(database, "ada", Role.ADMIN)
    assert main(["setup-link"], database, settings) == 1
    assert "has users already" in capsys.readouterr().err


def test_reset_password_prints_a_link_that_works(
    database: Database, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    person(database, "ada", Role.ADMIN)
    assert main(["reset-password", "Ada"], database, settings) == 0
    token = capsys.readouterr().out.strip().rpartition("/")[2]
    set_password_by_link(database, settings, token, NEW)
    assert main(["reset-password", "eve"], database, settings) == 1
    assert "There is no user 'eve'. python -m terminal.accounts" in capsys.readouterr().err


def test_list_users_shows_role_and_state(
    database: Database, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    person(database, "ada", Role.ADMIN)
    assert main(["list-users"], database, settings) == 0
    (line,) = capsys.readouterr().out.splitlines()[1:]
    assert line.split()[1:] == ["ada", "admin", "active", "never"]


def test_verify_audit_prints_a_head_that_it_takes_back(
    sqlite_database: Database, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["setup-link"], sqlite_database, settings)
    capsys.readouterr()
    assert main(["verify-audit"], sqlite_database, settings) == 0
    said = capsys.readouterr().out.strip()
    assert said.startswith("audit log intact: 1 entries; head 1:")
    head = said.rpartition(" ")[2]
    assert main(["verify-audit", "--head", head], sqlite_database, settings) == 0
    with sqlite_database.write() as conn:
        conn.exec_driver_sql("DROP TRIGGER audit_log_no_delete")
        conn.exec_driver_sql("DELETE FROM audit_log")
    assert main(["verify-audit"], sqlite_database, settings) == 0
    assert main(["verify-audit", "--head", head], sqlite_database, settings) == 1
    assert main(["verify-audit", "--head", "nonsense"], sqlite_database, settings) == 1
    assert "broken at entry 1: the log ends before" in capsys.readouterr().err


def test_the_command_runs_as_a_module_on_an_empty_folder(tmp_path: Path) -> None:
    environment = {**os.environ, "ATT_STORAGE__DATA_DIR": str(tmp_path), "ATT_CONFIG_DIR": ""}
    environment.pop("ATT_CONFIG_DIR")
    done = subprocess.run(
        [sys.executable, "-m", "terminal.accounts", "setup-link"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "/setup/" in done.stdout
