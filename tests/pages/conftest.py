"""A real terminal for page tests: gunicorn on a free port, a private Redis, a worker on demand.

`live_server` is the web process alone; `live_worker` and `no_worker` say whether its worker runs.
`open_page` gives a signed-in browser page that fails its test on any console error, any page error
and any request to another host.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from terminal.accounts import service, setup
from terminal.accounts.actor import SYSTEM, Actor, Role
from terminal.db.database import Database
from terminal.db.migrate import upgrade
from terminal.jobs.service import JobService
from terminal.jobs.values import JobState
from terminal.market.builtin_request import BuiltinRequest
from terminal.settings import ROOT, Settings, load_settings
from tests.pages.live_jobs import finish, ring
from tests.services import private_redis

PASSWORD = "a long enough passphrase"
START_TIMEOUT_S = 90.0


@dataclass(frozen=True)
class LiveServer:
    """A running terminal: its address, its database, its people (by role), its environment."""

    url: str
    settings: Settings
    db: Database
    people: dict[Role, Actor]
    environ: dict[str, str]
    folder: Path


@dataclass
class Watch:
    """What went wrong in a page while a test used it."""

    problems: list[str] = field(default_factory=list)

    def follow(self, page: Page, url: str) -> None:
        """Note console errors, page errors and requests to other hosts."""

        def on_console(message: Any) -> None:
            if message.type in ("error", "warning"):
                self.problems.append(f"console {message.type}: {message.text}")

        def on_request(request: Any) -> None:
            if not request.url.startswith((url, "data:", "blob:")):
                self.problems.append(f"request to another host: {request.url}")

        page.on("console", on_console)
        page.on("pageerror", lambda error: self.problems.append(f"page error: {error}"))
        page.on("request", on_request)


@pytest.fixture(scope="session")
def live_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """The web process as `make run` starts it, on a database of its own with three people."""
    folder = tmp_path_factory.mktemp("terminal")
    with private_redis() as redis_url:
        environ = {
            "ATT_STORAGE__DATA_DIR": str(folder / "var"),
            "ATT_SERVER__PORT": str(free_port()),
            "ATT_REDIS__URL": redis_url,
            "ATT_REDIS__QUEUE_PREFIX": "att-test-pages",
            "ATT_TRAINING__MLFLOW_URI": "off",
        }
        settings = load_settings(ROOT / "config", environ)
        db = Database(settings.storage.url)
        upgrade(db)
        people = make_people(db, settings)
        server = LiveServer(
            f"http://127.0.0.1:{settings.server.port}", settings, db, people, environ, folder
        )
        with process(server, "workers.web"):
            wait_until_serving(server)
            yield server
        db.close()


class WorkerOfServer:
    """The worker of a `LiveServer`: started when a test first needs it, kept for those after."""

    def __init__(self, server: LiveServer) -> None:
        self.server = server
        self._running = ExitStack()
        self.started = False

    def start(self) -> None:
        """Return once a worker says that it is there."""
        if self.started:
            return
        self._running.enter_context(process(self.server, "workers.worker"))
        self.started = True
        deadline = time.monotonic() + START_TIMEOUT_S
        while not worker_is_seen(self.server):
            assert time.monotonic() < deadline, f"no worker came up; see {self.server.folder}"
            time.sleep(0.1)

    def stop(self) -> None:
        """Return once it has gone."""
        self._running.close()
        self.started = False


@pytest.fixture(scope="session")
def worker_of_server(live_server: LiveServer) -> Iterator[WorkerOfServer]:
    """One worker for all modules: starting one, and its processes in waiting, takes seconds."""
    worker = WorkerOfServer(live_server)
    yield worker
    worker.stop()


@pytest.fixture
def live_worker(worker_of_server: WorkerOfServer) -> None:
    """A worker of `live_server` is running."""
    worker_of_server.start()


@pytest.fixture
def no_worker(worker_of_server: WorkerOfServer) -> Iterator[None]:
    """No worker of `live_server` is running; afterwards there is one again if there was before."""
    before = worker_of_server.started
    worker_of_server.stop()
    yield
    if before:
        worker_of_server.start()


@pytest.fixture(scope="session")
def service_with_data(live_server: LiveServer, worker_of_server: WorkerOfServer) -> JobService:
    """The job service of the running terminal, once its worker has loaded the built-in data."""
    worker_of_server.start()
    service = JobService(live_server.db, live_server.settings, lambda _job, _queue: None)
    job = service.submit(SYSTEM, "load_builtin", BuiltinRequest(real=True))
    ring(live_server, job)
    assert finish(service, job).state is JobState.SUCCEEDED
    return service


@pytest.fixture(scope="session")
def signed_in(live_server: LiveServer, browser: Browser) -> Callable[[Role], Any]:
    """Cookies of a person of a role, signed in once through the form."""
    kept: dict[Role, Any] = {}

    def state(role: Role) -> Any:
        if role not in kept:
            context = browser.new_context()
            page = context.new_page()
            page.goto(f"{live_server.url}/login")
            page.fill("[name=username]", live_server.people[role].username)
            page.fill("[name=password]", PASSWORD)
            page.click("button[type=submit]")
            page.wait_for_url(lambda url: "/login" not in url)
            kept[role] = {"cookies": context.cookies(), "origins": []}
            context.close()
        return kept[role]

    return state


@pytest.fixture
def open_page(
    live_server: LiveServer, browser: Browser, signed_in: Callable[[Role], Any]
) -> Iterator[Callable[..., Page]]:
    """`open_page("/jobs", role=Role.ADMIN, width=1440, height=900)` -> a page that was painted."""
    contexts: list[BrowserContext] = []
    watch = Watch()

    def opened(path: str, *, role: Role = Role.ADMIN, width: int = 1440, height: int = 900) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": height}, storage_state=signed_in(role)
        )
        contexts.append(context)
        page = context.new_page()
        watch.follow(page, live_server.url)
        page.goto(f"{live_server.url}{path}")
        page.wait_for_selector("#main h1, #main .empty-title", timeout=15_000)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert watch.problems == []


def make_people(db: Database, settings: Settings) -> dict[Role, Actor]:
    """An administrator through the set-up link, a trader and a viewer through reset links."""
    link = setup.issue_setup_link(db, settings)
    assert link is not None
    token = link.rsplit("/", 1)[1]
    admin = setup.create_first_user(db, settings, token, "ada", PASSWORD, address="127.0.0.1").actor
    people = {Role.ADMIN: admin}
    for name, role in (("tess", Role.TRADER), ("vic", Role.VIEWER)):
        user, reset = service.create_user(db, settings, admin, name, role)
        service.set_password_by_link(db, settings, reset.rsplit("/", 1)[1], PASSWORD)
        people[role] = user.actor
    return people


@contextmanager
def process(server: LiveServer, module: str) -> Iterator[subprocess.Popen[bytes]]:
    """`python -m module` with the server's settings, stopped at the end; output in its folder."""
    own = {key: value for key, value in os.environ.items() if not key.startswith("ATT_")}
    path = os.pathsep.join(filter(None, (str(ROOT), own.get("PYTHONPATH"))))
    with (server.folder / f"{module}.log").open("wb") as log:
        running = subprocess.Popen(
            [sys.executable, "-m", module],
            cwd=ROOT,
            env={**own, **server.environ, "PYTHONPATH": path},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            yield running
        finally:
            running.terminate()
            try:
                running.wait(timeout=15)
            except subprocess.TimeoutExpired:
                running.kill()
                running.wait()


def wait_until_serving(server: LiveServer) -> None:
    """Return once /healthz answers; fail with the log when it does not."""
    deadline = time.monotonic() + START_TIMEOUT_S
    while True:
        try:
            with urllib.request.urlopen(f"{server.url}/healthz", timeout=2) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.1)
        if time.monotonic() > deadline:
            log = (server.folder / "workers.web.log").read_text(errors="replace")
            pytest.fail(f"the web process did not answer within {START_TIMEOUT_S:.0f} s:\n{log}")


def worker_is_seen(server: LiveServer) -> bool:
    """True when a worker has said in the database that it is there."""
    jobs = JobService(server.db, server.settings, lambda _job, _queue: None)
    return jobs.queue_state("backtest").workers > 0


def free_port() -> int:
    """A TCP port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
