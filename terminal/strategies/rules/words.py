"""Rules as sentences: `Enter long when SMA 50 crosses above SMA 200 and RSI 14 is above 50`."""

from __future__ import annotations

from terminal.strategies.rules.rule_set import (
    Condition,
    Feature,
    Group,
    Operand,
    Operator,
    RuleSet,
    Sizing,
    SizingMethod,
    plain_number,
)

TITLES = {
    "entry_long": "Enter long",
    "exit_long": "Leave long",
    "entry_short": "Enter short",
    "exit_short": "Leave short",
}
VERBS = {
    Operator.ABOVE: "is above",
    Operator.BELOW: "is below",
    Operator.CROSSES_ABOVE: "crosses above",
    Operator.CROSSES_BELOW: "crosses below",
    Operator.BETWEEN: "is between",
    Operator.RISING: "has risen",
    Operator.FALLING: "has fallen",
}


def in_words(rules: RuleSet) -> str:
    """The whole rule set, one sentence a part."""
    parts = [f"{TITLES[field]} when {group_words(group)}" for field, group in rules.groups.items()]
    parts.append(sizing_words(rules.sizing))
    if rules.most is not None and rules.ranking is not None:
        order = "highest" if rules.ranking.highest else "lowest"
        plural = "position" if rules.most == 1 else "positions"
        parts.append(f"At most {rules.most} {plural}, {order} {rules.ranking.by.words} first")
    return ". ".join(parts) + "."


def group_words(group: Group, inner: bool = False) -> str:
    """Its items with "and" or "or" between them; inner groups in brackets."""
    link = " and " if group.join.value == "all" else " or "
    text = link.join(
        group_words(item, inner=True) if isinstance(item, Group) else condition_words(item)
        for item in group.items
    )
    return f"({text})" if inner and len(group.items) > 1 else text


def condition_words(condition: Condition) -> str:
    """One condition."""
    said = f"{condition.left.words} {VERBS[condition.operator]}"
    if condition.operator.runs:
        return said if condition.bars == 1 else f"{said} {condition.bars} bars in a row"
    if condition.operator is Operator.BETWEEN:
        return f"{said} {operand_words(condition.right)} and {operand_words(condition.high)}"
    return f"{said} {operand_words(condition.right)}"


def operand_words(operand: Operand | None) -> str:
    """A feature's words, or the number."""
    return operand.words if isinstance(operand, Feature) else plain_number(operand or 0.0)


def sizing_words(sizing: Sizing) -> str:
    """How much a position gets."""
    if sizing.method is SizingMethod.FIXED:
        return f"{plain_number(100 * sizing.weight)} % of equity a position"
    if sizing.method is SizingMethod.INVERSE_VOLATILITY:
        return f"Sized by the inverse of volatility over {sizing.window} bars"
    return "Equal slots"
