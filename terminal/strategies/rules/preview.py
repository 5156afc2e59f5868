"""What a rule set would do on one instrument: states, entries and exits, without any trading.

Limits on positions and rankings are about a universe and are left out; everything else is the
strategy's own code on the bars a strategy sees.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from terminal.market.adjust import forward_adjusted
from terminal.market.panel import FloatArray, Panel
from terminal.strategies.rules.conditions import condition_holds, feature_values
from terminal.strategies.rules.positions import held_weights, ready_bars
from terminal.strategies.rules.rule_set import Condition, Feature, RuleSet
from terminal.strategies.signals import BoolArray

IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Preview:
    """A rule set on one instrument.

    Attributes
    ----------
    panel : total-return bars, adjusted forwards, as the strategy saw them; one instrument.
    quoted : factor from its prices to prices whose newest is as quoted.
    values : (n_bars,) of each feature the conditions look at, NaN where not known.
    state : (n_bars,) 1 long, -1 short, 0 flat after the close of each bar.
    shares : of the bars that could be decided on, how many a condition holds on, 0 to 1.
    decided : bars that could be decided on.
    """

    rules: RuleSet
    panel: Panel
    quoted: float
    values: Mapping[Feature, FloatArray]
    state: IntArray
    shares: Mapping[Condition, float]
    decided: int

    @cached_property
    def changes(self) -> IntArray:
        """(n_bars,) the state less the one before."""
        return np.diff(self.state, prepend=0)

    def entries(self, side: int) -> IntArray:
        """Rows at whose close a position of that side is entered."""
        return np.flatnonzero((self.state == side) & (self.changes != 0))

    @property
    def exits(self) -> IntArray:
        """Rows at whose close a position is left, for the other side too."""
        before = self.state - self.changes
        return np.flatnonzero((before != 0) & (self.changes != 0))

    @property
    def silent(self) -> tuple[Feature, ...]:
        """Features that have no value at all on these bars: nothing can hold on them."""
        return tuple(f for f, values in self.values.items() if not np.isfinite(values).any())

    def share(self, side: int) -> float:
        """Part of the bars in that state, 0 to 1."""
        return float(np.mean(self.state == side)) if len(self.state) else 0.0


def preview(panel: Panel, rules: RuleSet) -> Preview:
    """The rules on one instrument.

    Parameters
    ----------
    panel : raw bars of one instrument with its splits and dividends.
    """
    alone = replace(rules, most=None, ranking=None)
    seen = forward_adjusted(panel)
    ready = ready_bars(seen, alone.warmup)
    values = feature_values(seen, alone.features)
    weights = held_weights(seen, alone, ready, values)
    decided = int(ready.sum())
    return Preview(
        rules=rules,
        panel=seen,
        quoted=_quoted(panel, seen),
        values={feature: found[:, 0] for feature, found in values.items()},
        state=np.sign(weights[:, 0]).astype(np.int64),
        shares={
            item: _share(condition_holds(item, values) & ready, decided)
            for item in alone.conditions
        },
        decided=decided,
    )


def _share(held: BoolArray, decided: int) -> float:
    return float(held.sum()) / decided if decided else 0.0


def _quoted(raw: Panel, seen: Panel) -> float:
    known = np.flatnonzero(np.isfinite(raw.close[:, 0]))
    return float(raw.close[known[-1], 0] / seen.close[known[-1], 0]) if known.size else 1.0


def preview_words(found: Preview) -> str:
    """`37 entries, 12 % of bars long · 3,250 bars, first decision after 199`."""
    long, short = len(found.entries(1)), len(found.entries(-1))
    parts = [f"{_count(long, 'entry', 'entries')}, {_percent(found.share(1))} of bars long"]
    if found.rules.entry_short is not None:
        parts.append(
            f"{_count(short, 'short entry', 'short entries')}, {_percent(found.share(-1))} of bars "
            "short"
        )
    bars = f"{len(found.state):,} bars, first decision after {found.rules.warmup:,}"
    return " · ".join([*parts, bars])


def _count(number: int, one: str, more: str) -> str:
    return f"{number:,} {one if number == 1 else more}"


def _percent(share: float) -> str:
    """Whole percents; a little is not nothing."""
    if 0 < share < 0.005:
        return "under 1 %"
    return f"{100 * share:.0f} %"
