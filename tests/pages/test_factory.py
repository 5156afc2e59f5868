from __future__ import annotations

import inspect
import subprocess
import sys
from typing import Any

import dash
import pytest

from pages import shell
from pages.factory import create_app, tolerant
from pages.server.context import Services
from terminal.db.database import Database
from terminal.errors import Conflict, NotFound
from terminal.jobs.service import JobService
from terminal.settings import ROOT, Settings


class NoData:
    """A catalogue without a single data set."""

    def datasets(self, _actor: object) -> tuple[()]:
        return ()


@pytest.fixture
def app(sqlite_database: Database, settings: Settings) -> dash.Dash:
    jobs = JobService(sqlite_database, settings, lambda _job, _queue: None)
    catalogue: Any = NoData()
    return create_app(Services(settings, sqlite_database, jobs, catalogue))


def test_every_page_takes_any_query_string(app: dash.Dash) -> None:
    for page in dash.page_registry.values():
        layout = inspect.unwrap(page["layout"])
        kinds = {item.kind for item in inspect.signature(layout).parameters.values()}
        assert inspect.Parameter.VAR_KEYWORD in kinds, f"{page['module']}.layout needs **query"


def test_menu_is_what_is_registered_with_an_icon_and_in_order(app: dash.Dash) -> None:
    names = [page["name"] for page in shell.menu()]
    assert names == [
        name
        for name in (
            "Market",
            "Backtest",
            "Sweep",
            "Rules",
            "Research",
            "Models",
            "Trading",
            "Explain",
            "Monitor",
            "Portfolio",
            "Optimise",
            "Risk",
            "Jobs",
            "Data",
            "Settings",
        )
        if name in names
    ]
    assert {"Jobs", "Settings"} <= set(names)
    assert "Job" not in names


def test_an_app_can_be_built_again_in_the_same_process(
    app: dash.Dash, sqlite_database: Database, settings: Settings
) -> None:
    jobs = JobService(sqlite_database, settings, lambda _job, _queue: None)
    catalogue: Any = NoData()
    again = create_app(Services(settings, sqlite_database, jobs, catalogue))
    assert set(again.callback_map) == set(app.callback_map)


def words(component: Any) -> str:
    if isinstance(component, str):
        return component
    if isinstance(component, list | tuple):
        return " ".join(words(item) for item in component)
    return words(component.children) if getattr(component, "children", None) else ""


def test_what_a_layout_raises_becomes_a_sentence() -> None:
    def missing(**_query: str) -> None:
        raise NotFound("There is no job with this id.")

    def refused(**_query: str) -> None:
        raise Conflict("Somebody else changed it.", remedy="Reload the page.")

    assert "There is no job with this id." in words(tolerant(missing)())
    assert "Reload the page." in words(tolerant(refused)(any="thing"))


def test_a_defect_in_a_layout_shows_a_number_and_no_detail(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def broken(**_query: str) -> None:
        raise ZeroDivisionError("secret detail")

    shown = words(tolerant(broken)())
    assert "incident" in shown
    assert "secret detail" not in shown
    assert "secret detail" in caplog.text


def test_the_web_process_starts_without_the_training_and_data_stacks() -> None:
    code = (
        "import importlib, sys, dash, pages.factory\n"
        "dash.Dash('x', use_pages=True, pages_folder='')\n"
        "[importlib.import_module(name) for name in pages.factory.PAGES]\n"
        "heavy = {'torch', 'numba', 'skfolio', 'arch', 'yfinance', 'quantstats', 'matplotlib',"
        " 'sklearn', 'scipy', 'celery'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
