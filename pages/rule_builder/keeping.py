"""Save, copy, delete, take out, bring in, and backtest: what happens to a finished rule set."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any
from urllib.parse import urlencode

from dash import Input, Output, State, no_update

from pages.components.navigate import navigate
from pages.components.toasts import toast
from pages.rule_builder import saved
from pages.rule_builder.callbacks import ready_rules
from pages.rule_builder.draft import draft_of
from pages.rule_builder.editor import editor
from pages.server import guard
from terminal.errors import Conflict, InputError
from terminal.strategies.rules.reading import MOST_TEXT, parse_rules, rules_text
from terminal.strategies.rules.rule_set import RuleSet
from terminal.strategies.rules.strategy import rules_param

Own = dict[str, Any]
LARGEST_FILE = 4 * MOST_TEXT  # bytes: a character takes up to four


def needed(ready: dict[str, Any] | None) -> RuleSet:
    """The rules as they stand; InputError while a field is wrong."""
    rules = ready_rules(ready)
    if rules is None:
        raise InputError(
            "The rules have a field that needs a change.",
            field="rules",
            remedy="Correct the marked fields first.",
        )
    return rules


def register() -> None:
    """Connect the buttons of the head."""

    @guard.callback(
        Output("ru-own", "data"),
        Output("ru-lists", "children"),
        Output("ru-version", "children"),
        Output("ru-name-error", "children"),
        Input("ru-save", "n_clicks"),
        State("ru-ready", "data"),
        State("ru-name", "value"),
        State("ru-own", "data"),
        prevent_initial_call=True,
        role="trader",
    )
    def save(clicks: int, ready: Any, name: str | None, own: Own) -> Any:
        if not clicks:
            return (no_update,) * 4
        try:
            row, new = saved.keep(own["id"], name, needed(ready))
        except (InputError, Conflict) as error:
            if error.field != "name":
                raise
            return no_update, no_update, no_update, said(error)
        if new:
            toast("Saved.", "success")
            navigate(f"/rules?id={row.id}")
            return no_update, no_update, no_update, ""
        same = row.version == own["version"] and row.name == own["name"]
        toast("Nothing has changed." if same else f"Saved as version {row.version}.", "success")
        return saved.remembered(row), saved.lists(row.id), saved.versions_line(row), ""

    @guard.callback(
        Output("ru-name-error", "children", allow_duplicate=True),
        Input("ru-copy", "n_clicks"),
        State("ru-ready", "data"),
        State("ru-name", "value"),
        prevent_initial_call=True,
        role="trader",
    )
    def duplicate(clicks: int, ready: Any, name: str | None) -> Any:
        if not clicks:
            return no_update
        made = saved.copy(name, needed(ready))
        toast("Saved as a copy.", "success")
        navigate(f"/rules?id={made}")
        return ""

    @guard.callback(
        Output("ru-sink", "children"),
        Input("ru-delete", "submit_n_clicks"),
        State("ru-own", "data"),
        prevent_initial_call=True,
        role="trader",
    )
    def delete(clicks: int, own: Own) -> Any:
        if not clicks or own["id"] is None:
            return no_update
        saved.remove(own["id"])
        toast("Deleted. Runs made with these rules keep them.", "success")
        navigate("/rules")
        return ""

    @guard.callback(
        Output("ru-file", "data"),
        Input("ru-export", "n_clicks"),
        State("ru-ready", "data"),
        State("ru-name", "value"),
        prevent_initial_call=True,
        role="viewer",
    )
    def export(clicks: int, ready: Any, name: str | None) -> Any:
        if not clicks:
            return no_update
        title = saved.clean_name(name)
        return {
            "content": rules_text(needed(ready).named(title), indent=2) + "\n",
            "filename": f"{file_stem(title)}.rules.json",
            "type": "application/json",
            "base64": False,
        }

    @guard.callback(
        Output("ru-editor", "children", allow_duplicate=True),
        Output("ru-draft", "data", allow_duplicate=True),
        Output("ru-name", "value"),
        Output("ru-own", "data", allow_duplicate=True),
        Output("ru-version", "children", allow_duplicate=True),
        Input("ru-import", "contents"),
        prevent_initial_call=True,
        role="viewer",
    )
    def bring_in(contents: str | None) -> Any:
        if not contents:
            return (no_update,) * 5
        rules = rules_of_file(contents)
        draft = draft_of(rules)
        made = saved.Opened(draft, rules.name or saved.FIRST_NAME)
        toast("Read. Save it to keep it.", "success")
        return editor(draft), draft, made.name, made.own, saved.versions_line(None)

    @guard.callback(
        Output("ru-name-error", "children", allow_duplicate=True),
        Input("ru-backtest", "n_clicks"),
        State("ru-ready", "data"),
        State("ru-name", "value"),
        State("ru-own", "data"),
        State("ru-dataset", "value"),
        State("ru-symbol", "value"),
        State("ru-timeframe", "value"),
        prevent_initial_call=True,
        role="trader",
    )
    def backtest(
        clicks: int, ready: Any, name: str | None, own: Own, slug: str, symbol: str, bars: str
    ) -> Any:
        if not clicks:
            return no_update
        rules = needed(ready)
        id, version = own["id"], own["version"]
        if id is None or rules_param(rules) != own["rules"] or name != own["name"]:
            try:
                row, _new = saved.keep(id, name, rules)
            except (InputError, Conflict) as error:
                if error.field != "name":
                    raise
                return said(error)
            id, version = row.id, row.version
            toast(f"Saved as version {version}, so that the run can name what it followed.")
        asked = {"strategy": "rules", "rules": id, "version": version, "dataset": slug,
                 "timeframe": bars}  # fmt: skip
        if rules.most is None:  # a limit on positions is about a universe
            asked["symbol"] = symbol
        navigate(f"/backtest?{urlencode(asked)}")
        return ""


def rules_of_file(contents: str) -> RuleSet:
    """The rules in what the browser sends of a chosen file; InputError when there are none."""
    encoded = contents.partition(",")[2]
    if len(encoded) * 3 // 4 > LARGEST_FILE:
        raise InputError(
            f"The file is larger than {LARGEST_FILE:,} bytes.",
            field="file",
            remedy="Choose a file that was exported here.",
        )
    try:
        text = base64.b64decode(encoded, validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError):
        raise InputError(
            "The file is no text.", field="file", remedy="Choose a file that was exported here."
        ) from None
    try:
        return parse_rules(text)
    except InputError as error:
        where = f"{error.field}: " if error.field else ""
        raise InputError(f"{where}{error.message}", field="file", remedy=error.remedy) from None


def file_stem(name: str) -> str:
    """A name as a file may be called: `golden-cross-with-rsi-filter`."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:60] or "rules"


def said(error: InputError | Conflict) -> str:
    """Message and remedy for the place under the name."""
    return f"{error.message} {error.remedy}" if error.remedy else error.message
