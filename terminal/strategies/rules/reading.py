"""Rule sets as JSON: read strictly, written so that equal rules give equal text.

Nothing is executed and nothing is chosen by the data but names of the catalogue. Whatever is not
expected is refused with the place it stands at, such as `entry_long.all[1].left.window`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from enum import StrEnum
from functools import lru_cache
from typing import Any, NoReturn, TypeVar

from terminal.errors import InputError
from terminal.params import ParamSpec
from terminal.strategies.rules.catalogue import FEATURES, LONGEST_WINDOW
from terminal.strategies.rules.rule_set import (
    LONGEST_NAME,
    MOST_CONDITIONS,
    MOST_DEPTH,
    MOST_POSITIONS,
    Condition,
    Feature,
    Group,
    Join,
    Operand,
    Operator,
    Ranking,
    RuleSet,
    Sizing,
    SizingMethod,
    plain_number,
)

FORMAT = 1
MOST_TEXT = 20_000  # characters
LARGEST = 1e12  # of a number compared with
MOST_BARS = ParamSpec("bars", "int", 1, "Bars in a row", low=1, high=100, unit="bars")
WEIGHT = ParamSpec("weight", "float", 0.1, "Weight", low=0.001, high=1.0)
WINDOW = ParamSpec("window", "int", 60, "Window", low=2, high=LONGEST_WINDOW, unit="bars")
MOST = ParamSpec("most", "int", 10, "Positions at once", low=1, high=MOST_POSITIONS)
NUMBER = ParamSpec("number", "float", 0.0, "Number", low=-LARGEST, high=LARGEST)
ORDERS = ("highest", "lowest")
NEEDED = ("entry_long", "exit_long")
GROUPS = ("entry_long", "exit_long", "entry_short", "exit_short")
E = TypeVar("E", bound=StrEnum)


@lru_cache(maxsize=128)
def parse_rules(text: str) -> RuleSet:
    """The rule set of a JSON text.

    Raises
    ------
    InputError : it is too long, no JSON, or not a rule set; `field` names the place.
    """
    if len(text) > MOST_TEXT:
        raise InputError(
            f"The rules have {len(text):,} characters; at most {MOST_TEXT:,} are read.",
            field="rules",
            remedy="Use fewer conditions.",
        )
    try:
        data = json.loads(text, object_pairs_hook=_once, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise InputError(
            f"This is no JSON that can be read: {error}.",
            field="rules",
            remedy="Use a file that was exported here.",
        ) from None
    return read_rules(data)


def rules_text(rules: RuleSet, *, indent: int | None = None) -> str:
    """The JSON text of a rule set: the same for equal rules."""
    separators = (",", ":") if indent is None else None
    return json.dumps(write_rules(rules), indent=indent, separators=separators, ensure_ascii=False)


def read_rules(data: Any) -> RuleSet:
    """The rule set of plain JSON values; InputError names the place of what is wrong."""
    optional = ("format", "name", "entry_short", "exit_short", "sizing", "most", "ranking")
    given = _object(data, "", NEEDED, optional)
    if given.get("format", FORMAT) != FORMAT:
        _refuse("format", f"Format {given['format']!r} is not known; this terminal reads {FORMAT}.")
    groups = {
        name: _group(given[name], name, 1)
        for name in GROUPS
        if name in NEEDED or given.get(name) is not None
    }
    return RuleSet(
        **groups,
        sizing=_sizing(given["sizing"]) if given.get("sizing") is not None else Sizing(),
        most=int(_number(given["most"], MOST, "most")) if given.get("most") is not None else None,
        ranking=_ranking(given["ranking"]) if given.get("ranking") is not None else None,
        name=_name(given.get("name", "")),
    )


def write_rules(rules: RuleSet) -> dict[str, Any]:
    """A rule set as plain JSON values, what is not there left out."""
    out: dict[str, Any] = {"format": FORMAT}
    if rules.name:
        out["name"] = rules.name
    out |= {name: write_group(group) for name, group in rules.groups.items()}
    out["sizing"] = write_sizing(rules.sizing)
    if rules.most is not None:
        out["most"] = rules.most
    if rules.ranking is not None:
        order = ORDERS[0] if rules.ranking.highest else ORDERS[1]
        out["ranking"] = {"by": write_feature(rules.ranking.by), "order": order}
    return out


def write_sizing(sizing: Sizing) -> dict[str, Any]:
    """The method, and the number that it needs."""
    out: dict[str, Any] = {"method": sizing.method.value}
    if sizing.method is SizingMethod.FIXED:
        out["weight"] = _plain(sizing.weight)
    if sizing.method is SizingMethod.INVERSE_VOLATILITY:
        out["window"] = sizing.window
    return out


def write_group(group: Group) -> dict[str, Any]:
    """`{"all": [...]}` or `{"any": [...]}`."""
    items = [
        write_group(item) if isinstance(item, Group) else write_condition(item)
        for item in group.items
    ]
    return {group.join.value: items}


def write_condition(condition: Condition) -> dict[str, Any]:
    """Left side, operator, and what this operator needs."""
    out: dict[str, Any] = {
        "left": write_feature(condition.left),
        "operator": condition.operator.value,
    }
    if condition.operator.runs:
        return out | {"bars": condition.bars}
    if condition.operator is Operator.BETWEEN:
        return out | {"low": _operand_out(condition.right), "high": _operand_out(condition.high)}
    return out | {"right": _operand_out(condition.right)}


def write_feature(feature: Feature) -> dict[str, Any]:
    """Its name and its parameters side by side."""
    return {"feature": feature.name, **{key: _plain(value) for key, value in feature.params}}


def _operand_out(operand: Operand | None) -> Any:
    return write_feature(operand) if isinstance(operand, Feature) else _plain(operand or 0.0)


def _plain(value: float) -> float | int:
    return int(value) if value == int(value) else value


def _group(data: Any, at: str, depth: int) -> Group:
    if depth > MOST_DEPTH:
        _refuse(at, f"Groups are nested deeper than {MOST_DEPTH}.")
    given = _object(data, at, (), ("all", "any"))
    if len(given) != 1:
        _refuse(at, 'A group holds either "all" or "any".')
    ((join, items),) = given.items()
    here = f"{at}.{join}"
    if not isinstance(items, list):
        _refuse(here, f"{_shown(items)} is not a list.")
    if not 0 < len(items) <= MOST_CONDITIONS:
        _refuse(here, f"A group has 1 to {MOST_CONDITIONS} items; this has {len(items)}.")
    read = []
    for k, item in enumerate(items):
        place = f"{here}[{k}]"
        inner = isinstance(item, dict) and ("all" in item or "any" in item)
        read.append(_group(item, place, depth + 1) if inner else _condition(item, place))
    return Group(Join(join), tuple(read))


def _condition(data: Any, at: str) -> Condition:
    operator = _choice(Operator, _object(data, at).get("operator"), f"{at}.operator")
    needed: tuple[str, ...] = ("right",)
    if operator.runs:
        needed = ("bars",)
    elif operator is Operator.BETWEEN:
        needed = ("low", "high")
    given = _object(data, at, ("left", "operator", *needed))
    left = read_feature(given["left"], f"{at}.left")
    if operator.runs:
        return Condition(left, operator, bars=int(_number(given["bars"], MOST_BARS, f"{at}.bars")))
    if operator is not Operator.BETWEEN:
        return Condition(left, operator, _operand(given["right"], f"{at}.right"))
    low, high = _operand(given["low"], f"{at}.low"), _operand(given["high"], f"{at}.high")
    if isinstance(low, float) and isinstance(high, float) and low > high:
        _refuse(f"{at}.high", f"The span ends at {plain_number(high)}, below its start.")
    return Condition(left, operator, low, high)


def _operand(data: Any, at: str) -> Operand:
    return read_feature(data, at) if isinstance(data, dict) else _number(data, NUMBER, at)


def read_feature(data: Any, at: str) -> Feature:
    """A feature of the catalogue; parameters that are left out have their defaults."""
    name = _object(data, at).get("feature")
    if not isinstance(name, str) or name not in FEATURES:
        _refuse(
            f"{at}.feature",
            f"There is no feature {_shown(name)}; known: {', '.join(FEATURES)}.",
        )
    specs = FEATURES[name].params
    given = _object(data, at, ("feature",), tuple(spec.name for spec in specs))
    numbers = {
        spec.name: _number(given.get(spec.name, spec.default), spec, f"{at}.{spec.name}")
        for spec in specs
    }
    if "slow" in numbers and numbers["fast"] >= numbers["slow"]:
        _refuse(f"{at}.fast", "The fast window must be shorter than the slow one.")
    return Feature(name, tuple(numbers.items()))


def _sizing(data: Any) -> Sizing:
    method = _choice(SizingMethod, _object(data, "sizing").get("method"), "sizing.method")
    if method is SizingMethod.FIXED:
        given = _object(data, "sizing", ("method", "weight"))
        return Sizing(method, weight=_number(given["weight"], WEIGHT, "sizing.weight"))
    if method is SizingMethod.INVERSE_VOLATILITY:
        given = _object(data, "sizing", ("method", "window"))
        return Sizing(method, window=int(_number(given["window"], WINDOW, "sizing.window")))
    _object(data, "sizing", ("method",))
    return Sizing(method)


def _ranking(data: Any) -> Ranking:
    given = _object(data, "ranking", ("by", "order"))
    if given["order"] not in ORDERS:
        _refuse("ranking.order", f"{_shown(given['order'])} is not allowed: {', '.join(ORDERS)}.")
    return Ranking(read_feature(given["by"], "ranking.by"), given["order"] == ORDERS[0])


def _name(data: Any) -> str:
    name = " ".join(data.split()) if isinstance(data, str) else None
    if name is None or len(name) > LONGEST_NAME:
        _refuse("name", f"A name is text of at most {LONGEST_NAME} characters.")
    return name


def _object(
    data: Any, at: str, needed: tuple[str, ...] = (), optional: tuple[str, ...] | None = None
) -> Mapping[str, Any]:
    """A JSON object; with names given, one that has these and no others."""
    if not isinstance(data, dict):
        _refuse(at, f"{_shown(data)} is not an object.")
    prefix = f"{at}." if at else ""
    for name in needed:
        if name not in data:
            _refuse(f"{prefix}{name}", "This is missing.")
    if needed or optional is not None:
        known = (*needed, *(optional or ()))
        for name in data:
            if name not in known:
                _refuse(
                    f"{prefix}{name[:40]}", f"This is not known here; known: {', '.join(known)}."
                )
    return data


def _choice(kind: type[E], value: Any, at: str) -> E:
    try:
        return kind(value)
    except (ValueError, TypeError):
        allowed = ", ".join(member.value for member in kind)
        _refuse(at, f"{_shown(value)} is not allowed: {allowed}.")


def _number(value: Any, spec: ParamSpec, at: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        _refuse(at, f"{_shown(value)} is not a number.")
    low, high = spec.low or 0.0, spec.high or 0.0
    if (isinstance(value, float) and not math.isfinite(value)) or not low <= value <= high:
        _refuse(at, f"{_shown(value)} is not from {plain_number(low)} to {plain_number(high)}.")
    if spec.kind == "int" and value != int(value):
        _refuse(at, f"{_shown(value)} is not a whole number.")
    return float(value)


def _shown(value: Any) -> str:
    """A value in a sentence, never more than a few words of it."""
    if isinstance(value, int) and abs(value) > LARGEST:
        return "a number of that size"
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:37]}..."


def _refuse(at: str, message: str) -> NoReturn:
    raise InputError(message, field=at or "rules", remedy="Correct it and try again.")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice in one object")
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a number")
