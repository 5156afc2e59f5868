"""The rule sets a person has saved: the list, one to open, and what can be done with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dash import dcc, html

from pages.components.button import link_button
from pages.components.clock import moment
from pages.components.panel import panel_head
from pages.rule_builder.draft import Draft, blank, draft_of
from pages.server.context import actor, services
from terminal import clock
from terminal.db.repositories import rule_sets
from terminal.db.repositories.rule_sets import RuleSetRow
from terminal.errors import InputError, NotFound
from terminal.strategies.rules.examples import EXAMPLES
from terminal.strategies.rules.reading import parse_rules
from terminal.strategies.rules.rule_set import LONGEST_NAME, RuleSet
from terminal.strategies.rules.strategy import rules_param

FIRST_NAME = "My rules"


@dataclass(frozen=True)
class Opened:
    """What the page opens with; `row` is None for rules that are not saved yet."""

    draft: Draft
    name: str
    row: RuleSetRow | None = None

    @property
    def own(self) -> dict[str, Any]:
        """What the browser remembers of it."""
        if self.row is None:
            return {"id": None, "name": "", "rules": "", "version": 0}
        return remembered(self.row)


def remembered(row: RuleSetRow) -> dict[str, Any]:
    """A saved rule set as the browser remembers it, to tell what has changed."""
    return {"id": row.id, "name": row.name, "rules": row.rules, "version": row.version}


def opened(query: Mapping[str, str]) -> Opened:
    """`?id=&version=`, `?example=`, `?new=`; else the last changed, else the first example.

    Raises
    ------
    NotFound : there is no such rule set of the person's.
    """
    if query.get("new"):
        return Opened(blank(), FIRST_NAME)
    example = query.get("example", "")
    if example in EXAMPLES:
        return Opened(draft_of(EXAMPLES[example]), EXAMPLES[example].name)
    if query.get("id"):
        return _of(load(query["id"], query.get("version")))
    own = own_sets()
    if own:
        return _of(own[0])
    first = next(iter(EXAMPLES.values()))
    return Opened(draft_of(first), first.name)


def load(id: str, version: str | None = None) -> RuleSetRow:
    """A saved rule set by what stands in an address; NotFound where it is none of the person's."""
    if not id.isdecimal() or not (version or "1").isdecimal() or len(id + (version or "")) > 18:
        raise NotFound("There is no such rule set.", field="rules")
    with services().db.read() as conn:
        return rule_sets.get(conn, actor(), int(id), int(version) if version else None)


def own_sets() -> list[RuleSetRow]:
    """All of the person's, last changed first."""
    with services().db.read() as conn:
        return rule_sets.find(conn, actor())


def _of(row: RuleSetRow) -> Opened:
    return Opened(draft_of(parse_rules(row.rules)), row.name, row)


def keep(id: int | None, name: str | None, rules: RuleSet) -> tuple[RuleSetRow, bool]:
    """Save under a name, as a new version where there is one already; (the row, whether new).

    Raises
    ------
    InputError, Conflict : the name is empty, too long, or taken.
    """
    text, title, now, who = rules_param(rules), clean_name(name), clock.now(), actor()
    with services().db.write() as conn:
        if id is None:
            made = rule_sets.create(conn, who, title, text, now)
            return rule_sets.get(conn, who, made), True
        rule_sets.rename(conn, who, id, title, now)
        rule_sets.save(conn, who, id, text, now)
        return rule_sets.get(conn, who, id), False


def copy(name: str | None, rules: RuleSet) -> int:
    """Save under a name that is free; answers the id."""
    who = actor()
    with services().db.write() as conn:
        free = rule_sets.free_name(conn, who, clean_name(name), LONGEST_NAME)
        return rule_sets.create(conn, who, free, rules_param(rules), clock.now())


def remove(id: int) -> None:
    """Delete it with its versions; runs keep the rules they were made with."""
    with services().db.write() as conn:
        rule_sets.delete(conn, actor(), id)


def clean_name(name: str | None) -> str:
    """The name without needless spaces; InputError when it is empty or too long."""
    text = " ".join((name or "").split())
    if not 0 < len(text) <= LONGEST_NAME:
        raise InputError(
            f"A name has 1 to {LONGEST_NAME} characters; this has {len(text)}.", field="name"
        )
    return text


def lists(current: int | None) -> list[Any]:
    """Own rule sets over the examples, each a link."""
    own = [
        _entry(f"/rules?id={row.id}", row.name, f"v{row.newest}", row.id == current)
        for row in own_sets()
    ]
    nothing = html.P("None yet. Start from an example, change it, save it.", className="muted")
    return [
        panel_head("Your rules", actions=[link_button("New", "/rules?new=1", small=True,
                                                      icon="plus")]),
        html.Div(own or nothing, className="ru-list"),
        html.H3("Examples", className="ru-list-title"),
        html.Div(
            [_entry(f"/rules?example={slug}", rules.name, "") for slug, rules in EXAMPLES.items()],
            className="ru-list",
        ),
    ]  # fmt: skip


def _entry(href: str, name: str, tag: str, current: bool = False) -> dcc.Link:
    parts = [html.Span(name, className="ru-entry-name"), html.Span(tag, className="muted")]
    return dcc.Link(parts, href=href, className=f"ru-entry{' ru-entry-on' if current else ''}")


def versions_line(row: RuleSetRow | None) -> list[Any]:
    """Which version this is, when it was saved, the others as links."""
    if row is None:
        return [html.Span("Not saved yet.", className="muted")]
    with services().db.read() as conn:
        every = rule_sets.versions(conn, actor(), row.id)
    parts: list[Any] = [f"Version {row.version} of {row.newest}, ", moment(row.saved_at, "minute")]
    others = [number for number, _at in every if number != row.version][:6]
    if others:
        links = [
            dcc.Link(str(number), href=f"/rules?id={row.id}&version={number}", className="ru-other")
            for number in others
        ]
        parts += [" · other versions ", *links]
    return [html.Span(parts, className="muted")]
