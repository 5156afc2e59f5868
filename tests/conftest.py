"""Fixtures every test may use: real databases, a real Redis, settings in a temporary folder."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import is_hypothesis_test
from xdist.scheduler import LoadScopeScheduling

from terminal.db.database import Database
from terminal.db.migrate import upgrade
from terminal.settings import ROOT, Settings, load_settings
from tests.browser import ARGUMENTS, find
from tests.effort import FULL
from tests.services import UsedAgain, postgresql_database, redis_server

if TYPE_CHECKING:
    from playwright.sync_api import Browser


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long groups first, so that no process is left alone with one at the end.

    A test that waits for other processes may run again on a starved machine, and says so: a fault
    in the product fails three times; every repetition is named in the report (`-ra`).
    """
    leave_for_leisure(items)
    items.sort(key=lambda item: 0 if in_browser(item.nodeid) else 1 if waits(item) else 2)
    count_fewer_lines(items)
    for item in items:
        if waits(item):
            item.add_marker(pytest.mark.flaky(reruns=2))


AT_ONCE = (
    "test_sign_in_in_browser.py",
    "test_settings_in_browser.py",
    "test_optimise_in_browser.py",
    "test_other_data_in_browser.py",
    "test_portfolio_in_browser.py",
)
"""Browser tests of every run. The others start jobs and wait for them, each some ten seconds: with
them `make test` does not keep to its quarter of an hour on two processors."""


def leave_for_leisure(items: list[pytest.Item]) -> None:
    """Skip them, unless everything is asked for."""
    later = pytest.mark.skip(reason="waits in a browser for its jobs; with ATT_TEST_FULL=1")
    for item in items:
        file = item.nodeid.partition("::")[0]
        waiting = in_browser(file) or file.endswith("test_first_result.py")
        if not FULL and waiting and not file.endswith(AT_ONCE):
            item.add_marker(later)


def count_fewer_lines(items: list[pytest.Item]) -> None:
    """No lines are counted in tests of random cases or while a browser is driven.

    Counting makes Python a third slower, and they run few lines that no other test runs: the figure
    of coverage can only be too low for it. `ATT_TEST_COVER_ALL=1` counts everywhere.
    """
    if os.environ.get("ATT_TEST_COVER_ALL"):
        return
    for item in items:
        random = is_hypothesis_test(getattr(item, "obj", None))
        if random or in_browser(item.nodeid) or waits(item):
            item.add_marker("no_cover")


def in_browser(nodeid: str) -> bool:
    """Whether a test uses the server and the browser of its process."""
    return nodeid.partition("::")[0].endswith("_in_browser.py")


def waits(item: pytest.Item) -> bool:
    """Whether a test waits for processes it started: the processor is free meanwhile."""
    return bool(item.get_closest_marker("browser") or item.get_closest_marker("chaos"))


class ByFile(LoadScopeScheduling):
    """A file is one process's; all that drive a browser are one: they share a server and a browser,
    and wait for a good part of their time, which the other process uses."""

    def _split_scope(self, nodeid: str) -> str:
        return "browser" if in_browser(nodeid) else nodeid.partition("::")[0]


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByFile:
    """Used with several processes (`make tests`)."""
    return ByFile(config, log)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """The shipped settings with their data in a temporary folder."""
    return load_settings(ROOT / "config", {"ATT_STORAGE__DATA_DIR": str(tmp_path / "var")})


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy: migrations run once, not before every test."""
    path = tmp_path_factory.mktemp("migrated") / "terminal.db"
    database = Database(f"sqlite+pysqlite:///{path}")
    upgrade(database)
    database.close()  # the last connection folds the log into the file
    return path


@pytest.fixture(scope="session")
def migrated_postgresql() -> Iterator[str]:
    """URL of a migrated PostgreSQL database that others are made from; nobody may connect."""
    with postgresql_database() as url:
        database = Database(url)
        upgrade(database)
        database.close()
        yield url


@pytest.fixture(scope="session")
def postgresql_used_again(migrated_postgresql: str) -> Iterator[UsedAgain]:
    """A migrated PostgreSQL database that tests hand on, each to the next."""
    database = UsedAgain(migrated_postgresql)
    yield database
    database.drop()


@pytest.fixture
def sqlite_database(tmp_path: Path, migrated_sqlite: Path) -> Iterator[Database]:
    """A migrated, empty SQLite file."""
    shutil.copyfile(migrated_sqlite, tmp_path / "terminal.db")
    database = Database(f"sqlite+pysqlite:///{tmp_path / 'terminal.db'}")
    yield database
    database.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A migrated, empty database; the test runs once on each kind."""
    if request.param == "sqlite":
        yield request.getfixturevalue("sqlite_database")
        return
    reused: UsedAgain = request.getfixturevalue("postgresql_used_again")
    database = Database(reused.take())
    yield database
    database.close()
    reused.give_back()


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """A real Redis: the one named by the environment or found locally, else a private one."""
    with redis_server() as url:
        yield url


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """Reference data that lies beside the project on some machines; never part of it."""
    path = Path(os.environ.get("ATT_TEST_SHARED_DIR", ROOT.parent / "shared"))
    if not path.is_dir():
        pytest.skip(f"reference data is not at {path} (set ATT_TEST_SHARED_DIR to use it)")
    return path


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's headless shell, a Chromium or Chrome, or Playwright's own."""
    from playwright.sync_api import sync_playwright

    path = find()
    if path is None:
        pytest.fail(
            "These tests drive a browser and none was found: run `python -m tests.browser`, or "
            "name one with ATT_TEST_BROWSER=/path/to/chromium."
        )
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        yield running
        running.close()
