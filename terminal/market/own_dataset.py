"""The data sets of a person: their slugs, their titles, and that none is replaced by accident."""

from __future__ import annotations

import re
from collections.abc import Callable

import sqlalchemy as sa

from terminal.accounts.actor import Actor
from terminal.db.repositories import datasets as rows
from terminal.errors import Conflict, InputError, NotFound
from terminal.market.dataset import Dataset

MAX_TITLE = 80


def dataset_slug(actor: Actor, title: str) -> str:
    """The slug of a person's data set: unique to them, whatever others call theirs."""
    words = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:40]
    return f"u{actor.user_id}-{words}"


def check_title(title: str) -> str:
    """The title without blanks around it; InputError when it cannot name a data set."""
    plain = title.strip()
    if not re.search(r"[A-Za-z0-9]", plain) or len(plain) > MAX_TITLE:
        raise InputError(
            f"A title has 1 to {MAX_TITLE} characters with at least one letter or digit.",
            field="title",
            remedy="Name the data set.",
        )
    return plain


def check_free(conn: sa.Connection, actor: Actor, dataset: Dataset, replace: bool) -> None:
    """Conflict when the actor has such a data set and did not ask to replace it."""
    try:
        found = rows.get(conn, actor, dataset.slug)
    except NotFound:
        return
    if not replace:
        raise Conflict(
            f"You have a data set {found.title!r} already.",
            field="title",
            remedy="Choose another title, or choose to replace it.",
        )


def guarded(
    actor: Actor, dataset: Dataset, replace: bool, save: Callable[[sa.Connection], None]
) -> Callable[[sa.Connection], None]:
    """`save`, after looking again: another job may have been faster."""

    def all_or_nothing(conn: sa.Connection) -> None:
        check_free(conn, actor, dataset, replace)
        save(conn)

    return all_or_nothing
