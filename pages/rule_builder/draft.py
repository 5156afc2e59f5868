"""A rule set while it is edited: the same shape as its JSON, but numbers as they were typed.

A draft is plain JSON, kept by the browser. Places in it are named by paths such as
`entry_long.1.0.left.window`: a group's items by their number. Nothing of a draft is trusted: what
it says counts only after `read_draft`, which goes through the strict reader.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping, Sequence
from typing import Any

from pages.components.form import parse_number, plain
from terminal.errors import InputError
from terminal.params import ParamSpec
from terminal.strategies.rules.catalogue import FEATURES
from terminal.strategies.rules.reading import (
    GROUPS,
    MOST,
    MOST_BARS,
    NUMBER,
    ORDERS,
    WEIGHT,
    WINDOW,
    read_rules,
    write_rules,
)
from terminal.strategies.rules.rule_set import Operator, RuleSet, Sizing, SizingMethod

Draft = dict[str, Any]
NUMBER_CHOICE = "number"  # in the place of a feature's name
PERCENT = 100.0
SIDES = ("right", "low", "high")


def new_feature(name: str) -> Draft:
    """A feature with its defaults as texts."""
    return {
        "feature": name,
        **{spec.name: plain(spec.default) for spec in FEATURES[name].params},  # type: ignore[arg-type]
    }


def new_number(text: str = "0") -> Draft:
    """The operand that is a number."""
    return {"feature": NUMBER_CHOICE, "value": text}


def new_condition() -> Draft:
    """What a new row says."""
    return {
        "left": new_feature("close"),
        "operator": Operator.ABOVE.value,
        "right": new_feature("sma"),
        "low": new_number("0"),
        "high": new_number("100"),
        "bars": "1",
    }


def new_group(join: str = "all") -> Draft:
    """A group with one condition."""
    return {"join": join, "items": [new_condition()]}


def blank() -> Draft:
    """A rule set with nothing but its first conditions."""
    leave = new_condition() | {"operator": Operator.BELOW.value}
    return {
        "entry_long": new_group(),
        "exit_long": {"join": "any", "items": [leave]},
        "entry_short": None,
        "exit_short": None,
        "sizing": {"method": SizingMethod.EQUAL.value, **_sizing_texts(Sizing())},
        "most": "",
        "ranking": {"by": new_feature("rate-of-change"), "order": ORDERS[0]},
    }


def draft_of(rules: RuleSet) -> Draft:
    """The draft that says what these rules say."""
    data, made = write_rules(rules), blank()
    for field in GROUPS:
        made[field] = _group_of(data[field]) if field in data else None
    made["sizing"] = {"method": rules.sizing.method.value, **_sizing_texts(rules.sizing)}
    made["most"] = "" if rules.most is None else str(rules.most)
    if rules.ranking is not None:
        made["ranking"] = {
            "by": _feature_of(data["ranking"]["by"]),
            "order": data["ranking"]["order"],
        }
    return made


def _sizing_texts(sizing: Sizing) -> dict[str, str]:
    return {"weight": plain(PERCENT * sizing.weight), "window": plain(sizing.window)}


def _group_of(data: Mapping[str, Any]) -> Draft:
    ((join, items),) = data.items()
    return {
        "join": join,
        "items": [_condition_of(item) if "operator" in item else _group_of(item) for item in items],
    }


def _condition_of(data: Mapping[str, Any]) -> Draft:
    made = new_condition()
    made |= {"left": _feature_of(data["left"]), "operator": data["operator"]}
    made |= {side: _operand_of(data[side]) for side in SIDES if side in data}
    if "bars" in data:
        made["bars"] = str(data["bars"])
    return made


def _feature_of(data: Mapping[str, Any]) -> Draft:
    return {key: value if key == "feature" else plain(value) for key, value in data.items()}


def _operand_of(data: Any) -> Draft:
    return _feature_of(data) if isinstance(data, dict) else new_number(plain(data))


def at(draft: Draft, path: str) -> Any:
    """What stands at a path.

    Raises
    ------
    KeyError, IndexError, TypeError, ValueError : there is nothing.
    """
    place: Any = draft
    for part in path.split("."):
        place = place["items"][int(part)] if part.isdigit() else place[part]
    return place


def with_texts(draft: Draft, paths: Sequence[str], texts: Sequence[Any]) -> Draft:
    """The draft with what stands in its text boxes; places that are gone are left out."""
    made = copy.deepcopy(draft)
    for path, text in zip(paths, texts, strict=True):
        put(made, path, "" if text is None else str(text))
    return made


def put(draft: Draft, path: str, value: Any) -> None:
    """Set what stands at a path, where it still exists."""
    parent, _, name = path.rpartition(".")
    try:
        place = at(draft, parent) if parent else draft
    except (KeyError, IndexError, TypeError, ValueError):
        return
    if isinstance(place, dict) and name in place:
        place[name] = value


def read_draft(draft: Draft) -> tuple[RuleSet | None, dict[str, str]]:
    """(the rules or None, sentences by path) of everything that was typed and chosen."""
    errors: dict[str, str] = {}
    data: dict[str, Any] = {}
    for field in GROUPS:
        if draft.get(field) is not None:
            data[field] = _group(draft[field], field, errors)
    data["sizing"] = _sizing(draft["sizing"], errors)
    if draft["most"].strip():
        data["most"] = _number(draft["most"], MOST, "most", errors)
        data["ranking"] = {
            "by": _feature(draft["ranking"]["by"], "ranking.by", errors),
            "order": draft["ranking"]["order"],
        }
    if errors:
        return None, errors
    try:
        return read_rules(data), {}
    except InputError as error:
        return None, {place_of(error.field or ""): error.message}


def place_of(field: str) -> str:
    """`entry_long.all[1].left` -> `entry_long.1.left`."""
    return re.sub(r"\.(?:all|any)(?:\[(\d+)\])?", lambda m: f".{m[1]}" if m[1] else "", field)


def _group(group: Draft, path: str, errors: dict[str, str]) -> dict[str, Any]:
    items = []
    for k, item in enumerate(group["items"]):
        here = f"{path}.{k}"
        inner = "items" in item
        items.append(_group(item, here, errors) if inner else _condition(item, here, errors))
    if not items:
        errors[path] = "Add at least one condition."
    return {group["join"]: items}


def _condition(item: Draft, path: str, errors: dict[str, str]) -> dict[str, Any]:
    operator = Operator(item["operator"])
    out: dict[str, Any] = {
        "left": _feature(item["left"], f"{path}.left", errors),
        "operator": operator.value,
    }
    if operator.runs:
        return out | {"bars": _number(item["bars"], MOST_BARS, f"{path}.bars", errors)}
    for side in ("low", "high") if operator is Operator.BETWEEN else ("right",):
        out[side] = _operand(item[side], f"{path}.{side}", errors)
    return out


def _operand(operand: Draft, path: str, errors: dict[str, str]) -> Any:
    if operand["feature"] == NUMBER_CHOICE:
        return _number(operand["value"], NUMBER, f"{path}.value", errors)
    return _feature(operand, path, errors)


def _feature(feature: Draft, path: str, errors: dict[str, str]) -> dict[str, Any]:
    out: dict[str, Any] = {"feature": feature["feature"]}
    kind = FEATURES.get(str(feature["feature"]))
    for spec in kind.params if kind else ():
        out[spec.name] = _number(feature.get(spec.name), spec, f"{path}.{spec.name}", errors)
    return out


def _sizing(sizing: Draft, errors: dict[str, str]) -> dict[str, Any]:
    out: dict[str, Any] = {"method": sizing["method"]}
    if sizing["method"] == SizingMethod.FIXED:
        percent = ParamSpec("weight", "float", 10.0, "", PERCENT * WEIGHT.low, PERCENT)  # type: ignore[operator]
        out["weight"] = _number(sizing["weight"], percent, "sizing.weight", errors) / PERCENT
    if sizing["method"] == SizingMethod.INVERSE_VOLATILITY:
        out["window"] = _number(sizing["window"], WINDOW, "sizing.window", errors)
    return out


def _number(text: Any, spec: ParamSpec, path: str, errors: dict[str, str]) -> float | int:
    try:
        return parse_number(
            text, whole=spec.kind == "int", low=spec.low, high=spec.high, unit=spec.unit
        )
    except ValueError as error:
        errors[path] = str(error)
        return 0
