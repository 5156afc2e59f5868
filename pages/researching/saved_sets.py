"""Feature sets a person has saved, and the one a page opens with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pages.server.context import actor, services
from terminal import clock
from terminal.codec import from_json, to_json
from terminal.db.repositories import feature_sets
from terminal.db.repositories.feature_sets import FeatureSetRow
from terminal.errors import InputError, NotFound
from terminal.features.feature_set import FeatureChoice, FeatureSet
from terminal.research.menu import menu
from terminal.research.requests import StudyRequest

LONGEST_NAME = 80
MOST_COLUMNS = 400
FIRST_NAME = "My features"


@dataclass(frozen=True)
class Opened:
    """What the page opens with; `row` is None for a set that is not saved yet."""

    features: FeatureSet
    name: str
    row: FeatureSetRow | None = None
    said: str = ""


def opened(query: Mapping[str, str]) -> Opened:
    """`?id=&version=`, `?preset=`, `?new=1`, with `&add=<feature>` or `&add_from=<study>`; else the
    last changed set, else the first that comes with the terminal.

    Raises
    ------
    NotFound : there is no such set of the person's.
    """
    start = _start(query)
    choice = _added(query)
    if choice is None:
        return start
    if choice.column in start.features.columns:
        return Opened(start.features, start.name, start.row, f"{choice.column} is in it already.")
    grown = FeatureSet((*start.features.choices, choice))
    return Opened(grown, start.name, start.row, f"{choice.column} was added; not saved yet.")


def _start(query: Mapping[str, str]) -> Opened:
    presets = menu().presets
    if query.get("new"):
        return Opened(FeatureSet(()), FIRST_NAME)
    if query.get("preset") in presets:
        return Opened(presets[query["preset"]], query["preset"].capitalize())
    if query.get("id"):
        row = load(query["id"], query.get("version"))
        return Opened(row.features, row.name, row)
    own = own_sets()
    if own:
        return Opened(own[0].features, own[0].name, own[0])
    if query.get("add") or query.get("add_from"):
        return Opened(FeatureSet(()), FIRST_NAME)
    name = next(iter(presets))
    return Opened(presets[name], name.capitalize())


def _added(query: Mapping[str, str]) -> FeatureChoice | None:
    if query.get("add") in menu().features:
        return FeatureChoice(query["add"])
    if not query.get("add_from"):
        return None
    job = services().jobs.get(actor(), query["add_from"])
    if job.kind != "study":
        raise NotFound("There is no study with this address.")
    return from_json(StudyRequest, dict(job.request)).choice


def load(id: str, version: str | None = None) -> FeatureSetRow:
    """A saved set by what stands in an address; NotFound where it is none of the person's."""
    if not id.isdecimal() or not (version or "1").isdecimal() or len(id + (version or "")) > 18:
        raise NotFound("There is no such feature set.", field="features")
    with services().db.read() as conn:
        return feature_sets.get(conn, actor(), int(id), int(version) if version else None)


def own_sets() -> list[FeatureSetRow]:
    """All of the person's, last changed first."""
    with services().db.read() as conn:
        return feature_sets.find(conn, actor())


def versions_of(id: int) -> Sequence[Any]:
    """(version, when it was saved), newest first."""
    with services().db.read() as conn:
        return feature_sets.versions(conn, actor(), id)


def keep(id: int | None, name: str | None, features: FeatureSet) -> FeatureSetRow:
    """Save under a name, as a new version where there is a set already.

    Raises
    ------
    InputError, Conflict : no column, a name that is empty, too long or taken.
    """
    if not features.choices:
        raise InputError(
            "The set has no column.", field="features", remedy="Add a feature before saving it."
        )
    title, now, who = clean_name(name), clock.now(), actor()
    with services().db.write() as conn:
        if id is None:
            made = feature_sets.create(conn, who, title, features, now)
            return feature_sets.get(conn, who, made)
        feature_sets.rename(conn, who, id, title, now)
        feature_sets.save(conn, who, id, features, now)
        return feature_sets.get(conn, who, id)


def remove(id: int) -> None:
    """Delete it with its versions; models keep the features they were trained with."""
    with services().db.write() as conn:
        feature_sets.delete(conn, actor(), id)


def clean_name(name: str | None) -> str:
    """The name without needless spaces; InputError when it is empty or too long."""
    text = " ".join((name or "").split())
    if not 0 < len(text) <= LONGEST_NAME:
        raise InputError(
            f"A name has 1 to {LONGEST_NAME} characters; this has {len(text)}.", field="name"
        )
    return text


def as_data(features: FeatureSet) -> list[Any]:
    """A set as the browser keeps it while it is edited."""
    return [to_json(choice) for choice in features.choices]


def from_data(data: Any) -> FeatureSet:
    """The set from what the browser kept.

    Raises
    ------
    InputError : it is not one, is too long, or names a feature that there is none of.
    """
    if not isinstance(data, list) or len(data) > MOST_COLUMNS:
        raise InputError(
            f"A set has at most {MOST_COLUMNS} columns.", field="features", remedy="Take some off."
        )
    features = FeatureSet(tuple(from_json(FeatureChoice, item) for item in data))
    for choice in features.choices:
        if choice.feature not in menu().features:
            raise InputError(
                f"There is no feature {choice.feature!r} any more.",
                field="features",
                remedy="Take it off the set.",
            )
    return features
