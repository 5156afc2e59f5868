"""Costs of several orders together, and a sentence about them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, localcontext

from terminal.errors import InputError
from terminal.execution.tca.shortfall import BPS, PARTS, ZERO, Cost


@dataclass(frozen=True)
class Group:
    """Costs of several orders together: sums, in currency; `bps` of all that was wanted.

    predicted, paid : of the orders that had a preview, the prediction for what filled.
    against_vwap : of those whose market is known; None: of none.
    """

    key: str
    orders: int
    notional: Decimal
    filled: Decimal
    parts: dict[str, Decimal] = field(hash=False)
    total: Decimal
    predicted: Decimal | None
    paid: Decimal | None
    against_vwap: Decimal | None
    against_twap: Decimal | None

    @property
    def bps(self) -> Decimal:
        """The total in basis points of the notional."""
        return self.total / self.notional * BPS


KEYS: dict[str, Callable[[Cost], str]] = {
    "order": lambda cost: cost.id,
    "parent": lambda cost: cost.parent_id or cost.id,
    "symbol": lambda cost: cost.symbol,
    "day": lambda cost: cost.day.isoformat(),
    "side": lambda cost: cost.side.value,
    "all": lambda cost: "all",
}


def grouped(costs: Sequence[Cost], by: str) -> tuple[Group, ...]:
    """Sums by order, parent, symbol, day, side or "all"; dearest first, days in their order."""
    if by not in KEYS:
        raise InputError(f"Costs are not grouped by {by!r}.", field="by",
                         remedy=f"Choose one of {', '.join(KEYS)}.")  # fmt: skip
    found: dict[str, list[Cost]] = {}
    for cost in costs:
        found.setdefault(KEYS[by](cost), []).append(cost)
    groups = [_group(key, members) for key, members in found.items()]
    if by == "day":
        return tuple(sorted(groups, key=lambda group: group.key))
    return tuple(sorted(groups, key=lambda group: (-group.total, group.key)))


def _group(key: str, costs: Sequence[Cost]) -> Group:
    previewed = [cost for cost in costs if cost.predicted is not None]
    with localcontext() as context:
        context.prec = 60
        return Group(
            key=key,
            orders=len(costs),
            notional=sum((cost.notional for cost in costs), ZERO),
            filled=sum((cost.filled for cost in costs), ZERO),
            parts={name: sum((getattr(cost, name) for cost in costs), ZERO) for name in PARTS},
            total=sum((cost.total for cost in costs), ZERO),
            predicted=_known([cost.paid - (cost.surprise or ZERO) for cost in previewed]),
            paid=_known([cost.paid for cost in previewed]),
            against_vwap=_known([cost.against_vwap for cost in costs]),
            against_twap=_known([cost.against_twap for cost in costs]),
        )


def _known(values: Iterable[Decimal | None]) -> Decimal | None:
    known = [value for value in values if value is not None]
    return sum(known, ZERO) if known else None


def in_words(cost: Cost | Group) -> str:
    """One sentence: what it cost, and the largest part."""
    parts = cost.parts if isinstance(cost, Group) else cost.parts()
    name, most = max(parts.items(), key=lambda item: abs(item[1]))
    verb = "cost" if cost.total >= 0 else "gained"
    if not most:
        return "It cost nothing."
    against = "most of it" if (most >= 0) == (cost.total >= 0) else "against it"
    return (
        f"It {verb} {abs(cost.total):,.2f} ({abs(cost.bps):,.1f} bp); "
        f"{against} {name}: {abs(most):,.2f}."
    )
