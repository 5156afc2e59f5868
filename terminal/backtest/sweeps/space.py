"""The combinations a sweep may run: a list of values for each parameter that varies.

A combination is a position in the full product of the lists, the last parameter varying fastest.
Positions that the strategy refuses (fast not below slow) or that need more bars than there are
have no combination: they are counted and left out. Nothing is ever held for all positions at once.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from terminal.errors import InputError
from terminal.params import ParamSpec, Value, checked, describe, validate
from terminal.strategies.strategy import Strategy

MOST_VALUES = 1_000
"""Of one parameter."""
KEPT_VALUES = 2
"""Of the dimension that varies fastest: indicators of so many values are kept between runs."""
COUNTED = 60_000
"""Positions that are counted one by one; beyond, the share of a sample stands for all."""
NUMBERS = ("int", "float")


@dataclass(frozen=True)
class Dimension:
    """A parameter that varies, and the values it takes, in this order."""

    name: str
    title: str
    kind: str  # as ParamSpec
    values: tuple[Value, ...]

    @property
    def ordered(self) -> bool:
        """Whether neighbours in the list are neighbours in meaning."""
        return self.kind in NUMBERS


@dataclass(frozen=True)
class Count:
    """How many combinations there are.

    size : positions of the full product. valid : those that can run, an estimate unless `exact`.
    """

    size: int
    valid: int
    exact: bool

    @property
    def sentence(self) -> str:
        """In words, for the form."""
        about = "" if self.exact else "about "
        found = f"{about}{self.valid:,} combination{'' if self.valid == 1 else 's'}"
        left_out = self.size - self.valid
        if not left_out:
            return found
        return (
            f"{found}; {about}{left_out:,} of {self.size:,} left out, because the strategy refuses "
            "them or there are too few bars"
        )


@dataclass(frozen=True)
class Space:
    """Combinations of a strategy's parameters.

    Attributes
    ----------
    fixed : values of the parameters that do not vary.
    n_bars : bars of the run; a combination that needs as many or more before its first decision is
        left out. None: not known.
    """

    strategy: Strategy
    dimensions: tuple[Dimension, ...]
    fixed: Mapping[str, Value]
    n_bars: int | None = None

    @cached_property
    def shape(self) -> tuple[int, ...]:
        """Number of values of each dimension."""
        return tuple(len(item.values) for item in self.dimensions)

    @property
    def size(self) -> int:
        """Positions of the full product."""
        return math.prod(self.shape)

    def indices(self, position: int) -> tuple[int, ...]:
        """Which value of each dimension stands at a position."""
        out = []
        for length in reversed(self.shape):
            position, index = divmod(position, length)
            out.append(index)
        return tuple(reversed(out))

    def position(self, indices: Sequence[int]) -> int:
        """The inverse of `indices`."""
        out = 0
        for length, index in zip(self.shape, indices, strict=True):
            out = out * length + int(index)
        return out

    def values(self, position: int) -> dict[str, Value]:
        """The varying parameters at a position."""
        found = zip(self.dimensions, self.indices(position), strict=True)
        return {item.name: item.values[index] for item, index in found}

    def params(self, position: int) -> Any | None:
        """The strategy's parameters at a position; None where there is no combination."""
        try:
            # every value has been checked alone: what can refuse now is a rule across fields
            made = self.strategy.params_type(**{**self.fixed, **self.values(position)})
        except InputError:
            return None
        if self.n_bars is not None and self.strategy.warmup(made) >= self.n_bars:
            return None
        return made

    def positions(self) -> Iterator[int]:
        """Positions that can run, in order."""
        return (k for k in range(self.size) if self.params(k) is not None)

    def count(self, seed: int = 0) -> Count:
        """How many combinations can run, without making a list of them."""
        if self.size <= COUNTED:
            return Count(self.size, sum(1 for _ in self.positions()), True)
        draw = np.random.default_rng(seed).integers(0, self.size, COUNTED // 5)
        share = sum(self.params(int(k)) is not None for k in draw) / len(draw)
        return Count(self.size, round(share * self.size), False)

    def sharing_order(self, positions: Sequence[int]) -> list[int]:
        """The positions so sorted that combinations with common values follow one another.

        The dimension with the fewest different values varies fastest, `KEPT_VALUES` of them at a
        time: whatever is kept from one run for the next then takes little room.
        """
        rows = np.array([self.indices(k) for k in positions], dtype=np.int64)
        if rows.size == 0:
            return list(positions)
        different = [len(np.unique(column)) for column in rows.T]
        slowest_last = np.argsort(different, kind="stable")  # lexsort: the last key counts first
        few_at_a_time = rows[:, slowest_last[0]] // KEPT_VALUES
        order = np.lexsort([*rows.T[slowest_last], few_at_a_time])
        return [int(positions[k]) for k in order]


def space_of(
    strategy: Strategy,
    values: Mapping[str, Sequence[Value]],
    fixed: Mapping[str, Value],
    n_bars: int | None = None,
) -> Space:
    """The space of a strategy in which `values` vary and the rest stands at `fixed`.

    Raises
    ------
    InputError : naming the parameter whose values are not allowed, or `values` when none varies.
    """
    specs = {item.name: item for item in describe(strategy.params_type)}
    unknown = sorted({*values, *fixed} - set(specs))
    if unknown:
        validate(strategy.params_type, {unknown[0]: None})  # says which there are
    dimensions = tuple(
        Dimension(name, item.title, item.kind, _checked(item, values[name]))
        for name, item in specs.items()
        if name in values
    )
    if not dimensions:
        raise InputError(
            "No parameter varies.",
            field="values",
            remedy="Give at least one parameter several values, for example 10, 20, 50.",
        )
    usual = {name: item.default for name, item in specs.items() if name not in values}
    kept = {name: value for name, value in fixed.items() if name not in values}
    # a rule across fields is judged with the values that vary, so each fixed one is checked alone
    alone = {name: checked(specs[name], value) for name, value in kept.items()}
    return Space(strategy, dimensions, {**usual, **alone}, n_bars)


def parse_values(spec: ParamSpec, text: str) -> tuple[Value, ...]:
    """The values of `10, 20, 50`, of `10:200:10` (first, last, step), or of both mixed.

    Numbers come out sorted; choices and yes/no in the order given. Each value once.

    Raises
    ------
    InputError : naming the parameter and what of the text cannot be read.
    """
    found: list[Value] = []
    for part in filter(None, (piece.strip() for piece in text.replace(";", ",").split(","))):
        found += _steps(spec, part) if spec.kind in NUMBERS else [_word(spec, part)]
    if not found:
        raise InputError(f"{spec.title} has no value.", field=spec.name, remedy=_how(spec))
    if len(set(found)) > MOST_VALUES:
        raise _too_many(spec, len(set(found)))
    return tuple(sorted(set(found))) if spec.kind in NUMBERS else tuple(dict.fromkeys(found))


def _steps(spec: ParamSpec, part: str) -> list[Value]:
    """One number, or those from first to last in steps."""
    try:
        numbers = [float(piece) for piece in part.replace("\u2212", "-").split(":")]
    except ValueError:
        numbers = []
    if len(numbers) not in (1, 2, 3) or not all(math.isfinite(number) for number in numbers):
        raise InputError(
            f"{spec.title}: {part[:40]!r} is neither a number nor first:last:step.",
            field=spec.name,
            remedy=_how(spec),
        )
    first, last = numbers[0], numbers[1] if len(numbers) > 1 else numbers[0]
    step = numbers[2] if len(numbers) > 2 else float(spec.step or 1.0)
    if step <= 0 or last < first:
        raise InputError(
            f"{spec.title}: {part!r} leads nowhere; the last value is above the first and the step "
            "above 0.",
            field=spec.name,
            remedy=_how(spec),
        )
    count = math.floor((last - first) / step + 1e-9) + 1
    if count > MOST_VALUES:
        raise _too_many(spec, count)
    made = [float(f"{first + k * step:.12g}") for k in range(count)]
    return [int(value) if spec.kind == "int" and value == int(value) else value for value in made]


def _word(spec: ParamSpec, part: str) -> Value:
    if spec.kind != "bool":
        return part
    known = {"yes": True, "true": True, "no": False, "false": False}
    if part.lower() not in known:
        raise InputError(
            f"{spec.title}: {part[:40]!r} is neither yes nor no.",
            field=spec.name,
            remedy=_how(spec),
        )
    return known[part.lower()]


def _checked(spec: ParamSpec, values: Sequence[Value]) -> tuple[Value, ...]:
    found = tuple(dict.fromkeys(checked(spec, value) for value in values))
    if not found:
        raise InputError(f"{spec.title} has no value.", field=spec.name, remedy=_how(spec))
    if len(found) > MOST_VALUES:
        raise _too_many(spec, len(found))
    return found


def _too_many(spec: ParamSpec, count: int) -> InputError:
    return InputError(
        f"{spec.title} has {count:,} values; at most {MOST_VALUES:,} are taken.",
        field=spec.name,
        remedy="Take a larger step or a smaller range.",
    )


def _how(spec: ParamSpec) -> str:
    if spec.kind == "bool":
        return "Enter yes, no or both: yes, no."
    if spec.choices:
        return f"Enter one or more of: {', '.join(spec.choices)}."
    return "Enter values as 10, 20, 50 or as first:last:step, for example 10:200:10."
