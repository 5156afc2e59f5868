"""The real application on an empty database, and a browser for every kind of person."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dash
import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from pages.factory import create_app
from pages.server.context import Services
from pages.server.cookies import CSRF_COOKIE, session_cookie_name
from terminal import clock
from terminal.accounts.actor import Actor, Role
from terminal.accounts.tokens import csrf_token
from terminal.db.database import Database
from terminal.db.repositories import artifacts
from terminal.jobs.self_test import SelfTestRequest
from terminal.jobs.service import JobService
from terminal.jobs.values import Artifact
from terminal.market.catalogue import Catalogue
from terminal.market.store import open_store
from terminal.settings import ROOT, Settings, load_settings
from tests.terminal.accounts.conftest import quick_hashes
from tests.terminal.accounts.people import person, signed_in

__all__ = ["quick_hashes"]

CONTENT = b"<script>alert(1)</script>"


class Browser:
    """A browser without scripts: cookies, and the token our own scripts would send."""

    def __init__(self, app: dash.Dash, **client: Any) -> None:
        self.client: FlaskClient = app.server.test_client(**client)
        self.token = ""

    def enter(self, token: str, secure: bool = False) -> Browser:
        """Hold this session."""
        self.token = token
        self.client.set_cookie(session_cookie_name(secure), token, secure=secure)
        self.client.set_cookie(CSRF_COOKIE, csrf_token(token), secure=secure)
        return self

    def get(self, path: str, **options: Any) -> TestResponse:
        return self.client.get(path, **options)

    def post(
        self, path: str, headers: dict[str, str] | None = None, **options: Any
    ) -> TestResponse:
        """A POST as our own page sends it."""
        sent = {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}
        if self.token:
            sent["X-CSRFToken"] = csrf_token(self.token)
        sent.update(headers or {})
        kept = {name: value for name, value in sent.items() if value != ""}
        return self.client.post(path, headers=kept, **options)

    def call(self, output: Any, **body: Any) -> TestResponse:
        """Ask for a callback."""
        return self.post("/_dash-update-component", json={"output": output, **body})

    def open_page(self, path: str) -> TestResponse:
        """What Dash asks for to show the page at `path`."""
        location = "_pages_location"
        return self.call(
            ".._pages_content.children..._pages_store.data..",
            outputs=[
                {"id": "_pages_content", "property": "children"},
                {"id": "_pages_store", "property": "data"},
            ],
            inputs=[
                {"id": location, "property": "pathname", "value": path},
                {"id": location, "property": "search", "value": ""},
            ],
            changedPropIds=[f"{location}.pathname"],
        )


@dataclass
class World:
    """An application, its people, and what belongs to the trader."""

    app: dash.Dash
    services: Services
    people: dict[str, Actor]
    job_id: str
    artifact_id: str

    def browser(self, who: str, **client: Any) -> Browser:
        """A signed-in browser of "viewer", "trader", "other" (a second trader) or "admin"."""
        browser = Browser(self.app, **client)
        if who == "anonymous":
            return browser
        settings = self.services.settings.accounts
        return browser.enter(signed_in(self.services.db, settings, self.people[who]).token)


def build(db: Database, settings: Settings) -> tuple[dash.Dash, Services]:
    """The application as a server process builds it."""
    services = Services(
        settings=settings,
        db=db,
        jobs=JobService(db, settings, lambda _job, _queue: None),
        catalogue=Catalogue(db, open_store(settings, db)),
    )
    return create_app(services), services


@pytest.fixture
def world(sqlite_database: Database, settings: Settings) -> World:
    app, services = build(sqlite_database, settings)
    return populate(app, services)


@pytest.fixture(scope="module")
def standing_world(
    tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path
) -> Iterator[World]:
    """A `world` for tests that only ask, and are refused: one for all of a module."""
    folder = tmp_path_factory.mktemp("world")
    shutil.copyfile(migrated_sqlite, folder / "terminal.db")
    database = Database(f"sqlite+pysqlite:///{folder / 'terminal.db'}")
    settings = load_settings(ROOT / "config", {"ATT_STORAGE__DATA_DIR": str(folder / "var")})
    yield populate(*build(database, settings))
    database.close()


def populate(app: dash.Dash, services: Services) -> World:
    """Four people, a job of the trader's and its file."""
    people = {
        name: person(services.db, name, role)
        for name, role in (
            ("viewer", Role.VIEWER),
            ("trader", Role.TRADER),
            ("other", Role.TRADER),
            ("admin", Role.ADMIN),
        )
    }
    trader = people["trader"]
    job = services.jobs.submit(trader, "self_test", SelfTestRequest(), title="Secret plan")
    digest = services.jobs.store.put(CONTENT)
    artifact = Artifact(
        id=uuid.uuid4().hex,
        job_id=job.id,
        owner_id=trader.user_id,
        name="tear sheet.html",
        media_type="text/html",
        size=len(CONTENT),
        sha256=digest,
        created_at=clock.now(),
    )
    with services.db.write() as conn:
        artifacts.insert(conn, artifact)
    return World(app, services, people, job.id, artifact.id)
