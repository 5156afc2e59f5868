"""An extra cost on stored fills, against the engine run again at that cost."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given

from terminal.backtest.account import Account
from terminal.backtest.break_even import at_cost, break_even, paid_rate, repricing
from terminal.backtest.costs import Costs
from terminal.backtest.engine import Simulation, simulate
from terminal.market.panel import FloatArray, Panel
from tests.terminal.backtest.panels import examples, panel, random_panel, random_targets, seeds

CAPITAL = 1e6
FRACTIONS = Account(CAPITAL, lot=0.0)
BPS = 1e-4


def rerun(bars: Panel, targets: FloatArray, extra: float = 0.0) -> Simulation:
    return simulate(bars, targets, FRACTIONS, Costs(commission_bps=1.0 + extra / BPS))


@given(seeds)
@examples(40)
def test_as_shares_of_equity_the_engine_at_that_cost_gives_the_same_equity(seed: int) -> None:
    """Fractional lots and a tenth in cash: within 2 % of what the extra cost takes."""
    bars = random_panel(seed, 200, 3, ragged=False)
    targets = np.nan_to_num(random_targets(seed, bars)) * 0.9
    done = rerun(bars, targets)
    run = repricing(done.curve, done.fills, CAPITAL, bars.ts)
    assert run.equity(0.0) == pytest.approx(done.curve["equity"].to_numpy(), rel=1e-12)
    for extra in (2 * BPS, 20 * BPS):
        dearer = rerun(bars, targets, extra).curve["equity"].to_numpy()
        lost = float(run.equity(0.0)[-1] - dearer[-1])
        assert run.equity(extra)[-1] == pytest.approx(dearer[-1], abs=0.02 * lost + 1e-6)


def test_by_hand() -> None:
    bars = panel([100.0, 100.0, 120.0, 120.0], [100.0, 100.0, 110.0, 120.0])
    done = simulate(bars, np.array([[1.0], [1.0], [0.0], [0.0]]), FRACTIONS)
    run = repricing(done.curve, done.fills, CAPITAL, bars.ts)
    # all of it is bought at 100 and, at 120, sold: 1.2 times the notional
    x = 10 * BPS
    assert run.equity(x)[-1] == pytest.approx(CAPITAL * (1 - x) * 1.2 * (1 - x), rel=2e-4)
    found = break_even(run, 252.0, 0.0, 0.1)
    # (1 - x)(1.2 - ...) = 1, in shares of the equity before each bar
    assert found.total_return is not None
    assert run.equity(found.total_return)[-1] == pytest.approx(CAPITAL, rel=1e-7)
    assert found.benchmark is not None and found.benchmark < found.total_return
    assert run.equity(found.benchmark)[-1] == pytest.approx(1.1 * CAPITAL, rel=1e-7)
    assert found.sharpe is not None
    assert at_cost(run, found.sharpe, 252.0, 0.0).sharpe == pytest.approx(0.0, abs=1e-5)


def test_the_break_even_is_where_the_engine_itself_breaks_even() -> None:
    """Within 2 % of the break-even, by the run at just that cost."""
    bars = random_panel(11, 300, 2, ragged=False, events=False)
    up = np.cumprod(np.full((300, 2), 1.002), axis=0)
    bars = panel(bars.close * up, bars.open * up)
    draw = np.random.default_rng(2)
    targets = np.where(draw.random((300, 2)) < 0.5, 0.45, 0.2)
    done = rerun(bars, targets)
    run = repricing(done.curve, done.fills, CAPITAL, bars.ts)
    dies = break_even(run, 252.0, 0.0, None).total_return
    assert dies is not None and dies > 5 * BPS
    earned = float(done.curve["equity"].iloc[-1]) - CAPITAL
    left = float(rerun(bars, targets, dies).curve["equity"].iloc[-1]) - CAPITAL
    assert abs(left) < 0.02 * earned
    # a cost that is left out of the re-pricing would be seen here
    assert (
        abs(float(rerun(bars, targets, dies / 2).curve["equity"].iloc[-1]) - CAPITAL) > 0.2 * earned
    )


def test_what_is_dead_dies_at_nothing_and_what_never_trades_never() -> None:
    bars = random_panel(3, 100, 2, ragged=False, events=False)
    idle = rerun(bars, np.zeros((100, 2)))
    still = repricing(idle.curve, idle.fills, CAPITAL, bars.ts)
    assert break_even(still, 252.0, 0.02, 0.1).total_return == 0.0  # nothing was earned
    assert paid_rate(idle.fills) is None
    falling = panel(np.linspace(100, 50, 100), np.linspace(100, 50, 100))
    lost = rerun(falling, np.full((100, 1), 0.9))
    run = repricing(lost.curve, lost.fills, CAPITAL, falling.ts)
    assert break_even(run, 252.0, 0.0, None).total_return == 0.0
    assert paid_rate(lost.fills) == pytest.approx(BPS)


def test_dearer_fills_never_help_and_equity_ends_at_zero() -> None:
    bars = random_panel(8, 120, 2, ragged=False)
    done = rerun(bars, np.nan_to_num(random_targets(8, bars)))
    run = repricing(done.curve, done.fills, CAPITAL, bars.ts)
    ends = [run.equity(k * 10 * BPS)[-1] for k in range(20)]
    assert ends == sorted(ends, reverse=True)
    ruined = run.equity(5.0)
    assert (ruined >= 0).all() and ruined[-1] == 0.0
    numbers = at_cost(run, 5.0, 252.0, 0.0)
    assert numbers.total_return == -1.0 and numbers.max_drawdown == -1.0
    assert all(v is None or math.isfinite(v) for v in vars(numbers).values())


def test_intraday_bars_are_read_by_session() -> None:
    bars = random_panel(5, 40, 1, ragged=False, events=False)
    done = rerun(bars, np.full((40, 1), 0.9))
    days = np.arange(40) // 4
    run = repricing(done.curve, done.fills, CAPITAL, days)
    assert run.returns(0.0).size == 10
    whole = np.prod(1 + run.returns(0.0))
    assert whole == pytest.approx(done.curve["equity"].iloc[-1] / CAPITAL)
