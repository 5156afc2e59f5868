"""Do several runs differ in their Sharpe ratio, and is that more than chance among so many pairs?

Session returns above each run's risk-free rate, over the sessions all of them have. Two tests of
each pair: Jobson and Korkie (1981) with Memmel's correction (2003), which assumes independent
normal returns, and the studentised bootstrap of Ledoit and Wolf (2008), which does not. With more
than two runs, p-values are those of Holm (1979) over all pairs.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from terminal.backtest.inference.multiple_testing import holm
from terminal.backtest.inference.sharpe_difference import jobson_korkie_memmel, ledoit_wolf
from terminal.backtest.return_metrics import sharpe
from terminal.market.panel import FloatArray

FEWEST = 20
LEVEL = 0.05
VALUES = 3_000_000
"""Returns drawn by the bootstrap of one pair."""
MOST_SAMPLES, FEWEST_SAMPLES = 1_000, 199


@dataclass(frozen=True)
class Difference:
    """A pair of runs.

    Attributes
    ----------
    difference : annual Sharpe ratio of the first less that of the second.
    memmel, bootstrap : two-sided p-values, adjusted over all pairs.
    """

    first: str
    second: str
    difference: float
    memmel: float
    bootstrap: float

    @property
    def differs(self) -> bool:
        """Whether both tests say so at 5 %."""
        return max(self.memmel, self.bootstrap) <= LEVEL


@dataclass(frozen=True)
class Differences:
    """All pairs; `sessions` all runs have; `left_out` are runs whose returns never change."""

    pairs: tuple[Difference, ...]
    sessions: int
    left_out: tuple[str, ...]

    @property
    def sentences(self) -> tuple[str, ...]:
        """The finding in words."""
        if not self.pairs:
            return (
                f"The runs share {self.sessions:,} sessions in which they moved: too few to say "
                "whether they differ.",
            )
        sure = [pair for pair in self.pairs if pair.differs]
        said = [
            f"{pair.first if pair.difference > 0 else pair.second} has the higher Sharpe ratio by "
            f"{abs(pair.difference):.2f}, more than chance explains "
            f"(p = {max(pair.memmel, pair.bootstrap):.3f})."
            for pair in sure
        ]
        if not sure:
            most = min(
                self.pairs,
                key=lambda pair: (max(pair.memmel, pair.bootstrap), -abs(pair.difference)),
            )
            p = max(most.memmel, most.bootstrap)
            size = f"{most.difference:+.2f}".replace("-", "−")
            said = [
                f"No difference of Sharpe ratios is distinguishable from chance; the clearest, "
                f"{most.first} against {most.second}, is {size} (p = {p:.2f})."
            ]
        if len(self.pairs) > 1:
            said.append(f"Corrected for {len(self.pairs)} comparisons (Holm).")
        return tuple(said)


def differences(
    returns: Mapping[str, pd.Series],
    risk_free: Mapping[str, float],
    *,
    periods: float,
    seed: int = 0,
    reference: str | None = None,
) -> Differences:
    """Compare every pair, or every run with the `reference`.

    Parameters
    ----------
    returns : one a session by run, indexed by session. risk_free : annual and simple, by run.
    periods : sessions in a year; seed : of the bootstrap.
    """
    named = [one.rename(name) for name, one in returns.items()]
    joined = pd.concat(named, axis=1, join="inner").dropna()
    excess = {name: _excess(joined[name], risk_free[name], periods) for name in joined.columns}
    moving = [name for name, r in excess.items() if sharpe(r, 1.0) is not None]
    still = tuple(name for name in excess if name not in moving)
    if len(joined) < FEWEST or len(moving) < 2:
        return Differences((), len(joined), still)
    samples = min(MOST_SAMPLES, max(FEWEST_SAMPLES, VALUES // len(joined)))
    pairs = list(combinations(moving, 2))
    if reference in moving:
        pairs = [(name, reference) for name in moving if name != reference]
    tests = [jobson_korkie_memmel(excess[a], excess[b]) for a, b in pairs]
    drawn = [ledoit_wolf(excess[a], excess[b], seed=seed, n_samples=samples) for a, b in pairs]
    memmel = holm(np.array([test.p_value for test in tests])).p_values
    bootstrap = holm(np.array([test.p_value for test in drawn])).p_values
    year = math.sqrt(periods)
    found = tuple(
        Difference(a, b, test.difference * year, float(p), float(q))
        for (a, b), test, p, q in zip(pairs, tests, memmel, bootstrap, strict=True)
    )
    return Differences(found, len(joined), still)


def _excess(returns: pd.Series, rate: float, periods: float) -> FloatArray:
    return np.asarray(returns.to_numpy(dtype=np.float64) - rate / periods)
