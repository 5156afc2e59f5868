"""`python app.py` is the whole terminal on one machine; `app:server` is the WSGI app for gunicorn.

The web application is built on first access to `server`, so that the launcher, which only starts
and watches processes, never imports Dash.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flask import Flask


def build_server() -> Flask:
    """The web application with its services, from the settings in force."""
    from pages.factory import create_app
    from pages.server.context import Services
    from terminal.db.database import get_database
    from terminal.jobs.service import JobService
    from terminal.market.catalogue import Catalogue
    from terminal.market.store import open_store
    from terminal.settings import get_settings
    from workers.doorbell import ring

    settings = get_settings()
    database = get_database()
    services = Services(
        settings=settings,
        db=database,
        jobs=JobService(database, settings, ring),
        catalogue=Catalogue(database, open_store(settings, database)),
    )
    server: Flask = create_app(services).server
    return server


def __getattr__(name: str) -> Any:
    if name == "server":
        globals()["server"] = build_server()
        return globals()["server"]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


if __name__ == "__main__":
    from workers.launcher import main

    raise SystemExit(main())
