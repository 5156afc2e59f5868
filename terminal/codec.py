"""Frozen request dataclasses to JSON and back, by their type hints.

Knows str, int, float, bool, None, date, datetime, Path-free containers (tuple, list, dict,
Mapping), StrEnum, unions with None, and nested dataclasses. Nothing is executed and no class is
chosen by the data: the expected type is given by the code that reads.
"""

from __future__ import annotations

import collections.abc
import dataclasses
import hashlib
import math
import types
import typing
from datetime import date, datetime
from enum import Enum
from typing import Any, TypeVar, Union, get_args, get_origin

import orjson

from terminal.errors import InputError

T = TypeVar("T")


def to_json(value: Any) -> Any:
    """Plain JSON values; dates as ISO 8601. Non-finite floats are refused: JSON has none."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: to_json(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and not math.isfinite(value):
        raise InputError(f"{value} is not a finite number.", remedy="Enter a number.")
    if isinstance(value, collections.abc.Mapping):
        return {str(key): to_json(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [to_json(item) for item in value]
    if value is None or isinstance(value, (str, int, float, bool)):
        return value
    raise TypeError(f"{type(value).__name__} has no JSON form")


def from_json(cls: type[T], data: Any) -> T:
    """The dataclass `cls` from what `to_json` made.

    Raises
    ------
    InputError : naming the field whose value does not fit its type.
    """
    return typing.cast(T, _read(cls, data, cls.__name__))


def content_hash(value: Any) -> str:
    """SHA-256 of the canonical JSON: equal requests have equal hashes."""
    return hashlib.sha256(orjson.dumps(to_json(value), option=orjson.OPT_SORT_KEYS)).hexdigest()


def _read(hint: Any, data: Any, field: str) -> Any:
    origin = get_origin(hint)
    if hint is Any:
        return data
    if origin in (Union, types.UnionType):
        return _read_union(get_args(hint), data, field)
    if hint is type(None):
        if data is None:
            return None
    elif dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return _read_dataclass(hint, data, field)
    elif isinstance(hint, type) and issubclass(hint, Enum):
        try:
            return hint(data)
        except ValueError:
            allowed = ", ".join(str(member.value) for member in hint)
            raise InputError(f"{data!r} is not allowed: {allowed}.", field=field) from None
    elif hint is datetime or hint is date:
        try:
            return hint.fromisoformat(data)
        except (TypeError, ValueError):
            raise InputError(f"{data!r} is not a date (YYYY-MM-DD).", field=field) from None
    elif origin in (tuple, list):
        return _read_sequence(origin, get_args(hint), data, field)
    elif origin in (dict, collections.abc.Mapping):
        if isinstance(data, dict):
            value_hint = get_args(hint)[1]
            return {str(k): _read(value_hint, v, f"{field}.{k}") for k, v in data.items()}
    elif hint is float and isinstance(data, (int, float)) and not isinstance(data, bool):
        return float(data)
    elif hint is bool:
        if isinstance(data, bool):
            return data
    elif isinstance(hint, type) and isinstance(data, hint) and not isinstance(data, bool):
        return data
    raise InputError(f"{data!r} is not a {getattr(hint, '__name__', hint)}.", field=field)


def _read_union(hints: tuple[Any, ...], data: Any, field: str) -> Any:
    # exact scalar matches first, so that 1 stays an int and True a bool in `float | int | bool`
    for hint in hints:
        if hint is type(data):
            return data
    errors = []
    for hint in hints:
        try:
            return _read(hint, data, field)
        except InputError as error:
            errors.append(error)
    raise errors[0]


def _read_sequence(
    origin: type[Any], hints: tuple[Any, ...], data: Any, field: str
) -> tuple[Any, ...] | list[Any]:
    if not isinstance(data, list):
        raise InputError(f"{data!r} is not a list.", field=field)
    if origin is tuple and not (len(hints) == 2 and hints[1] is Ellipsis):
        if len(hints) != len(data):
            raise InputError(f"needs {len(hints)} values, has {len(data)}.", field=field)
        return tuple(
            _read(h, v, f"{field}[{i}]") for i, (h, v) in enumerate(zip(hints, data, strict=True))
        )
    items = [_read(hints[0], v, f"{field}[{i}]") for i, v in enumerate(data)]
    return tuple(items) if origin is tuple else items


def _read_dataclass(cls: type[Any], data: Any, field: str) -> Any:
    if not isinstance(data, dict):
        raise InputError(f"{data!r} is not a {cls.__name__}.", field=field)
    hints = typing.get_type_hints(cls)
    names = {f.name for f in dataclasses.fields(cls)}
    unknown = sorted(set(data) - names)
    if unknown:
        raise InputError(f"unknown field {unknown[0]!r} of {cls.__name__}.", field=unknown[0])
    try:
        return cls(**{name: _read(hints[name], value, name) for name, value in data.items()})
    except TypeError as error:
        raise InputError(f"{cls.__name__} is incomplete: {error}.", field=field) from error
