"""What the editor's buttons and choices do to a draft: one function, a new draft back."""

from __future__ import annotations

import copy
from typing import Any

from pages.rule_builder.draft import (
    NUMBER_CHOICE,
    Draft,
    at,
    new_condition,
    new_feature,
    new_group,
    new_number,
    put,
)
from terminal.strategies.rules.catalogue import FEATURES
from terminal.strategies.rules.rule_set import MOST_DEPTH, Operator

GONE = (KeyError, IndexError, TypeError, ValueError)


def act(draft: Draft, do: str, path: str) -> Draft:
    """The draft after a button: add, group, remove, up, down, shorts, no-shorts.

    A button of a place that is gone (two quick clicks) changes nothing.
    """
    made = copy.deepcopy(draft)
    try:
        _do(made, do, path)
    except GONE:
        return draft
    return made


def _do(draft: Draft, do: str, path: str) -> None:
    if do == "add":
        at(draft, path)["items"].append(new_condition())
    elif do == "group":
        if depth_of(path) < MOST_DEPTH:
            outer = at(draft, path)
            outer["items"].append(new_group("any" if outer["join"] == "all" else "all"))
    elif do == "shorts":
        draft["entry_short"] = new_group()
        draft["entry_short"]["items"][0]["operator"] = Operator.BELOW.value
        draft["exit_short"] = new_group("any")
    elif do == "no-shorts":
        draft["entry_short"] = draft["exit_short"] = None
    else:
        parent, _, number = path.rpartition(".")
        items, k = at(draft, parent)["items"], int(number)
        if do == "remove":
            del items[k]
        elif do in ("up", "down"):
            other = k + (1 if do == "down" else -1)
            if 0 <= other < len(items):
                items[k], items[other] = items[other], items[k]


def depth_of(path: str) -> int:
    """1 for an outer group, 2 for one inside it."""
    return len(path.split("."))


def choose(draft: Draft, path: str, value: Any) -> Draft:
    """The draft after a choice: how a group joins, a feature, an operator, a sizing, an order.

    What is not among the choices, or belongs to a place that is gone, changes nothing.
    """
    made = copy.deepcopy(draft)
    name = path.rpartition(".")[2]
    if name == "feature":
        parent, _, side = path.rpartition(".")[0].rpartition(".")
        if value == NUMBER_CHOICE:
            put(made, f"{parent}.{side}", new_number())
        elif value in FEATURES:
            put(made, f"{parent}.{side}", new_feature(str(value)))
        return made
    if name == "operator" and value not in {item.value for item in Operator}:
        return draft
    put(made, path, value)
    return made


def chosen(draft: Draft, path: str) -> Any:
    """What a choice says now; None where its place is gone."""
    try:
        return at(draft, path)
    except GONE:
        return None
