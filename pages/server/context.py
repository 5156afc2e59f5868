"""What a request can reach: the services of this process, and the person who is signed in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from flask import current_app, g

from terminal.accounts.actor import Actor
from terminal.db.database import Database
from terminal.db.repositories.sessions import Session
from terminal.errors import Unauthenticated
from terminal.settings import Settings

if TYPE_CHECKING:
    from terminal.jobs.service import JobService
    from terminal.market.catalogue import Catalogue

EXTENSION = "terminal"


@dataclass(frozen=True)
class Services:
    """Everything pages call; built once per process."""

    settings: Settings
    db: Database
    jobs: JobService
    catalogue: Catalogue


def services() -> Services:
    """The services of the running application."""
    return cast(Services, current_app.extensions[EXTENSION])


def actor() -> Actor:
    """The person on whose behalf this request runs.

    Raises
    ------
    Unauthenticated : nobody is signed in; only code behind a public route can see this.
    """
    who = g.get("actor")
    if who is None:
        raise Unauthenticated("You are not signed in.", remedy="Sign in and try again.")
    return cast(Actor, who)


def session() -> Session:
    """The session of this request; `Unauthenticated` where there is none."""
    found = g.get("session")
    if found is None:
        raise Unauthenticated("You are not signed in.", remedy="Sign in and try again.")
    return cast(Session, found)
