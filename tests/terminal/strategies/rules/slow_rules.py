"""The law of rule sets in plain Python: one bar, one instrument, one condition at a time.

Written from the documentation and not from the code; only the features' values are taken from it
(they have tests of their own).
"""

from __future__ import annotations

import itertools
import math
from typing import Any

from terminal.market.panel import Panel
from terminal.strategies.rules.rule_set import Condition, Feature, Group, RuleSet

CLOSE_ENOUGH = 1e-12


def compare(a: float, b: float) -> int | None:
    if math.isnan(a) or math.isnan(b):
        return None
    if math.isclose(a, b, rel_tol=CLOSE_ENOUGH):
        return 0
    return 1 if a > b else -1


class SlowRules:
    """Decide at each close what to hold."""

    def __init__(self, panel: Panel, rules: RuleSet) -> None:
        self.panel, self.rules = panel, rules
        wanted = set(rules.features)
        if rules.ranking:
            wanted.add(rules.ranking.by)
        self.values = {feature: feature.values(panel).tolist() for feature in wanted}
        self.close = panel.close.tolist()

    def number(self, operand: Any, row: int, k: int) -> float:
        return self.values[operand][row][k] if isinstance(operand, Feature) else operand

    def sides(self, left: Any, right: Any, row: int, k: int) -> list[int]:
        """Comparisons on the bars up to this one on which both sides are known."""
        found = [compare(self.number(left, t, k), self.number(right, t, k)) for t in range(row + 1)]
        return [side for side in found if side is not None]

    def condition(self, item: Condition, row: int, k: int) -> bool:
        now = self.number(item.left, row, k)
        if math.isnan(now):
            return False
        if item.operator.runs:
            known = [self.number(item.left, t, k) for t in range(row + 1)]
            known = [value for value in known if not math.isnan(value)][-item.bars - 1 :]
            if len(known) <= item.bars:
                return False
            wanted = 1 if item.operator.value == "rising" else -1
            return all(compare(b, a) == wanted for a, b in itertools.pairwise(known))
        side = compare(now, self.number(item.right, row, k))
        if side is None:
            return False
        if item.operator.value == "between":
            return side >= 0 and compare(now, self.number(item.high, row, k)) in (-1, 0)
        wanted = 1 if item.operator.value.endswith("above") else -1
        if not item.operator.crosses:
            return side == wanted
        history = self.sides(item.left, item.right, row, k)
        return len(history) > 1 and history[-1] == wanted and history[-2] != wanted

    def group(self, group: Group | None, row: int, k: int) -> bool:
        if group is None:
            return False
        found = [
            self.group(item, row, k) if isinstance(item, Group) else self.condition(item, row, k)
            for item in group.items
        ]
        return all(found) if group.join.value == "all" else any(found)

    def size(self, row: int, room: int) -> list[float]:
        """Weight of an entry of each instrument at this row; NaN where it cannot be known."""
        n, sizing = len(self.close[0]), self.rules.sizing
        if sizing.method.value == "fixed":
            return [sizing.weight] * n
        if sizing.method.value == "equal":
            return [1 / room] * n
        calm = []
        for k in range(n):
            own = [bar[k] for bar in self.close[: row + 1] if not math.isnan(bar[k])]
            own = own[-sizing.window - 1 :]
            calm.append(math.nan)
            if len(own) == sizing.window + 1 and not math.isnan(self.close[row][k]):
                returns = [b / a - 1 for a, b in itertools.pairwise(own)]
                mean = sum(returns) / len(returns)
                variance = sum((r - mean) ** 2 for r in returns) / (len(returns) - 1)
                if variance > 1e-20:
                    calm[-1] = 1 / math.sqrt(variance)
        known = [value for value in calm if not math.isnan(value)]
        mean = sum(known) / len(known) if known else math.nan
        return [value / mean / room for value in calm]

    def targets(self) -> list[list[float]]:
        n, rules = len(self.close[0]), self.rules
        room = n if rules.most is None else min(n, rules.most)
        if rules.sizing.method.value == "fixed":
            room = min(room, int(1 / rules.sizing.weight + 1e-9))
        held, missing, own = [0.0] * n, [0] * n, [0] * n
        out = []
        for row, bars in enumerate(self.close):
            traded = [not math.isnan(value) for value in bars]
            for k in range(n):
                missing[k] = 0 if traded[k] else missing[k] + 1
                own[k] += traded[k]
                if missing[k] > 10:
                    held[k] = 0.0
            ready = [traded[k] and own[k] > rules.warmup for k in range(n)]
            size, wanting = self.size(row, room), []
            for k in (k for k in range(n) if ready[k]):
                leave_long = self.group(rules.exit_long, row, k)
                leave_short = self.group(rules.exit_short, row, k)
                if (held[k] > 0 and leave_long) or (held[k] < 0 and leave_short):
                    held[k] = 0.0
                long = self.group(rules.entry_long, row, k) and not leave_long
                short = self.group(rules.entry_short, row, k) and not leave_short
                if held[k] == 0 and long != short and size[k] > 0:
                    rank = self.values[rules.ranking.by][row][k] if rules.ranking else 0.0
                    if rules.ranking and rules.ranking.highest:
                        rank = -rank
                    wanting.append((math.isnan(rank), rank if rank == rank else 0.0, k, short))
            for _unknown, _rank, k, short in sorted(wanting):
                left = 1 - sum(abs(weight) for weight in held)
                if sum(weight != 0 for weight in held) < room and left > 1e-9:
                    weight = min(size[k], left)
                    held[k] = -weight if short else weight
            out.append([held[k] if ready[k] else math.nan for k in range(n)])
        return out
