"""A rule set: when to enter, when to leave, how much, written as data.

Frozen values that know nothing of files or forms. Whatever holds one has passed the limits below,
so that neither a deep nest nor a long list can reach the code that evaluates it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from terminal.errors import InputError
from terminal.market.panel import FloatArray, Panel
from terminal.strategies.rules.catalogue import FEATURES, FeatureKind

MOST_CONDITIONS = 40
MOST_DEPTH = 3
MOST_POSITIONS = 1_000
LONGEST_NAME = 80


def plain_number(value: float) -> str:
    """As a person would type it: `50`, `0.5`."""
    return f"{value:.12g}"


class Operator(StrEnum):
    """How a condition compares; the value is what a rule set says."""

    ABOVE = "above"
    BELOW = "below"
    CROSSES_ABOVE = "crosses above"
    CROSSES_BELOW = "crosses below"
    BETWEEN = "between"
    RISING = "rising"
    FALLING = "falling"

    @property
    def crosses(self) -> bool:
        """True where the bar before matters."""
        return self in (Operator.CROSSES_ABOVE, Operator.CROSSES_BELOW)

    @property
    def runs(self) -> bool:
        """True where a number of bars matters and there is nothing to compare with."""
        return self in (Operator.RISING, Operator.FALLING)


class Join(StrEnum):
    """How the items of a group go together."""

    ALL = "all"
    ANY = "any"


class SizingMethod(StrEnum):
    """How much a position gets."""

    EQUAL = "equal"
    FIXED = "fixed"
    INVERSE_VOLATILITY = "inverse volatility"


@dataclass(frozen=True)
class Feature:
    """A feature of the catalogue with its parameters, in the catalogue's order."""

    name: str
    params: tuple[tuple[str, float], ...] = ()

    @property
    def kind(self) -> FeatureKind:
        """Its entry in the catalogue."""
        return FEATURES[self.name]

    @property
    def words(self) -> str:
        """As a person says it: `SMA 50`."""
        return self.kind.words.format(**{key: plain_number(value) for key, value in self.params})

    @property
    def warmup(self) -> int:
        """Own bars before its first value."""
        return self.kind.warmup(dict(self.params))

    def values(self, panel: Panel) -> FloatArray:
        """float64 (n_bars, n_instruments), row t from rows <= t."""
        return self.kind.compute(panel, dict(self.params))


Operand = Feature | float


@dataclass(frozen=True)
class Condition:
    """`left` compared: with `right`; with the span from `right` to `high` (between); or with its
    own last `bars` changes (rising, falling)."""

    left: Feature
    operator: Operator
    right: Operand | None = None
    high: Operand | None = None
    bars: int = 1

    @property
    def features(self) -> Iterator[Feature]:
        """Those it looks at."""
        return (item for item in (self.left, self.right, self.high) if isinstance(item, Feature))

    @property
    def warmup(self) -> int:
        """Own bars before it can be known."""
        longest = max(feature.warmup for feature in self.features)
        return longest + (self.bars if self.operator.runs else int(self.operator.crosses))


@dataclass(frozen=True)
class Group:
    """Conditions and groups that hold together: all of them, or any of them."""

    join: Join
    items: tuple[Condition | Group, ...]

    @property
    def conditions(self) -> Iterator[Condition]:
        """Every condition in it and in the groups inside."""
        for item in self.items:
            if isinstance(item, Group):
                yield from item.conditions
            else:
                yield item

    @property
    def depth(self) -> int:
        """1 for a group of conditions only."""
        return 1 + max((item.depth for item in self.items if isinstance(item, Group)), default=0)


@dataclass(frozen=True)
class Sizing:
    """How much of the equity a position gets.

    *equal*: one slot of as many as there are instruments (or positions allowed). *fixed*: `weight`
    of equity; no more positions than fit into all of it. *inverse volatility*: a slot times the
    mean of 1 / volatility over the instrument's own, so that calm ones get more; volatility of the
    last `window` returns, and no more than is left. Weights are set at entry and stay.
    """

    method: SizingMethod = SizingMethod.EQUAL
    weight: float = 0.1
    window: int = 60


@dataclass(frozen=True)
class Ranking:
    """Who comes first when more instruments enter than there is room for."""

    by: Feature
    highest: bool = True


@dataclass(frozen=True)
class RuleSet:
    """Everything a rule strategy needs; see `terminal.strategies.rules.positions` for its law.

    most : positions at once over the whole universe; None: no limit. ranking : required with it.
    """

    entry_long: Group
    exit_long: Group
    entry_short: Group | None = None
    exit_short: Group | None = None
    sizing: Sizing = Sizing()
    most: int | None = None
    ranking: Ranking | None = None
    name: str = ""

    def __post_init__(self) -> None:
        if (self.entry_short is None) != (self.exit_short is None):
            missing = "entry_short" if self.entry_short is None else "exit_short"
            raise InputError(
                "Short rules need both an entry and an exit.",
                field=missing,
                remedy="Add the other one or remove both.",
            )
        if self.most is not None and self.ranking is None:
            raise InputError(
                "A limit on positions needs a ranking: who comes first when there is no room.",
                field="ranking",
                remedy="Choose a feature to rank by, or remove the limit.",
            )
        count = sum(1 for _ in self.conditions)
        if count > MOST_CONDITIONS:
            raise InputError(
                f"There are {count} conditions; at most {MOST_CONDITIONS} are allowed.",
                field="rules",
                remedy="Remove some.",
            )
        for field, group in self.groups.items():
            if group.depth > MOST_DEPTH:
                raise InputError(
                    f"Groups are nested {group.depth} deep; at most {MOST_DEPTH} are allowed.",
                    field=field,
                    remedy="Move the inner group's conditions up.",
                )
            if not next(group.conditions, None):
                raise InputError(
                    "There is no condition here.", field=field, remedy="Add at least one."
                )

    @property
    def groups(self) -> dict[str, Group]:
        """The groups there are, by field."""
        every = {
            "entry_long": self.entry_long,
            "exit_long": self.exit_long,
            "entry_short": self.entry_short,
            "exit_short": self.exit_short,
        }
        return {field: group for field, group in every.items() if group is not None}

    @property
    def conditions(self) -> Iterator[Condition]:
        """All of them."""
        for group in self.groups.values():
            yield from group.conditions

    @property
    def features(self) -> tuple[Feature, ...]:
        """Those its conditions look at, each once, in order of appearance."""
        return tuple(dict.fromkeys(f for item in self.conditions for f in item.features))

    @property
    def warmup(self) -> int:
        """Own bars before the first decision."""
        needed = [condition.warmup for condition in self.conditions]
        if self.sizing.method is SizingMethod.INVERSE_VOLATILITY:
            needed.append(self.sizing.window)
        if self.ranking is not None:
            needed.append(self.ranking.by.warmup)
        return max(needed)

    def named(self, name: str) -> RuleSet:
        """The same rules under another name."""
        return replace(self, name=name)
