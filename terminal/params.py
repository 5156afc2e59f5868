"""Parameters of strategies, features, labels and models: frozen dataclasses.

Their fields carry what a form needs. One description serves the form, the check of what came back,
and the documentation.
"""

from __future__ import annotations

import dataclasses
import math
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from terminal.errors import InputError

T = TypeVar("T")
Value = float | int | str | bool


@dataclass(frozen=True)
class ParamSpec:
    """One parameter as a form shows it. `low` and `high` are inclusive."""

    name: str
    kind: str  # "int", "float", "bool", "str" or "choice"
    default: Value
    title: str
    low: float | None = None
    high: float | None = None
    step: float | None = None
    unit: str = ""
    help: str = ""
    choices: tuple[str, ...] = ()


def param(
    default: Any,
    *,
    title: str,
    low: float | None = None,
    high: float | None = None,
    step: float | None = None,
    unit: str = "",
    help: str = "",
    choices: tuple[str, ...] = (),
) -> Any:
    """A dataclass field with its title, inclusive range, unit and help text."""
    metadata = {
        "title": title,
        "low": low,
        "high": high,
        "step": step,
        "unit": unit,
        "help": help,
        "choices": choices,
    }
    return dataclasses.field(default=default, metadata=metadata)


def describe(params_type: type[Any]) -> tuple[ParamSpec, ...]:
    """The parameters in the order of their dataclass."""
    hints = typing.get_type_hints(params_type)
    return tuple(
        ParamSpec(
            name=f.name,
            kind="choice" if f.metadata["choices"] else hints[f.name].__name__,
            default=typing.cast(Value, f.default),
            **f.metadata,
        )
        for f in dataclasses.fields(params_type)
    )


def validate(params_type: type[T], given: Mapping[str, Any]) -> T:
    """The dataclass from what a form or a stored request holds.

    Raises
    ------
    InputError : naming the parameter, the value given and what is allowed. A check across
        parameters (`fast < slow`) is the dataclass's own `__post_init__`.
    """
    specs = {spec.name: spec for spec in describe(params_type)}
    unknown = sorted(set(given) - set(specs))
    if unknown:
        raise InputError(
            f"There is no parameter {unknown[0]!r}; known: {', '.join(specs) or 'none'}.",
            field=unknown[0],
            remedy="Leave it out.",
        )
    return params_type(**{name: checked(specs[name], value) for name, value in given.items()})


def checked(spec: ParamSpec, value: Any) -> Value:
    """One value as its field has it, whatever the others are; InputError when it may not be."""
    if spec.kind == "choice":
        if value not in spec.choices:
            raise _refuse(spec, value, f"one of {', '.join(spec.choices)}")
        return str(value)
    if spec.kind == "bool":
        if not isinstance(value, bool):
            raise _refuse(spec, value, "yes or no")
        return value
    if spec.kind == "str":
        if not isinstance(value, str):
            raise _refuse(spec, value, "text")
        return value.strip()
    number = _number(value)
    if number is None:
        raise _refuse(spec, value, "a number")
    if spec.kind == "int" and number != int(number):
        raise _refuse(spec, value, "a whole number")
    below = spec.low is not None and number < spec.low
    above = spec.high is not None and number > spec.high
    if below or above:
        raise _refuse(spec, value, _range(spec))
    return int(number) if spec.kind == "int" else number


def _range(spec: ParamSpec) -> str:
    if spec.low is not None and spec.high is not None:
        return f"{spec.low:g} to {spec.high:g}"
    return f"at least {spec.low:g}" if spec.low is not None else f"at most {spec.high:g}"


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        number = float(value)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _refuse(spec: ParamSpec, value: Any, allowed: str) -> InputError:
    unit = f" {spec.unit}" if spec.unit else ""
    shown = "nothing" if value in (None, "") else repr(value)
    return InputError(
        f"{spec.title} is {shown}; allowed: {allowed}{unit}.",
        field=spec.name,
        remedy="Enter an allowed value.",
    )
