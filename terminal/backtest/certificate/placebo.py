"""The placebo: a strategy on shuffled bars, where the past says nothing, may not earn.

Each placebo draws whole bars of the panel, all instruments together, at random and with
replacement, and chains them to prices on the panel's own times: the cross-section, the distribution
of returns and the shape of each bar stay, any order in time is gone. Drawing without replacement
would not do: what is left in the urn would lean against what came out, and an honest reversal
strategy would earn from that.

What a decision earns in the next bar is then, whatever the strategy knows of the past, on average
the position times the mean return, so that

    e[t + 1] = sum over j of w[t, j] (r[t + 1, j] - mu[j])

is a martingale difference, and z = sum(e) / sqrt(sum(e^2)) over all placebos is standard normal
(a self-normalised sum: de la Pena, Lai and Shao 2009, Self-Normalized Processes). "Holding the same
exposure" is the part w mu. The mean exposure of a run would be no fair comparison: it is known only
at the end, and a strategy that buys what fell has held more by then in markets that fell.

Times are decisions at the close of t, returns from close to close, before costs and without the
engine: what is tested is what the strategy knew, not how it was filled.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from terminal.backtest.account import Account
from terminal.backtest.engine import checked_targets
from terminal.backtest.truncation import planted
from terminal.errors import InputError
from terminal.market.adjust import forward_adjusted, last_known
from terminal.market.panel import FloatArray, Panel
from terminal.strategies.signals import carried
from terminal.strategies.strategy import Strategy
from terminal.strategies.volatility import bars_per_year

RUNS = 20
RUNS_OF_COSTLY = 4
"""Of a strategy that is fitted anew in each of them."""
ALPHA = 1e-5
"""Two-sided and strict: tails are a little heavier than normal, and every run is tested. What knows
the next bar is ten and more deviations away."""
AFTER_WARMUP = 500  # bars a placebo has after its warm-up, where the data has as many
CELLS = 2_000_000  # bars x instruments of all placebos together
POOL_CELLS = 400_000  # of the bars they are drawn from
FEWEST = 3  # bars: one to start from, a decision, and what it earns
LEAST_BARS = 200  # bars with a position, over all placebos; fewer have no distribution
YEAR = np.timedelta64(31_557_600, "s")
LEAKS = (1, 5, 21, 63)
"""Bars of the look-aheads that are planted to see whether the test would notice them."""


@dataclass(frozen=True)
class Placebo:
    """What the strategy did on shuffled bars.

    Attributes
    ----------
    sharpes, expected : annual Sharpe ratio of each placebo, and of its exposure at mean returns.
    z, p_value : of what was earned beyond the exposure's part, two-sided.
    bars, instruments : size of each placebo. invested : bars with a position, over all of them.
    noticed : look-ahead in bars -> |z| that the same decisions had with it planted.
    """

    sharpes: tuple[float, ...]
    expected: tuple[float, ...]
    z: float
    p_value: float
    bars: int
    instruments: int
    invested: int
    noticed: dict[int, float]

    @property
    def leaks(self) -> bool:
        """Whether it is distinguishable from holding the same exposure."""
        return self.p_value < ALPHA

    @property
    def smallest_leak(self) -> int | None:
        """The shortest planted look-ahead that the test notices; None when it notices none."""
        return next((bars for bars, z in self.noticed.items() if _two_sided(z) < ALPHA), None)


def run_placebos(
    strategy: Strategy,
    params: Any,
    panel: Panel,
    account: Account,
    seed: int,
    runs: int | None = None,
) -> Placebo:
    """The strategy on `runs` shuffled panels.

    Parameters
    ----------
    panel : raw bars.
    account : bounds the weights as it does in the run.

    Raises
    ------
    InputError : too few bars, or the strategy cannot be run on a part of the panel.
    """
    runs = runs or (RUNS_OF_COSTLY if strategy.costly else RUNS)
    # of several calendars, each bar is drawn whole, its open in the row of its close
    shuffled = Shuffle.of(replace(panel, begun=None), strategy.warmup(params), seed, runs)
    found = []
    sums = np.zeros((1 + len(LEAKS), 2))  # of e and of e^2: as decided, and with each leak planted
    invested = 0
    annual = math.sqrt(rows_per_year(panel))
    for bars, returns in shuffled.panels(runs):
        targets = strategy.targets(bars, params)  # the placebo's prices need no adjustment
        weights = standing(checked_targets(bars, targets, account), bars)
        surprise = np.where(np.isfinite(bars.close), returns - shuffled.mean, 0.0)
        due = np.where(np.isfinite(bars.close), shuffled.mean, 0.0)
        for k, ahead in enumerate((0, *LEAKS)):
            held = planted(weights, ahead) if ahead else weights
            e = np.einsum("tj,tj->t", held[:-1], surprise[1:])
            sums[k] += e.sum(), (e * e).sum()
            if not ahead:
                expected = np.einsum("tj,tj->t", held[:-1], due[1:])
                found.append(_sharpes(e, expected, annual))
        invested += int(np.count_nonzero(np.abs(weights[:-1]).sum(axis=1)))
    z = np.divide(sums[:, 0], np.sqrt(sums[:, 1]), out=np.zeros(len(sums)), where=sums[:, 1] > 0)
    return Placebo(
        sharpes=tuple(gross for gross, _ in found),
        expected=tuple(due for _, due in found),
        z=float(z[0]),
        p_value=_two_sided(z[0]),
        bars=shuffled.times.n_bars,
        instruments=shuffled.times.n_instruments,
        invested=invested,
        noticed={bars: float(abs(z[k])) for k, bars in enumerate(LEAKS, start=1)},
    )


def decision_sharpe(targets: FloatArray, panel: Panel) -> float | None:
    """Annual Sharpe ratio, before costs, of decisions by the measure of the placebos.

    Parameters
    ----------
    targets : as the account may hold them. panel : raw bars.
    """
    close = forward_adjusted(panel).close
    returns = np.nan_to_num(close / last_known(close, before=True) - 1.0)
    gross = np.einsum("tj,tj->t", standing(targets, panel)[:-1], returns[1:])
    deviation = float(gross.std()) if gross.size else 0.0
    if deviation <= 0.0:
        return None
    return float(gross.mean()) / deviation * math.sqrt(rows_per_year(panel))


def rows_per_year(panel: Panel) -> float:
    """Rows in a year; of several calendars, as many as the panel has."""
    if not panel.calendars or panel.n_bars < FEWEST:
        return bars_per_year(panel)
    return float((panel.n_bars - 1) * (YEAR / (panel.close_ts[-1] - panel.close_ts[0])))


def standing(targets: FloatArray, panel: Panel) -> FloatArray:
    """The weights that stand at each close: what is said of a missing bar is not acted on."""
    return np.nan_to_num(carried(np.where(np.isfinite(panel.close), targets, np.nan)))


@dataclass(frozen=True)
class Shuffle:
    """Where placebos come from.

    Attributes
    ----------
    times : the rows whose times and gaps a placebo keeps.
    shapes : float64 (5, rows, instruments): open, high, low and close over the close before, and
        volume, of each bar that can be drawn. An instrument without a bar in a row has another of
        its own there; one that has none at all has NaN.
    mean, start : float64 (instruments,), mean return of what can be drawn, and first price.
    """

    times: Panel
    shapes: FloatArray
    mean: FloatArray
    start: FloatArray
    seed: int

    @classmethod
    def of(cls, panel: Panel, warmup: int, seed: int, runs: int) -> Shuffle:
        """As many rows and instruments of `panel` as the bounds of this module allow."""
        if panel.n_bars < FEWEST:
            raise InputError(
                f"{panel.n_bars} bars are too few to shuffle; {FEWEST} are needed.", field="start"
            )
        rows = min(panel.n_bars - 1, warmup + max(AFTER_WARMUP, warmup))
        columns = max(2, CELLS // (runs * max(rows, 1)))
        if columns < panel.n_instruments:
            drawn = np.random.default_rng(seed).choice(panel.n_instruments, columns, replace=False)
            panel = _columns(panel, np.sort(drawn))
        pool = panel.rows(fullest(panel, max(rows + 1, POOL_CELLS // panel.n_instruments)))
        bars = forward_adjusted(pool)
        before = last_known(bars.close, before=True)
        shapes = np.stack([bars.open, bars.high, bars.low, bars.close, bars.volume])[:, 1:]
        shapes[:4] /= before[1:]
        _fill(shapes, np.random.default_rng([seed, runs]))
        mean = np.nan_to_num(shapes[3] - 1.0).mean(axis=0)
        start = last_known(bars.close[::-1])[-1]
        inner = pool.rows(slice(1, None))
        return cls(inner.rows(fullest(inner, rows)), shapes, mean, start, seed)

    def panels(self, runs: int) -> Iterator[tuple[Panel, FloatArray]]:
        """(a placebo, its returns from close to close), one after another.

        A bar is drawn for all instruments at once; where one has no bar at that time of the
        panel, it has none in the placebo.
        """
        shape = self.times.close.shape
        there = np.isfinite(self.times.close) & np.isfinite(self.shapes[3]).any(axis=0)
        for k in range(runs):
            rows = np.random.default_rng([self.seed, k]).integers(
                self.shapes.shape[1], size=shape[0]
            )
            made = self.shapes[:, rows]
            returns = np.where(there, made[3] - 1.0, 0.0)
            after = self.start * np.cumprod(1.0 + returns, axis=0)
            before = after / (1.0 + returns)
            priced = np.where(there, made[:4] * before, np.nan)
            yield (
                replace(
                    self.times,
                    open=priced[0],
                    high=priced[1],
                    low=priced[2],
                    close=priced[3],
                    volume=np.where(there, made[4], np.nan),
                    split=np.ones(shape),
                    dividend=np.zeros(shape),
                    adjustment="split_dividend",
                ),
                returns,
            )


def fullest(panel: Panel, rows: int) -> slice:
    """The last of the stretches of `rows` bars that hold the most bars."""
    rows = max(1, min(rows, panel.n_bars))
    total = np.concatenate([[0], np.cumsum(np.isfinite(panel.close).sum(axis=1))])
    held = total[rows:] - total[:-rows]
    start = len(held) - 1 - int(np.argmax(held[::-1]))
    return slice(start, start + rows)


def _fill(shapes: FloatArray, generator: np.random.Generator) -> None:
    """Give each instrument a bar of its own in every row, in place; no price means no bar."""
    missing = np.isnan(shapes[3])
    shapes[:, missing] = np.nan
    for j in np.flatnonzero(missing.any(axis=0)):
        own = np.flatnonzero(~missing[:, j])
        if own.size:
            gaps = np.flatnonzero(missing[:, j])
            shapes[:, gaps, j] = shapes[:, generator.choice(own, gaps.size), j]


def _columns(panel: Panel, columns: np.ndarray) -> Panel:
    fields = ("open", "high", "low", "close", "volume", "split", "dividend")
    return replace(
        panel,
        symbols=tuple(panel.symbols[j] for j in columns),
        calendars=tuple(panel.calendars[j] for j in columns if panel.calendars),
        sectors=tuple(panel.sectors[j] for j in columns if panel.sectors),
        **{name: getattr(panel, name)[:, columns] for name in fields},
    )


def _sharpes(e: FloatArray, expected: FloatArray, annual: float) -> tuple[float, float]:
    gross = e + expected
    deviation = float(gross.std())
    if deviation <= 0.0:
        return 0.0, 0.0
    return tuple(float(part.mean()) / deviation * annual for part in (gross, expected))  # type: ignore[return-value]


def _two_sided(z: float) -> float:
    return math.erfc(abs(float(z)) / math.sqrt(2.0))
