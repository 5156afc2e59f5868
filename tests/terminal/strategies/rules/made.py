"""Rule sets made by chance, small enough for short panels."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from terminal.strategies.rules.catalogue import FEATURES
from terminal.strategies.rules.rule_set import (
    Condition,
    Feature,
    Group,
    Join,
    Operator,
    Ranking,
    RuleSet,
    Sizing,
    SizingMethod,
)

LEVELS = {"rsi": 50, "adx": 30, "bollinger-b": 0.5, "z-score": 0, "rate-of-change": 0,
          "volatility": 40, "day-of-week": 3, "macd-line": 0, "macd-histogram": 0}  # fmt: skip


def feature(name: str, **numbers: float) -> Feature:
    """A feature with these parameters, the others short."""
    short = {"window": 4, "fast": 2, "slow": 5, "signal": 2, "deviations": 1.0}
    given = {spec.name: numbers.get(spec.name, short[spec.name]) for spec in FEATURES[name].params}
    return Feature(name, tuple((key, float(value)) for key, value in given.items()))


features = st.builds(
    lambda name, window: feature(name, window=window), st.sampled_from(list(FEATURES)),
    st.integers(2, 6),
)  # fmt: skip
priced = st.sampled_from(["close", "high", "sma", "ema", "bollinger-upper", "donchian-low"])


@st.composite
def conditions(draw: st.DrawFn) -> Condition:
    operator = draw(st.sampled_from(list(Operator)))
    left = draw(features)
    if operator.runs:
        return Condition(left, operator, bars=draw(st.integers(1, 3)))
    level = float(LEVELS.get(left.name, 50))
    right: Any = level
    if left.kind.place == "price":
        right = feature(draw(priced), window=draw(st.integers(2, 6)))
    if operator is Operator.BETWEEN:
        return Condition(left, operator, right, level + 30.0 if right == level else 1e6)
    return Condition(left, operator, right)


groups = st.recursive(
    st.builds(
        lambda join, items: Group(join, tuple(items)),
        st.sampled_from(list(Join)),
        st.lists(conditions(), min_size=1, max_size=2),
    ),
    lambda inner: st.builds(
        lambda join, first, group: Group(join, (first, group)),
        st.sampled_from(list(Join)), conditions(), inner,
    ),
    max_leaves=2,
)  # fmt: skip
sizings = st.builds(
    lambda method, weight, window: Sizing(
        method,
        weight if method is SizingMethod.FIXED else 0.1,
        window if method is SizingMethod.INVERSE_VOLATILITY else 60,
    ),
    st.sampled_from(list(SizingMethod)), st.sampled_from([0.15, 0.5, 1.0]), st.integers(3, 6),
)  # fmt: skip


@st.composite
def rule_sets(draw: st.DrawFn, name: str = "") -> RuleSet:
    both = draw(st.booleans())
    most = draw(st.none() | st.integers(1, 3))
    return RuleSet(
        entry_long=draw(groups),
        exit_long=draw(groups),
        entry_short=draw(groups) if both else None,
        exit_short=draw(groups) if both else None,
        sizing=draw(sizings),
        most=most,
        ranking=Ranking(draw(features), draw(st.booleans())) if most else None,
        name=name,
    )
